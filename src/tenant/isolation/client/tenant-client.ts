import { AsyncResource } from 'node:async_hooks';
import pg from 'pg';
import { isCanonicalTenantId } from '../../context/tenant-id.js';
import type { TenantContext } from '../../context/tenant-context.js';
import { tryGetTenantContext } from '../../context/tenant-scope.js';
import {
  ConfigurationError,
  StatementRefusedError,
  TenantScopeMismatchError,
  TenantScopeMissingError,
} from '../../errors/isolation.errors.js';
import { databaseRolesOf } from '../database-roles.js';
import { ASK_FACTS, factsOf, type FactsRow } from './connection-facts.js';
import { isReady, runNext, wireOf, type QueryCallback, type WireQueryConfig } from './pg-internals.js';
import { asCursor, endWithConnection, isSubmittable, textOf } from './cursor.js';
import { PreparedNames } from './prepared-names.js';
import { toQueryConfig } from './query-config.js';
import type { DatabaseEngine } from './scope-entry.js';
import { ScopeSigner } from './scope-signer.js';
import { ScopedQuery } from './scoped-query.js';
import { classifyStatement, type Statement } from './statement.js';
import { assertStatementTimeout, type StatementTimeout, statementTimeoutOf } from './statement-timeout.js';

/** The configuration of pg's own client, and the role of tenants' statements. */
export interface TenantClientConfig extends pg.ClientConfig {
  /**
   * The role a statement in a tenant's scope runs as.
   *
   * @default `<prefix>_tenant_app`, when the login is `<prefix>_login`
   */
  readonly tenantRole?: string;
  /**
   * Whether statements are prepared under a name, which the server then parses and plans once per connection. Behind
   * a pooler that gives each transaction another backend, choose `true` only where the pooler follows such names.
   *
   * @default true, unless a pooler is seen between the client and the server
   */
  readonly preparedStatements?: boolean;
  /**
   * So many of them are kept per connection; the least recently used are closed. At least 2.
   *
   * @default 200
   */
  readonly maxPreparedStatements?: number;
  /**
   * The key that proofs of the tenant are signed with, at least 32 bytes as UTF-8, for a database whose policies ask for
   * one (`createSignedScope`). Text in SQL can then name no other tenant, also where `set_config` cannot be revoked.
   *
   * @default nothing is signed
   */
  readonly scopeKey?: string;
  /**
   * What runs the statements. Citus is sent `SET LOCAL` in a transaction round each statement, still in one write.
   *
   * @default as the database says: `citus` where that extension is installed
   */
  readonly engine?: DatabaseEngine;
  /**
   * How long the server lets each statement of a tenant run, in milliseconds; one that takes longer is ended with
   * SQLSTATE 57014, and nothing of it stays. A function is asked at each statement, and for a transaction where that
   * begins. A cursor or stream is one statement from its first row to its last, however long nobody reads it.
   *
   * @default the server's own `statement_timeout`
   * @example
   * statementTimeoutMs: ({ limits }) => limits.statementMs // null, unlimited: the server's own
   */
  readonly statementTimeoutMs?: StatementTimeout;
}

/** What TenantPool gives each of its clients, so that they share the proofs. */
export interface PooledClientConfig extends TenantClientConfig {
  readonly signer?: ScopeSigner;
}

/** To whom a connection is lent. `tenantId` is undefined when it was taken outside every scope. */
interface Lease {
  readonly tenantId: string | undefined;
}

const MAX_PREPARED = 200;

/** What TypeORM and health checks ask before there is any tenant. They run as the login role, which owns nothing. */
const WITHOUT_SCOPE = new Set([
  'SELECT 1',
  'SELECT version()',
  'SELECT current_schema()',
  'SELECT * FROM current_schema()',
  'SELECT * FROM current_database()',
]);

