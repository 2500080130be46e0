import pg from 'pg';
import type { FuzzServer } from './fuzz-server.js';
import type { Outcome } from './outcome.js';

const LEFT = `SELECT current_user::text AS role, coalesce(current_setting('app.tenant_id', true), '') AS tenant`;

/** A pool of which it is known who has each connection, and that none is handed on in use. */
export class WatchedPool {
  readonly #idle = new Set<pg.PoolClient>();
  readonly #all = new Set<pg.PoolClient>();

  constructor(
    readonly pool: pg.Pool,
    private readonly server: FuzzServer,
    private readonly outcome: Outcome,
  ) {
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      this.#all.add(client);
      client.on('error', () => undefined);
    });
    pool.on('acquire', (client) => {
      this.#idle.delete(client);
      // A new one has no status yet.
      if ((client.getTransactionStatus() ?? 'I') !== 'I') this.#dirty('was handed out inside a transaction');
    });
    // With an error it is about to be destroyed.
    pool.on('release', (error, client) => {
      if (!(error as Error | undefined)) this.#idle.add(client);
    });
    pool.on('remove', (client) => this.#idle.delete(client));
  }

  /** What an ordinary statement would find on each connection that waits for the next caller. */
  async inspect(): Promise<void> {
    const states = new Map((await this.server.states()).map(({ pid, state }) => [pid, state]));
    for (const client of this.#idle) {
      const state = states.get((client as unknown as { processID: number }).processID);
      if (state === undefined) continue; // ended, which it has not been told
      if (state !== 'idle') this.#dirty(`waits for the next caller ${state}`);
      else await this.#inspect(client);
    }
  }

  /** Past the guard of the pool. */
  async #inspect(client: pg.PoolClient): Promise<void> {
    const answer = Reflect.apply(pg.Client.prototype.query, client, [LEFT]) as unknown as Promise<
      pg.QueryResult<{ role: string; tenant: string }>
    >;
    const left = await answer.then(
      ({ rows }) => rows[0],
      () => undefined,
    );
    if (left && (left.role !== this.server.roles.login || left.tenant !== ''))
      this.#dirty(`still is ${left.role} for ${left.tenant || 'nobody'}`);
  }

  /** Also what was never given back. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#all].map((client) => (client as unknown as pg.Client).end().catch(() => undefined)),
    );
    void this.pool.end().catch(() => undefined);
  }

  #dirty(what: string): void {
    this.outcome.findings.push({ kind: 'dirty', what: `a connection ${what}` });
  }
}
