import { randomBytes } from 'node:crypto';
import pg from 'pg';
import {
  applyPolicies,
  createSignedScope,
  dropSignedScope,
  planPolicies,
  setScopeKeys,
  TenantSchemaDataSource,
  TenantScoped,
  TenantShared,
} from '@parallax/tenant';
import {
  ChildEntity,
  Column,
  Entity,
  PrimaryGeneratedColumn,
  TableInheritance,
  ViewColumn,
  ViewEntity,
} from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

@Entity('vehicle')
@TenantScoped()
@TableInheritance({ column: { name: 'kind', type: 'text' } })
class Vehicle {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
}

@ChildEntity('truck')
@TenantScoped()
class Truck extends Vehicle {
  @Column('integer', { nullable: true }) load!: number | null;
}

@Entity('part', { schema: 'stock' })
@TenantScoped()
class Part {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
}

@Entity('colour')
@TenantShared({ own: true })
class Colour {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false, nullable: true }) tenantId!: string | null;
}

@Entity('country')
@TenantShared()
class Country {
  @PrimaryGeneratedColumn('uuid') id!: string;
}

@ViewEntity({ name: 'fleet', expression: 'SELECT tenant_id, id FROM vehicle' })
@TenantScoped()
class Fleet {
  @ViewColumn({ name: 'tenant_id' }) tenantId!: string;
  @ViewColumn() id!: string;
}

