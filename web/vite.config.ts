import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** One HTML file a page; the server maps addresses such as /watch/{show} to them. */
const PAGES = ['front', 'watch', 'console', 'tv', 'companion', 'partner'] as const;

export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: false,
  build: {
    outDir: here('../showrunner/pages'),
    emptyOutDir: true,
    assetsDir: 'assets',
    // The pages are served under a policy without inline script, style or data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    // hls.js alone is larger than the default limit, and only the pages with a picture load it.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: Object.fromEntries(PAGES.map((page) => [page, here(`${page}.html`)])),
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**'],
    restoreMocks: true,
  },
});
