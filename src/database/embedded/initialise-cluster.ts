import { appendFileSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerAccount } from './account.js';
import type { Binaries } from './binaries.js';
import { adopt, stagingDirectory } from './cluster-home.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { run } from './run.js';
import { SETTINGS_FILE } from './server-settings.js';

export const SUPERUSER = 'postgres';

export interface ClusterPlan {
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly account: ServerAccount | undefined;
  /** The superuser's. */
  readonly password: string;
  /** Whether to wait for the disk. */
  readonly durable: boolean;
}

/**
 * Makes the cluster of a data directory. It appears there whole or not at all: an interrupted attempt leaves
 * only a staging directory, which the next one clears away.
 */
export async function initialiseCluster(plan: ClusterPlan): Promise<void> {
  await clearInterrupted(plan.dataDir);
  const staging = await stagingDirectory(plan.dataDir, plan.account);
  try {
    const cluster = join(staging, 'cluster');
    await initdb(plan, cluster, join(staging, 'password'));
    appendFileSync(join(cluster, 'postgresql.conf'), `\ninclude_if_exists = '${SETTINGS_FILE}'\n`);
    await adopt(cluster, plan.dataDir);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function clearInterrupted(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    // Its initdb may be writing still: what it adds meanwhile is removed at the next try.
    const options = { recursive: true, force: true, maxRetries: 20 };
    if (name.startsWith('cluster.init-')) await rm(join(dataDir, name), options);
  }
}

async function initdb(plan: ClusterPlan, cluster: string, passwordFile: string): Promise<void> {
  const { binaries, account, password, durable } = plan;
  // Not through /dev/stdin: a pipe of ours cannot be opened again by another account.
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) chownSync(passwordFile, account.uid, account.gid);
  const { status, output } = await run(
    binaries.initdb,
    [
      ...['-D', cluster, '-U', SUPERUSER, '--encoding=UTF8', '--locale=C'],
      ...['--auth=scram-sha-256', `--pwfile=${passwordFile}`, ...(durable ? [] : ['--no-sync'])],
    ],
    { account },
  );
  rmSync(passwordFile, { force: true });
  if (status !== 0) {
    throw new EmbeddedPostgresError(`initdb could not make a database cluster in ${cluster}: ${output}`);
  }
}
