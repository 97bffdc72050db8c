import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Lit notes its version on globalThis to warn of duplicates; a partner's page is not ours to leave names in. */
function withoutGlobals(): Plugin {
  const note = /\((?:globalThis|\w+)\.(?:litHtml|litElement|reactiveElement)Versions\s*\?\?=\s*\[\]\)\.push\([^)]*\)/gu;
  return {
    name: 'without-globals',
    transform: (code) => (code.includes('Versions') ? { code: code.replace(note, 'void 0'), map: null } : null),
  };
}

/** The embed is one self-contained file at a fixed address, so that partners can name it in their pages. */
export default defineConfig({
  root: here('.'),
  publicDir: false,
  plugins: [withoutGlobals()],
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
  },
});
