import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { databaseRoles } from '../../isolation/database-roles.js';
import { AdoptionLedger } from './adoption-ledger.js';
import { readControlSchema } from './registry-facts.js';

/** How considerate a run is, and whom it tells. */
export interface AdoptionPace {
  /**
   * Milliseconds it waits for a lock before it gives way, at most half of the server's `deadlock_timeout`: so that it
   * is never a statement of the application that ends a deadlock. @default 200
   */
  readonly lockTimeoutMs?: number;
  /** Milliseconds it goes on asking for a lock. @default 600000 */
  readonly patienceMs?: number;
  /** Rows of one batch of the backfill. @default 2000 */
  readonly batchRows?: number;
  /** Milliseconds between two batches. @default 20 */
  readonly pauseMs?: number;
  readonly onProgress?: (line: string) => void;
}

export const DEFAULT_PACE: Required<AdoptionPace> = {
  lockTimeoutMs: 200,
  patienceMs: 600_000,
  batchRows: 2_000,
  pauseMs: 20,
  onProgress: () => undefined,
};

const ONE_AT_A_TIME = `hashtext('tenancy adopt')`;
const PATIENCE_FOR_ANOTHER_RUN_MS = 60_000;

/** Prepares a connection for a run, which nobody else has at the same time, and opens the record of steps. */
export async function withAdoption<T>(
  admin: pg.ClientBase,
  prefix: string | undefined,
  lockTimeoutMs: number,
  work: (ledger: AdoptionLedger) => Promise<T>,
): Promise<T> {
  const roles = databaseRoles(prefix ?? 'parallax');
  const controlSchema = await readControlSchema(admin, roles);
  await refuseSlowLocks(admin, lockTimeoutMs);
  // The server notices that this process was killed, also in the middle of building an index.
  await admin.query(
    `SET client_connection_check_interval = '1s'; SET statement_timeout = 0; SET lock_timeout = 0`,
  );
  await takeTurn(admin);
  try {
    return await work(new AdoptionLedger(admin, controlSchema, roles.owner));
  } finally {
    await admin.query(`SELECT pg_advisory_unlock(${ONE_AT_A_TIME})`);
  }
}

async function refuseSlowLocks(admin: pg.ClientBase, lockTimeoutMs: number): Promise<void> {
  const { rows } = await admin.query<{ limit: number }>(
    `SELECT setting::int / 2 AS limit FROM pg_settings WHERE name = 'deadlock_timeout'`,
  );
  const limit = rows[0]?.limit ?? 0;
  if (lockTimeoutMs > limit) {
    throw new ConfigurationError(
      `A lock timeout of ${lockTimeoutMs} ms is more than half of the server's deadlock_timeout; at most ${limit} ms.`,
    );
  }
}

/** A run that was killed holds its turn until the server notices. */
async function takeTurn(admin: pg.ClientBase): Promise<void> {
  const deadline = Date.now() + PATIENCE_FOR_ANOTHER_RUN_MS;
  for (;;) {
    const { rows } = await admin.query<{ mine: boolean }>(
      `SELECT pg_try_advisory_lock(${ONE_AT_A_TIME}) AS mine`,
    );
    if (rows[0]?.mine === true) return;
    if (Date.now() > deadline)
      throw new ConfigurationError('Another "tenancy adopt" is at work in this database.');
    await sleep(200);
  }
}
