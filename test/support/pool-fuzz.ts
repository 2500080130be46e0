import type pg from 'pg';

const READ = 'SELECT tenant_id FROM note';
type Row = { tenant_id: string };

export interface Tally {
  /** Reads that gave the tenant's rows, all of them and no others. */
  ok: number;
  /** Reads that gave the rows of another tenant. */
  wrong: number;
  /** Reads that succeeded without a scope: no tenant's rows, those of several, or any asked for by nobody. */
  unscoped: number;
  /** Reads that failed, by SQLSTATE or code, else by message. */
  readonly errors: Record<string, number>;
}

export interface PoolFuzzOptions {
  readonly pool: pg.Pool;
  readonly inScopeOf: <T>(tenantId: string, fn: () => T) => T;
  readonly tenants: readonly string[];
  /** How many rows a tenant has in `note`. */
  readonly rowsEach: number;
  /** How many turns are taken; each reads once or, some, twice. */
  readonly turns: number;
  readonly workers: number;
  /** Every choice follows from it; what the scheduler and the server make of them does not. */
  readonly seed: number;
  /** Ends one backend of the pool; `choice` from 0 to below 1 says which. */
  readonly killBackend: (choice: number) => Promise<unknown>;
}

/** Reads through a pool as a busy and careless application does, while backends die, and judges every read. */
export async function fuzzPool(options: PoolFuzzOptions): Promise<Tally> {
  const fuzz = new PoolFuzz(options);
  const workers = Array.from({ length: options.workers }, (_, at) => fuzz.work(at));
  await Promise.all(workers);
  return fuzz.tally;
}

