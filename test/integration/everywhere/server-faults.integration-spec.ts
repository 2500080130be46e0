import pg from 'pg';
import { eventually } from '../../support/eventually.js';
import { A, inScopeOf } from '../../support/notes.js';
import { OwnPostgres } from '../../support/own-postgres.js';
import { PgBouncer } from '../../support/pgbouncer.js';
import { Load } from './load.js';
import { noteDatabase, type OpenPlace } from './place.js';
import { Subject } from './subject.js';
import type { TestDatabase } from '../../support/database.js';

const CONNECTIONS = 30;

describe('A server that', () => {
  let server: OwnPostgres;
  let standby: OwnPostgres | undefined;
  let database: TestDatabase;

  beforeAll(async () => {
    server = await OwnPostgres.start({ max_connections: CONNECTIONS });
    database = await noteDatabase(server.adminUrl());
  });
  afterAll(async () => {
    await standby?.remove();
    await server.remove();
  });

  /** Each statement of the administrator on a connection of its own: the server may have gone in between. */
  const at = (url: string): OpenPlace => ({
    database,
    url,
    admin: (text, values) => database.query(text, values),
    close: () => Promise.resolve(),
  });

  /** Breaks the server while tenants work, waits for them to work again, and judges all they did. */
  const underLoad = async (url: string, fault: () => Promise<void>): Promise<void> => {
    const subject = Subject.of(at(url), { max: 5, connectionTimeoutMillis: 2_000, query_timeout: 5_000 });
    const load = new Load(subject);
    const works = async (what: string): Promise<void> => {
      const before = load.acknowledged.size;
      await eventually(what, () => load.acknowledged.size > before + 50);
    };
    try {
      await works('tenants work');
      await fault();
      await works('tenants work again');
    } finally {
      await load.stop();
    }
    const lost = await lostOf(load);
    process.stdout.write(
      `acknowledged ${load.acknowledged.size}, refused ${load.refused}, lost ${lost.length}\n`,
    );
    expect({ wrong: load.wrong, unexpected: load.unexpected, lost }).toEqual({
      wrong: [],
      unexpected: [],
      lost: [],
    });
    expect(load.refused).toBeGreaterThan(0);
    await subject.expectSettled();
    await subject.pool.end();
  };

  /** What was acknowledged, and is not there as it was written. */
  const lostOf = async ({ acknowledged }: Load): Promise<string[]> => {
    const rows = await database.query<{ title: string; tenant_id: string }>(
      'SELECT title, tenant_id FROM note',
    );
    const stored = new Map(rows.map(({ title, tenant_id }) => [title, tenant_id]));
    return [...acknowledged]
      .filter(([title, tenant]) => stored.get(title) !== tenant)
      .map(([title]) => title);
  };

  it('crashes under load loses nothing it acknowledged, and answers right once it is back', async () => {
    await underLoad(database.urls.tenant, () => server.restart('immediate'));
  });

  (PgBouncer.isInstalled() ? it : it.skip)('crashes behind PgBouncer, the same', async () => {
    const bouncer = await PgBouncer.start({
      urls: [database.urls.tenant],
      mode: 'transaction',
      poolSize: 3,
      settings: { server_login_retry: 1 },
    });
    try {
      await underLoad(bouncer.through(database.urls.tenant), () => server.restart('immediate'));
    } finally {
      await bouncer.remove();
    }
  });

  it('has no connection left answers 503, and serves again once it has', async () => {
    const hoard: pg.Client[] = [];
    const subject = Subject.of(at(database.urls.tenant), { max: 2 });
    try {
      for (;;) {
        const client = new pg.Client({ connectionString: database.urls.tenant });
        client.on('error', () => undefined);
        const error = await client.connect().then(
          () => undefined,
          (refusal: unknown) => refusal as pg.DatabaseError,
        );
        if (error) {
          expect(error.code).toBe('53300');
          break;
        }
        hoard.push(client);
      }
      await expect(inScopeOf(A, () => subject.pool.query('SELECT 1'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        cause: { code: '53300' },
      });
    } finally {
      await Promise.all(hoard.map((client) => client.end()));
    }
    await eventually('the server has room', () =>
      inScopeOf(A, () => subject.pool.query('SELECT 1')).then(
        () => true,
        () => false,
      ),
    );
    await subject.expectSettled();
    await subject.pool.end();
  });

  it('is replaced by its standby, on the same address, loses nothing it acknowledged', async () => {
    standby = await server.standby();
    await server.commitWithStandby();
    await eventually('the standby follows', async () => {
      const [row] = await database.query<{ state: string }>(
        'SELECT sync_state AS state FROM pg_stat_replication',
      );
      return row?.state === 'sync';
    });
    await underLoad(database.urls.tenant, async () => {
      await server.stop('immediate');
      await standby!.takeOver(server.port);
    });
  });
});
