import { randomUUID } from 'node:crypto';
import {
  createControlPlane,
  createQuotas,
  dropControlPlane,
  dropQuotas,
  enableRowLevelSecurity,
  enforceAllocationLimit,
} from '@parallax/tenant';
import type { QueryRunner } from 'typeorm';
import { revertMigration, runMigrations } from '../../../src/database/migrator.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { migrate } from './allocation/world.js';

/** Everything of the schema that a migration could leave behind. */
const PICTURE = `
  SELECT 'column' AS kind, c.relname::text AS of, a.attname::text AS name, concat_ws(' ', format_type(atttypid, atttypmod),
      attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attacl) AS what
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  UNION ALL SELECT 'grants', relname, '', relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
  UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'function', proname, pg_get_function_identity_arguments(oid), concat_ws(' ', proacl, pg_get_functiondef(oid))
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  ORDER BY 1, 2, 3`;

describe('The migration of quotas', () => {
  let database: TestDatabase;
  const picture = (): Promise<object[]> => database.query(PICTURE);
  const asOwner = (work: (runner: QueryRunner) => Promise<void>): Promise<void> => migrate(database, work);

  const addTenant = async (limits: object): Promise<string> => {
    const [id, plan] = [randomUUID(), randomUUID()];
    await database.query(
      `INSERT INTO plans (name, version, price_cents, limits, features) VALUES ($1, 1, 0, $2, '[]')`,
      [plan, limits],
    );
    await database.query(
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
       VALUES ($1, 'A tenant', $2, 'active', $3, 1, now())`,
      [id, `t-${id.slice(0, 8)}`, plan],
    );
    return id;
  };
  const addFile = (tenant: string, bytes = 1): Promise<object[]> =>
    database.query('INSERT INTO files (tenant_id, size_bytes) VALUES ($1, $2)', [tenant, bytes]);
  const used = async (tenant: string): Promise<Record<string, number>> => {
    const rows = await database.query<{ resource: string; used: number }>(
      'SELECT resource, used::int FROM tenant_allocations WHERE tenant_id = $1',
      [tenant],
    );
    return Object.fromEntries(rows.map(({ resource, used: units }) => [resource, units]));
  };

  describe('of an application', () => {
    beforeAll(async () => {
      database = await createTestDatabase({ migrated: false });
      await asOwner(createControlPlane);
      await asOwner(async (runner) => {
        await runner.query(`
          CREATE TABLE files (
            tenant_id uuid NOT NULL, id uuid DEFAULT gen_random_uuid(), size_bytes bigint, name text, price numeric,
            PRIMARY KEY (tenant_id, id)
          )`);
        await enforceAllocationLimit(runner, 'files', 'maxFiles');
        await enableRowLevelSecurity(runner, 'files');
      });
    });
    afterAll(() => database.drop());

    it('is undone without a trace, and done again, with no rows', async () => {
      const before = await picture();
      await asOwner(createQuotas);
      const after = await picture();
      expect(after.length).toBeGreaterThan(before.length);
      await asOwner(dropQuotas);
      expect(await picture()).toEqual(before);
      await asOwner(createQuotas);
      expect(await picture()).toEqual(after);
      await asOwner(dropQuotas);
    });

    it('is undone and done again with rows, and limits hold all the while', async () => {
      const tenant = await addTenant({ maxFiles: 3 });
      const before = await picture();
      await addFile(tenant);
      await asOwner(createQuotas);
      await database.query(`UPDATE plans SET quotas = '{"maxFiles": {"enforcement": "soft"}}'`);
      for (let more = 0; more < 3; more += 1) await addFile(tenant);
      await fillTables(database, tenant);
      expect(await used(tenant)).toEqual({ maxFiles: 4 });

      await asOwner(dropQuotas);
      expect(await picture()).toEqual(before);
      await expect(addFile(tenant)).rejects.toMatchObject({ code: 'TN001' });
      await database.query('DELETE FROM files WHERE id IN (SELECT id FROM files LIMIT 2)');
      await addFile(tenant);
      await expect(addFile(tenant)).rejects.toMatchObject({ code: 'TN001' });

      await asOwner(createQuotas);
      expect(await used(tenant)).toEqual({ maxFiles: 3 });
      await expect(addFile(tenant)).rejects.toMatchObject({ code: 'TN001' });
      await asOwner(dropQuotas);
    });

    it('units of a column need it', async () => {
      await expect(
        asOwner((runner) => enforceAllocationLimit(runner, 'files', 'maxBytes', { column: 'size_bytes' })),
      ).rejects.toThrow(/files\.size_bytes cannot be counted.*createQuotas\(queryRunner\) first/);
    });

    describe('once there', () => {
      beforeAll(() => asOwner(createQuotas));

      it.each([
        ['size', /files\.size cannot be counted.*no such column/],
        ['name', /it is text: make it smallint, integer or bigint/],
        ['price', /it is numeric/],
      ])('the column %s cannot be counted', async (column, message) => {
        const enforced = asOwner((runner) => enforceAllocationLimit(runner, 'files', 'maxBytes', { column }));
        await expect(enforced).rejects.toThrow(message);
      });

      it('nor can one that is generated when it is read; one that is stored can', async () => {
        const generate = (how: string): Promise<void> =>
          asOwner(async (runner) => {
            await runner.query(`ALTER TABLE files ADD made int GENERATED ALWAYS AS (length(name)) ${how}`);
            await enforceAllocationLimit(runner, 'files', 'maxMade', { column: 'made' });
          });
        await expect(generate('VIRTUAL')).rejects.toThrow(/make it STORED/);
        await generate('STORED');
        const tenant = await addTenant({ maxFiles: null, maxMade: 5 });
        await addFile(tenant);
        await database.query(`UPDATE files SET name = 'abcde' WHERE tenant_id = $1`, [tenant]);
        expect(await used(tenant)).toEqual({ maxFiles: 1, maxMade: 5 });
        await expect(
          database.query(`UPDATE files SET name = 'abcdef' WHERE tenant_id = $1`, [tenant]),
        ).rejects.toMatchObject({ code: 'TN001' });
        await expect(database.query('ALTER TABLE files DROP made')).rejects.toMatchObject({ code: '2BP01' });
        await asOwner(async (runner) => {
          await runner.query('DROP TRIGGER tenant_allocation_made ON files');
          await runner.query('DROP TRIGGER tenant_allocation_update_made ON files');
          await runner.query('ALTER TABLE files DROP made');
        });
      });

      it('is not undone under them: each row would count one', async () => {
        await asOwner((runner) =>
          enforceAllocationLimit(runner, 'files', 'maxBytes', { column: 'size_bytes' }),
        );
        const before = await picture();
        const failure: unknown = await asOwner(dropQuotas).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'CONFIGURATION_INVALID' });
        expect(await picture()).toEqual(before);
        const [, statements = ''] = /First: (.*)\.$/.exec((failure as Error).message) ?? [];
        expect(statements.split('; ')).toEqual([
          'DROP TRIGGER tenant_allocation_size_bytes ON files',
          'DROP TRIGGER tenant_allocation_update_size_bytes ON files',
        ]);
        await asOwner(async (runner) => {
          await runner.query(statements);
          await dropQuotas(runner);
          await runner.query('DROP TABLE files');
          await dropControlPlane(runner);
        });
        expect(await picture()).toEqual([]);
      });
    });
  });

  it('works in a schema of a name that has to be quoted', async () => {
    const quoted = await createTestDatabase({ migrated: false });
    try {
      const schema = '"The app.s (1)"';
      await quoted.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${quoted.roles.owner}`);
      await migrate(quoted, async (runner) => {
        await runner.query(`SET LOCAL search_path = ${schema}`);
        await createControlPlane(runner);
        await createQuotas(runner);
        await dropQuotas(runner);
        await dropControlPlane(runner);
      });
      expect(
        await quoted.query(`SELECT FROM pg_class WHERE relnamespace = '${schema}'::regnamespace`),
      ).toEqual([]);
    } finally {
      await quoted.drop();
    }
  });

  it("of the backend is taken back and applied again, with everybody's rows", async () => {
    database = await createTestDatabase();
    try {
      const before = await picture();
      const tenant = await addTenant({ maxAgents: 2 });
      await database.query(`INSERT INTO agents (tenant_id, name) VALUES ($1, 'an agent')`, [tenant]);
      await fillTables(database, tenant);
      const { migration: url } = database.urls;
      let reverted: string | undefined;
      do reverted = await revertMigration({ url });
      while (reverted !== undefined && reverted !== 'Quotas1764500000000');
      expect(reverted).toBe('Quotas1764500000000');
      expect(await used(tenant)).toEqual({ maxAgents: 1 });
      await runMigrations({ url });
      expect(await picture()).toEqual(before);
      expect(await used(tenant)).toEqual({ maxAgents: 1 });
    } finally {
      await database.drop();
    }
  });
});

/** A row in each of the tables, and in each column, that goes. */
async function fillTables(database: TestDatabase, tenant: string): Promise<void> {
  await database.query(
    `UPDATE tenants SET scheduled_plan = plan, scheduled_plan_version = 1, scheduled_at = now() + '1 day' WHERE id = $1`,
    [tenant],
  );
  await database.query(
    `SELECT tenant_quota_apply($1, 'maxRuns', 'consumption', '[1, {"op": "reserve", "id": "${randomUUID()}", "amount": 1, "ttl": 60}]')`,
    [tenant],
  );
  await database.query(
    `WITH raised AS (
       INSERT INTO tenant_alerts (tenant_id, rule, resource, period_start, limit_value, threshold, used, plan, deliver, raised_at)
       VALUES ($1, 'quota_exceeded', 'maxRuns', now(), 1, 100, 1, 'a plan', true, now()) RETURNING id)
     INSERT INTO tenant_alert_deliveries (alert_id, channel, next_attempt_at) SELECT id, 'log', now() FROM raised`,
    [tenant],
  );
}
