import prettier from 'eslint-config-prettier';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The library's capabilities from the bottom up. A folder may import what stands on a lower line, and itself.
 * A cycle between two injectables passes every test and crashes the built application, so direction is law.
 */
const LEVELS = [
  ['errors'],
  ['catalog', 'events'],
  ['context'],
  ['registry', 'isolation', 'jobs'],
  ['resolution', 'plans', 'setup'],
  ['quotas', 'alerts'],
  ['rate-limit'],
  ['cli', 'testing'],
];

const libraryLevels = LEVELS.flatMap((folders, level) =>
  folders.map((folder) => {
    const forbidden = LEVELS.slice(level)
      .flat()
      .filter((other) => other !== folder);
    return {
      files: [`src/tenant/${folder}/**/*.ts`],
      rules: {
        '@typescript-eslint/no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
                message: `"${folder}" must not know this: imports in src/tenant point down only. Declare a port in "${folder}" and let the level above implement it.`,
              },
              {
                // What is offered to tests is an entry of its own, beside the barrel and above the module.
                regex: `^(\\.\\./)+(index${folder === 'testing' ? '' : '|tenant\\.(module|options)[^/]*'})\\.js$`,
                message: 'The barrel and the module stand on top: nothing inside the library imports them.',
              },
              {
                regex: '^(\\.\\./){2,}(agents|auth|admin|config|database|edge|app\\.module)',
                message: 'The library imports nothing of the backend: it is published without it.',
              },
              {
                regex: '^@parallax/tenant',
                message: 'The library does not import itself by name; use a relative path.',
              },
            ],
          },
        ],
      },
    };
  }),
);

export default tseslint.config(
  { ignores: ['**/dist/', 'dist-package/', 'coverage/', 'node_modules/', '.data/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ['*.mjs', '*.cjs', 'test/support/*.cjs', 'test/support/*.mjs'],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [
        createNodeResolver({
          extensions: ['.ts', '.js'],
          extensionAlias: { '.js': ['.ts', '.js'] },
          conditionNames: ['@parallax/source', 'import', 'node', 'default'],
        }),
      ],
    },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'import-x/no-cycle': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // It would turn the classes NestJS injects by into types.
      '@typescript-eslint/consistent-type-imports': 'off',
      // DTOs and options are shapes; NestJS makes classes of them for their decorators only.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  ...libraryLevels,
  {
    files: ['src/**/*.ts', 'bench/**/*.ts'],
    ignores: ['src/tenant/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(\\.\\.?/)+tenant/',
              message:
                "The backend uses the library as a stranger would: import … from '@parallax/tenant'. What is missing there should be exported there.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ['migrations/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!typeorm$|@parallax/tenant$)',
              message:
                'A migration imports only typeorm and the library: application code it used would change under it.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['examples/**/*.ts'],
    languageOptions: {
      // Each has a tsconfig of its own, which finds the library only where it is installed.
      parserOptions: { projectService: false, project: 'examples/tsconfig.json' },
    },
    rules: {
      'no-console': 'off', // it speaks to whoever runs it
      // NestJS types a factory of a DataSource so that both are needed to write it in one line.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^\\.\\./',
              message:
                'An example is copied out of here: it imports the published package and its own folder.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  // A list of names is as long as what it lists.
  { files: ['src/tenant/index.ts'], rules: { 'max-lines': 'off' } },
  { files: ['**/*.cjs', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  prettier,
);
