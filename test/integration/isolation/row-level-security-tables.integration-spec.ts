import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { disableRowLevelSecurity, enableRowLevelSecurity, shareTable, unshareTable } from '@parallax/tenant';
import { A, B, DENIED, RlsDatabase, authorOf, owner, platform, tenantApp } from './rls-database.js';

describe('Row-level security: kinds of tables, keys and the helpers of migrations', () => {
  let rls: RlsDatabase;
  const as: RlsDatabase['as'] = (who, ...statements) => rls.as(who, ...statements);

  beforeAll(async () => {
    rls = await RlsDatabase.create();
  });
  afterAll(() => rls.drop());

  describe('a shared table', () => {
    const WRITES = [
      `INSERT INTO country VALUES ('x')`,
      `UPDATE country SET name = 'x'`,
      'DELETE FROM country',
    ];

    it('is read by tenants and the platform', async () => {
      for (const who of [tenantApp(A), tenantApp(B), platform('platformReader'), platform('platformWriter')])
        expect((await as(who, 'SELECT FROM country')).rowCount).toBe(1);
    });

    it.each(WRITES)('is written by the writing platform only: %s', async (statement) => {
      await expect(as(tenantApp(A), statement)).rejects.toMatchObject(DENIED);
      await expect(as(platform('platformReader'), statement)).rejects.toMatchObject(DENIED);
      expect((await as(platform('platformWriter'), statement)).rowCount).toBe(1);
    });
  });

  describe('a mixed table', () => {
    it('shows own and shared rows', async () => {
      expect(await rls.tenantsIn(tenantApp(A), 'template')).toEqual([A, null]);
      expect(await rls.tenantsIn(platform('platformReader', [A, B]), 'template')).toEqual([A, B, null]);
    });

    it('takes own rows from a tenant, neither shared nor foreign ones', async () => {
      const insert = (values: string): Promise<pg.QueryResult> =>
        as(tenantApp(A), `INSERT INTO template ${values} RETURNING tenant_id`);
      expect((await insert(`(name) VALUES ('x')`)).rows).toEqual([{ tenant_id: A }]);
      await expect(insert(`(tenant_id, name) VALUES (NULL, 'x')`)).rejects.toMatchObject(DENIED);
      await expect(insert(`(tenant_id, name) VALUES ('${B}', 'x')`)).rejects.toMatchObject(DENIED);
    });

    it('lets a tenant change and delete its own rows only', async () => {
      for (const statement of [`UPDATE template SET name = 'x'`, 'DELETE FROM template']) {
        expect((await as(tenantApp(A), statement)).rowCount).toBe(1);
        expect((await as(tenantApp(A), `${statement} WHERE tenant_id IS NULL`)).rowCount).toBe(0);
      }
      const publish = 'UPDATE template SET tenant_id = NULL';
      await expect(as(tenantApp(A), publish)).rejects.toMatchObject(DENIED);
    });

    it('takes shared rows from the writing platform', async () => {
      const publish = `INSERT INTO template (tenant_id, name) VALUES (NULL, 'x')`;
      expect((await as(platform('platformWriter', [A]), publish)).rowCount).toBe(1);
      await expect(as(platform('platformReader', [A]), publish)).rejects.toMatchObject(DENIED);
    });
  });

  describe('keys that lead with the tenant', () => {
    const writeBook = (author: string): string => `INSERT INTO book (author_id) VALUES ('${author}')`;

    it("refer to own rows, and to another tenant's exactly as to a row that is not there", async () => {
      expect((await as(tenantApp(A), writeBook(authorOf(A)))).rowCount).toBe(1);
      const unknown = randomUUID();
      const toldOf = async (author: string): Promise<object> => {
        const failure = await rls.failureOf(tenantApp(A), writeBook(author));
        return { ...Object.fromEntries(Object.entries(failure)), message: failure.message };
      };
      const told = await toldOf(authorOf(B));
      expect(told).toMatchObject({ code: '23503' });
      expect(told).toEqual(await toldOf(unknown));
      expect(JSON.stringify(told)).not.toMatch(new RegExp(`${authorOf(B)}|${A}|${B}`));
    });

    it('let two tenants use one id and one name', async () => {
      const twin = `INSERT INTO author (id, name) VALUES ('${authorOf(B)}', 'CANARY of B')`;
      expect((await as(tenantApp(A), twin)).rowCount).toBe(1);
      await expect(as(tenantApp(B), twin)).rejects.toMatchObject({ code: '23505', detail: undefined });
    });

    it('touch no other tenant when a row goes', async () => {
      const ofA = await as(tenantApp(A), 'DELETE FROM author', 'SELECT tenant_id, author_id FROM book');
      expect(ofA.rows).toEqual([{ tenant_id: A, author_id: null }]);
    });
  });

  describe('enableRowLevelSecurity and disableRowLevelSecurity', () => {
    interface Catalog {
      readonly enabled: boolean;
      readonly forced: boolean;
      readonly policies: readonly string[];
      readonly grantees: readonly string[];
      readonly tenantDefault: string | null;
    }
    const catalogOf = async (table: string): Promise<Catalog> => {
      const [row] = await rls.database.query<Catalog & pg.QueryResultRow>(
        `SELECT relrowsecurity AS enabled, relforcerowsecurity AS forced,
           ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid ORDER BY 1) AS policies,
           ARRAY(SELECT DISTINCT a.grantee::regrole::text FROM aclexplode(relacl) a
             WHERE a.grantee <> relowner ORDER BY 1) AS grantees,
           (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d JOIN pg_attribute t
             ON t.attrelid = d.adrelid AND t.attnum = d.adnum
             WHERE d.adrelid = c.oid AND t.attname = 'tenant_id') AS "tenantDefault"
         FROM pg_class c WHERE c.oid = $1::regclass`,
        [table],
      );
      return row!;
    };

    beforeEach(() => rls.queryRunner.startTransaction());
    afterEach(async () => {
      if (rls.queryRunner.isTransactionActive) await rls.queryRunner.rollbackTransaction();
    });

    it('force one policy for each role, in names that tell what they mean', async () => {
      const { enabled, forced, policies, grantees } = await catalogOf('author');
      expect([enabled, forced]).toEqual([true, true]);
      const hash = '[0-9a-f]{8}$';
      expect(policies).toEqual(
        ['platform_reader', 'platform_writer', 'tenant_app'].map(
          (of) => expect.stringMatching(new RegExp(`^${of}_${hash}`)) as unknown,
        ),
      );
      const { tenantApp: app, platformReader, platformWriter } = rls.database.roles;
      expect(grantees).toEqual([platformReader, platformWriter, app].sort());
    });

    it('name the same policy the same, on every table and every time, and a changed one another', async () => {
      const scoped = (await catalogOf('author')).policies;
      expect((await catalogOf('book')).policies).toEqual(scoped);
      const mixed = (await catalogOf('template')).policies;
      const ofTenant = scoped.filter((name) => name.startsWith('tenant_app'));
      expect(mixed.filter((name) => scoped.includes(name))).toEqual(ofTenant);
    });

    it.each([
      ['author', 'scoped'],
      ['template', 'mixed'],
    ] as const)('undo and redo each other: %s', async (table, tenancy) => {
      const before = await catalogOf(table);
      await disableRowLevelSecurity(rls.queryRunner, table, { tenancy });
      await rls.queryRunner.commitTransaction();
      expect(await catalogOf(table)).toEqual({
        enabled: false,
        forced: false,
        policies: [],
        grantees: [],
        tenantDefault: null,
      });
      await expect(as(tenantApp(A), `SELECT FROM ${table}`)).rejects.toMatchObject(DENIED);
      expect((await as(owner, `SELECT FROM ${table}`)).rowCount).toBeGreaterThanOrEqual(3);

      await enableRowLevelSecurity(rls.queryRunner, table, { tenancy });
      expect(await catalogOf(table)).toEqual(before);
    });

    it('undo and redo each other, as unshareTable and shareTable do', async () => {
      const before = await catalogOf('country');
      expect(before.grantees).toHaveLength(3);
      await unshareTable(rls.queryRunner, 'country');
      await rls.queryRunner.commitTransaction();
      expect(await catalogOf('country')).toEqual({ ...before, grantees: [] });
      for (const who of [tenantApp(A), platform('platformReader'), platform('platformWriter')])
        await expect(as(who, 'SELECT FROM country')).rejects.toMatchObject(DENIED);
      await shareTable(rls.queryRunner, 'country');
      expect(await catalogOf('country')).toEqual(before);
    });
  });
});
