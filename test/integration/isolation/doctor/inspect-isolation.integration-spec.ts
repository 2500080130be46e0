import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import {
  databaseRoles,
  inspectIsolation,
  ISOLATION_RULES,
  PlanEntity,
  TenantSchemaDataSource,
  TenantScoped,
} from '@parallax/tenant';
import { TENANT_ENTITIES } from '../../../../src/database/data-sources.js';
import { ENTITY_RULES } from '../../../../src/tenant/isolation/doctor/entity-findings.js';
import { CATALOG_RULES } from '../../../../src/tenant/isolation/doctor/rules.js';
import { SERVER_RULES } from '../../../../src/tenant/isolation/doctor/rules/server.rules.js';
import { scopeFunctionBody } from '../../../../src/tenant/isolation/migrations/signed-scope.js';
import { DoctorDatabase } from './doctor-database.js';
import type { Seed } from './seed.js';
import { signedBy } from './seed-statements.js';
import { SEEDS } from './seeds.js';

/** An out-of-date server of this machine is not the schema's fault. */
const OF_THE_SERVER = SERVER_RULES.map(({ id }) => id);

/** What every table of Citus says of a schema that was made without it. */
const CITUS_SAYS_ANYWAY = ['citus-role-cannot-log-in', 'citus-not-distributed'];

const MENDING = CATALOG_RULES.filter(({ find }) => !find.includes('NULL::text AS remedy')).map(
  ({ id }) => id,
);

