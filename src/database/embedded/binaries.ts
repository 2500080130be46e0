import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import type { ServerAccount } from './account.js';
import { copyToCache } from './binaries-cache.js';
import { EmbeddedPostgresError, USE_A_SERVER_INSTEAD } from './embedded-postgres.error.js';
import { run } from './run.js';

/** Where the programs of one PostgreSQL are, in a form that the server's account can run. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  /** The major version, as PG_VERSION in a data directory has it. */
  readonly major: string;
}

/** Finds the installed PostgreSQL, and makes it runnable for `account`. */
export async function findBinaries(account: ServerAccount | undefined): Promise<Binaries> {
  const { name, root, version } = installedPackage();
  const native = join(root, 'native');
  await linkLibraries(root);
  let failure = await whyNotRunnable(native, account);
  if (failure === undefined) return binariesIn(native, version);

  // A folder the account cannot enter, or one where the library links could not be made.
  const copy = await copyToCache(root, version);
  await linkLibraries(copy);
  failure = await whyNotRunnable(join(copy, 'native'), account);
  if (failure === undefined) return binariesIn(join(copy, 'native'), version);

  throw new EmbeddedPostgresError(
    `The PostgreSQL of ${name} does not run on this machine (${machine()}): ${failure}. ${USE_A_SERVER_INSTEAD}`,
  );
}

function installedPackage(): { name: string; root: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from the package that depends on it: a strict installer does not put it in our reach.
    const own = createRequire(import.meta.url);
    const entry = createRequire(own.resolve('embedded-postgres')).resolve(name);
    const root = resolve(dirname(entry), '..');
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { name, root, version: manifest.version };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for this machine (${machine()}): ${name} is not installed. ` +
        `If it was left out (\`npm ci --omit=optional\`), install it. ${USE_A_SERVER_INSTEAD}`,
      { cause },
    );
  }
}

/** npm packages hold no symbolic links, so the libraries' short names are listed and have to be made. */
async function linkLibraries(root: string): Promise<void> {
  const links = linksOf(root);
  for (const { source, target } of links) {
    const link = join(root, target);
    try {
      await mkdir(dirname(link), { recursive: true });
      await symlink(relative(dirname(target), source), link);
    } catch {
      // It is there already, or the folder is not ours to write: whether the programs run tells.
    }
  }
}

function linksOf(root: string): { source: string; target: string }[] {
  try {
    return JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as ReturnType<
      typeof linksOf
    >;
  } catch {
    return []; // Windows has none
  }
}

async function whyNotRunnable(
  native: string,
  account: ServerAccount | undefined,
): Promise<string | undefined> {
  for (const program of ['initdb', 'postgres', 'pg_ctl']) {
    const { status, output } = await run(join(native, 'bin', program), ['--version'], { account });
    if (status !== 0) return output || `${program} ended with ${status}`;
  }
  return undefined;
}

function binariesIn(native: string, version: string): Binaries {
  const program = (name: string): string => join(native, 'bin', name);
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), major: version.split('.', 1).join() };
}

function machine(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const libc =
    process.platform === 'linux' && header.glibcVersionRuntime === undefined ? ' with musl libc' : '';
  return `${process.platform} ${process.arch}${libc}`;
}
