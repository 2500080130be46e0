import pg from 'pg';
import { databaseRoles, setupRoles } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const DENIED = /permission denied/;

describe(setupRoles.name, () => {
  let database: TestDatabase;
  const { owner, login, tenantApp, control, platformReader, platformWriter } = databaseRoles('test');

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await as('migration', [
      'CREATE TABLE things (id int)',
      `GRANT SELECT ON things TO ${tenantApp}, ${platformReader}, ${platformWriter}`,
      'CREATE TABLE control_things (id int)',
      `GRANT SELECT ON control_things TO ${control}`,
    ]);
  });
  afterAll(() => database.drop());

  /** Runs statements one after the other on one connection, and answers with the rows of the last. */
  async function as(user: keyof TestDatabase['urls'], statements: readonly string[]): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: database.urls[user] });
    await client.connect();
    try {
      let rows: unknown[] = [];
      for (const statement of statements) rows = (await client.query<pg.QueryResultRow>(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  it('gives no role anything that reaches around row-level security', async () => {
    const roles = await database.query(
      `SELECT rolname AS name, rolcanlogin AS login, rolinherit AS inherit,
              rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS privileged
       FROM pg_roles WHERE rolname = ANY($1) ORDER BY rolname`,
      [Object.values(database.roles)],
    );
    const role = (name: string, login: boolean, inherit: boolean) => ({
      name,
      login,
      inherit,
      privileged: false,
    });
    expect(roles).toEqual([
      role(control, true, false),
      role(login, true, false),
      role(owner, true, true),
      role(platformReader, false, true),
      role(platformWriter, false, true),
      role(tenantApp, false, true),
    ]);
  });

  it('lets the login role read only as tenant_app', async () => {
    await expect(as('tenant', ['SELECT * FROM public.things'])).rejects.toThrow(DENIED);
    await expect(as('tenant', [`SET ROLE ${tenantApp}`, 'SELECT * FROM things'])).resolves.toEqual([]);
  });

  it('lets the login role become nothing else', async () => {
    for (const role of [owner, control, platformReader, platformWriter]) {
      await expect(as('tenant', [`SET ROLE ${role}`])).rejects.toThrow(/permission denied to set role/);
    }
    await expect(as('tenant', [`SET ROLE ${tenantApp}`])).resolves.toBeDefined();
  });

  it('lets the control role read tenant tables only as a platform role, and never become tenant_app or owner', async () => {
    await expect(as('control', ['SELECT * FROM things'])).rejects.toThrow(DENIED);
    await expect(as('control', ['SELECT * FROM control_things'])).resolves.toEqual([]);
    for (const role of [platformReader, platformWriter]) {
      await expect(as('control', [`SET ROLE ${role}`, 'SELECT * FROM things'])).resolves.toEqual([]);
    }
    for (const role of [tenantApp, owner, login]) {
      await expect(as('control', [`SET ROLE ${role}`])).rejects.toThrow(/permission denied to set role/);
    }
  });

  it('lets the owner alone create in schema public', async () => {
    const create = 'CREATE TABLE created (id int)';
    await expect(as('migration', [create, 'DROP TABLE created'])).resolves.toEqual([]);
    await expect(as('tenant', [create])).rejects.toThrow(/no schema has been selected|permission denied/);
    await expect(as('tenant', [`SET ROLE ${tenantApp}`, create])).rejects.toThrow(DENIED);
    await expect(as('control', [create])).rejects.toThrow(DENIED);
    await expect(as('control', [`SET ROLE ${platformWriter}`, create])).rejects.toThrow(DENIED);
  });

  it('keeps everybody but the administrator from temporary tables and schemas', async () => {
    for (const statement of ['CREATE TEMPORARY TABLE hidden (id int)', 'CREATE SCHEMA hidden']) {
      await expect(as('admin', ['BEGIN', statement, 'ROLLBACK'])).resolves.toBeDefined();
      await expect(as('tenant', [`SET ROLE ${tenantApp}`, statement])).rejects.toThrow(DENIED);
      for (const user of ['tenant', 'control', 'migration'] as const) {
        await expect(as(user, [statement])).rejects.toThrow(DENIED);
      }
    }
  });

  it('lets set_config be called before a role is taken, and not after', async () => {
    const call = `SELECT set_config('app.tenant_id', 'x', false)`;
    for (const user of ['tenant', 'control', 'migration'] as const) {
      await expect(as(user, [call])).resolves.toEqual([{ set_config: 'x' }]);
    }
    await expect(as('tenant', [`SET ROLE ${tenantApp}`, call])).rejects.toThrow(DENIED);
    for (const role of [platformReader, platformWriter]) {
      await expect(as('control', [`SET ROLE ${role}`, call])).rejects.toThrow(DENIED);
    }
  });

  it.each([`lo_create(0)`, `lo_creat(0)`, `lo_from_bytea(0, '\\x00')`, `lo_import('/etc/hostname')`])(
    'keeps %s from everybody but the administrator',
    async (call) => {
      await expect(as('admin', ['BEGIN', `SELECT ${call}`, 'ROLLBACK'])).resolves.toBeDefined();
      await expect(as('tenant', [`SET ROLE ${tenantApp}`, `SELECT ${call}`])).rejects.toThrow(DENIED);
      for (const user of ['tenant', 'control', 'migration'] as const) {
        await expect(as(user, [`SELECT ${call}`])).rejects.toThrow(DENIED);
      }
    },
  );

  describe('on a database of its own', () => {
    const prefix = 'test_alien';
    const passwords = { owner: 'first-owner', login: 'first-login', control: 'first-control' };
    const name = `test_roles_${process.pid}`;
    const roles = databaseRoles(prefix);
    const url = (user?: string, password?: string): string => {
      const target = new URL(database.urls.admin);
      target.pathname = name;
      if (user !== undefined && password !== undefined) [target.username, target.password] = [user, password];
      return target.href;
    };

    beforeAll(async () => {
      await database.query(`CREATE ROLE test_manager LOGIN CREATEROLE CREATEDB PASSWORD 'manager'`);
    });
    beforeEach(() => database.query(`CREATE DATABASE ${name} OWNER test_manager TEMPLATE template0`));
    afterEach(async () => {
      await database.query(`DROP DATABASE ${name} WITH (FORCE)`);
      for (const role of Object.values(roles)) await database.query(`DROP ROLE IF EXISTS ${role}`);
      await database.query('DROP ROLE IF EXISTS test_stranger');
    });
    afterAll(() => database.query('DROP ROLE test_manager'));

    it('keeps out who is not one of its roles', async () => {
      await database.query(`CREATE ROLE test_stranger LOGIN PASSWORD 'stranger'`);
      await expect(connected(url('test_stranger', 'stranger'), loggedIn)).resolves.toBe('in');
      await connected(url(), (admin) => setupRoles(admin, { prefix, passwords }));

      await expect(connected(url('test_stranger', 'stranger'), loggedIn)).rejects.toThrow(
        /permission denied for database/,
      );
      await expect(connected(url(roles.login, 'first-login'), loggedIn)).resolves.toBe('in');
      await expect(connected(url(roles.control, 'first-control'), loggedIn)).resolves.toBe('in');
      await expect(connected(url(roles.owner, 'first-owner'), loggedIn)).resolves.toBe('in');
    });

    it('repairs what was changed when run again, and replaces the passwords', async () => {
      await connected(url(), async (admin) => {
        await setupRoles(admin, { prefix, passwords });
        await admin.query(`ALTER ROLE ${roles.login} BYPASSRLS INHERIT`);
        await admin.query(
          `GRANT ${roles.owner} TO ${roles.login}; GRANT ${roles.tenantApp} TO ${roles.control}`,
        );
        await admin.query(
          `GRANT ALL ON SCHEMA public TO PUBLIC; GRANT EXECUTE ON FUNCTION set_config TO PUBLIC`,
        );
        await setupRoles(admin, { prefix, passwords: { ...passwords, login: 'second-login' } });
        const again = await setupRoles(admin, { prefix, passwords: { ...passwords, login: 'second-login' } });
        expect(again).toEqual({ roles, warnings: [] });
      });
      await expect(connected(url(roles.login, 'first-login'), loggedIn)).rejects.toThrow(/password/);
      await connected(url(roles.login, 'second-login'), async (client) => {
        const { rows } = await client.query(
          `SELECT rolbypassrls, rolinherit FROM pg_roles WHERE rolname = current_user`,
        );
        expect(rows).toEqual([{ rolbypassrls: false, rolinherit: false }]);
        await expect(client.query(`SET ROLE ${roles.owner}`)).rejects.toThrow(DENIED);
        await client.query(`SET ROLE ${roles.tenantApp}`);
        await expect(client.query('CREATE TABLE created (id int)')).rejects.toThrow(DENIED);
        await expect(client.query(`SELECT set_config('a.b', 'c', false)`)).rejects.toThrow(DENIED);
      });
      await connected(url(roles.control, 'first-control'), async (client) => {
        await expect(client.query(`SET ROLE ${roles.tenantApp}`)).rejects.toThrow(DENIED);
      });
    });

    it('does for an administrator who is no superuser what the server allows, and names the rest', async () => {
      const manager = url('test_manager', 'manager');
      const { warnings } = await connected(manager, (admin) => setupRoles(admin, { prefix, passwords }));
      expect(warnings).not.toEqual([]);
      for (const warning of warnings)
        expect(warning).toMatch(/^could not revoke EXECUTE on pg_catalog\.(set_config|lo_|pg_)/);

      await connected(url(roles.login, 'first-login'), async (client) => {
        await client.query(`SET ROLE ${roles.tenantApp}`);
        await expect(client.query('CREATE TEMPORARY TABLE hidden (id int)')).rejects.toThrow(DENIED);
      });
      await connected(url(roles.owner, 'first-owner'), (client) =>
        client.query('CREATE TABLE created (id int)'),
      );
      const again = await connected(manager, (admin) => setupRoles(admin, { prefix, passwords }));
      expect(again.warnings).toEqual(warnings);
    });

    it('lets several run at once', async () => {
      const once = () => connected(url(), (admin) => setupRoles(admin, { prefix, passwords }));
      await expect(Promise.all([once(), once(), once()])).resolves.toHaveLength(3);
    });
  });

  it('refuses a server older than PostgreSQL 15', async () => {
    const old = {
      query: () =>
        Promise.resolve({ rows: [{ version: 140_009, name: '14.9', database: 'x', superuser: true }] }),
    };
    const passwords = { owner: 'a', login: 'b', control: 'c' };
    await expect(setupRoles(old as unknown as pg.ClientBase, { passwords })).rejects.toThrow(
      /PostgreSQL 15 or newer is needed; this server is 14\.9/,
    );
  });
});

const loggedIn = (): Promise<string> => Promise.resolve('in');

async function connected<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