/**
 * A PostgreSQL connection that runs each statement in the tenant's scope of whoever sends it, and refuses
 * what has no scope, another tenant's scope, or could leave the scope.
 *
 * TenantPool makes and lends them. One made by hand is lent to no tenant until `lendTo` names one.
 *
 * @throws (by rejection or callback) TenantScopeMissingError, TenantScopeMismatchError, StatementRefusedError,
 *   all before anything is sent.
 * @throws ConfigurationError when constructed with `pipeline`, with fewer than 2 prepared statements, with a `scopeKey`
 *   that is too short, with a `statementTimeoutMs` out of range, or with a login not named `<prefix>_login` and no
 *   `tenantRole`; by rejection of `connect()`, with a `scopeKey` on Citus.
 * @example
 * const client = new TenantClient({ connectionString: process.env.DATABASE_URL });
 * await client.connect();
 * client.lendTo(tenantId);
 * await runWithTenantContext({ tenantId }, () => client.query('SELECT * FROM notes'));
 */
export class TenantClient extends pg.Client {
  readonly #role: string;
  readonly #names: PreparedNames;
  #prepares: boolean | undefined;
  readonly #signer: ScopeSigner | undefined;
  #engine: DatabaseEngine | undefined;
  readonly #timeout: StatementTimeout | undefined;
  #lease: Lease | undefined = { tenantId: undefined };

  constructor(config: PooledClientConfig = {}) {
    super(config);
    if (this.pipeline) {
      throw new ConfigurationError(
        'TenantClient sends scope and statement in one write; remove `pipeline: true`.',
      );
    }
    this.#role = config.tenantRole ?? databaseRolesOf('login', this.user ?? '').tenantApp;
    this.#prepares = config.preparedStatements;
    this.#engine = config.engine;
    this.#signer = config.signer ?? signerOf(config);
    assertStatementTimeout(config.statementTimeoutMs);
    this.#timeout = config.statementTimeoutMs;
    this.#names = new PreparedNames(wireOf(this), maxNames(config));
    // A connection lost while it is lent out must not end the process; the statement in flight is told anyway.
    this.on('error', () => undefined);
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): void;
  override connect(callback?: unknown): Promise<pg.Client> | void {
    const opened = this.#open();
    if (typeof callback !== 'function') return opened;
    const done = callback as (error: unknown, client?: pg.Client) => void;
    opened.then((client) => done(null, client), done);
  }

