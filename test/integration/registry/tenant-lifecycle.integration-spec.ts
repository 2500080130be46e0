import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import {
  AllocationUsageSource,
  PLAN_CATALOG,
  PlanEntity,
  TenantEntity,
  TenantEvents,
  TenantSchemaDataSource,
  TenantService,
  TypeOrmTenantStore,
} from '@parallax/tenant';
import { synchronizePlans } from '../../../src/tenant/plans/synchronize-plans.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

describe('the life of a tenant, in PostgreSQL', () => {
  let database: TestDatabase;
  let control: DataSource;
  let tenants: TenantService;
  let told: string[];

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    control = await new TenantSchemaDataSource({
      type: 'postgres',
      url: database.urls.control,
      entities: [TenantEntity, PlanEntity],
      poolSize: 5,
    }).initialize();
    await synchronizePlans(control, PLAN_CATALOG);
  });
  afterAll(async () => {
    await control.destroy();
    await database.drop();
  });

  beforeEach(async () => {
    await database.query('DELETE FROM agents');
    await database.query('DELETE FROM tenants');
    const events = new TenantEvents(SILENT);
    told = [];
    events.onAny(({ name }) => told.push(name));
    tenants = new TenantService(
      new TypeOrmTenantStore(control),
      SILENT,
      undefined,
      events,
      new AllocationUsageSource(control),
    );
  });

  const addAgents = (tenantId: string, count: number): Promise<object[]> =>
    database.query(
      'INSERT INTO agents (tenant_id, id, name) SELECT $1, gen_random_uuid(), n FROM generate_series(1, $2::int) n',
      [tenantId, count],
    );

  it('has one winner when many suspend and delete at once, and the events of what was committed', async () => {
    const { id } = await tenants.createTenant('Acme');
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 5 }, (_, at) => tenants.suspendTenant(id, `suspended ${at}`)),
      ...Array.from({ length: 5 }, (_, at) => tenants.deleteTenant(id, `deleted ${at}`)),
      ...Array.from({ length: 5 }, (_, at) => tenants.updateTenant(id, { metadata: { [`key${at}`]: at } })),
    ]);
    const won = (from: number): number =>
      outcomes.slice(from, from + 5).filter(({ status }) => status === 'fulfilled').length;
    expect(won(0)).toBeLessThanOrEqual(1);
    expect(won(5)).toBe(1);
    const kept = await new TypeOrmTenantStore(control).findById(id);
    expect(kept).toMatchObject({
      status: 'deleted',
      statusReason: expect.stringMatching(/^deleted \d$/) as string,
    });
    expect(Object.keys(kept!.metadata)).toHaveLength(won(10));
    expect(told.filter((name) => name === 'tenant.suspended')).toHaveLength(won(0));
    expect(told.filter((name) => name === 'tenant.deleted')).toHaveLength(1);
    expect(told.filter((name) => name === 'tenant.updated')).toHaveLength(won(10));
  });

  it('ends with the slug in quarantine and the row kept', async () => {
    const { id } = await tenants.createTenant('Acme');
    await tenants.deleteTenant(id, 'contract ended');
    await expect(tenants.createTenant('ＡＣＭＥ')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(
      await database.query(
        'SELECT slug, status, status_reason, deleted_at IS NOT NULL AS dated FROM tenants',
      ),
    ).toEqual([{ slug: 'acme', status: 'deleted', status_reason: 'contract ended', dated: true }]);
  });

  it('is walked through without those deleted', async () => {
    const { id } = await tenants.createTenant('Gone');
    const { id: kept } = await tenants.createTenant('Kept');
    await tenants.deleteTenant(id, 'x');
    const ids: string[] = [];
    for await (const tenant of tenants.eachTenant()) ids.push(tenant.id);
    expect(ids).toEqual([kept]);
  });

  describe(AllocationUsageSource.name, () => {
    it('counts what the database counts, from zero, for this tenant', async () => {
      const [acme, other] = [await tenants.createTenant('Acme'), await tenants.createTenant('Other')];
      expect(await tenants.getTenantUsage(acme.id)).toMatchObject({
        maxAgents: { used: 0, limit: 3, utilization: 0 },
      });
      await addAgents(acme.id, 2);
      await addAgents(other.id, 1);
      expect(await tenants.getTenantUsage(acme.id)).toMatchObject({
        maxAgents: { used: 2, limit: 3, utilization: 2 / 3 },
      });
      await tenants.updateTenant(acme.id, { limits: { maxAgents: 1 } });
      expect(await tenants.getTenantUsage(acme.id)).toMatchObject({
        maxAgents: { used: 2, limit: 1, utilization: 2 },
      });
    });

    it('says when the days of grace end, once use is over the limit and as long as it is', async () => {
      const { id } = await tenants.createTenant('Acme');
      const usage = (): Promise<object> => new AllocationUsageSource(control).usageOf(id);
      await database.query(
        `UPDATE plans SET quotas = '{"maxAgents": {"enforcement": "grace", "graceDays": 2}}' WHERE name = 'free'`,
      );
      try {
        await addAgents(id, 3);
        expect(await usage()).toEqual({ maxAgents: { used: 3 } });
        await addAgents(id, 1);
        const [row] = await database.query<{ until: Date }>(
          `SELECT date_trunc('milliseconds', over_since + interval '48 hours') AS until
           FROM tenant_allocations WHERE tenant_id = $1`,
          [id],
        );
        expect(await usage()).toEqual({ maxAgents: { used: 4, graceUntil: row!.until } });
        await database.query('DELETE FROM agents WHERE id IN (SELECT id FROM agents LIMIT 1)');
        expect(await usage()).toEqual({ maxAgents: { used: 3 } });
      } finally {
        await database.query(`UPDATE plans SET quotas = '{}'`);
      }
    });

    it('knows the limit of a table whose units are counted, not its rows', async () => {
      await database.query(
        `CREATE TABLE files (tenant_id uuid, size bigint);
         CREATE TRIGGER tenant_allocation AFTER INSERT ON files
           FOR EACH ROW EXECUTE FUNCTION tenant_count_allocation('maxStorageBytes', 'size')`,
      );
      try {
        const { id } = await tenants.createTenant('Acme');
        await database.query('INSERT INTO files VALUES ($1, 700)', [id]);
        expect(await tenants.getTenantUsage(id)).toMatchObject({
          maxAgents: { used: 0 },
          maxStorageBytes: { used: 700, limit: 1_000_000_000 },
        });
      } finally {
        await database.query('DROP TABLE files');
      }
    });

    it('knows no use of limits that no table is counted against', async () => {
      expect(await new AllocationUsageSource(control).usageOf(randomUUID())).toEqual({
        maxAgents: { used: 0 },
      });
    });
  });
});
