import type { EventEmitter } from 'node:events';
import pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { assertSupported } from '../driver-guard.js';

/**
 * The parts of pg 8.23 that its type definitions leave out and the scoped client is built on, gathered here
 * so that an upgrade has one file to check (lib/query.js, lib/client.js, lib/connection.js).
 */
export interface WireConnection extends EventEmitter {
  readonly stream: { readonly destroyed: boolean };
  query(text: string): void;
  parse(message: { text: string; name: string }): void;
  bind(message: { statement: string; values: readonly unknown[]; binary?: boolean }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows?: number }): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
}

export type QueryCallback = (error: Error | null, result?: unknown) => void;

export interface WireQuery {
  readonly text: string;
  queryMode?: string;
  name?: string;
  values?: unknown;
  readonly binary?: boolean;
  callback?: QueryCallback;
  /** An Error when nothing was sent. */
  submit(connection: WireConnection): Error | null;
  prepare(connection: WireConnection): void;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
  handleError(error: Error, connection: WireConnection): void;
}

export interface WireQueryConfig extends pg.QueryConfig {
  readonly queryMode: 'extended';
  readonly query_timeout?: number;
  /** Whether there is more to it than text and values; pg copies all of it, one property at a time. */
  readonly hasOptions: boolean;
}

export const WireQuery = pg.Query as unknown as new (
  config: WireQueryConfig | string,
  values: unknown[] | undefined,
) => WireQuery;

interface ClientInternals {
  readonly connection: WireConnection;
  readonly processID: number | null;
  readonly _queryQueue: unknown[];
  readonly readyForQuery: boolean;
  _getActiveQuery(): unknown;
}

/** Whether nothing runs, nothing waits and no transaction is open: the only state in which to hand it on. */
export function isQuiet(client: pg.Client): boolean {
  const internals = client as unknown as ClientInternals;
  return (
    internals.readyForQuery &&
    !internals._getActiveQuery() &&
    internals._queryQueue.length === 0 &&
    client.getTransactionStatus() === 'I'
  );
}

/** Whether a statement sent now would be the next to run, in the transaction whose status is known. */
export function isReady(client: pg.Client): boolean {
  const internals = client as unknown as ClientInternals;
  return internals.readyForQuery && internals._queryQueue.length === 0;
}

export function wireOf(client: pg.Client): WireConnection {
  return (client as unknown as ClientInternals).connection;
}

/** Of the backend, as it was told when the connection was made: a pooler in between tells one of its own. */
export function announcedProcessId(client: pg.Client): number | null {
  return (client as unknown as ClientInternals).processID;
}

/** How many calls wait in pg's own queue. */
export function waitingFor(pool: pg.Pool): number {
  return Reflect.get(pg.Pool.prototype, 'waitingCount', pool);
}

/** Puts a query ahead of all that wait. */
export function runNext(client: pg.Client, query: WireQuery): void {
  (client as unknown as ClientInternals)._queryQueue.unshift(query);
}

const { utils } = pg as unknown as { utils: { prepareValue(this: void, value: unknown): unknown } };

/** A parameter as it goes over the wire. @throws whatever its own `toPostgres` or `toJSON` throws. */
export const toWireValue = (value: unknown): unknown => utils.prepareValue(value);

/** @throws ConfigurationError when the installed pg is none that this file speaks of. */
export function assertSupportedPg(client: typeof pg.Client = pg.Client): void {
  // Theirs has the same names, and libpq in the place of a protocol of its own.
  if (!('_handleReadyForQuery' in client.prototype)) {
    throw new ConfigurationError(
      'pg-native sends each statement by itself, and the scope has to go with it. Remove pg-native and NODE_PG_FORCE_NATIVE.',
    );
  }
  assertSupported('pg', [
    [pg.Query.prototype, 'prepare'],
    [pg.Query.prototype, 'submit'],
    [pg.Query.prototype, 'handleRowDescription'],
    [pg.Query.prototype, 'handleDataRow'],
    [pg.Query.prototype, 'handleCommandComplete'],
    [pg.Query.prototype, 'handleError'],
    [client.prototype, '_getActiveQuery'],
    [client.prototype, 'getTransactionStatus'],
    [pg.Connection.prototype, 'close'],
    [utils, 'prepareValue'],
  ]);
}
