import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { BackfillWork } from './adoption-step.js';
import { columnList } from './steps/names.js';

/** Where a backfill is: what it goes on from after it was killed. */
export interface BackfillState {
  /** The key of the last row of the last batch; none before the first, and after each round. */
  readonly last: readonly string[] | null;
  readonly total: number;
  readonly done: number;
  /** The sum of the hashes of all rows it wrote, as they were and as they are. */
  readonly before: string;
  readonly after: string;
}

export interface BackfillPace {
  /** Rows of one batch. */
  readonly batchRows: number;
  /** Milliseconds between two batches. */
  readonly pauseMs: number;
}

/** Between two rounds for rows that somebody held. */
const HELD_ROWS_MS = 200;

interface Batch {
  readonly written: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Gives the rows without a tenant to the tenant, in short transactions along the primary key, each of which records
 * how far it is. It waits for no row: what the application holds is left for the next round, so neither deadlocks.
 *
 * @throws ConfigurationError when a row's own columns came out changed; that batch is rolled back
 */
export async function backfillTable(
  admin: pg.ClientBase,
  work: BackfillWork,
  resumed: BackfillState | null,
  pace: BackfillPace,
  keep: (state: BackfillState) => Promise<void>,
): Promise<void> {
  const { table } = work;
  let state = resumed ?? (await begin(admin, table));
  for (let rounds = 0; rounds === 0 || (await anyLeft(admin, table));) {
    const upper = await endOfBatch(admin, table, work, state.last, pace.batchRows);
    if (upper === undefined) {
      rounds += 1;
      state = { ...state, last: null };
      await keep(state);
      if (rounds > 1) await sleep(HELD_ROWS_MS);
      continue;
    }
    state = await batch(admin, table, work, state, upper, keep);
    if (pace.pauseMs > 0) await sleep(pace.pauseMs);
  }
}

async function begin(admin: pg.ClientBase, table: string): Promise<BackfillState> {
  const { rows } = await admin.query<{ count: string }>(
    `SELECT count(*) FROM ${table} WHERE tenant_id IS NULL`,
  );
  return { last: null, total: Number(rows[0]?.count ?? 0), done: 0, before: '0', after: '0' };
}

async function anyLeft(admin: pg.ClientBase, table: string): Promise<boolean> {
  const { rows } = await admin.query<{ left: boolean }>(
    `SELECT EXISTS (SELECT FROM ${table} WHERE tenant_id IS NULL) AS left`,
  );
  return rows[0]?.left === true;
}

async function endOfBatch(
  admin: pg.ClientBase,
  table: string,
  { primaryKey }: BackfillWork,
  last: readonly string[] | null,
  size: number,
): Promise<string[] | undefined> {
  const key = columnList(primaryKey.map(({ name }) => name)).slice(1, -1);
  const descending = primaryKey.map(({ name }) => `${pg.escapeIdentifier(name)} DESC`).join(', ');
  const text = primaryKey.map(({ name }) => `${pg.escapeIdentifier(name)}::text`).join(', ');
  const { rows } = await admin.query<{ key: string[] }>(
    `SELECT ARRAY[${text}] AS key FROM
      (SELECT ${key} FROM ${table} WHERE ${above(primaryKey, last, 1)} ORDER BY ${key} LIMIT ${size}) page
      ORDER BY ${descending} LIMIT 1`,
    last === null ? [] : [...last],
  );
  return rows[0]?.key;
}

async function batch(
  admin: pg.ClientBase,
  table: string,
  work: BackfillWork,
  state: BackfillState,
  upper: readonly string[],
  keep: (state: BackfillState) => Promise<void>,
): Promise<BackfillState> {
  const { primaryKey, data, tenantId, withoutTriggers } = work;
  const hash = `hashtextextended(ROW${columnList(data)}::text, 0)`;
  await admin.query(`BEGIN${withoutTriggers ? "; SET LOCAL session_replication_role = 'replica'" : ''}`);
  try {
    const { rows } = await admin.query<Batch>(
      `WITH picked AS MATERIALIZED (
         SELECT ctid, ${hash} AS hash FROM ${table}
         WHERE ${above(primaryKey, state.last, 2 + upper.length)} AND ${upTo(primaryKey, 2)} AND tenant_id IS NULL
         FOR NO KEY UPDATE SKIP LOCKED),
       written AS (
         UPDATE ${table} SET tenant_id = $1
         WHERE ctid = ANY (ARRAY(SELECT ctid FROM picked)) RETURNING ${hash} AS hash)
       SELECT (SELECT count(*) FROM written) AS written,
         (SELECT coalesce(sum(hash), 0) FROM picked) AS before, (SELECT coalesce(sum(hash), 0) FROM written) AS after`,
      [tenantId, ...upper, ...(state.last ?? [])],
    );
    const { written, before, after } = rows[0] as Batch;
    if (before !== after) {
      throw new ConfigurationError(
        `The backfill of ${table} changed more than tenant_id between ${String(state.last)} and ${String(upper)}. ` +
          'That batch was rolled back. Look for a trigger or rule that rewrites rows.',
      );
    }
    const next = {
      ...state,
      last: upper,
      done: state.done + Number(written),
      before: String(BigInt(state.before) + BigInt(before)),
      after: String(BigInt(state.after) + BigInt(after)),
    };
    await keep(next);
    await admin.query('COMMIT');
    return next;
  } catch (error) {
    await admin.query('ROLLBACK');
    throw error;
  }
}

type Key = BackfillWork['primaryKey'];

function above(key: Key, last: readonly string[] | null, firstParameter: number): string {
  return last === null ? 'true' : `${row(key)} > ${parameters(key, firstParameter)}`;
}

function upTo(key: Key, firstParameter: number): string {
  return `${row(key)} <= ${parameters(key, firstParameter)}`;
}

function row(key: Key): string {
  return columnList(key.map(({ name }) => name));
}

function parameters(key: Key, first: number): string {
  return `(${key.map(({ type }, index) => `$${first + index}::${type}`).join(', ')})`;
}