describe(inspectIsolation.name, () => {
  let database: DoctorDatabase;
  let major: number;

  beforeAll(async () => {
    database = await DoctorDatabase.create();
    const { rows } = await database.admin.query<{ major: number }>(
      `SELECT current_setting('server_version_num')::int / 10000 AS major`,
    );
    major = rows[0]!.major;
  });
  afterAll(() => database.drop());

  const found = async (
    seed: Pick<Seed, 'seed' | 'engine'>,
  ): Promise<{ rule: string; object: string; severity: string }[]> => {
    const { findings } = await database.inspectAfter(seed.seed, { engine: seed.engine });
    return findings
      .filter(({ rule }) => !OF_THE_SERVER.includes(rule))
      .map(({ rule, object, severity }) => ({ rule, object, severity }));
  };

  it.each(['admin', 'tenant', 'control', 'migration'] as const)(
    'finds nothing in the reference schema, whoever looks: %s',
    async (who) => {
      const client = new pg.Client({ connectionString: database.urls[who] });
      await client.connect();
      try {
        const report = await database.inspect(client);
        expect(report.findings.filter(({ rule }) => !OF_THE_SERVER.includes(rule))).toEqual([]);
        expect(report).toMatchObject({ forgery: 'revoked', canaryRead: ['admin', 'tenant'].includes(who) });
        expect(report.tables).toContainEqual({
          table: 'agents',
          tenancy: 'scoped',
          typeorm: 'unknown',
          rowLevelSecurity: 'held',
        });
      } finally {
        await client.end();
      }
    },
  );

  const cases = SEEDS.map((seed, at) => ({
    ...seed,
    title: `${seed.rule} (${at}): ${(seed.seed.at(-1) ?? 'the schema as it is').replace(/\s+/g, ' ')}`,
  }));

  it.each(cases)('names $title', async (seed) => {
    if (seed.since !== undefined && major < seed.since) return;
    const findings = await found(seed);
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: seed.rule, object: database.named(seed.object) }),
    );
    const expected = [seed.rule, ...(seed.also ?? []), ...(seed.engine ? CITUS_SAYS_ANYWAY : [])];
    const unrelated = findings.filter(
      ({ rule, severity }) => severity === 'error' && !expected.includes(rule),
    );
    expect(unrelated).toEqual([]);
  });

  it('has a seed for every rule', () => {
    const elsewhere = [...OF_THE_SERVER, ...ENTITY_RULES.map(({ id }) => id)];
    const seeded = new Set([...SEEDS.map(({ rule }) => rule), ...elsewhere]);
    expect(ISOLATION_RULES.map(({ id }) => id).filter((id) => !seeded.has(id))).toEqual([]);
    expect([...seeded].filter((id) => !ISOLATION_RULES.some((rule) => rule.id === id))).toEqual([]);
  });

  it('describes every rule in docs/doctor.md, each with its severity and danger', () => {
    const text = readFileSync(join(__dirname, '../../../../docs/doctor.md'), 'utf8');
    const told = [...text.matchAll(/^\| `([a-z-]+)` +\| (\w+) +\| (.+?) +\|$/gm)].map(
      ([, id, severity, danger]) => ({ id, severity, danger }),
    );
    expect(told).toEqual(ISOLATION_RULES.map(({ id, severity, danger }) => ({ id, severity, danger })));
  });

  const mendable = SEEDS.filter(
    ({ rule, engine, since }, at) =>
      (engine ?? since) === undefined &&
      MENDING.includes(rule) &&
      at === SEEDS.findIndex((seed) => seed.rule === rule),
  );

  it.each(mendable)('has a remedy for $rule that mends it', async ({ rule, seed }) => {
    const { findings } = await database.inspectAfter(seed);
    const remedies = findings.flatMap(({ remedy }) => remedy ?? []);
    expect(remedies).not.toEqual([]);
    const { findings: left } = await database.inspectAfter([...seed, ...remedies]);
    expect(left.map((finding) => finding.rule)).not.toContain(rule);
  });

  it('names every role that is not there, rather than find nothing about them', async () => {
    const roles = databaseRoles('nope');
    const { findings } = await database.inspect(database.admin, { roles });
    const missing = findings.filter(({ rule }) => rule === 'role-missing');
    expect(missing.map(({ object }) => object).sort()).toEqual(Object.values(roles).sort());
    expect(missing[0]).toMatchObject({
      severity: 'error',
      problem: expect.stringMatching(/^there is no role nope_/),
    });
  });

  it('takes for signed only policies that ask the function createSignedScope makes', async () => {
    const grant = 'GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO $tenantApp';
    const after = async (body: string): Promise<{ forgery: string; rules: string[] }> => {
      const { findings, forgery } = await database.inspectAfter([grant, ...signedBy(body)]);
      const rules = findings
        .filter(({ object }) => object === database.roles.tenantApp)
        .map(({ rule }) => rule);
      return { forgery, rules };
    };
    // What set_config leaves on the connection, the next tenant meets, signed or not.
    expect(await after(scopeFunctionBody('"public"'))).toEqual({
      forgery: 'signed',
      rules: ['session-state-functions'],
    });
    expect(await after(`BEGIN RETURN current_setting('app.tenant_id')::uuid; END`)).toEqual({
      forgery: 'none',
      rules: ['scope-forgeable', 'session-state-functions'],
    });
  });

  it('lets well alone: restrictive policies, granted helpers without rights, views of the caller', async () => {
    const harmless = await found({
      seed: [
        `CREATE POLICY narrow ON agents AS RESTRICTIVE TO $tenantApp USING (status = 'active')`,
        'CREATE VIEW v WITH (security_invoker = true) AS SELECT * FROM agents',
        'ALTER VIEW v OWNER TO $owner',
        'GRANT SELECT ON v TO $tenantApp',
        'CREATE MATERIALIZED VIEW m AS SELECT * FROM agents',
        'ALTER MATERIALIZED VIEW m OWNER TO $owner',
        `CREATE FUNCTION helper() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
        'CREATE INDEX ON agents (tenant_id, name)',
      ],
    });
    expect(harmless).toEqual([]);
  });

  it('makes the age of the server an error in production, and a warning on this machine', async () => {
    const below = async (production: boolean): Promise<unknown> =>
      (await database.inspectAfter([], { production })).findings.find(
        ({ rule }) => rule === 'server-below-security-floor',
      )?.severity;
    const { rows } = await database.admin.query<{ number: number }>(
      `SELECT current_setting('server_version_num')::int AS number`,
    );
    const floors: Record<number, number> = { 15: 150_019, 16: 160_015, 17: 170_011, 18: 180_005 };
    const isBelow = rows[0]!.number < (floors[major] ?? 0);
    expect(await below(true)).toBe(isBelow ? 'error' : undefined);
    expect(await below(false)).toBe(isBelow ? 'warning' : undefined);
  });

  describe('with entities', () => {
    const dataSource = (): TenantSchemaDataSource =>
      new TenantSchemaDataSource({
        type: 'postgres',
        url: database.urls.migration,
        entities: TENANT_ENTITIES,
      });

    const problems = async (seed: readonly string[]): Promise<[string, string][]> =>
      (await database.inspectAfter(seed, { dataSource: dataSource() })).findings
        .filter(({ rule }) => !OF_THE_SERVER.includes(rule))
        .map(({ rule, object }) => [rule, object]);

    it('says of each table which net holds it', async () => {
      const { findings, tables } = await database.inspectAfter([], { dataSource: dataSource() });
      expect(findings.filter(({ rule }) => !OF_THE_SERVER.includes(rule))).toEqual([]);
      expect(tables).toEqual([
        { table: 'agents', tenancy: 'scoped', entity: 'Agent', typeorm: 'held', rowLevelSecurity: 'held' },
        {
          table: 'plans',
          tenancy: 'shared',
          entity: 'PlanEntity',
          typeorm: 'held',
          rowLevelSecurity: 'read-only',
        },
      ]);
      const open = await database.inspectAfter(['ALTER TABLE agents NO FORCE ROW LEVEL SECURITY']);
      expect(open.tables[0]).toMatchObject({ table: 'agents', rowLevelSecurity: 'open' });
    });

    it('names an entity that cannot be isolated', async () => {
      @Entity('agents')
      @TenantScoped()
      class Loose {
        @PrimaryColumn('uuid')
        id!: string;

        @Column({ name: 'tenant_id', type: 'uuid' })
        tenantId!: string;
      }
      const loose = new TenantSchemaDataSource({ type: 'postgres', entities: [Loose, PlanEntity] });
      const { findings, tables } = await database.inspectAfter([], { dataSource: loose });
      expect(findings).toContainEqual(
        expect.objectContaining({ rule: 'entity-not-isolable', object: 'agents', severity: 'error' }),
      );
      expect(tables[0]).toMatchObject({ entity: 'Loose', typeorm: 'open', rowLevelSecurity: 'held' });
    });

    it('leaves views to the tables they read', async () => {
      const seed = [
        'CREATE VIEW v WITH (security_invoker) AS SELECT * FROM agents',
        'ALTER VIEW v OWNER TO $owner',
        'GRANT SELECT ON v TO $tenantApp',
      ];
      await expect(problems(seed)).resolves.toEqual([]);
    });

    it('names what entities and tables disagree about', async () => {
      await expect(problems(['DROP TABLE agents'])).resolves.toEqual([['entity-table-missing', 'agents']]);
      await expect(
        problems([
          'ALTER TABLE agents DISABLE ROW LEVEL SECURITY',
          'REVOKE ALL ON agents FROM $tenantApp, $platformReader, $platformWriter',
        ]),
      ).resolves.toEqual([['entity-tenancy-differs', 'agents']]);
      await expect(
        problems([
          'CREATE TABLE countries (name text)',
          'ALTER TABLE countries OWNER TO $owner',
          'GRANT SELECT ON countries TO $tenantApp',
        ]),
      ).resolves.toEqual([['shared-table-undeclared', 'countries']]);
      const notes = SEEDS.find(({ rule }) => rule === 'tenant-column-nullable')!.seed.map(
        (statement) => statement,
      );
      await expect(
        problems([...notes, 'ALTER TABLE extra ALTER COLUMN tenant_id SET NOT NULL']),
      ).resolves.toEqual([['table-without-entity', 'extra']]);
    });
  });
});