export function describeTally(name: string, { ok, wrong, unscoped, errors }: Tally): string {
  const kinds = Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${count}`);
  return `${name}: ok ${ok}, wrong ${wrong}, unscoped ${unscoped}; errors: ${kinds.join(', ') || 'none'}`;
}

/** The tenant of a read and the dice of the worker that does it. */
interface Turn {
  readonly tenant: string;
  readonly other: string;
  readonly random: () => number;
}

class PoolFuzz {
  readonly tally: Tally = { ok: 0, wrong: 0, unscoped: 0, errors: {} };

  /** What a turn may be, each as often as its weight says. */
  readonly #deeds: readonly (readonly [weight: number, deed: (turn: Turn) => Promise<void>])[] = [
    [22, ({ tenant }) => this.#in(tenant, () => this.#read(tenant, this.options.pool))],
    [8, ({ tenant }) => this.#in(tenant, () => this.#readWithCallback(tenant))],
    [8, ({ tenant }) => this.#in(tenant, () => this.#readAfterConnectCallback(tenant))],
    [18, ({ tenant }) => this.#lease(tenant, (client) => this.#read(tenant, client))],
    [14, (turn) => this.#lease(turn.tenant, (client) => this.#transaction(turn, client, 'COMMIT'))],
    [6, (turn) => this.#lease(turn.tenant, (client) => this.#transaction(turn, client, 'ROLLBACK'))],
    [5, (turn) => this.#lease(turn.tenant, (client) => this.#transaction(turn, client))], // forgotten
    [3, (turn) => this.#lease(turn.tenant, (client) => this.#failInTransaction(turn, client))],
    [3, (turn) => this.#lease(turn.tenant, (client) => this.#leaveRunning(turn, client))],
    [5, (turn) => this.#lease(turn.tenant, (client) => this.#readSlowly(turn, client))],
    [3, (turn) => this.#lease(turn.tenant, (client) => this.#lendToOther(turn, client))],
    [2, () => this.#judge(undefined, this.options.pool.query<Row>(READ))],
    [3, (turn) => this.#kill(turn)],
  ];

  constructor(private readonly options: PoolFuzzOptions) {}

  async work(worker: number): Promise<void> {
    const { tenants, turns, workers, seed } = this.options;
    const random = randomFrom(seed + worker * 7919);
    const share = Math.floor(turns / workers) + (worker < turns % workers ? 1 : 0);
    for (let at = 0; at < share; at += 1) {
      const [first, step] = [
        Math.floor(random() * tenants.length),
        1 + Math.floor(random() * (tenants.length - 1)),
      ];
      const turn = { tenant: tenants[first]!, other: tenants[(first + step) % tenants.length]!, random };
      await this.#deedFor(random())(turn);
    }
  }

  #deedFor(dice: number): (turn: Turn) => Promise<void> {
    let left = dice * this.#deeds.reduce((sum, [weight]) => sum + weight, 0);
    return this.#deeds.find(([weight]) => (left -= weight) < 0)![1];
  }

  #in<T>(tenant: string, fn: () => T): T {
    return this.options.inScopeOf(tenant, fn);
  }

  /** Lends a connection and gives it back in whatever state `use` left it. A failure to lend counts as a read. */
  #lease(tenant: string, use: (client: pg.PoolClient) => Promise<void>): Promise<void> {
    return this.#in(tenant, async () => {
      let client: pg.PoolClient;
      try {
        client = await this.options.pool.connect();
      } catch (error) {
        this.#failed(error);
        return;
      }
      await use(client);
      client.release();
    });
  }

  #read(tenant: string, from: pg.Pool | pg.PoolClient): Promise<void> {
    return this.#judge(tenant, from.query<Row>(READ));
  }

  #readWithCallback(tenant: string): Promise<void> {
    const answer = new Promise<pg.QueryResult<Row>>((resolve, reject) => {
      this.options.pool.query<Row>(READ, (error: Error | undefined, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
    return this.#judge(tenant, answer);
  }

  #readAfterConnectCallback(tenant: string): Promise<void> {
    const answer = new Promise<pg.QueryResult<Row>>((resolve, reject) => {
      this.options.pool.connect((error, client, done) => {
        if (error || !client) {
          reject(error ?? new Error('no client'));
          return;
        }
        void client
          .query<Row>(READ)
          .then(resolve, reject)
          .finally(() => done());
      });
    });
    return this.#judge(tenant, answer);
  }

  async #transaction({ tenant }: Turn, client: pg.PoolClient, end?: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await quietly(client.query('BEGIN'));
    await this.#read(tenant, client);
    if (end) await quietly(client.query(end));
  }

  async #failInTransaction({ tenant, random }: Turn, client: pg.PoolClient): Promise<void> {
    await quietly(client.query('BEGIN'));
    await quietly(client.query('SELECT 1/0'));
    if (random() < 0.5) await quietly(client.query('ROLLBACK'));
    await this.#read(tenant, client);
  }

  async #leaveRunning({ tenant, random }: Turn, client: pg.PoolClient): Promise<void> {
    await this.#read(tenant, client);
    void quietly(client.query('SELECT pg_sleep($1)', [random() * 0.1]));
    if (random() < 0.5) void quietly(client.query(READ));
  }

  /** Gives up on some of the answers before they come; those come later, to whoever is there then. */
  async #readSlowly({ tenant, random }: Turn, client: pg.PoolClient): Promise<void> {
    if (random() < 0.5) await quietly(client.query('BEGIN'));
    const text = `SELECT tenant_id FROM note, pg_sleep(${(random() * 0.15).toFixed(3)})`;
    const slow = { text, query_timeout: 50 + Math.floor(random() * 70) };
    await this.#judge(tenant, client.query<Row>(slow));
    if (random() < 0.3) await this.#read(tenant, client);
  }

  /** The connection leaks into another tenant's code: held in a field, or shared by Promise.all. */
  async #lendToOther({ tenant, other, random }: Turn, client: pg.PoolClient): Promise<void> {
    if (random() < 0.7) await quietly(client.query('BEGIN'));
    await this.#in(other, () => this.#read(other, client));
    if (random() < 0.5) await quietly(this.#in(tenant, () => client.query('ROLLBACK')));
  }

  async #kill({ tenant, random }: Turn): Promise<void> {
    const killed = this.options.killBackend(random());
    await this.#in(tenant, () => this.#read(tenant, this.options.pool));
    await killed;
  }

  async #judge(tenant: string | undefined, answer: Promise<pg.QueryResult<Row>>): Promise<void> {
    let rows: Row[];
    try {
      ({ rows } = await answer);
    } catch (error) {
      this.#failed(error);
      return;
    }
    const owners = new Set(rows.map(({ tenant_id }) => tenant_id));
    const [owner] = owners;
    if (tenant === undefined || owners.size !== 1) this.tally.unscoped += 1;
    else if (owner !== tenant) this.tally.wrong += 1;
    else if (rows.length !== this.options.rowsEach) this.tally.unscoped += 1;
    else this.tally.ok += 1;
  }

  #failed(error: unknown): void {
    const { code, message } = error as { code?: string; message: string };
    const kind = code ?? message;
    this.tally.errors[kind] = (this.tally.errors[kind] ?? 0) + 1;
  }
}

const quietly = (answer: Promise<unknown>): Promise<void> =>
  answer.then(
    () => undefined,
    () => undefined,
  );

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
