import pg from 'pg';
import { TenantPool, type TenantPoolConfig } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A, B, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';
import { WireRecorder } from '../../support/wire-recorder.js';

const READ = 'SELECT tenant_id FROM note';
/** As pg itself would send it. */
const pastTheGuard = <Row extends pg.QueryResultRow>(
  client: pg.PoolClient,
  text: string,
): Promise<pg.QueryResult<Row>> => Reflect.apply(pg.Client.prototype.query, client, [text]);

/** Seeded, so that each run sends the same. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('Prepared statements of the scoped client', () => {
  let database: TestDatabase;
  const pools: TenantPool[] = [];

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    await database.query('CREATE VIEW public.thing AS SELECT 1 AS a');
    await database.query(`GRANT SELECT ON public.thing TO ${database.roles.tenantApp}`);
    // Setup takes it from everybody but the owner; the login is asked what the server keeps.
    await database.query(`GRANT EXECUTE ON FUNCTION pg_prepared_statement() TO ${database.roles.login}`);
  });
  afterAll(() => database.drop());
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
  });

  const poolOf = (config: TenantPoolConfig = {}): TenantPool => {
    const pool = new TenantPool({ connectionString: database.urls.tenant, max: 1, ...config });
    pools.push(pool);
    return pool;
  };
  const kept = async (pool: TenantPool): Promise<{ name: string; statement: string }[]> => {
    const client = await inScopeOf(A, () => pool.connect());
    const text = `SELECT name, statement FROM pg_prepared_statements WHERE name <> '' ORDER BY statement`;
    const { rows } = await pastTheGuard<{ name: string; statement: string }>(client, text);
    client.release();
    return rows;
  };
  const namesOf = async (pool: TenantPool): Promise<string[]> =>
    (await kept(pool)).map(({ statement }) => statement);
  const changeThing = (columns: string): Promise<unknown> =>
    database.query(
      `BEGIN; DROP VIEW public.thing; CREATE VIEW public.thing AS SELECT ${columns};
       GRANT SELECT ON public.thing TO ${database.roles.tenantApp}; COMMIT`,
    );

  it('are parsed once on a direct connection, and serve every tenant', async () => {
    const pool = poolOf();
    for (const tenant of [A, B, A]) {
      const { rows } = await inScopeOf(tenant, () => pool.query<{ tenant_id: string }>(READ));
      expect(rows).toEqual(Array(NOTES_EACH).fill({ tenant_id: tenant }));
    }
    expect((await namesOf(pool)).filter((text) => text === READ)).toEqual([READ]);
  });

  it('are sent in one write, without Parse from the second time on', async () => {
    const pool = poolOf();
    const client = await inScopeOf(A, () => pool.connect());
    const wire = new WireRecorder(client);
    await inScopeOf(A, () => client.query(READ));
    expect(wire.take()).toEqual([
      ['Close', 'Parse', 'Bind', 'Execute', 'Close', 'Parse', 'Bind', 'Describe', 'Execute', 'Sync'],
    ]);
    await inScopeOf(A, () => client.query(READ));
    expect(wire.take()).toEqual([['Bind', 'Execute', 'Bind', 'Describe', 'Execute', 'Sync']]);
    client.release();
  });

  it('have a name that tells the text, the same from every client that shares a backend', async () => {
    const nameAfter = async (...texts: string[]): Promise<string[]> => {
      const pool = poolOf();
      for (const text of [...texts, READ]) await inScopeOf(A, () => pool.query(text));
      return (await kept(pool)).filter(({ statement }) => statement === READ).map(({ name }) => name);
    };
    const name = await nameAfter();
    expect(name).toEqual([expect.any(String)]);
    expect(await nameAfter('SELECT 1', 'SELECT 2')).toEqual(name);
  });

  it.each(['SELECT statement FROM pg_prepared_statements', 'SELECT FROM pg_prepared_statement()'])(
    'are shown to no tenant, who would see the texts of others: %s',
    async (text) => {
      const pool = poolOf();
      const secret = `SELECT FROM note WHERE title = 'of B alone'`;
      await inScopeOf(B, () => pool.query(secret));
      await expect(inScopeOf(A, () => pool.query(text))).rejects.toMatchObject({ code: '42501' });
      expect(await namesOf(pool)).toContain(secret);
    },
  );

  it('are not made where the option says no', async () => {
    const pool = poolOf({ preparedStatements: false });
    await inScopeOf(A, () => pool.query(READ));
    expect(await namesOf(pool)).toEqual([]);
  });

  it('are bounded, and closed when evicted', async () => {
    const pool = poolOf({ maxPreparedStatements: 5 });
    for (let at = 0; at < 50; at += 1) await inScopeOf(A, () => pool.query(`SELECT ${at}`));
    // One more of those kept, evicted by the look itself, is closed with the next write.
    expect((await namesOf(pool)).length).toBeLessThanOrEqual(6);
  });

  it.each([1, 0, 1.5])('refuses to keep %s of them', async (maxPreparedStatements) => {
    const pool = poolOf({ maxPreparedStatements });
    await expect(pool.connect()).rejects.toThrow(`maxPreparedStatements is ${maxPreparedStatements}`);
  });

  it('are remembered only if the server parsed them', async () => {
    const pool = poolOf();
    await expect(inScopeOf(A, () => pool.query('SELECT missing FROM note'))).rejects.toMatchObject({
      code: '42703',
    });
    await expect(inScopeOf(A, () => pool.query('SELECT 1/0 FROM note'))).rejects.toMatchObject({
      code: '22012',
    });
    await expect(inScopeOf(A, () => pool.query('SELECT missing FROM note'))).rejects.toMatchObject({
      code: '42703',
    });
    expect((await inScopeOf(A, () => pool.query(READ))).rowCount).toBe(NOTES_EACH);
    // Outside a transaction a name the server does not know would be mended unseen.
    await inScopeOf(A, async () => {
      const client = await pool.connect();
      for (let time = 0; time < 2; time += 1) {
        await client.query('BEGIN');
        await expect(client.query('SELECT absent FROM note')).rejects.toMatchObject({ code: '42703' });
        await client.query('ROLLBACK');
      }
      client.release();
    });
  });

  it('survive a change of the rows they give, once, outside a transaction', async () => {
    const pool = poolOf();
    const read = (): Promise<unknown[]> =>
      inScopeOf(A, () => pool.query<Record<string, unknown>>('SELECT * FROM thing').then(({ rows }) => rows));
    expect(await read()).toEqual([{ a: 1 }]);
    await changeThing('1 AS a, 2 AS b');
    expect(await read()).toEqual([{ a: 1, b: 2 }]);
    await changeThing('1 AS a');
  });

  it('pass the error on inside a transaction, and are parsed again in the next', async () => {
    const pool = poolOf();
    const read = 'SELECT * FROM thing';
    await inScopeOf(A, async () => {
      const client = await pool.connect();
      await client.query(read);
      await changeThing('1 AS a, 2 AS b');
      await client.query('BEGIN');
      await expect(client.query(read)).rejects.toMatchObject({ code: '0A000' });
      await client.query('ROLLBACK');
      await client.query('BEGIN');
      expect((await client.query(read)).rows).toEqual([{ a: 1, b: 2 }]);
      await client.query('COMMIT');
      client.release();
    });
    await changeThing('1 AS a');
  });

  it('are parsed again when they are gone from the backend', async () => {
    const pool = poolOf();
    await inScopeOf(A, async () => {
      const client = await pool.connect();
      await client.query(READ);
      await pastTheGuard(client, 'DEALLOCATE ALL');
      expect((await client.query(READ)).rowCount).toBe(NOTES_EACH);
      await pastTheGuard(client, 'DEALLOCATE ALL');
      await client.query('BEGIN');
      await expect(client.query(READ)).rejects.toMatchObject({ code: '26000' });
      await client.query('ROLLBACK');
      expect((await client.query(READ)).rowCount).toBe(NOTES_EACH);
      client.release();
    });
  });

  it('learn the type that a column has by now, after the error that tells of another', async () => {
    await database.query('CREATE TABLE public.counted (number integer)');
    await database.query(`GRANT SELECT, INSERT ON public.counted TO ${database.roles.tenantApp}`);
    const pool = poolOf();
    const insert = (number: number): Promise<unknown> =>
      inScopeOf(A, () => pool.query('INSERT INTO public.counted VALUES ($1)', [number]));
    await insert(1);
    await database.query('ALTER TABLE public.counted ALTER COLUMN number TYPE bigint');
    await expect(insert(3_000_000_000)).rejects.toMatchObject({ code: '22003' });
    await insert(3_000_000_000);
    await database.query('DROP TABLE public.counted');
  });

  it.each([1, 2, 3])(
    'always give what was asked for: random texts, evictions, changes of tables (seed %s)',
    async (seed) => {
      const draw = random(seed);
      const pool = poolOf({ maxPreparedStatements: 4 });
      let columns = 1;
      await changeThing('0 AS c0');
      for (let round = 0; round < 300; round += 1) {
        const tenant = draw(2) ? A : B;
        const number = draw(12);
        const kind = draw(40);
        if (kind === 0) {
          columns = 1 + draw(3);
          await changeThing(Array.from({ length: columns }, (_, at) => `${at} AS c${at}`).join(', '));
        } else if (kind < 8) {
          const { fields } = await inScopeOf(tenant, () => pool.query('SELECT * FROM thing'));
          expect(fields.length).toBe(columns);
        } else if (kind < 12) {
          await expect(inScopeOf(tenant, () => pool.query(`SELECT ${number}/0`))).rejects.toMatchObject({
            code: '22012',
          });
        } else {
          const { rows } = await inScopeOf(tenant, () =>
            pool.query(`SELECT ${number} AS n, $1::text AS given, tenant_id FROM note LIMIT 1`, [
              `v${round}`,
            ]),
          );
          expect(rows).toEqual([{ n: number, given: `v${round}`, tenant_id: tenant }]);
        }
      }
      expect((await namesOf(pool)).length).toBeLessThanOrEqual(6);
    },
  );
});
