import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Lit keeps notes on globalThis, to be shared by copies of it; a partner's page is not ours to leave names in. */
function withoutGlobals(): Plugin {
  const note = /(?:[\w$]+\.)?\b((?:litHtml|litElement|reactiveElement)Versions|litPropertyMetadata)\b/gu;
  return {
    name: 'without-globals',
    transform: (code) => (/litPropertyMetadata|Versions/u.test(code) ? { code: code.replace(note, 'litNotes.$1'), map: null } : null),
  };
}

/** A page without a declared character set reads scripts in one of its own; only ASCII survives every guess. */
function asciiOnly(): Plugin {
  return {
    name: 'ascii-only',
    generateBundle: (_options, bundle) => {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        file.code = file.code.replace(/[^\0-\x7f]/gu, escaped);
      }
    },
  };
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`).join('');
}

/** The embed is one self-contained file at a fixed address, so that partners can name it in their pages. */
export default defineConfig({
  root: here('.'),
  publicDir: false,
  plugins: [withoutGlobals(), asciiOnly()],
  build: {
    outDir: here('../showrunner/pages'),
    emptyOutDir: false,
    target: 'es2022',
    lib: {
      entry: here('embed/main.ts'),
      formats: ['iife'],
      name: 'seeNowBuyNow',
      fileName: () => 'embed.js',
    },
    rolldownOptions: { output: { intro: 'const litNotes = {};' } },
  },
});
