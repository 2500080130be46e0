import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateDirectory } from './private-directory.js';

/** Copies the package to a place every account can read, once per version. */
export async function copyToCache(packageRoot: string, version: string): Promise<string> {
  const cache = await cacheDirectory();
  const target = join(cache, version);
  if (existsSync(target)) return target;

  const staging = await mkdtemp(join(cache, `.${version}-`));
  await cp(packageRoot, staging, { recursive: true, verbatimSymlinks: true });
  await openToAll(staging);
  try {
    await rename(staging, target);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(target)) throw error; // else another process was faster
  }
  return target;
}

async function cacheDirectory(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const ofUser = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const choices = [
    uid === 0 ? '/var/cache/parallax-postgres' : join(ofUser, 'parallax-postgres'),
    join(tmpdir(), `parallax-postgres-${uid}`), // for an account whose home does not exist
  ];
  const [first, second] = choices as [string, string];
  return await privateDirectory(first, 0o755).catch(() => privateDirectory(second, 0o755));
}

/** The package may have been unpacked under a strict umask. */
async function openToAll(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of [directory, ...files]) {
    const { mode } = await stat(file);
    await chmod(file, mode | 0o444 | ((mode & 0o100) === 0 ? 0 : 0o111));
  }
}
