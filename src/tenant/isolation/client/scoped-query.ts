import pg from 'pg';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import { toWireValue, WireQuery, type WireConnection, type WireQueryConfig } from './pg-internals.js';
import type { PreparedNames } from './prepared-names.js';
import {
  beginning,
  type Enclosing,
  enclosingOf,
  type ScopeEntry,
  type SentStatement,
} from './scope-entry.js';
import { isStalePlan, mayComeOfOldTypes } from './stale-plan.js';
import type { Statement } from './statement.js';

const NOTHING: Enclosing = { before: [], after: [] };

export interface ScopedQueryOptions {
  readonly statement: Exclude<Statement, { kind: 'refused' }>;
  readonly scope: ScopeEntry;
  /** Undefined where nothing is to be prepared under a name. */
  readonly names: PreparedNames | undefined;
  readonly transactionStatus: () => string | null;
  /** Sends a query as soon as the server is ready, ahead of those that wait. */
  readonly runNext: (query: WireQuery) => void;
}

/**
 * One statement in a tenant's scope, in one round trip.
 *
 * PostgreSQL runs everything up to one Sync of the extended protocol as a single implicit transaction
 * (Protocol, "Extended Query"). So the two settings and the statement go in one write; the settings are
 * transaction-local and vanish at that Sync, on success and on error alike. Nothing stays on the connection.
 */
export class ScopedQuery extends WireQuery {
  /** pg reads it from the query it is given. */
  readonly query_timeout: number | undefined;
  readonly #options: ScopedQueryOptions;
  #inTransaction = false;
  /** The place of the caller's result; the others are those of the settings. */
  #callersResult: number | undefined;
  #resultsSeen = 0;
  #hasAnswered = false;
  #mayRepeat = true;

  constructor(config: WireQueryConfig, options: ScopedQueryOptions) {
    super(config.hasOptions ? config : config.text, config.values);
    this.queryMode = 'extended';
    // Instrumentation that writes comments into the text of a query leaves those alone that have a name.
    this.name = '';
    this.query_timeout = config.query_timeout;
    this.#options = options;
  }

  override submit(connection: WireConnection): Error | null {
    // Only now is the state known in which the statement will run: others may have been queued before it.
    this.#inTransaction = this.#options.transactionStatus() !== 'I';
    this.#resultsSeen = 0;
    const { statement } = this.#options;
    switch (statement.kind) {
      case 'begin':
        if (this.#inTransaction) return new StatementRefusedError('a transaction is already open.');
        return this.#begin(connection, statement.text);
      case 'mode':
        if (!this.#inTransaction) return new StatementRefusedError('SET TRANSACTION outside a transaction.');
        return super.submit(connection);
      case 'data':
        return this.#convertValues() ?? super.submit(connection);
      case 'control':
        return super.submit(connection);
    }
  }

  override prepare(connection: WireConnection): void {
    if (this.#options.statement.kind !== 'data') {
      super.prepare(connection);
      return;
    }
    this.#options.names?.closeEvicted(connection);
    const { before, after } = this.#inTransaction ? NOTHING : enclosingOf(this.#options.scope);
    this.#callersResult = before.length;
    for (const setting of before) this.#execute(connection, setting);
    const statement = this.#parse(connection, this.text);
    connection.bind({ statement, values: this.values as unknown[], binary: this.binary });
    connection.describe({ type: 'P', name: '' });
    connection.execute({ portal: '' });
    for (const ending of after) this.#execute(connection, ending);
    connection.sync();
  }

  override handleRowDescription(message: unknown): void {
    this.#hasAnswered = true;
    super.handleRowDescription(message);
  }

  override handleDataRow(message: unknown): void {
    if (this.#isCallersResult()) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#isCallersResult()) super.handleCommandComplete(message, connection);
    this.#resultsSeen += 1;
  }

  #isCallersResult(): boolean {
    return this.#callersResult === undefined || this.#callersResult === this.#resultsSeen;
  }

  /**
   * A server error is passed on only once the server is ready again. pg passes it on at once, when the
   * transaction status still is the one before the statement: who releases the connection then would have it
   * judged by a state that is out of date.
   */
  override handleError(error: Error, connection: WireConnection): void {
    if (!(error instanceof pg.DatabaseError) || connection.stream.destroyed) {
      this.#mayRepeat = false;
      super.handleError(error, connection);
      return;
    }
    const repeats = this.#repeats(error);
    if (this.#leavesTransaction()) {
      this.#options.runNext(rollback(() => repeats || super.handleError(error, connection)));
      return;
    }
    if (repeats) return;
    const settle = (): void => {
      connection.off('readyForQuery', settle);
      connection.off('end', settle);
      super.handleError(error, connection);
    };
    connection.once('readyForQuery', settle);
    connection.once('end', settle);
  }

  /** Where a BEGIN was sent along, an error keeps its transaction open, except one of the COMMIT. */
  #leavesTransaction(): boolean {
    const { scope, statement } = this.#options;
    const began = scope.engine === 'citus' && statement.kind === 'data' && !this.#inTransaction;
    return began && this.#resultsSeen <= (this.#callersResult ?? 0);
  }

  /** A transaction cannot be gone on with; outside one nothing has happened yet, so it is tried once more. */
  #repeats(error: pg.DatabaseError): boolean {
    const { names, scope, runNext } = this.#options;
    if (!names) return false;
    if (mayComeOfOldTypes(error)) names.forget([this.text]);
    if (!isStalePlan(error)) return false;
    names.forget([this.text, ...enclosingOf(scope).before.map(({ text }) => text)]);
    if (this.#inTransaction || this.#hasAnswered || !this.#mayRepeat) return false;
    this.#mayRepeat = false;
    runNext(this);
    return true;
  }

  #execute(connection: WireConnection, { text, values, isConstant }: SentStatement): void {
    connection.bind({ statement: this.#parse(connection, text, isConstant), values });
    connection.execute({ portal: '' });
  }

  #parse(connection: WireConnection, text: string, mayBeNamed = true): string {
    const { names } = this.#options;
    if (names) return names.parse(connection, text, mayBeNamed);
    connection.parse({ text, name: '' });
    return '';
  }

  /** Ahead of the first message, so that a parameter which cannot be written stops nothing half-way. */
  #convertValues(): Error | undefined {
    if (!Array.isArray(this.values)) return undefined;
    try {
      this.values = this.values.map(toWireValue);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  #begin(connection: WireConnection, text: string): null {
    this.#callersResult = 0;
    connection.query(beginning(text, this.#options.scope).join('; '));
    return null;
  }
}

function rollback(done: () => void): WireQuery {
  return new pg.Query({ text: 'ROLLBACK' }, undefined, done) as unknown as WireQuery;
}
