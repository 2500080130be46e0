import { mkdtemp, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { chownSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerAccount } from './account.js';
import { canEnter } from './can-enter.js';

/** Where root keeps clusters whose data directory the server's account cannot reach, say one under /root. */
const SYSTEM_HOME = '/var/lib/parallax-postgres';

/**
 * An empty directory, owned by the account, to initialise a cluster in. It can be moved to `cluster` by
 * {@link adopt}.
 */
export async function stagingDirectory(dataDir: string, account: ServerAccount | undefined): Promise<string> {
  const reachable = account === undefined || canEnter(dataDir, account);
  const parent = reachable ? dataDir : SYSTEM_HOME;
  if (!reachable) await mkdir(SYSTEM_HOME, { recursive: true, mode: 0o711 });
  const staging = await mkdtemp(join(parent, 'cluster.init-'));
  if (account !== undefined) chownSync(staging, account.uid, account.gid);
  return staging;
}

/** Makes a finished cluster the one of this data directory, in one step. */
export async function adopt(cluster: string, dataDir: string): Promise<void> {
  const place = join(dataDir, 'cluster');
  if (cluster.startsWith(join(dataDir, '/'))) {
    await rename(cluster, place);
    return;
  }
  const home = await mkdtemp(join(SYSTEM_HOME, 'cluster-'));
  await rename(cluster, home); // over the empty directory, which reserved the name
  await rm(place, { force: true }); // a link whose target is gone
  await symlink(home, place);
}

/** Removes the cluster of a data directory and the directory itself. */
export async function removeDataDirectory(dataDir: string): Promise<void> {
  const linked = await readlink(join(dataDir, 'cluster')).catch(() => undefined);
  if (linked !== undefined) await rm(linked, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

export function hasCluster(dataDir: string): boolean {
  return existsSync(join(dataDir, 'cluster'));
}
