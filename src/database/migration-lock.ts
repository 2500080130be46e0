import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConfigurationError } from '@parallax/tenant';

const POLL_MS = 250;
const PATIENCE_MS = 15 * 60_000;

/**
 * Runs `work` while no other process migrates this database. The lock is a session's, on a connection of its
 * own, so it goes with a process that dies.
 */
export async function withMigrationLock<T>(
  url: string,
  log: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const holder = new pg.Client({
    connectionString: url,
    keepAlive: true,
    application_name: 'migration lock',
  });
  holder.on('error', (error) => log(`The migration lock was lost: ${error.message}`));
  await holder.connect();
  try {
    await acquire(holder, log);
    return await work();
  } finally {
    await holder.end();
  }
}

/**
 * Polls: a session that waits inside `pg_advisory_lock` holds a snapshot, for whose end a CREATE INDEX
 * CONCURRENTLY of the process that migrates would wait, and the two for ever.
 */
async function acquire(holder: pg.Client, log: (line: string) => void): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let attempt = 0; ; attempt++) {
    const { rows } = await holder.query<{ acquired: boolean }>(
      `SELECT pg_try_advisory_lock(hashtext('parallax: migrations')) AS acquired`,
    );
    if (rows[0]?.acquired === true) return;
    if (attempt === 0) log('Another process is migrating this database; waiting for it.');
    if (Date.now() > deadline) {
      throw new ConfigurationError(
        'Another process has been migrating this database for 15 minutes. Look for "migration lock" in ' +
          'pg_stat_activity, and end that session when its process hangs.',
      );
    }
    await sleep(POLL_MS);
  }
}
