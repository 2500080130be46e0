import pg from 'pg';
import { runOutsideScope, tryGetTenantContext } from '../../context/tenant-scope.js';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { leaseLimitsOf, type LeaseLimitOptions } from './lease-limits.js';
import { LeaseQueue, type LeaseWaiter } from './lease-queue.js';
import { assertSupportedPg, isQuiet, waitingFor } from './pg-internals.js';
import { checkoutError } from './server-away.js';
import { assertStatementTimeout } from './statement-timeout.js';
import { signerOf, TenantClient, type TenantClientConfig } from './tenant-client.js';

/**
 * The configuration of pg's own pool, how its connections are shared out among tenants, and how their statements are
 * sent. Waiting for a connection ends after 10 seconds where `connectionTimeoutMillis` says nothing.
 */
export interface TenantPoolConfig
  extends pg.PoolConfig, LeaseLimitOptions, Omit<TenantClientConfig, keyof pg.ClientConfig> {}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

/** pg waits for ever for a free connection; a request should rather be told that there is none. */
const CHECKOUT_TIMEOUT_MS = 10_000;
/** In the words of pg, by which others know them. */
const TIMED_OUT = 'timeout exceeded when trying to connect';
const ENDED = 'Cannot use a pool after calling end on the pool';

/**
 * A pool whose connections are each lent to the tenant's scope of the caller.
 *
 * One tenant never holds all of them, so its slow statements keep no other from the database; those who wait are
 * served tenant by tenant in turn.
 *
 * The scope is read when the caller calls, never in a pool event or in the callback of a queued checkout:
 * those run in the context of whoever released the connection.
 *
 * @throws ConfigurationError when constructed with an option out of range, or a version of pg it is not made for.
 *   Statements are refused as by TenantClient.
 * @throws UnavailableError (by rejection or callback) when there is no connection to lend: all that the tenant may have
 *   are taken for too long, or, at once, too many calls wait for one already; or the server is away or full. The message
 *   says which. Nothing was sent.
 * @example
 * const pool = new TenantPool({ connectionString: process.env.DATABASE_URL, max: 10 });
 * const { rows } = await runWithTenantContext({ tenantId }, () => pool.query('SELECT * FROM notes'));
 */
export class TenantPool extends pg.Pool {
  readonly #leases: LeaseQueue;

  constructor(config: TenantPoolConfig = {}) {
    assertSupportedPg();
    assertStatementTimeout(config.statementTimeoutMs);
    const defaults = { connectionTimeoutMillis: CHECKOUT_TIMEOUT_MS };
    super({
      ...defaults,
      ...withoutUndefined(config),
      // pg keeps its options where everybody can read them.
      scopeKey: undefined,
      signer: signerOf(config),
      Client: TenantClient,
    } as pg.PoolConfig);
    this.#leases = new LeaseQueue(leaseLimitsOf(this.options.max, config));
    // An accessor to pg, and a property to its types: a class may override neither.
    Object.defineProperty(this, 'waitingCount', { get: () => waitingFor(this) + this.#leases.waiting });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    const leased = this.#lease(tryGetTenantContext()?.tenantId);
    if (!callback) return leased;
    // What follows a promise runs in the scope it was asked for in: the caller's.
    leased.then(
      (client) => callback(undefined, client, client.release.bind(client)),
      (error: unknown) => callback(error as Error, undefined, () => undefined),
    );
  }

  override readonly query = ((config: unknown, values?: unknown, callback?: unknown) => {
    const done = [callback, values].find((value) => typeof value === 'function');
    const answer = this.#query(config, Array.isArray(values) ? values : undefined);
    if (typeof done !== 'function') return answer;
    const told = done as (error: Error | undefined, result?: pg.QueryResult) => void;
    answer.then((result) => told(undefined, result), told);
    return undefined;
  }) as pg.Pool['query'];

  async #query(config: unknown, values: unknown[] | undefined): Promise<pg.QueryResult> {
    const client = await this.connect();
    try {
      return await client.query(config as string, values);
    } finally {
      client.release();
    }
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    this.#leases.close(new Error(ENDED));
    if (!callback) return super.end();
    super.end(callback);
  }

  async #lease(tenantId: string | undefined): Promise<pg.PoolClient> {
    const client = await (
      this.#leases.tryTake(tenantId) ? this.#open(tenantId) : this.#openInTurn(tenantId)
    ).catch(rethrowCheckoutError);
    client.lendTo(tenantId);
    const release = client.release.bind(client);
    let released = false;
    client.release = (error) => {
      // This lease ends once. By the second time the connection, whose property this is, may be somebody else's.
      if (released) throw new Error('This connection was released already.');
      released = true;
      client.takeBack();
      try {
        release(
          error ?? (isQuiet(client) ? undefined : new Error('Released while busy or inside a transaction.')),
        );
      } finally {
        this.#leases.giveBack(tenantId);
      }
    };
    return client;
  }

  /** A connection for whom the queue has let take one. */
  async #open(tenantId: string | undefined): Promise<LentClient> {
    try {
      // Sockets outlive the request that happens to open them, so they must not carry its scope.
      const client = await runOutsideScope(() => super.connect());
      if (client instanceof TenantClient) return client;
      client.release(true);
      throw new ConfigurationError('TenantPool makes its own clients; remove `Client`.');
    } catch (error) {
      this.#leases.giveBack(tenantId);
      throw error;
    }
  }

  /** A connection once it is this call's turn. Waiting for the turn and for the connection end together. */
  #openInTurn(tenantId: string | undefined): Promise<LentClient> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const refuse = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      const grant = (): void => {
        this.#open(tenantId).then((client) => {
          clearTimeout(timer);
          if (!isLate) {
            resolve(client);
            return;
          }
          client.release();
          this.#leases.giveBack(tenantId);
        }, refuse);
      };
      const waiter: LeaseWaiter = { party: tenantId, grant, refuse };
      this.#leases.wait(waiter);
      const timer = this.#afterPatience(() => {
        isLate = true;
        this.#leases.giveUp(waiter);
        reject(new Error(`${TIMED_OUT}: ${this.#leases.occupation(tenantId)}.`));
      });
    });
  }

  #afterPatience(then: () => void): NodeJS.Timeout | undefined {
    const { connectionTimeoutMillis } = this.options;
    return connectionTimeoutMillis ? setTimeout(then, connectionTimeoutMillis).unref() : undefined;
  }
}

type LentClient = TenantClient & pg.PoolClient;

function rethrowCheckoutError(error: unknown): never {
  throw checkoutError(error);
}

function withoutUndefined<T extends object>(config: T): Partial<T> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Partial<T>;
}
