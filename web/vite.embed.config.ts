import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The embed is one self-contained file at a fixed address, so that partners can name it in their pages. */
export default defineConfig({
  root: here('.'),
  publicDir: false,
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