describe('tenancy policies', () => {
  let database: TestDatabase;
  let dataSource: TenantSchemaDataSource;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    dataSource = new TenantSchemaDataSource({
      type: 'postgres',
      url: database.urls.migration,
      entities: [Vehicle, Truck, Part, Colour, Country, Fleet],
      installExtensions: false,
    });
    await dataSource.initialize();
    await database.query(`CREATE SCHEMA stock AUTHORIZATION ${database.roles.owner}`);
    const key = 'tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id)';
    for (const sql of [
      `CREATE TABLE vehicle (kind text NOT NULL, load integer, ${key})`,
      `CREATE TABLE stock.part (${key})`,
      'CREATE TABLE colour (id uuid PRIMARY KEY, tenant_id uuid)',
      'CREATE TABLE country (id uuid PRIMARY KEY)',
      'CREATE VIEW fleet AS SELECT tenant_id, id FROM vehicle',
    ])
      await dataSource.query(sql);
  });
  beforeEach(() => applyPolicies(dataSource, { dropForeign: true }));
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const plannedSql = async (): Promise<string[]> =>
    (await planPolicies(dataSource)).changes.map(({ sql }) => sql);

  it('makes them for scoped, inherited and mixed tables, another schema, and a view', async () => {
    const rows = await database.query<{ table: string; policies: number }>(
      `SELECT polrelid::regclass::text AS "table", count(*)::int AS policies FROM pg_policy GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { table: 'colour', policies: 4 },
      { table: 'stock.part', policies: 3 },
      { table: 'vehicle', policies: 3 },
    ]);
    const granted = `SELECT has_table_privilege($1, $2, 'SELECT') AS reads, has_table_privilege($1, $2, 'INSERT') AS writes`;
    const of = (table: string) => database.query(granted, [database.roles.tenantApp, table]);
    expect(await of('country')).toEqual([{ reads: true, writes: false }]);
    expect(await of('fleet')).toEqual([{ reads: true, writes: false }]);
    expect(await of('stock.part')).toEqual([{ reads: true, writes: true }]);
    const client = new pg.Client({ connectionString: database.urls.tenant });
    await client.connect();
    try {
      await client.query(
        `BEGIN; SET LOCAL ROLE ${database.roles.tenantApp}; SET LOCAL app.tenant_id = 'aaaaaaaa-0000-4000-8000-000000000000'`,
      );
      await client.query(`INSERT INTO stock.part (id) VALUES (gen_random_uuid())`);
      expect((await client.query('SELECT FROM stock.part')).rowCount).toBe(1);
      expect((await client.query('SELECT FROM fleet')).rowCount).toBe(0);
    } finally {
      await client.end();
    }
  });

  it('finds nothing to do once more', async () => {
    expect(await planPolicies(dataSource)).toEqual({ changes: [], problems: [], scope: 'setting' });
    expect((await applyPolicies(dataSource)).changes).toEqual([]);
  });

  it.each([
    ['disabled', 'ALTER TABLE vehicle DISABLE ROW LEVEL SECURITY', /ENABLE ROW LEVEL SECURITY$/],
    ['not forced', 'ALTER TABLE vehicle NO FORCE ROW LEVEL SECURITY', / FORCE ROW LEVEL SECURITY$/],
    ['without a default', 'ALTER TABLE vehicle ALTER tenant_id DROP DEFAULT', /SET DEFAULT/],
    [
      'with a wrong default',
      'ALTER TABLE vehicle ALTER tenant_id SET DEFAULT gen_random_uuid()',
      /SET DEFAULT/,
    ],
    ['not granted', 'REVOKE UPDATE ON vehicle FROM $tenantApp', /^GRANT UPDATE/],
    ['granted too much', 'GRANT TRUNCATE ON vehicle TO $tenantApp', /^REVOKE TRUNCATE/],
    ['granted to everybody', 'GRANT SELECT ON vehicle TO PUBLIC', /^REVOKE SELECT ON .* FROM PUBLIC/],
    ['granted to the login', 'GRANT SELECT ON vehicle TO $login', /^REVOKE SELECT/],
    ['shared and writable', 'GRANT INSERT ON country TO $tenantApp', /^REVOKE INSERT/],
    ['a view of its owner', 'ALTER VIEW fleet RESET (security_invoker)', /^ALTER VIEW/],
    ['in a closed schema', 'REVOKE USAGE ON SCHEMA stock FROM $tenantApp', /^GRANT USAGE ON SCHEMA/],
    [
      'with a stale policy',
      `CREATE POLICY tenant_app_00000000 ON vehicle TO $tenantApp USING (true)`,
      /^DROP POLICY "tenant_app_00000000"/,
    ],
  ])('mends a table that is %s, by one statement', async (_, break_, mend) => {
    const { tenantApp, login } = database.roles;
    await database.query(break_.replace('$tenantApp', tenantApp).replace('$login', login));
    expect(await plannedSql()).toEqual([expect.stringMatching(mend)]);
    await applyPolicies(dataSource);
    expect(await plannedSql()).toEqual([]);
  });

  it.each([
    ['USING (true)', ''],
    ['TO PUBLIC', ''],
    ['WITH CHECK (true)', ''],
  ])('replaces a policy that kept its name and was altered: %s', async (alteration) => {
    const [policy] = await database.query<{ name: string }>(
      `SELECT polname AS name FROM pg_policy WHERE polrelid = 'vehicle'::regclass AND polname LIKE 'tenant_app%'`,
    );
    await database.query(`ALTER POLICY ${policy!.name} ON vehicle ${alteration}`);
    expect(await plannedSql()).toEqual([
      expect.stringMatching(/^DROP POLICY/),
      expect.stringMatching(/^CREATE POLICY/),
    ]);
    await applyPolicies(dataSource);
    expect(await plannedSql()).toEqual([]);
  });

  it('names a policy somebody wrote, and drops it when told to', async () => {
    await database.query('CREATE POLICY mine ON vehicle USING (true)');
    await database.query('CREATE POLICY narrower ON vehicle AS RESTRICTIVE USING (true)');
    const { changes, problems } = await applyPolicies(dataSource);
    expect(changes).toEqual([]);
    expect(problems).toEqual([
      { table: '"public"."vehicle"', problem: 'policy mine is not a generated one', open: true },
    ]);
    const dropped = await applyPolicies(dataSource, { dropForeign: true });
    expect(dropped.changes.map(({ sql }) => sql)).toEqual(['DROP POLICY "mine" ON "public"."vehicle"']);
    expect(await database.query(`SELECT FROM pg_policy WHERE polname = 'narrower'`)).toHaveLength(1);
    await database.query('DROP POLICY narrower ON vehicle');
  });

  it('names tables of tenants that no entity declares', async () => {
    await database.query('CREATE TABLE stray (tenant_id uuid)');
    const strays = async () => (await planPolicies(dataSource)).problems;
    try {
      expect(await strays()).toEqual([expect.objectContaining({ table: '"public"."stray"', open: false })]);
      await database.query('ALTER TABLE stray ENABLE ROW LEVEL SECURITY');
      expect(await strays()).toEqual([expect.objectContaining({ open: true })]);
    } finally {
      await database.query('DROP TABLE stray');
    }
  });

  it.each(['$tenantApp', 'PUBLIC'])(
    'names a view of its owner, declared by no entity, that %s reads',
    async (who) => {
      await dataSource.query('CREATE VIEW kinds AS SELECT kind FROM vehicle');
      const named = async () => (await planPolicies(dataSource)).problems;
      try {
        expect(await named()).toEqual([]);
        await dataSource.query(
          `GRANT SELECT ON kinds TO ${who.replace('$tenantApp', database.roles.tenantApp)}`,
        );
        expect(await named()).toEqual([
          {
            table: '"public"."kinds"',
            problem: expect.stringMatching(/with the rights of its owner.*set security_invoker/),
            open: true,
          },
        ]);
        await dataSource.query('ALTER VIEW kinds SET (security_invoker = true)');
        expect(await named()).toEqual([]);
      } finally {
        await dataSource.query('DROP VIEW kinds');
      }
    },
  );

  it('opens no table that is under row-level security because its entity is shared', async () => {
    await database.query('ALTER TABLE country ENABLE ROW LEVEL SECURITY');
    try {
      const { changes, problems } = await applyPolicies(dataSource);
      expect(changes).toEqual([]);
      expect(problems).toEqual([expect.objectContaining({ table: '"public"."country"', open: true })]);
    } finally {
      await database.query('ALTER TABLE country DISABLE ROW LEVEL SECURITY');
    }
  });

  it('gives up on a table in use, and changes nothing', async () => {
    await database.query('ALTER TABLE vehicle NO FORCE ROW LEVEL SECURITY');
    await database.query('REVOKE SELECT ON country FROM PUBLIC');
    const client = new pg.Client({ connectionString: database.urls.admin });
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE vehicle IN ACCESS SHARE MODE');
      const applied = applyPolicies(dataSource, { lockTimeoutMs: 50 });
      await expect(applied).rejects.toMatchObject({ driverError: { code: '55P03' } });
    } finally {
      await client.end();
    }
    expect(await plannedSql()).toHaveLength(1);
  });

  it('switches all tables to a signed scope and back, each way in one transaction', async () => {
    const asked = (): Promise<object[]> =>
      database.query(
        `SELECT count(*)::int AS tables, count(DISTINCT xmin::text)::int AS transactions,
           bool_and(pg_get_expr(polqual, polrelid) LIKE '%tenant_scope()%') AS signed
         FROM pg_policy WHERE polname LIKE 'tenant_app%'`,
      );
    const queryRunner = dataSource.createQueryRunner();
    try {
      await createSignedScope(queryRunner);
      expect((await planPolicies(dataSource)).problems).toEqual([
        expect.objectContaining({ table: 'tenant_scope_keys', open: true }),
      ]);
      await setScopeKeys(queryRunner, [randomBytes(32)]);
      const { scope, changes, problems } = await applyPolicies(dataSource);
      expect({ scope, problems }).toEqual({ scope: 'signed', problems: [] });
      expect(changes.filter(({ sql }) => !/^(CREATE|DROP) POLICY "tenant_app_/.test(sql))).toEqual([]);
      expect(await asked()).toEqual([{ tables: 3, transactions: 1, signed: true }]);
      expect(await plannedSql()).toEqual([]);
      await queryRunner.manager.transaction(() => dropSignedScope(queryRunner));
      expect(await asked()).toEqual([{ tables: 3, transactions: 1, signed: false }]);
      expect(await plannedSql()).toEqual([]);
    } finally {
      await queryRunner.release();
    }
  });

  it('lets several apply at once', async () => {
    await database.query('ALTER TABLE vehicle NO FORCE ROW LEVEL SECURITY');
    const plans = await Promise.all([1, 2, 3].map(() => applyPolicies(dataSource)));
    expect(plans.map(({ changes }) => changes.length).sort()).toEqual([0, 0, 1]);
  });
});
