import { Logger } from '@nestjs/common';
import { TenantDataSource } from '@parallax/tenant';
import { assertLeastPrivilege } from '../../../src/tenant/isolation/login-check.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createNotes } from '../../support/notes.js';

describe(assertLeastPrivilege.name, () => {
  let database: TestDatabase;
  const check = (url = database.urls.tenant): Promise<void> =>
    assertLeastPrivilege('login', { connectionString: url });

  const policyOf = async (what: string): Promise<string> =>
    (
      await database.query<{ name: string }>(
        `SELECT polname AS name FROM pg_policy WHERE polrelid = 'note'::regclass AND polname LIKE '${what}%'`,
      )
    )[0]!.name;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
  });
  afterAll(() => database.drop());

  it('lets the login of the set-up serve', async () => {
    await expect(check()).resolves.toBeUndefined();
  });

  it('refuses a login that is not named as one', async () => {
    await expect(check(database.urls.control)).rejects.toThrow(/not named "<prefix>_login"/);
  });

  it('lets the control plane have its own login, and no more', async () => {
    const control = (url: string): Promise<void> =>
      assertLeastPrivilege('control', { connectionString: url });
    await expect(control(database.urls.control)).resolves.toBeUndefined();
    await expect(control(database.urls.admin)).rejects.toThrow(/superuser/);
    await expect(control(database.urls.tenant)).rejects.toThrow(/not named "<prefix>_control"/);
    await database.query('GRANT SELECT ON note TO test_control');
    await expect(control(database.urls.control)).rejects.toThrow(/reaches note without/);
    await database.query('REVOKE SELECT ON note FROM test_control');
  });

  it('refuses the superuser and the owner, each with its reason', async () => {
    const as = (url: string): Promise<void> =>
      assertLeastPrivilege('login', { connectionString: url }, database.roles.tenantApp);
    await expect(as(database.urls.admin)).rejects.toThrow(/it is a superuser/);
    await expect(as(database.urls.migration)).rejects.toThrow(/owns note.*may not become test_tenant_app/);
  });

  it('is passed before a TenantDataSource opens', async () => {
    const dataSourceOf = (url: string): TenantDataSource =>
      new TenantDataSource({
        type: 'postgres',
        url,
        entities: [],
        extra: { tenantRole: database.roles.tenantApp },
      });
    const asSuperuser = dataSourceOf(database.urls.admin);
    await expect(asSuperuser.initialize()).rejects.toThrow(/must not serve tenants: it is a superuser/);
    expect(asSuperuser.isInitialized).toBe(false);
    const asLogin = await dataSourceOf(database.urls.tenant).initialize();
    await asLogin.destroy();
  });

  it.each([
    [
      'temporary tables',
      'GRANT TEMP ON DATABASE $database TO PUBLIC',
      'REVOKE TEMP ON DATABASE $database FROM PUBLIC',
      /makes temporary tables/,
    ],
    [
      'creating',
      'GRANT CREATE ON SCHEMA public TO test_tenant_app',
      'REVOKE CREATE ON SCHEMA public FROM test_tenant_app',
      /creates in schema public/,
    ],
    [
      'truncating',
      'GRANT TRUNCATE ON note TO test_tenant_app',
      'REVOKE TRUNCATE ON note FROM test_tenant_app',
      /truncates note/,
    ],
    [
      'a table without policies',
      'ALTER TABLE note DISABLE ROW LEVEL SECURITY',
      'ALTER TABLE note ENABLE ROW LEVEL SECURITY',
      /writes note, which has no row-level security/,
    ],
  ])('refuses to serve while the role of tenants is allowed %s', async (_, grant, revoke, message) => {
    await database.query(grant.replace('$database', database.name));
    try {
      await expect(check()).rejects.toThrow(message);
    } finally {
      await database.query(revoke.replace('$database', database.name));
    }
    await expect(check()).resolves.toBeUndefined();
  });

  it('warns while the role of tenants may call set_config, and only then', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    const signature = 'pg_catalog.set_config(text, text, boolean)';
    await check();
    expect(warn).not.toHaveBeenCalledWith(expect.stringContaining('set_config'));
    await database.query(`GRANT EXECUTE ON FUNCTION ${signature} TO PUBLIC`);
    await check();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('test_tenant_app may call set_config'));
    await database.query(`REVOKE EXECUTE ON FUNCTION ${signature} FROM PUBLIC`);
    warn.mockRestore();
  });

  it('tries to read without a tenant, and refuses to serve when it can', async () => {
    await database.query('ALTER TABLE note DISABLE ROW LEVEL SECURITY');
    await expect(check()).rejects.toThrow(/no row-level security/);
    await database.query('ALTER TABLE note ENABLE ROW LEVEL SECURITY');
    await database.query(`ALTER POLICY ${await policyOf('tenant_app')} ON note USING (true)`);
    await expect(check()).rejects.toThrow(
      /is always true.*test_tenant_app read a row of note without a tenant/,
    );
    await database.query(
      `ALTER POLICY ${await policyOf('tenant_app')} ON note USING (tenant_id = current_setting('app.tenant_id')::uuid)`,
    );
    await expect(check()).resolves.toBeUndefined();
  });

  it.each([
    [
      'the owner unbound',
      'ALTER TABLE note NO FORCE ROW LEVEL SECURITY',
      'ALTER TABLE note FORCE ROW LEVEL SECURITY',
      /does not force/,
    ],
    [
      'a key over all tenants',
      'CREATE UNIQUE INDEX wide ON note (title)',
      'DROP INDEX wide',
      /unique key wide of note/,
    ],
    [
      'a second policy',
      `CREATE POLICY wide ON note USING (title = 'x')`,
      'DROP POLICY wide ON note',
      /policy wide on note is not a generated one/,
    ],
  ])('refuses to serve with %s', async (_, seed, undo, message) => {
    await database.query(seed);
    try {
      await expect(check()).rejects.toThrow(message);
      await expect(
        assertLeastPrivilege('control', { connectionString: database.urls.control }),
      ).resolves.toBeUndefined();
    } finally {
      await database.query(undo);
    }
  });

  /** Roles belong to the cluster, so these logins get a name of their own. */
  it.each([
    ['BYPASSRLS', 'ALTER ROLE $login BYPASSRLS', /has BYPASSRLS/],
    ['CREATEROLE', 'ALTER ROLE $login CREATEROLE', /has CREATEROLE or REPLICATION/],
    ['a grant of its own', 'GRANT SELECT ON note TO $login', /reaches note without/],
    ['a grant to everybody', 'GRANT SELECT ON note TO PUBLIC', /reaches note without/],
    [
      'inherited rights',
      'GRANT test_tenant_app TO $login WITH INHERIT TRUE',
      /inherits the rights of test_tenant_app/,
    ],
    ['another role', 'GRANT test_control TO $login', /may also become .*test_control/],
    ['ownership', 'ALTER TABLE note OWNER TO $login', /owns note/],
    ['no membership', 'REVOKE test_tenant_app FROM $login', /may not become test_tenant_app/],
  ])('refuses a login with %s', async (_, statement, message) => {
    const login = `x${database.name}_login`;
    await database.query(`CREATE ROLE ${login} LOGIN NOINHERIT PASSWORD 'pw'`);
    try {
      await database.query(`GRANT CONNECT ON DATABASE ${database.name} TO ${login}`);
      await database.query(`GRANT test_tenant_app TO ${login} WITH INHERIT FALSE, SET TRUE`);
      const url = new URL(database.urls.tenant);
      [url.username, url.password] = [login, 'pw'];
      const as = (): Promise<void> =>
        assertLeastPrivilege('login', { connectionString: url.href }, database.roles.tenantApp);
      await expect(as()).resolves.toBeUndefined();
      await database.query(statement.replace('$login', login));
      await expect(as()).rejects.toThrow(message);
    } finally {
      await database.query('ALTER TABLE note OWNER TO test_owner');
      await database.query('REVOKE ALL ON note FROM PUBLIC');
      await database.query(`DROP OWNED BY ${login}`);
      await database.query(`DROP ROLE ${login}`);
    }
  });
});
