/**
 * Follows the walk-through of each example as a stranger would: installs the packed library into a copy, sets up
 * a database on a PostgreSQL, and asks the running application. Prints how long the way to the first answer was.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '../../dist/src/database/embedded/embedded-postgres.js';
import { ExampleApp, shell } from './example-app.mjs';
import * as expressPassport from './examples/express-passport.mjs';
import * as fastifyApiKeys from './examples/fastify-api-keys.mjs';
import { assertFirstIsolatedAnswer, assertIsolation, assertPlans } from './isolation.mjs';
import { assertShowsFiles, assertTells } from './readme.mjs';

const EXAMPLES = { 'express-passport': expressPassport, 'fastify-api-keys': fastifyApiKeys };

const root = resolve(import.meta.dirname, '../..');
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

async function follow(name, example, scratch, { adminUrl, packed }) {
  const directory = join(scratch, 'examples', name);
  // Of the copy: what a newcomer built in the examples' own folders stays out of it.
  cpSync(join(root, 'examples', name), directory, {
    recursive: true,
    filter: (path) => !/(^|\/)(node_modules|dist|\.env|package-lock\.json)$/.test(path.slice(root.length)),
  });
  assertVersions(directory);
  const readme = join(directory, 'README.md');
  const sources = readdirSync(join(directory, 'src')).map((file) => `src/${file}`);
  assert.deepEqual(assertShowsFiles(readme, directory).sort(), sources.sort(), 'every source file is shown');

  const env = { ...environment(), ADMIN_DATABASE_URL: adminUrl };
  const run = (command) => shell(command, directory, env);
  const parts = { pack: packed };
  const timed = async (part, work) => {
    const start = performance.now();
    const result = await work();
    parts[part] = (performance.now() - start) / 1000;
    return result;
  };

  const commands = ['npm run setup', 'npm run migrate', ...example.beforeSeed, 'npm run -s seed'];
  assertTells(readme, ['npm install', 'npm run build', ...commands, 'npm start']);
  await timed('install', () => run('npm install --no-audit --no-fund --prefer-offline --loglevel=error'));
  await timed('build', () => run('npm run build'));
  const seeded = await timed('setup', async () => {
    let printed;
    for (const command of commands) printed = await run(command);
    return Object.fromEntries(
      printed
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    );
  });

  let app;
  try {
    const [credentials, id] = await timed('first answer', async () => {
      app = await ExampleApp.start('npm start', directory, env);
      const given = await example.credentials(app, seeded);
      return [given, await assertFirstIsolatedAnswer(app, given)];
    });
    report(name, parts);
    await assertIsolation(app, credentials, id);
    await example.assertMore(app, credentials);
    await assertPlans(app, credentials);
  } finally {
    await app?.stop();
  }
}

/** One set of versions in the repository: an example runs on what the library is tested with. */
function assertVersions(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const tested = { ...dependencies, ...devDependencies };
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    if (name === '@parallax/tenant') continue; // the tarball
    assert.equal(version, tested[name], `${manifest.name}: ${name} is not the version of the repository`);
  }
}

/** Without what this shell or CI has set for the backend or for npm's running script. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_URL$|^JWT_SECRET$|^PORT$|^npm_(?!config_)/.test(name)),
  );
}

function report(name, parts) {
  const total = Object.values(parts).reduce((sum, seconds) => sum + seconds, 0);
  const each = Object.entries(parts).map(([part, seconds]) => `${part} ${seconds.toFixed(1)}`);
  process.stdout.write(
    `${name}: from npm pack to the first isolated answer in ${total.toFixed(1)} s (${each.join(', ')})\n`,
  );
}

assert.notEqual(assertShowsFiles(join(root, 'docs/getting-started.md'), root).length, 0);

const scratch = mkdtempSync(join(tmpdir(), 'parallax-examples-'));
let server;
try {
  const start = performance.now();
  execFileSync(process.execPath, [join(root, 'scripts/pack-library.mjs'), scratch]);
  const packed = (performance.now() - start) / 1000;
  mkdirSync(join(scratch, 'examples'));
  server = await startEmbeddedPostgres({ dataDir: join(scratch, 'postgres'), durable: false });
  for (const [name, example] of Object.entries(EXAMPLES)) {
    await follow(name, example, scratch, { adminUrl: server.adminUrl(), packed });
  }
} finally {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
}
