import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { AdoptionAction } from './adoption-step.js';

/** How long others may wait for a lock this asks for, and how long it keeps asking. */
export interface LockPatience {
  /** Milliseconds it waits for a lock; whoever queues behind it waits no longer for it. */
  readonly lockTimeoutMs: number;
  /** Milliseconds after which it gives up. */
  readonly patienceMs: number;
  /** Told before each new attempt. */
  readonly onRetry: (waitMs: number) => void;
}

const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';
const LONGEST_BACK_OFF_MS = 5_000;

/**
 * Runs one action together with what records it. Asks for locks only so long as others may wait behind it, then gives
 * way and tries again later.
 *
 * @throws ConfigurationError when it did not get its locks in time; nothing of the action is left
 */
export async function runAction(
  admin: pg.ClientBase,
  { sql, concurrently }: AdoptionAction,
  record: () => Promise<void>,
  patience: LockPatience,
): Promise<void> {
  if (concurrently) {
    try {
      for (const statement of sql) await admin.query(statement);
    } catch (error) {
      // What CREATE INDEX CONCURRENTLY leaves is invalid, and is paid for by every write.
      if (sql.length > 1) await admin.query(sql[0] as string).catch(() => undefined);
      throw error;
    }
    await record();
    return;
  }
  const deadline = Date.now() + patience.patienceMs;
  for (let wait = patience.lockTimeoutMs; ; wait = Math.min(wait * 2, LONGEST_BACK_OFF_MS)) {
    if (await attempt(admin, sql, record, patience.lockTimeoutMs)) return;
    if (Date.now() > deadline) {
      throw new ConfigurationError(
        `No lock for "${sql[0] ?? ''}" within ${patience.patienceMs} ms: a transaction holds the table. Look for it ` +
          'in pg_stat_activity, then run the command again; it goes on where it is.',
      );
    }
    patience.onRetry(wait);
    await sleep(wait);
  }
}

async function attempt(
  admin: pg.ClientBase,
  sql: readonly string[],
  record: () => Promise<void>,
  lockTimeoutMs: number,
): Promise<boolean> {
  await admin.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`);
  try {
    for (const statement of sql) await admin.query(statement);
    await record();
    await admin.query('COMMIT');
    return true;
  } catch (error) {
    await admin.query('ROLLBACK');
    const { code } = error as pg.DatabaseError;
    if (code === LOCK_NOT_AVAILABLE || code === DEADLOCK) return false;
    throw error;
  }
}
