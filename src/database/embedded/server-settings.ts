import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerAccount } from './account.js';

/** Included by the cluster's postgresql.conf, and written anew at each start. */
export const SETTINGS_FILE = 'embedded.conf';

export type ServerSettings = Readonly<Record<string, string | number>>;

const BASE: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 100,
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** For data that may be lost: nothing waits for the disk. */
const VOLATILE: ServerSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** The settings of one start; the caller's own win. */
export function serverSettings(durable: boolean, own: ServerSettings): ServerSettings {
  return { ...BASE, ...(durable ? {} : VOLATILE), ...own };
}

export function writeSettings(
  cluster: string,
  settings: ServerSettings,
  account: ServerAccount | undefined,
): void {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'`,
  );
  const path = join(cluster, SETTINGS_FILE);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  if (account !== undefined) chownSync(path, account.uid, account.gid);
}
