import { PLAN_CATALOG } from '../catalog/plan-catalog.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { type TenantEvent, TenantEvents } from '../events/tenant-events.js';
import { InMemoryTenantStore } from './in-memory-tenant.store.js';
import { TenantService } from './tenant.service.js';
import { contextOf } from './tenant-context.loader.js';

const nothing = (): undefined => undefined;
const logger = { log: nothing, warn: nothing, error: nothing };

const CREATED = new Date('2026-01-31T10:00:00.000Z');
const NOW = new Date('2026-02-10T00:00:00.000Z');
/** Where the billing period ends: in March there is a 31st again, in February there was none. */
const PERIOD_END = new Date('2026-02-28T10:00:00.000Z');

const plans = new PlanDirectory(PLAN_CATALOG);
const scheduled = { scheduledPlan: { plan: 'free', planVersion: 1, effectiveAt: PERIOD_END } };

describe('a scheduled plan', () => {
  let store: InMemoryTenantStore;
  let tenants: TenantService;
  let told: TenantEvent[];

  beforeEach(() => {
    jest.useFakeTimers({ now: CREATED });
    store = new InMemoryTenantStore();
    const events = new TenantEvents(logger);
    told = [];
    events.onAny((event) => told.push(event));
    const usage = { usageOf: () => Promise.resolve({ maxAgents: 1 }) };
    tenants = new TenantService(store, logger, plans, events, usage);
  });
  afterEach(() => jest.useRealTimers());

  const onPlan = async (plan: string): Promise<string> => {
    jest.setSystemTime(CREATED);
    const { id } = await tenants.createTenant(`On ${plan}`, {}, plan);
    jest.setSystemTime(NOW);
    told.length = 0;
    return id;
  };
  const changes = (): unknown[] =>
    told.map((event) => event.name === 'tenant.updated' && [event.plan, event.status, ...event.changed]);

  it('is the plan of every answer from its time on, written down or not', async () => {
    const id = await onPlan('starter');
    const before = await tenants.updateTenant(id, { plan: 'free' });
    jest.setSystemTime(PERIOD_END.getTime() - 1);
    expect(contextOf(before, plans)).toMatchObject({ plan: 'starter', limits: { maxAgents: 10 } });
    expect(await tenants.getTenant(id)).toMatchObject({ plan: 'starter' });
    jest.setSystemTime(PERIOD_END);
    // A copy from before, as a cache holds it.
    expect(contextOf(before, plans)).toMatchObject({ plan: 'free', limits: { maxAgents: 3 } });
    const free = { plan: 'free', planVersion: 1, scheduledPlan: null };
    expect(await tenants.getTenant(id)).toMatchObject(free);
    expect(await tenants.getTenantBySlug('on-starter')).toMatchObject(free);
    expect(await tenants.listTenants({ limit: 1 })).toMatchObject([free]);
    expect(await tenants.updateTenant(id, { name: 'Renamed' })).toMatchObject(free);
    expect(await tenants.suspendTenant(id, 'unpaid')).toMatchObject(free);
    expect(await tenants.getTenantUsage(id)).toMatchObject({ maxAgents: { limit: 3 } });
    expect(await store.findById(id)).toMatchObject({ plan: 'starter', ...scheduled });
  });

  it('is cancelled before its time, once', async () => {
    const id = await onPlan('starter');
    await tenants.updateTenant(id, { plan: 'free' });
    told.length = 0;
    for (let times = 0; times < 2; times += 1)
      expect(await tenants.cancelPlanChange(id)).toMatchObject({ plan: 'starter', scheduledPlan: null });
    expect(changes()).toEqual([['starter', 'active', 'scheduledPlan']]);
    jest.setSystemTime(PERIOD_END);
    expect(await tenants.getTenant(id)).toMatchObject({ plan: 'starter' });
  });

  it('is not cancelled after its time', async () => {
    const id = await onPlan('starter');
    await tenants.updateTenant(id, { plan: 'free' });
    jest.setSystemTime(PERIOD_END);
    expect(await tenants.cancelPlanChange(id)).toMatchObject({ plan: 'free', scheduledPlan: null });
    expect(await tenants.getTenant(id)).toMatchObject({ plan: 'free' });
  });

  it('is where the next choice starts from, after its time', async () => {
    const id = await onPlan('starter');
    await tenants.updateTenant(id, { plan: 'free' });
    jest.setSystemTime(PERIOD_END);
    expect(await tenants.updateTenant(id, { plan: 'free' })).toMatchObject({
      plan: 'free',
      scheduledPlan: null,
    });
    expect(await store.findById(id)).toMatchObject({ plan: 'free', scheduledPlan: null });
    expect(await tenants.updateTenant(id, { plan: 'starter' })).toMatchObject({
      plan: 'starter',
      scheduledPlan: null,
    });
  });

  it('is nobody’s whose tenant is gone', async () => {
    const id = await onPlan('starter');
    await tenants.deleteTenant(id, 'x');
    await expect(tenants.cancelPlanChange(id)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    await expect(tenants.updateTenant(id, { plan: 'free' })).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
    });
  });

  describe('applyDuePlanChanges', () => {
    it('writes down what is due and tells of it, once', async () => {
      const id = await onPlan('starter');
      await tenants.updateTenant(id, { plan: 'free' });
      told.length = 0;
      expect(await tenants.applyDuePlanChanges()).toBe(0);
      expect(await store.findById(id)).toMatchObject({ plan: 'starter', ...scheduled });
      jest.setSystemTime(PERIOD_END);
      expect(await tenants.applyDuePlanChanges()).toBe(1);
      expect(await store.findById(id)).toMatchObject({ plan: 'free', planVersion: 1, scheduledPlan: null });
      expect(await tenants.applyDuePlanChanges()).toBe(0);
      expect(changes()).toEqual([['free', 'active', 'plan', 'scheduledPlan']]);
    });

    it('ends a trial with a plan that has a price, and wakes nobody who is suspended', async () => {
      const [trial, suspended] = [await onPlan('free'), (await tenants.createTenant('Other', {}, 'free')).id];
      for (const id of [trial, suspended])
        await tenants.updateTenant(id, { plan: 'starter', when: 'period-end' });
      await tenants.suspendTenant(suspended, 'unpaid');
      jest.setSystemTime(new Date('2026-03-31T10:00:00.000Z'));
      expect(await tenants.applyDuePlanChanges()).toBe(2);
      expect(await store.findById(trial)).toMatchObject({ plan: 'starter', status: 'active' });
      expect(await store.findById(suspended)).toMatchObject({ plan: 'starter', status: 'suspended' });
    });

    it('leaves deleted tenants alone', async () => {
      const id = await onPlan('starter');
      await tenants.updateTenant(id, { plan: 'free' });
      await tenants.deleteTenant(id, 'x');
      jest.setSystemTime(PERIOD_END);
      expect(await tenants.applyDuePlanChanges()).toBe(0);
    });

    it('goes through all there are, in several processes at once, and tells of each once', async () => {
      const ids: string[] = [];
      for (let at = 0; at < 210; at += 1)
        ids.push((await tenants.createTenant(`Tenant ${at}`, {}, 'starter')).id);
      jest.setSystemTime(NOW);
      for (const id of ids) await tenants.updateTenant(id, { plan: 'free' });
      told.length = 0;
      jest.setSystemTime(PERIOD_END);
      const applied = await Promise.all(Array.from({ length: 3 }, () => tenants.applyDuePlanChanges()));
      expect(applied.reduce((sum, count) => sum + count)).toBe(210);
      expect(new Set(told.map((event) => 'tenantId' in event && event.tenantId)).size).toBe(210);
      expect(told).toHaveLength(210);
    });

    it('does not undo a choice made since the list was read', async () => {
      const id = await onPlan('starter');
      await tenants.updateTenant(id, { plan: 'free' });
      jest.setSystemTime(PERIOD_END);
      const list = store.list.bind(store);
      jest.spyOn(store, 'list').mockImplementationOnce(async (page) => {
        const read = await list(page);
        await tenants.updateTenant(id, { plan: 'enterprise' });
        return read;
      });
      expect(await tenants.applyDuePlanChanges()).toBe(0);
      expect(await tenants.getTenant(id)).toMatchObject({ plan: 'enterprise', scheduledPlan: null });
    });
  });
});
