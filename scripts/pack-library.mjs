/**
 * Packs what is published: the compiled library with a manifest of its own, and nothing of the backend.
 * Usage: node scripts/pack-library.mjs [folder to put the tarball in]
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const staging = join(root, 'dist-package');
const target = resolve(process.argv[2] ?? root);
const source = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const PEERS = {
  '@nestjs/common': '^12.0.0',
  '@nestjs/core': '^12.0.0',
  '@nestjs/throttler': '^6.7.1',
  '@nestjs/typeorm': '^12.0.0',
  pg: '~8.23.0',
  'reflect-metadata': '^0.2.0',
  rxjs: '^7.8.0',
  // Its internals are built on: the version proved, and no other.
  typeorm: source.dependencies.typeorm,
};

const manifest = {
  ...Object.fromEntries(
    ['name', 'version', 'description', 'license', 'type', 'engines', 'keywords'].flatMap((key) =>
      source[key] === undefined ? [] : [[key, source[key]]],
    ),
  ),
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './cli': { types: './dist/cli/index.d.ts', default: './dist/cli/index.js' },
    './testing': { types: './dist/testing/index.d.ts', default: './dist/testing/index.js' },
    './package.json': './package.json',
  },
  bin: { tenancy: './dist/cli/tenancy.js' },
  // The one file that does something when it is loaded.
  sideEffects: ['./dist/cli/tenancy.js'],
  dependencies: { 'lru-cache': source.dependencies['lru-cache'] },
  peerDependencies: PEERS,
};

rmSync(staging, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });
cpSync(join(root, 'dist/src/tenant'), join(staging, 'dist'), {
  recursive: true,
  filter: (path) => !path.endsWith('.map'),
});
for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) cpSync(join(root, file), join(staging, file));
chmodSync(join(staging, 'dist/cli/tenancy.js'), 0o755);
writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', target], {
  cwd: staging,
  encoding: 'utf8',
});
process.stdout.write(`${join(target, JSON.parse(packed)[0].filename)}\n`);
