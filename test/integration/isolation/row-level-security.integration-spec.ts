import {
  A,
  B,
  C,
  DENIED,
  RlsDatabase,
  control,
  login,
  owner,
  platform,
  tenantApp,
  type Who,
} from './rls-database.js';

describe('Row-level security: what each role may do', () => {
  let rls: RlsDatabase;
  const as: RlsDatabase['as'] = (who, ...statements) => rls.as(who, ...statements);

  beforeAll(async () => {
    rls = await RlsDatabase.create();
  });
  afterAll(() => rls.drop());

  describe('the login', () => {
    it.each(['author', 'template', 'country'])(
      'reads nothing of %s before it becomes the role',
      async (table) => {
        await expect(as(login, `SELECT FROM public.${table}`)).rejects.toMatchObject(DENIED);
        expect((await as(tenantApp(A), `SELECT FROM ${table}`)).rowCount).toBeGreaterThan(0);
      },
    );

    it('reads nothing with the setting alone', async () => {
      const unset: Who = { ...login, settings: { 'app.tenant_id': A } };
      await expect(as(unset, 'SELECT FROM public.author')).rejects.toMatchObject(DENIED);
    });

    it.each(['owner', 'control', 'platformReader', 'platformWriter'] as const)(
      'becomes no other role: %s',
      async (role) => {
        const become = `SET ROLE ${rls.database.roles[role]}`;
        await expect(as(login, become)).rejects.toMatchObject(DENIED);
        await expect(as(tenantApp(A), become)).rejects.toMatchObject(DENIED);
        await expect(
          as(login, `SET SESSION AUTHORIZATION ${rls.database.roles[role]}`),
        ).rejects.toMatchObject(DENIED);
      },
    );

    it('becomes the role of tenants', async () => {
      const { rows } = await as(tenantApp(A), 'SELECT current_user::text AS role');
      expect(rows).toEqual([{ role: rls.database.roles.tenantApp }]);
    });
  });

  describe('the role of tenants', () => {
    it('sees the rows of the tenant in the setting', async () => {
      expect([await rls.tenantsIn(tenantApp(A)), await rls.tenantsIn(tenantApp(B), 'book')]).toEqual([
        [A],
        [B],
      ]);
    });

    it('fails loudly without the setting, reading and writing', async () => {
      await expect(as(tenantApp(), 'SELECT FROM author')).rejects.toMatchObject({ code: '42704' });
      await expect(as(tenantApp(), 'INSERT INTO author (name) VALUES (1)')).rejects.toMatchObject({
        code: '42704',
      });
    });

    it('fails loudly when the setting of an earlier transaction is gone', async () => {
      const afterwards = [
        'COMMIT',
        'BEGIN',
        `SET LOCAL ROLE ${rls.database.roles.tenantApp}`,
        'SELECT FROM author',
      ];
      await expect(as(tenantApp(A), ...afterwards)).rejects.toMatchObject({ code: '22P02' });
    });

    it('sees nothing more with the setting of platform work', async () => {
      const settings = { 'app.tenant_id': A, 'app.tenant_ids': `{${A},${B}}` };
      expect(await rls.tenantsIn({ ...tenantApp(), settings })).toEqual([A]);
    });

    it('inserts rows of its tenant, stamped when they name none, and no others', async () => {
      for (const values of [`(tenant_id, name) VALUES ('${A}', 'x')`, `(name) VALUES ('x')`]) {
        const { rows } = await as(tenantApp(A), `INSERT INTO author ${values} RETURNING tenant_id`);
        expect(rows).toEqual([{ tenant_id: A }]);
      }
      const foreign = `INSERT INTO author (tenant_id, name) VALUES ('${B}', 'x')`;
      await expect(as(tenantApp(A), foreign)).rejects.toMatchObject(DENIED);
    });

    it('updates and deletes rows of its tenant and no others', async () => {
      for (const statement of [`UPDATE author SET name = 'x'`, 'DELETE FROM author']) {
        expect((await as(tenantApp(A), statement)).rowCount).toBe(1);
        expect((await as(tenantApp(A), `${statement} WHERE tenant_id = '${B}'`)).rowCount).toBe(0);
      }
    });

    it('gives no row away', async () => {
      await expect(as(tenantApp(A), `UPDATE book SET tenant_id = '${B}'`)).rejects.toMatchObject(DENIED);
      expect((await as(tenantApp(A), `UPDATE book SET tenant_id = '${A}'`)).rowCount).toBe(1);
    });

    it.each([
      'TRUNCATE author',
      'ALTER TABLE author NO FORCE ROW LEVEL SECURITY',
      'CREATE POLICY mine ON author USING (true)',
      'CREATE TABLE mine ()',
      'CREATE TEMPORARY TABLE mine ()',
      `CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
      `SELECT set_config('app.tenant_id', '${B}', true)`,
    ])('may not %s', async (statement) => {
      await expect(as(tenantApp(A), statement)).rejects.toMatchObject(DENIED);
    });

    it('gets an error, not rows, when it turns row security off', async () => {
      const read = 'SELECT FROM author';
      await expect(as(tenantApp(A), 'SET row_security = off', read)).rejects.toMatchObject(DENIED);
      expect((await as(tenantApp(A), 'SET row_security = on', read)).rowCount).toBe(1);
    });
  });

  describe('the owner', () => {
    it('sees no row, writes none, and cannot turn row security off', async () => {
      expect(await rls.tenantsIn(owner)).toEqual([]);
      expect(await rls.tenantsIn({ ...owner, settings: { 'app.tenant_id': A } })).toEqual([]);
      expect((await as(owner, `UPDATE author SET name = 'x'`)).rowCount).toBe(0);
      const insert = `INSERT INTO author (tenant_id, name) VALUES ('${A}', 'x')`;
      await expect(as(owner, insert)).rejects.toMatchObject(DENIED);
      await expect(as(owner, 'SET row_security = off', 'SELECT FROM author')).rejects.toMatchObject(DENIED);
    });

    it('sees them all once it lifts FORCE, which takes a migration', async () => {
      const { rowCount } = await as(
        owner,
        'ALTER TABLE author NO FORCE ROW LEVEL SECURITY',
        'SELECT FROM author',
      );
      expect(rowCount).toBe(3);
    });
  });

  describe('the control plane', () => {
    it.each(['author', 'book', 'template', 'country'])('reads nothing of %s by itself', async (table) => {
      await expect(as(control, `SELECT FROM ${table}`)).rejects.toMatchObject(DENIED);
    });

    it('becomes a platform role, and neither the owner nor the role of tenants', async () => {
      const become = (role: 'owner' | 'tenantApp' | 'login' | 'platformReader'): Promise<unknown> =>
        as(control, `SET ROLE ${rls.database.roles[role]}`);
      await expect(become('owner')).rejects.toMatchObject(DENIED);
      await expect(become('tenantApp')).rejects.toMatchObject(DENIED);
      await expect(become('login')).rejects.toMatchObject(DENIED);
      await expect(become('platformReader')).resolves.toBeDefined();
    });
  });

  describe.each(['platformReader', 'platformWriter'] as const)('%s', (role) => {
    it('sees the rows of the tenants named and no others', async () => {
      expect(await rls.tenantsIn(platform(role, [A, C]))).toEqual([A, C]);
      expect(await rls.tenantsIn(platform(role, [B]), 'book')).toEqual([B]);
      expect(await rls.tenantsIn(platform(role, []))).toEqual([]);
    });

    it('fails loudly when none are named, and never reads the setting of tenants', async () => {
      await expect(rls.tenantsIn(platform(role))).rejects.toMatchObject({ code: '42704' });
      const asTenant: Who = { ...platform(role), settings: { 'app.tenant_id': A } };
      await expect(rls.tenantsIn(asTenant)).rejects.toMatchObject({ code: '42704' });
    });

    it('may not TRUNCATE', async () => {
      await expect(as(platform(role, [A]), 'TRUNCATE book')).rejects.toMatchObject(DENIED);
    });
  });

  describe('writing for the platform', () => {
    const INSERT = `INSERT INTO author (tenant_id, name) VALUES ('${A}', 'x')`;
    const WRITES = [INSERT, `UPDATE author SET name = 'x'`, 'DELETE FROM book'];

    it.each(WRITES)('is nothing the reader may do: %s', async (statement) => {
      await expect(as(platform('platformReader', [A, B]), statement)).rejects.toMatchObject(DENIED);
    });

    it.each(WRITES)('reaches the tenants named: %s', async (statement) => {
      expect((await as(platform('platformWriter', [A]), statement)).rowCount).toBe(1);
    });

    it('reaches no others', async () => {
      const ofB = platform('platformWriter', [B]);
      await expect(as(ofB, INSERT)).rejects.toMatchObject(DENIED);
      await expect(as(ofB, `UPDATE book SET tenant_id = '${A}'`)).rejects.toMatchObject(DENIED);
      expect((await as(ofB, `DELETE FROM book WHERE tenant_id = '${A}'`)).rowCount).toBe(0);
    });
  });
});
