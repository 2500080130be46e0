import pg from 'pg';
import QueryStream from 'pg-query-stream';
import { TenantPool } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A, B, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';

const READ = 'SELECT tenant_id FROM note';
type Row = { tenant_id: string };

describe('TenantPool and TenantClient', () => {
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

  const read = async (): Promise<string[]> => {
    const { rows }: pg.QueryResult<Row> = await pool.query(READ);
    return rows.map(({ tenant_id }) => tenant_id);
  };
  const ofTenant = (tenant: string): string[] => Array<string>(NOTES_EACH).fill(tenant);

  describe('a statement', () => {
    it('reads the rows of its own tenant', async () => {
      expect(await inScopeOf(A, read)).toEqual(ofTenant(A));
      expect(await inScopeOf(B, read)).toEqual(ofTenant(B));
    });

    it('leaves nothing on the connection, neither after success nor after an error', async () => {
      const client = await inScopeOf(A, () => pool.connect());
      const left = async (): Promise<unknown> => {
        const asked = `SELECT current_user AS role, coalesce(current_setting('app.tenant_id', true), '') AS tenant`;
        const answer = Reflect.apply(pg.Client.prototype.query, client, [asked]) as Promise<pg.QueryResult>;
        return (await answer).rows[0];
      };
      const nothing = { role: database.roles.login, tenant: '' };
      try {
        for (const statements of [[READ], ['BEGIN', READ, 'COMMIT'], ['BEGIN', READ, 'ROLLBACK']]) {
          for (const statement of statements) await inScopeOf(A, () => client.query(statement));
          expect(await left()).toEqual(nothing);
        }
        await expect(inScopeOf(A, () => client.query('SELECT 1/0 FROM note'))).rejects.toThrow(
          'division by zero',
        );
        expect(await left()).toEqual(nothing);
      } finally {
        client.release();
      }
      expect(pool.idleCount).toBe(1);
      expect(await inScopeOf(B, read)).toEqual(ofTenant(B));
    });

    it('carries parameters, row mode and the number of rows as pg does', async () => {
      await inScopeOf(A, async () => {
        const named = await pool.query({ text: 'SELECT $1::int AS n', values: [7] });
        expect(named.rows).toEqual([{ n: 7 }]);
        const asArray = await pool.query({ text: 'SELECT $1::int, 2', values: [1], rowMode: 'array' });
        expect(asArray.rows).toEqual([[1, 2]]);
        const changed = await pool.query('UPDATE note SET title = title');
        expect([changed.command, changed.rowCount]).toEqual(['UPDATE', NOTES_EACH]);
        const none = await pool.query('SELECT tenant_id FROM note WHERE false');
        expect([none.rows, none.fields.map(({ name }) => name)]).toEqual([[], ['tenant_id']]);
      });
    });

    it('stamps a raw insert, and cannot stamp another tenant', async () => {
      await inScopeOf(A, async () => {
        const { rows } = await pool.query("INSERT INTO note (title) VALUES ('stamped') RETURNING tenant_id");
        expect(rows).toEqual([{ tenant_id: A }]);
        await expect(
          pool.query("INSERT INTO note (tenant_id, title) VALUES ($1, 'x')", [B]),
        ).rejects.toMatchObject({
          code: '42501',
        });
        await pool.query("DELETE FROM note WHERE title = 'stamped'");
      });
    });

    it('tells a parameter that cannot be written once', async () => {
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      const told: unknown[] = [];
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        client.query('SELECT $1::text', [circular], (error) => told.push(error));
        await client.query('SELECT 1');
        client.release();
      });
      expect(told).toEqual([expect.any(TypeError)]);
    });

    it('leaves no lock and no message behind', async () => {
      for (const call of [
        'pg_advisory_lock(42)',
        'pg_try_advisory_lock_shared(1, 1)',
        "pg_notify('status', 'x')",
      ]) {
        await expect(inScopeOf(A, () => pool.query(`SELECT ${call}`))).rejects.toMatchObject({
          code: '42501',
        });
      }
      await expect(inScopeOf(A, () => pool.query('SELECT pg_advisory_xact_lock(42)'))).resolves.toBeDefined();
    });

    it('cannot reach the setting or the role from inside SQL', async () => {
      await inScopeOf(A, async () => {
        for (const forgery of [
          `SELECT set_config('app.tenant_id', '${B}', true)`,
          `WITH s AS MATERIALIZED (SELECT set_config('app.tenant_id', '${B}', true)) SELECT n.* FROM s, note n`,
          `UPDATE pg_settings SET setting = '${B}' WHERE name = 'app.tenant_id'`,
          `SELECT query_to_xml('SET app.tenant_id = ''${B}''', true, true, '')`,
        ]) {
          await expect(pool.query(forgery)).rejects.toMatchObject({
            code: expect.stringMatching(/^(42501|0A000|25006|22023)$/),
          });
        }
        await expect(pool.query(`SELECT 1; SET app.tenant_id = '${B}'`)).rejects.toMatchObject({
          code: '42601',
        });
        expect(await read()).toEqual(ofTenant(A));
      });
    });
  });

  describe('without a scope', () => {
    it('refuses a statement before the server sees it', async () => {
      await expect(read()).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
      expect(await inScopeOf(A, read)).toEqual(ofTenant(A));
    });

    it('lets through exactly what a start and a health check ask', async () => {
      const { rows } = await pool.query('SELECT 1');
      expect(rows).toEqual([{ '?column?': 1 }]);
      await expect(pool.query('SELECT 1 FROM note')).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
      await expect(pool.query('SELECT 2')).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
    });

    it('refuses an id that is not in canonical form', async () => {
      await expect(inScopeOf(A.toUpperCase().replace('0', 'A'), read)).rejects.toMatchObject({
        code: 'STATEMENT_REFUSED',
      });
    });
  });

  describe('two tenants alternating on one connection', () => {
    const alternately = (fn: (tenant: string) => Promise<string[]>): Promise<string[][]> =>
      Promise.all(
        Array.from({ length: 100 }, (_, at) => inScopeOf(at % 2 ? B : A, () => fn(at % 2 ? B : A))),
      );
    const expected = Array.from({ length: 100 }, (_, at) => ofTenant(at % 2 ? B : A));

    it('pool.query', async () => {
      expect(await alternately(read)).toEqual(expected);
    });

    it('pool.query with a callback', async () => {
      const seen: (string | undefined)[] = [];
      const query = (): Promise<string[]> =>
        new Promise((resolve, reject) => {
          pool.query(READ, (error: Error | undefined, result: pg.QueryResult<Row>) => {
            if (error) reject(error);
            else resolve(result.rows.map(({ tenant_id }) => tenant_id));
          });
        });
      expect(await alternately(query)).toEqual(expected);
      expect(seen).toEqual([]);
    });

    it('pool.connect with a callback', async () => {
      const connect = (): Promise<string[]> =>
        new Promise((resolve, reject) => {
          pool.connect((error, client, done) => {
            if (error || !client) {
              reject(error ?? new Error('no client'));
              return;
            }
            const rows = client.query<Row>(READ).finally(done);
            resolve(rows.then((result) => result.rows.map(({ tenant_id }) => tenant_id)));
          });
        });
      expect(await alternately(connect)).toEqual(expected);
    });

    it('a callback on a connection that somebody else opened', async () => {
      const client = await inScopeOf(A, () => pool.connect());
      const answer = await inScopeOf(
        B,
        () =>
          new Promise((resolve) =>
            client.query(READ, (error: Error, result) => resolve((error as Error | undefined) ?? result)),
          ),
      );
      expect(answer).toMatchObject({ code: 'TENANT_SCOPE_MISMATCH' });
      const own = await inScopeOf(A, () => client.query<Row>(READ));
      expect(own.rows.map(({ tenant_id }) => tenant_id)).toEqual(ofTenant(A));
      client.release();
    });
  });

  describe('a transaction', () => {
    it('keeps its tenant through savepoints, isolation level and rollback', async () => {
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        await client.query('START TRANSACTION');
        await client.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
        await client.query("INSERT INTO note (title) VALUES ('gone')");
        await client.query('SAVEPOINT s');
        await expect(client.query('SELECT 1/0')).rejects.toThrow('division by zero');
        await expect(client.query(READ)).rejects.toMatchObject({ code: '25P02' });
        await client.query('ROLLBACK TO SAVEPOINT s');
        expect((await client.query(READ)).rowCount).toBe(NOTES_EACH + 1);
        await client.query('ROLLBACK');
        expect((await client.query(READ)).rowCount).toBe(NOTES_EACH);
        client.release();
      });
    });

    it('answers BEGIN with one result', async () => {
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        expect((await client.query('BEGIN')).command).toBe('BEGIN');
        await expect(client.query('BEGIN')).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' });
        expect((await client.query('COMMIT')).command).toBe('COMMIT');
        client.release();
      });
    });

    it('takes no ready-made query, which could hold several statements', async () => {
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        await client.query('BEGIN');
        const stacked = new pg.Query(
          `SELECT 1; SET LOCAL app.tenant_id = '${B}'; SELECT tenant_id FROM note`,
        );
        expect(() => client.query(stacked)).toThrow(/only cursors and streams/);
        const behindAComment = `--\rSET LOCAL app.tenant_id = '${B}' /*\nSELECT 1 */`;
        await expect(client.query(behindAComment)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' });
        expect((await client.query<Row>(READ)).rows.map(({ tenant_id }) => tenant_id)).toEqual(ofTenant(A));
        await client.query('COMMIT');
        client.release();
      });
    });

    it('is not joined by another tenant', async () => {
      const client = await inScopeOf(A, () => pool.connect());
      await inScopeOf(A, () => client.query('BEGIN'));
      await expect(inScopeOf(B, () => client.query(READ))).rejects.toMatchObject({
        code: 'TENANT_SCOPE_MISMATCH',
      });
      await expect(client.query(READ)).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
      const { rows } = await inScopeOf(A, () => client.query<Row>(READ));
      expect(new Set(rows.map(({ tenant_id }) => tenant_id))).toEqual(new Set([A]));
      await inScopeOf(A, () => client.query('COMMIT'));
      client.release();
    });

    it('ends a stream whose backend dies, with the error', async () => {
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        await client.query('BEGIN');
        const stream = client.query(
          new QueryStream('SELECT n, pg_sleep(0.01) FROM generate_series(1, 100000) n', [], { batchSize: 5 }),
        );
        let rows = 0;
        const read = async (): Promise<void> => {
          for await (const row of stream) {
            rows += row ? 1 : 0;
            if (rows === 7)
              await database.query('SELECT pg_terminate_backend($1)', [
                (client as unknown as { processID: number }).processID,
              ]);
          }
        };
        await expect(read()).rejects.toThrow(/terminat/i);
        expect(rows).toBeGreaterThanOrEqual(7);
        client.release();
      });
    });

    it('carries a stream, which outside of it is refused', async () => {
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        expect(() => client.query(new QueryStream(READ))).toThrow(/needs a transaction/);
        await client.query('BEGIN');
        const seen: string[] = [];
        for await (const row of client.query(new QueryStream(READ))) seen.push((row as Row).tenant_id);
        expect(seen).toEqual(ofTenant(A));
        await client.query('COMMIT');
        client.release();
      });
    });
  });
});
