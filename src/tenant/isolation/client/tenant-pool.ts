import pg from 'pg';
import { runOutsideScope, tryGetTenantContext } from '../../context/tenant-scope.js';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { assertSupportedPg, isQuiet } from './pg-internals.js';
import { checkoutError } from './server-away.js';
import { signerOf, TenantClient, type TenantClientConfig } from './tenant-client.js';

/**
 * The configuration of pg's own pool, and how tenants' statements are sent. Waiting for a free connection ends after
 * 10 seconds where `connectionTimeoutMillis` says nothing.
 */
export interface TenantPoolConfig extends pg.PoolConfig, Omit<TenantClientConfig, keyof pg.ClientConfig> {}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

/** pg waits for ever for a free connection; a request should rather be told that there is none. */
const CHECKOUT_TIMEOUT_MS = 10_000;

/**
 * A pool whose connections are each lent to the tenant's scope of the caller.
 *
 * The scope is read when the caller calls, never in a pool event or in the callback of a queued checkout:
 * those run in the context of whoever released the connection.
 *
 * @throws ConfigurationError when constructed with a version of pg it is not made for. Statements are refused as by
 *   TenantClient.
 * @throws UnavailableError (by rejection or callback) when there is no connection to lend: all are taken for too long,
 *   or the server is away or full. `cause` says which. Nothing was sent.
 * @example
 * const pool = new TenantPool({ connectionString: process.env.DATABASE_URL, max: 10 });
 * const { rows } = await runWithTenantContext({ tenantId }, () => pool.query('SELECT * FROM notes'));
 */
export class TenantPool extends pg.Pool {
  constructor(config: TenantPoolConfig = {}) {
    assertSupportedPg();
    const defaults = { connectionTimeoutMillis: CHECKOUT_TIMEOUT_MS };
    super({
      ...defaults,
      ...withoutUndefined(config),
      // pg keeps its options where everybody can read them.
      scopeKey: undefined,
      signer: signerOf(config),
      Client: TenantClient,
    } as pg.PoolConfig);
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

  async #lease(tenantId: string | undefined): Promise<pg.PoolClient> {
    // Sockets outlive the request that happens to open them, so they must not carry its scope.
    const client = await runOutsideScope(() => super.connect()).catch(rethrowCheckoutError);
    if (!(client instanceof TenantClient))
      throw new ConfigurationError('TenantPool makes its own clients; remove `Client`.');
    client.lendTo(tenantId);
    const release = client.release.bind(client);
    let released = false;
    client.release = (error) => {
      // This lease ends once. By the second time the connection, whose property this is, may be somebody else's.
      if (released) throw new Error('This connection was released already.');
      released = true;
      client.takeBack();
      release(
        error ?? (isQuiet(client) ? undefined : new Error('Released while busy or inside a transaction.')),
      );
    };
    return client;
  }
}

function rethrowCheckoutError(error: unknown): never {
  throw checkoutError(error);
}

function withoutUndefined<T extends object>(config: T): Partial<T> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Partial<T>;
}
