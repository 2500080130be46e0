import pg from 'pg';
import { TenantError, TenantPool, type TenantPoolConfig } from '@parallax/tenant';
import { statementError } from '../../../src/tenant/isolation/client/server-away.js';
import type { TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { A, B, inScopeOf } from '../../support/notes.js';
import type { OpenPlace, Place } from './place.js';

const READ = 'SELECT tenant_id, title FROM note ORDER BY title';

export interface Note {
  readonly tenant_id: string;
  readonly title: string;
}

/** The scoped client in one place, and what a test asks of it. */
export class Subject {
  private constructor(
    readonly at: OpenPlace,
    readonly pool: TenantPool,
  ) {}

  static of(at: OpenPlace, config: TenantPoolConfig = {}): Subject {
    const pool = new TenantPool({ connectionString: at.url, max: 3, ...config });
    pool.on('error', () => undefined); // an idle connection that ended; who comes next gets another
    return new Subject(at, pool);
  }

  get database(): TestDatabase {
    return this.at.database;
  }

  query<Row extends pg.QueryResultRow>(
    tenant: string,
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    return inScopeOf(tenant, () => this.pool.query<Row>(text, values));
  }

  /** Lends a connection in the tenant's scope, and gives it back in whatever state `use` left it. */
  lease<T>(tenant: string, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return inScopeOf(tenant, async () => {
      const client = await this.pool.connect();
      try {
        return await use(client);
      } finally {
        client.release();
      }
    });
  }

  async notesOf(tenant: string): Promise<Note[]> {
    return (await this.query<Note>(tenant, READ)).rows;
  }

  /** Ends the backend that serves this transaction. */
  async kill(client: pg.PoolClient): Promise<void> {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await this.at.admin('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
  }

  /** What must hold after whatever happened: all is given back, nothing is open, and each tenant reads its own. */
  async expectSettled(): Promise<void> {
    await eventually(
      'all connections are idle',
      () => this.pool.idleCount === this.pool.totalCount && this.pool.waitingCount === 0,
    );
    await eventually('no backend is busy', async () => (await this.#busyBackends()).length === 0);
    for (const tenant of [A, B]) {
      const own = await this.at.admin<Note>(
        'SELECT tenant_id, title FROM note WHERE tenant_id = $1 ORDER BY title',
        [tenant],
      );
      expect(await this.notesOf(tenant)).toEqual(own);
    }
    expect(await this.#leftBehind()).toEqual({ role: this.database.roles.login, tenant: '' });
  }

  #busyBackends(): Promise<unknown[]> {
    return this.at.admin(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = $1 AND state <> 'idle'`,
      [this.database.roles.login],
    );
  }

  /** Whom an ordinary statement on a connection of the pool finds itself to be: asked past the pool's guard. */
  async #leftBehind(): Promise<unknown> {
    const client = await this.pool.connect();
    try {
      const ask = `SELECT current_user::text AS role, coalesce(current_setting('app.tenant_id', true), '') AS tenant`;
      const query = Reflect.apply(pg.Client.prototype.query, client, [
        ask,
      ]) as unknown as Promise<pg.QueryResult>;
      return (await query).rows[0];
    } finally {
      client.release();
    }
  }
}

/** Whether an error says that the database was away: of the checkout, or of the statement. */
export function saysAway(error: unknown): boolean {
  const told = error instanceof TenantError ? error : statementError(error);
  return told?.code === 'UNAVAILABLE';
}

/** Suites in one place, over one pool: each test ends settled. */
export function describeAt(
  place: Place | undefined,
  suites: Readonly<Record<string, (subject: () => Subject, place: Place) => void>>,
): void {
  if (!place) {
    describe.skip('not installed', () => it.todo('runs the suite of the scoped client'));
    return;
  }
  describe(place.name, () => {
    let at: OpenPlace;
    let subject: Subject;
    beforeAll(async () => {
      at = await place.open();
      subject = Subject.of(at);
    });
    afterAll(async () => {
      await subject.pool.end();
      await at.close();
    });
    afterEach(() => subject.expectSettled());
    for (const [name, define] of Object.entries(suites)) describe(name, () => define(() => subject, place));
  });
}
