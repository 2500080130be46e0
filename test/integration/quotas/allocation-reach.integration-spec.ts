import { planPolicies, TenantSchemaDataSource } from '@parallax/tenant';
import pg from 'pg';
import { LIBRARY_TABLES } from '../../../src/tenant/setup/library-tables.js';
import { type AllocationWorld, AllocationWorld as World, LIMIT } from './allocation/world.js';

/** What a role may do with a relation, column grants included. */
const MAY = `
  SELECT string_agg(DISTINCT privilege, ' ' ORDER BY privilege) AS may FROM (
    SELECT unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege) p
  WHERE has_table_privilege($1, c.oid, privilege)
    OR privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege($1, c.oid, privilege)`;

describe('Counters are out of reach of tenants', () => {
  let world: AllocationWorld;
  let tenant: string;
  beforeAll(async () => {
    world = await World.open();
    tenant = await world.tenant();
    await world.file(tenant, LIMIT);
  });
  afterAll(() => world.close());

  const mayOf = async (role: string): Promise<Record<string, string>> => {
    const rows = await world.admin<{ relation: string; may: string }>(
      `SELECT c.relname AS relation, m.may FROM pg_class c CROSS JOIN LATERAL (${MAY}) m
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S', 'm', 'p') AND c.relkind <> 'S'
         AND m.may IS NOT NULL`,
      [role],
    );
    return Object.fromEntries(rows.map(({ relation, may }) => [relation, may]));
  };
  const EVERYTHING = 'DELETE INSERT SELECT UPDATE';

  it('the table of what each role may do with each table of the schema', async () => {
    const { tenantApp, login, platformReader, platformWriter, control } = world.database.roles;
    const own = { agents: EVERYTHING, files: EVERYTHING, folders: EVERYTHING };
    expect(await mayOf(tenantApp)).toEqual({ ...own, plans: 'SELECT' });
    expect(await mayOf(platformWriter)).toEqual({ ...own, plans: EVERYTHING });
    expect(await mayOf(platformReader)).toEqual({
      agents: 'SELECT',
      files: 'SELECT',
      folders: 'SELECT',
      plans: 'SELECT',
    });
    expect(await mayOf('public')).toEqual({});
    const directly = await world.admin(
      `SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = $1::regrole
         AND c.relnamespace = 'public'::regnamespace`,
      [login],
    );
    expect(directly).toEqual([]);
    expect(await mayOf(control)).toMatchObject({
      tenant_alert_deliveries: 'INSERT SELECT UPDATE',
      tenant_alerts: 'INSERT SELECT UPDATE',
      tenant_allocations: 'INSERT SELECT UPDATE',
      tenant_usage: 'INSERT SELECT UPDATE',
      tenant_usage_ledger: 'INSERT SELECT',
      quota_reservations: 'INSERT SELECT UPDATE',
      tenants: 'INSERT SELECT UPDATE',
      plans: 'INSERT SELECT',
    });
  });

  it('every table of the control plane is known as one', async () => {
    const tables = await world.admin<{ name: string }>(
      `SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    );
    const others = tables.map(({ name }) => name).filter((name) => !LIBRARY_TABLES.includes(name));
    expect(others.sort()).toEqual(['agents', 'api_keys', 'files', 'folders', 'schema_migrations']);
  });

  it('and `policies check` has nothing to say of them', async () => {
    const owner = await new TenantSchemaDataSource({
      type: 'postgres',
      url: world.database.urls.migration,
      entities: [],
    }).initialize();
    try {
      const { problems } = await planPolicies(owner);
      const named = problems.map(({ table }) => table.replace(/^"public"\."(.*)"$/, '$1'));
      expect(named.sort()).toEqual(['agents', 'api_keys', 'files', 'folders']);
    } finally {
      await owner.destroy();
    }
  });

  it('none of its functions may be called for tenants, by anybody who acts for them', async () => {
    const { control, login, tenantApp, platformReader, platformWriter } = world.database.roles;
    const functions = await world.admin<{ name: string; callers: string[] | null }>(
      `SELECT p.proname::text AS name, array_agg(r.rolname::text) FILTER (WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE')) AS callers
       FROM pg_proc p CROSS JOIN pg_roles r WHERE p.pronamespace = 'public'::regnamespace AND r.rolname = ANY ($1)
       GROUP BY 1`,
      [[login, tenantApp, platformReader, platformWriter, 'pg_monitor']],
    );
    expect(functions.length).toBeGreaterThan(10);
    expect(functions.filter(({ callers }) => callers !== null)).toEqual([]);
    const [may] = await world.admin(
      `SELECT has_function_privilege($1, 'tenant_quota_apply(uuid, text, text, jsonb, bigint)', 'EXECUTE') AS control`,
      [control],
    );
    expect(may).toEqual({ control: true });
  });

  it('only what triggers call runs with the rights of its owner', async () => {
    expect(
      await world.admin(
        `SELECT proname AS name, prorettype::regtype::text AS returns, proconfig AS settings FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1`,
      ),
    ).toEqual(
      ['tenant_changed', 'tenant_count_allocation'].map((name) => ({
        name,
        returns: 'trigger',
        settings: ['search_path=pg_catalog, pg_temp'],
      })),
    );
  });

  it.each([
    ...LIBRARY_TABLES.filter(
      (table) => !/^(plans|tenancy_adoptions|tenant_resources|tenant_scope_keys)$/.test(table),
    ).map((table) => `DELETE FROM ${table}`),
    'SELECT used FROM tenant_allocations',
    'UPDATE tenant_allocations SET used = 0',
    'UPDATE tenant_usage SET used = 0',
    'INSERT INTO tenant_usage_ledger SELECT',
    `SELECT tenant_count_allocation()`,
    `SELECT tenant_quota_reconcile(gen_random_uuid(), 'maxBytes', 'consumption', false)`,
    `SELECT tenant_quota_terms(gen_random_uuid(), 'maxBytes', now())`,
    `SELECT tenant_raise_alerts(gen_random_uuid(), 'maxBytes', now(), 1, 1, '', '{}', now())`,
    'CREATE TRIGGER mine AFTER DELETE ON files FOR EACH ROW EXECUTE FUNCTION tenant_count_allocation()',
    'CREATE TABLE mine (tenant_id uuid)',
    'CREATE TEMP TABLE mine (tenant_id uuid)',
    `CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    'TRUNCATE files',
    'ALTER TABLE files DISABLE TRIGGER ALL',
    'DROP TRIGGER tenant_allocation_size_bytes ON files',
    `SET session_replication_role = replica`,
  ])('a tenant may not: %s', async (statement) => {
    await expect(world.run(tenant, statement)).rejects.toThrow();
    expect(await world.counted(tenant)).toEqual({ bytes: LIMIT, used: LIMIT });
  });

  it('the refusals are those of the server, not only of the client', async () => {
    const client = new pg.Client({ connectionString: world.database.urls.tenant });
    await client.connect();
    try {
      await client.query(`SET ROLE ${world.database.roles.tenantApp}`);
      for (const statement of [
        'UPDATE tenant_allocations SET used = 0',
        'CREATE TEMP TABLE mine (tenant_id uuid)',
        'CREATE TABLE mine (tenant_id uuid)',
        'CREATE TRIGGER mine AFTER DELETE ON files FOR EACH ROW EXECUTE FUNCTION tenant_count_allocation()',
        'ALTER TABLE files DISABLE TRIGGER ALL',
        'SET session_replication_role = replica',
        `SELECT tenant_quota_reconcile(gen_random_uuid(), 'maxBytes', 'consumption', false)`,
      ]) {
        await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await client.end();
    }
  });

  it('nothing a tenant deletes or moves in its own rows frees more than they were', async () => {
    const other = await world.tenant();
    await world.file(other, 400, 'a');
    await world.run(other, `DELETE FROM files WHERE name = 'a'`);
    await world.run(other, `DELETE FROM files WHERE name = 'a'`);
    expect(await world.counted(other)).toEqual({ bytes: 0, used: 0 });
    await expect(world.run(tenant, 'UPDATE files SET tenant_id = $1', [other])).rejects.toThrow();
    expect(await world.counted(tenant)).toEqual({ bytes: LIMIT, used: LIMIT });
  });
});