  async #open(): Promise<pg.Client> {
    await super.connect();
    try {
      await this.#learnWhereItEnds();
    } catch (error) {
      await this.end();
      throw error;
    }
    return this;
  }

  async #learnWhereItEnds(): Promise<void> {
    if (this.#prepares === undefined || this.#engine === undefined) {
      const facts = factsOf(this, await super.query<FactsRow>(ASK_FACTS));
      this.#prepares ??= facts.isDirect;
      this.#engine ??= facts.engine;
    }
    if (this.#engine === 'citus' && this.#signer) {
      throw new ConfigurationError(
        'Citus takes no policy with a sub-select, so its scope cannot be signed. Leave out scopeKey, and revoke ' +
          'set_config with `npx tenancy setup`.',
      );
    }
  }

  /** Lends the connection to the scope of the caller; the pool does this. */
  lendTo(tenantId: string | undefined): void {
    this.#lease = { tenantId };
  }

  /** Takes the connection back: nothing runs on it until it is lent again. */
  takeBack(): void {
    this.#lease = undefined;
  }

  override readonly query = ((config: unknown, values?: unknown, callback?: unknown) =>
    this.#query(config, values, callback)) as pg.Client['query'];

  #query(config: unknown, values: unknown, callback: unknown): unknown {
    if (isSubmittable(config)) return this.#submitCursor(asCursor(config));
    const done = [callback, values].find((value) => typeof value === 'function') as QueryCallback | undefined;
    const parameters = Array.isArray(values) ? (values as unknown[]) : undefined;
    if (!done)
      return new Promise((resolve, reject) => this.#start(config, parameters, settler(resolve, reject)));
    this.#start(config, parameters, AsyncResource.bind(done));
    return undefined;
  }

  #start(config: unknown, parameters: unknown[] | undefined, done: QueryCallback): void {
    let isDone = false;
    try {
      const query = this.#scoped(toQueryConfig(config, parameters));
      // pg tells a parameter it cannot write as an error, and then the end of the statement as a success.
      query.callback = (error, result) => {
        if (!isDone) done(error, result);
        isDone = true;
      };
      super.query(query as pg.Submittable);
    } catch (error) {
      process.nextTick(done, error);
    }
  }

  #scoped(config: WireQueryConfig): pg.Submittable & { callback?: QueryCallback } {
    const tenant = this.#admit(config.text);
    if (!tenant) return new pg.Query(config) as pg.Submittable;
    const { tenantId } = tenant;
    const query = new ScopedQuery(config, {
      statement: allowed(config.text),
      scope: {
        engine: this.#engine ?? 'postgres',
        role: this.#role,
        tenantId,
        proof: this.#signer?.proofOf(tenantId),
        timeoutMs: statementTimeoutOf(this.#timeout, tenant),
      },
      names: this.#prepares ? this.#names : undefined,
      transactionStatus: () => this.getTransactionStatus(),
      runNext: (next) => runNext(this, next),
    });
    return query as unknown as pg.Submittable & { callback?: QueryCallback };
  }

  /** The tenant the statement may run for, or undefined for one that needs none. */
  #admit(text: string): TenantContext | undefined {
    if (!this.#lease)
      throw new TenantScopeMismatchError('A statement was sent on a connection already released');
    const tenant = tryGetTenantContext();
    const tenantId = tenant?.tenantId;
    if (tenantId !== this.#lease.tenantId) {
      if (tenantId === undefined) throw new TenantScopeMissingError('A statement was sent');
      throw new TenantScopeMismatchError(
        'A statement was sent in the scope of one tenant on a connection leased in another scope',
      );
    }
    if (!tenant) {
      if (WITHOUT_SCOPE.has(text)) return undefined;
      throw new TenantScopeMissingError('A statement was sent');
    }
    if (!isCanonicalTenantId(tenant.tenantId))
      throw new StatementRefusedError('the tenant id is not a canonical uuid.');
    return tenant;
  }

  /** A cursor reads over several round trips, so its scope must outlive one: that is what a transaction is. */
  #submitCursor<T extends pg.Submittable>(cursor: T): T {
    const text = textOf(cursor);
    if (!this.#admit(text) || allowed(text).kind !== 'data') {
      throw new StatementRefusedError('a cursor or stream reads rows in a tenant scope.');
    }
    if (this.getTransactionStatus() !== 'T' || !isReady(this)) {
      throw new StatementRefusedError('a cursor or stream needs a transaction; open one round it.');
    }
    endWithConnection(cursor, wireOf(this));
    return super.query(cursor);
  }
}

export function signerOf({ scopeKey }: TenantClientConfig): ScopeSigner | undefined {
  return scopeKey === undefined ? undefined : new ScopeSigner(scopeKey);
}

function maxNames({ maxPreparedStatements = MAX_PREPARED }: TenantClientConfig): number {
  if (Number.isSafeInteger(maxPreparedStatements) && maxPreparedStatements >= 2) return maxPreparedStatements;
  throw new ConfigurationError(
    `maxPreparedStatements is ${maxPreparedStatements}; set a whole number of at least 2, or preparedStatements: false.`,
  );
}

function allowed(text: string): Exclude<Statement, { kind: 'refused' }> {
  const statement = classifyStatement(text);
  if (statement.kind === 'refused') throw new StatementRefusedError(statement.reason);
  return statement;
}

function settler(resolve: (result: unknown) => void, reject: (error: Error) => void): QueryCallback {
  return (error, result) => (error ? reject(error) : resolve(result));
}
