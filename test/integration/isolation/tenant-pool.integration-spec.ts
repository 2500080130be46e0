import type pg from 'pg';
import { TenantPool, tryGetTenantContext } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A, B, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';

const READ = 'SELECT tenant_id FROM note';
interface Row {
  readonly tenant_id: string;
}

describe(TenantPool.name, () => {
  let database: TestDatabase;
  let pool: TenantPool;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    pool = new TenantPool({ connectionString: database.urls.tenant, max: 1, connectionTimeoutMillis: 2_000 });
  });
  afterEach(() => pool.end());

  const ofTenant = (tenant: string): string[] => Array<string>(NOTES_EACH).fill(tenant);
  const read = async (): Promise<string[]> => {
    const { rows } = await pool.query<Row>(READ);
    return rows.map(({ tenant_id }) => tenant_id);
  };

  describe('on release', () => {
    const backend = async (client: pg.PoolClient): Promise<unknown> =>
      (await client.query('SELECT pg_backend_pid()')).rows[0];

    it('reuses a clean connection', async () => {
      const [first, second] = await inScopeOf(A, async () => {
        const pids = [];
        for (let at = 0; at < 2; at += 1) {
          const client = await pool.connect();
          pids.push(await backend(client));
          client.release();
        }
        return pids;
      });
      expect(second).toEqual(first);
    });

    it('reuses a connection whose last statement failed', async () => {
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        const pid = await backend(client);
        await expect(client.query('SELECT 1/0')).rejects.toThrow();
        client.release();
        const next = await pool.connect();
        expect(await backend(next)).toEqual(pid);
        next.release();
      });
    });

    it.each([
      ['an open transaction', (client: pg.PoolClient) => client.query('BEGIN')],
      [
        'a failed transaction',
        async (client: pg.PoolClient) => {
          await client.query('BEGIN');
          await client.query('SELECT 1/0').catch(() => undefined);
        },
      ],
      [
        'a statement still running',
        (client: pg.PoolClient) => {
          client.query('SELECT pg_sleep(0.2)').catch(() => undefined);
          return Promise.resolve();
        },
      ],
    ])('destroys one with %s', async (_, dirty) => {
      const before = await inScopeOf(A, async () => {
        const client = await pool.connect();
        const pid = await backend(client);
        await dirty(client);
        client.release();
        return pid;
      });
      const after = await inScopeOf(B, async () => {
        const client = await pool.connect();
        const pid = await backend(client);
        expect((await client.query<Row>(READ)).rows.map(({ tenant_id }) => tenant_id)).toEqual(ofTenant(B));
        client.release();
        return pid;
      });
      expect(after).not.toEqual(before);
    });

    it('takes no statement from who held it before', async () => {
      const held = await inScopeOf(A, () => pool.connect());
      held.release();
      await expect(inScopeOf(A, () => held.query(READ))).rejects.toMatchObject({
        code: 'TENANT_SCOPE_MISMATCH',
      });
    });
  });

  it("lets nobody give back what is somebody else's by now", async () => {
    let late: ((error?: Error) => void) | undefined;
    await inScopeOf(
      A,
      () =>
        new Promise<void>((resolve) => {
          pool.connect((_, __, done) => {
            late = done;
            done();
            resolve();
          });
        }),
    );
    await inScopeOf(B, async () => {
      const client = await pool.connect();
      expect(() => late?.()).toThrow('released already');
      expect((await client.query<Row>(READ)).rows.map(({ tenant_id }) => tenant_id)).toEqual(ofTenant(B));
      client.release();
    });
  });

  it.each<[string, (done: () => void) => Promise<unknown>]>([
    [
      'pool',
      (done) => {
        pool.query('SELECT 1', done);
        return Promise.resolve();
      },
    ],
    [
      'client',
      async (done) => {
        const client = await pool.connect();
        client.query('SELECT 1', () => {
          done();
          client.release();
        });
      },
    ],
  ])('runs callbacks in the scope of who passed them to the %s', async (_, ask) => {
    const scopes = await Promise.all(
      [A, B, A, B].map((tenant) =>
        inScopeOf(
          tenant,
          () =>
            new Promise((resolve, reject) => {
              ask(() => {
                resolve(tryGetTenantContext()?.tenantId);
              }).catch(reject);
            }),
        ),
      ),
    );
    expect(scopes).toEqual([A, B, A, B]);
  });

  it('opens connections outside the scope of who needs them', async () => {
    const scope = new Promise((resolve) => {
      pool.on('error', () => {
        resolve(tryGetTenantContext()?.tenantId);
      });
    });
    const { rows } = await inScopeOf(A, () => pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'));
    await database.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    expect(await scope).toBeUndefined();
  });

  it('tells who waits too long for a connection', async () => {
    const client = await inScopeOf(A, () => pool.connect());
    await expect(inScopeOf(B, read)).rejects.toThrow('timeout exceeded when trying to connect');
    client.release();
  });

  it('survives a backend that is killed while lent out', async () => {
    const client = await inScopeOf(A, () => pool.connect());
    const { rows } = await inScopeOf(A, () =>
      client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'),
    );
    await database.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await expect(inScopeOf(A, () => client.query(READ))).rejects.toThrow();
    client.release();
    expect(await inScopeOf(B, read)).toEqual(ofTenant(B));
  });
});
