import { mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { serverAccount, type ServerAccount } from './account.js';
import { lockDataDirectory, type AppLock } from './app-lock.js';
import { findBinaries } from './binaries.js';
import { hasCluster, removeDataDirectory } from './cluster-home.js';
import { Cluster } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { initialiseCluster, SUPERUSER } from './initialise-cluster.js';
import { serverSettings, type ServerSettings } from './server-settings.js';
import { superuserPassword } from './superuser-password.js';

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, the superuser's password and the log. Made when missing; one running app at a time. */
  readonly dataDir: string;
  /** `false` trades crash safety for speed: tests only. @default true */
  readonly durable?: boolean;
  /** Further server settings, for instance `{ max_connections: 300 }`. @default {} */
  readonly settings?: ServerSettings;
}

export interface EmbeddedPostgres {
  /** On 127.0.0.1; another one at each start. */
  readonly port: number;
  /** Whether this start made the cluster. */
  readonly created: boolean;
  /** Where the cluster really is: elsewhere when root's server account cannot enter the data directory. */
  readonly clusterDir: string;
  /** A URL that logs in as the superuser, password included. @default database 'postgres' */
  adminUrl(database?: string): string;
  /** Stops the server and gives the data directory free. The data stays. */
  stop(): Promise<void>;
  /** Stops the server and deletes the data directory. */
  remove(): Promise<void>;
}

/**
 * Starts a PostgreSQL server of our own on a data directory. A server that a killed app left running there is
 * taken over; a directory that a live app uses is refused.
 *
 * @throws EmbeddedPostgresError when this machine, user or directory cannot carry one, with what to do instead
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = serverAccount();
  const dataDir = makeDataDirectory(options.dataDir, account);
  const lock = lockDataDirectory(dataDir);
  try {
    return await start(dataDir, lock, account, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function makeDataDirectory(path: string, account: ServerAccount | undefined): string {
  try {
    mkdirSync(resolve(path), { recursive: true, mode: account === undefined ? 0o700 : 0o711 });
    return realpathSync(path);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new EmbeddedPostgresError(
      `The data directory ${resolve(path)} cannot be made (${reason}). Set DATA_DIR to a folder of your own.`,
      { cause },
    );
  }
}

async function start(
  dataDir: string,
  lock: AppLock,
  account: ServerAccount | undefined,
  { durable = true, settings = {} }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries(account);
  const created = !hasCluster(dataDir);
  const password = superuserPassword(dataDir, !created);
  if (created) await initialiseCluster({ dataDir, binaries, account, password, durable });
  const clusterDir = realpathSync(join(dataDir, 'cluster'));
  const cluster = new Cluster(clusterDir, binaries, account);
  const port = await cluster.start(serverSettings(durable, settings));

  let stopping: Promise<void> | undefined;
  // Once only: later the directory, and the server found on it, may be another app's.
  const stop = (): Promise<void> => (stopping ??= cluster.stop().finally(() => lock.release()));
  return {
    port,
    created,
    clusterDir,
    adminUrl: (database = 'postgres') =>
      `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop,
    remove: async () => {
      await stop();
      await removeDataDirectory(dataDir);
    },
  };
}
