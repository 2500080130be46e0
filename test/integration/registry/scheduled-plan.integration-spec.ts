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

describe('a scheduled plan, in PostgreSQL', () => {
  let database: TestDatabase;
  let processes: DataSource[];
  let told: string[];

  beforeAll(async () => {
    database = await createTestDatabase();
    processes = await Promise.all(
      [1, 2, 3].map(() =>
        new TenantSchemaDataSource({
          type: 'postgres',
          url: database.urls.control,
          entities: [TenantEntity, PlanEntity],
          poolSize: 3,
        }).initialize(),
      ),
    );
    await synchronizePlans(processes[0]!, PLAN_CATALOG);
  });
  afterAll(async () => {
    for (const dataSource of processes) await dataSource.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    told = [];
    await database.query('DELETE FROM agents');
    await database.query('DELETE FROM tenants');
  });

  const serviceOn = (dataSource: DataSource): TenantService => {
    const events = new TenantEvents(SILENT);
    events.on('tenant.updated', ({ tenantId, plan, changed }) => {
      told.push([tenantId, plan, ...changed].join(' '));
    });
    return new TenantService(
      new TypeOrmTenantStore(dataSource),
      SILENT,
      undefined,
      events,
      new AllocationUsageSource(dataSource),
    );
  };
  const addAgent = (tenantId: string): Promise<object[]> =>
    database.query(`INSERT INTO agents (tenant_id, name) VALUES ($1, 'one')`, [tenantId]);
  const makeDue = (): Promise<object[]> =>
    database.query(`UPDATE tenants SET scheduled_at = now() - interval '1 second'`);
  /** A tenant on starter with four agents, which free would not allow, on its way to free. */
  const onItsWayToFree = async (tenants: TenantService, name = 'Acme'): Promise<string> => {
    const { id } = await tenants.createTenant(name, {}, 'starter');
    for (let at = 0; at < 4; at += 1) await addAgent(id);
    await tenants.updateTenant(id, { plan: 'free' });
    return id;
  };

  it('bounds the next row from its time on, though nobody wrote it down yet', async () => {
    const tenants = serviceOn(processes[0]!);
    const id = await onItsWayToFree(tenants);
    await addAgent(id);
    await makeDue();
    await expect(addAgent(id)).rejects.toMatchObject({ code: 'TN001' });
    expect(await tenants.getTenantUsage(id)).toMatchObject({
      maxAgents: { used: 5, limit: 3, remaining: 0, exhausted: true },
    });
    await database.query('DELETE FROM agents WHERE tenant_id = $1', [id]);
    await addAgent(id);
    expect(await tenants.getTenant(id)).toMatchObject({ plan: 'free', scheduledPlan: null });
    const [row] = await database.query('SELECT plan, scheduled_plan FROM tenants');
    expect(row).toEqual({ plan: 'starter', scheduled_plan: 'free' });
  });

  it('is written down once, by whichever of several processes comes first', async () => {
    const services = processes.map(serviceOn);
    const ids: string[] = [];
    for (let at = 0; at < 12; at += 1) ids.push(await onItsWayToFree(services[0]!, `Tenant ${at}`));
    await makeDue();
    told.length = 0;
    const applied = await Promise.all(services.map((tenants) => tenants.applyDuePlanChanges()));
    expect(applied.reduce((sum, count) => sum + count)).toBe(12);
    expect([...told].sort()).toEqual(ids.map((id) => `${id} free plan scheduledPlan`).sort());
    expect(
      await database.query('SELECT DISTINCT plan, plan_version, scheduled_plan, scheduled_at FROM tenants'),
    ).toEqual([{ plan: 'free', plan_version: 1, scheduled_plan: null, scheduled_at: null }]);
    expect(await services[1]!.applyDuePlanChanges()).toBe(0);
  });

  it('is not written over what was chosen meanwhile', async () => {
    const [tenants, other] = processes.map(serviceOn);
    const id = await onItsWayToFree(tenants!);
    await makeDue();
    const outcomes = await Promise.allSettled([
      tenants!.applyDuePlanChanges(),
      other!.updateTenant(id, { plan: 'professional' }),
    ]);
    const chosen = outcomes[1].status === 'fulfilled';
    if (!chosen) expect(outcomes[1]).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect(await tenants!.getTenant(id)).toMatchObject({
      plan: chosen ? 'professional' : 'free',
      scheduledPlan: null,
    });
  });

  it('blocks when it is to, by what the database counts', async () => {
    const tenants = serviceOn(processes[0]!);
    const { id } = await tenants.createTenant('Acme', {}, 'starter');
    for (let at = 0; at < 4; at += 1) await addAgent(id);
    const block = { plan: 'free', overLimit: 'block' } as const;
    await expect(tenants.updateTenant(id, block)).rejects.toMatchObject({
      extensions: { overLimit: [{ resource: 'maxAgents', used: 4, allowed: 3, over: 1 }] },
    });
    await database.query('DELETE FROM agents WHERE id IN (SELECT id FROM agents LIMIT 1)');
    expect(await tenants.updateTenant(id, block)).toMatchObject({ scheduledPlan: { plan: 'free' } });
  });

  it.each([
    ['a plan without a time', `scheduled_plan = 'free', scheduled_plan_version = 1`, '23514'],
    ['a time without a plan', 'scheduled_at = now()', '23514'],
    [
      'a plan that was never sold',
      `scheduled_plan = 'free', scheduled_plan_version = 9, scheduled_at = now()`,
      '23503',
    ],
  ])('is never %s', async (_, values, code) => {
    await serviceOn(processes[0]!).createTenant('Acme');
    await expect(database.query(`UPDATE tenants SET ${values}`)).rejects.toMatchObject({ code });
  });
});
