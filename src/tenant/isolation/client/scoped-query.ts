import pg from 'pg';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import { WireQuery, type WireConnection, type WireQueryConfig } from './pg-internals.js';
import type { Statement } from './statement.js';

const ENTER_SCOPE =
  "select pg_catalog.set_config('role', $1, true), pg_catalog.set_config('app.tenant_id', $2, true)";

export interface ScopedQueryOptions {
  readonly statement: Exclude<Statement, { kind: 'refused' }>;
  /** Canonical uuid. */
  readonly tenantId: string;
  readonly role: string;
  readonly transactionStatus: () => string | null;
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
  /** Which of the results belongs to the caller; the others are those of the settings. */
  #callersResult: 'only' | 'second' | 'first' = 'only';
  #resultsSeen = 0;

  constructor(config: WireQueryConfig, options: ScopedQueryOptions) {
    super(config);
    this.query_timeout = config.query_timeout;
    this.#options = options;
  }

  override submit(connection: WireConnection): Error | null {
    // Only now is the state known in which the statement will run: others may have been queued before it.
    const inTransaction = this.#options.transactionStatus() !== 'I';
    const { statement } = this.#options;
    switch (statement.kind) {
      case 'begin':
        if (inTransaction) return new StatementRefusedError('a transaction is already open.');
        return this.#begin(connection, statement.text);
      case 'mode':
        if (!inTransaction) return new StatementRefusedError('SET TRANSACTION outside a transaction.');
        return super.submit(connection);
      case 'data':
        this.#callersResult = inTransaction ? 'only' : 'second';
        return super.submit(connection);
      case 'control':
        return super.submit(connection);
    }
  }

  override prepare(connection: WireConnection): void {
    if (this.#callersResult === 'second') {
      connection.parse({ text: ENTER_SCOPE });
      connection.bind({ values: [this.#options.role, this.#options.tenantId] });
      connection.execute({ portal: '' });
    }
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#isCallersResult()) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#isCallersResult()) super.handleCommandComplete(message, connection);
    this.#resultsSeen += 1;
  }

  #isCallersResult(): boolean {
    return this.#callersResult === 'only' || this.#resultsSeen === (this.#callersResult === 'first' ? 0 : 1);
  }

  /**
   * A server error is passed on only once the server is ready again. pg passes it on at once, when the
   * transaction status still is the one before the statement: who releases the connection then would have it
   * judged by a state that is out of date.
   */
  override handleError(error: Error, connection: WireConnection): void {
    if (!(error instanceof pg.DatabaseError) || connection.stream.destroyed) {
      super.handleError(error, connection);
      return;
    }
    const settle = (): void => {
      connection.off('readyForQuery', settle);
      connection.off('end', settle);
      super.handleError(error, connection);
    };
    connection.once('readyForQuery', settle);
    connection.once('end', settle);
  }

  /** SET and not SELECT: a SELECT would take the transaction's snapshot and forbid choosing its isolation. */
  #begin(connection: WireConnection, text: string): null {
    const { role, tenantId } = this.#options;
    this.#callersResult = 'first';
    connection.query(
      `${text}; SET LOCAL ROLE ${pg.escapeIdentifier(role)}; SET LOCAL app.tenant_id = ${pg.escapeLiteral(tenantId)}`,
    );
    return null;
  }
}
