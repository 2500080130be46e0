const { existsSync, readdirSync, readFileSync, realpathSync } = require('node:fs');
const { join } = require('node:path');

/**
 * Jest on Node 20 cannot load ES modules from CommonJS, so SWC compiles everything to CommonJS, the ESM
 * packages of node_modules included, nested ones too. They are found by their manifest: a list kept by hand
 * goes stale.
 */
function esmPackages(root = join(__dirname, 'node_modules')) {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(root, name)).map((sub) => `${name}/${sub}`) : [name],
    )
    .flatMap((name) => {
      const manifest = join(root, name, 'package.json');
      const isEsm = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).type === 'module';
      const nested = esmPackages(join(root, name, 'node_modules'));
      return [...(isEsm ? [name] : []), ...nested.map((inner) => `${name}/node_modules/${inner}`)];
    });
}

const swc = (parser) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser,
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'commonjs' },
  },
];

const common = {
  testEnvironment: 'node',
  moduleFileExtensions: ['js', 'ts', 'mjs', 'cjs', 'json'],
  moduleNameMapper: {
    '^@parallax/tenant$': '<rootDir>/src/tenant/index.ts',
    '^@parallax/tenant/cli$': '<rootDir>/src/tenant/cli/index.ts',
    '^@parallax/tenant/testing$': '<rootDir>/src/tenant/testing/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': swc({ syntax: 'typescript', decorators: true }),
    '^.+\\.m?js$': swc({ syntax: 'ecmascript' }),
  },
  // Jest asks with the real path, where node_modules is a link.
  transformIgnorePatterns: [
    `^${realpathSync(join(__dirname, 'node_modules'))}/(?!(${esmPackages().join('|')})/)`,
  ],
};

/** Suites against a real server share one embedded PostgreSQL; each takes databases of its own. */
const withDatabase = {
  globalSetup: '<rootDir>/test/support/global-setup.cjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.cjs',
};

module.exports = {
  testTimeout: 60_000,
  // Most of a suite is waiting for servers; Jest leaves a core idle by itself.
  maxWorkers: '100%',
  projects: [
    { ...common, displayName: 'unit', roots: ['<rootDir>/src'], testRegex: '\\.spec\\.ts$' },
    {
      ...common,
      ...withDatabase,
      displayName: 'integration',
      roots: ['<rootDir>/test/integration'],
      testRegex: '\\.integration-spec\\.ts$',
    },
    {
      ...common,
      ...withDatabase,
      globalSetup: '<rootDir>/test/support/global-setup-e2e.cjs',
      displayName: 'e2e',
      roots: ['<rootDir>/test/e2e'],
      testRegex: '\\.e2e-spec\\.ts$',
    },
  ],
};
