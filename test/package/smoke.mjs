/**
 * Installs the packed library into a scratch NestJS application, as a user would, and boots it: one answer for
 * the tenant let in, a refusal for everyone else.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'parallax-package-'));
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const versions = { ...dependencies, ...devDependencies };
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: scratch, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

try {
  const tarball = execFileSync(process.execPath, [join(root, 'scripts/pack-library.mjs'), scratch], {
    encoding: 'utf8',
  }).trim();
  const needed = [
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/platform-express',
    '@nestjs/typeorm',
    'pg',
    'reflect-metadata',
    'rxjs',
    'typeorm',
  ];
  writeFileSync(
    join(scratch, 'package.json'),
    JSON.stringify({
      private: true,
      type: 'module',
      dependencies: {
        ...Object.fromEntries(needed.map((name) => [name, versions[name]])),
        '@parallax/tenant': `file:${tarball}`,
      },
      devDependencies: {
        typescript: versions.typescript,
        '@types/node': versions['@types/node'],
        '@types/pg': versions['@types/pg'],
      },
    }),
  );
  run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error');
  cpSync(join(import.meta.dirname, 'app'), scratch, { recursive: true });
  run(process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
  process.stdout.write(run(process.execPath, 'dist/app.js'));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
