import type pg from 'pg';
import { announcedProcessId } from './pg-internals.js';
import type { DatabaseEngine } from './scope-entry.js';

/** What is at the other end of a connection. */
export interface ConnectionFacts {
  /** A pooler shows itself: the backend that answers is not the one announced. */
  readonly isDirect: boolean;
  readonly engine: DatabaseEngine;
}

export const ASK_FACTS =
  'SELECT pg_catalog.pg_backend_pid() AS pid, ' +
  "EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') AS citus";

export interface FactsRow {
  readonly pid: number;
  readonly citus: boolean;
}

export function factsOf(client: pg.Client, { rows: [row] }: pg.QueryResult<FactsRow>): ConnectionFacts {
  return {
    isDirect: row?.pid === announcedProcessId(client),
    engine: row?.citus ? 'citus' : 'postgres',
  };
}
