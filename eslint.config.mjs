import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Bans imports that would cross a wall between the folders of `src` (CONTRIBUTING.md, "The house"). */
const walls = (files, patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});
const others = (...folders) =>
  folders.map(folder => ({ group: [`**/${folder}/**`], message: `${folder} is behind a wall` }));
const node = {
  regex: '^(node:|fs$|path$|child_process$|os$|worker_threads$|onnxruntime-node)',
  message: 'no Node here',
};
const runtime = {
  regex: '^onnxruntime-',
  message: 'only src/inspector/runtime/ort.ts imports the runtime, which sends nothing from there',
};
const library = {
  regex: '^@huggingface/hub$',
  message: 'only src/hub asks a model hub',
};
const vscode = { regex: '^vscode$', message: 'only src/extension speaks to VS Code' };

export default tseslint.config(
  {
    ignores: [
      'dist',
      'out',
      'node_modules',
      'models/{encoder,decoder,training}',
      'test/fixtures',
      'samples',
      '**/*_pb.ts',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // An async handler turns what it throws at once into a rejection.
      '@typescript-eslint/require-await': 'off',
      // Methods without parameters take an empty object on the wire.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' },
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', module: 'writable', __dirname: 'readonly' },
    },
  },
  walls(
    ['src/protocol/**/*.ts'],
    [...others('extension', 'inspector', 'webview', 'hub'), node, vscode, library],
  ),
  walls(['src/hub/**/*.ts'], [...others('extension', 'inspector', 'webview'), vscode, runtime]),
  walls(
    ['src/inspector/**/*.ts'],
    [...others('extension', 'webview', 'hub'), vscode, runtime, library],
  ),
  // The inspector's process asks nobody; the command line may, when it is told to.
  walls(
    ['src/inspector/cli/**/*.ts'],
    [...others('extension', 'webview'), vscode, runtime, library],
  ),
  walls(['src/inspector/runtime/ort.ts'], [...others('extension', 'webview', 'hub'), vscode]),
  walls(
    ['src/webview/**/*.ts'],
    [...others('extension', 'inspector', 'hub'), node, vscode, library],
  ),
  walls(['src/extension/**/*.ts'], [...others('inspector', 'webview'), runtime, library]),
  walls(['test/**/*.ts', 'bench/**/*.ts', 'models/**/*.ts', 'scripts/**/*.ts'], [runtime]),
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
