import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const PAGES = ['console', 'companion', 'embed', 'front', 'partner', 'tv', 'viewer'];

export default tseslint.config(
  { ignores: ['node_modules/**', 'shared/messages.ts'] }, // messages.ts is generated from broadcast/messages.py
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] }, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Wire fields are read by their own names: message.at_ms, not message['at_ms'].
      '@typescript-eslint/dot-notation': 'off', // tsc's noPropertyAccessFromIndexSignature says the opposite
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    // The pages never import one another; what two of them need is in shared/, which imports no page.
    files: [`{${PAGES.join(',')}}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: '^\\.\\./(?!shared/)', message: 'A page imports itself and shared/.' }] }] },
  },
  {
    files: ['shared/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: `^\\.\\./(\\.\\./)?(${PAGES.join('|')})/`, message: 'shared/ imports no page.' }] }],
    },
  },
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
);
