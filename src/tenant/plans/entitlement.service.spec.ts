import { definePlans } from '../catalog/define-plans.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { TenantContext } from '../context/tenant-context.js';
import { runInScope, TenantScope } from '../context/tenant-scope.js';
import { InMemoryTenantStore } from '../registry/in-memory-tenant.store.js';
import { TenantService } from '../registry/tenant.service.js';
import { EntitlementService } from './entitlement.service.js';

const catalog = definePlans({
  limits: ['maxAgents', 'maxSeats'],
  kinds: { maxAgents: 'allocation' },
  features: ['export', 'sso'],
  plans: {
    free: { version: 2, priceCents: 0, limits: { maxAgents: 3, maxSeats: 1 }, features: [] },
    team: {
      version: 1,
      priceCents: 1_00,
      limits: { maxAgents: 20, maxSeats: 5 },
      features: ['export'],
      quotas: { maxAgents: { enforcement: 'soft', overageCap: 2 } },
    },
    big: {
      version: 1,
      priceCents: 9_00,
      limits: { maxAgents: null, maxSeats: null },
      features: ['export', 'sso'],
    },
  },
});
/** As free was sold before there were seats. */
const earlier = { name: 'free', version: 1, priceCents: 0, limits: { maxAgents: 2 }, features: [] };

const USED_UP = {
  reason: '20 of 20 are used; the limit is hard, so one more is refused.',
  remedies: [
    'Delete what is not needed.',
    'Move to a plan that allows more: big.',
    'Have an operator override the limit.',
  ],
};

const UNKNOWN = 'ffffffff-0000-4000-8000-000000000000';

describe(EntitlementService.name, () => {
  const silent = { log: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const store = new InMemoryTenantStore();
  const plans = new PlanDirectory(catalog, [earlier]);
  const used: Record<string, number> = { maxAgents: 20 };
  const usage = { usageOf: () => Promise.resolve(used) };
  const tenants = new TenantService(store, silent, plans, undefined, usage);
  const service = new EntitlementService(tenants, plans);

  const onPlan = async (plan: string, limits: Record<string, number | boolean | null> = {}) => {
    const { id } = await tenants.createTenant(`On ${plan} ${Math.random().toString(36)}`, {}, plan);
    if (Object.keys(limits).length > 0) await tenants.updateTenant(id, { limits });
    return id;
  };

  it('says what a tenant may do, and where each value comes from', async () => {
    const id = await onPlan('team', { maxAgents: 50, sso: true });
    expect(await service.get(id)).toEqual({
      tenantId: id,
      plan: 'team',
      planVersion: 1,
      limits: {
        maxAgents: { value: 50, source: 'override', kind: 'allocation', enforcement: 'soft' },
        maxSeats: { value: 5, source: 'plan', kind: null, enforcement: null },
      },
      features: { export: { value: true, source: 'plan' }, sso: { value: true, source: 'override' } },
    });
  });

  it('says that a limit the sold version does not know is none', async () => {
    const id = await onPlan('free');
    const tenant = (await store.findById(id))!;
    const old = { ...tenant, id: UNKNOWN.replace('ffff', 'eeee'), slug: 'old', planVersion: 1 };
    await store.insert(old);
    expect((await service.get(old.id)).limits).toMatchObject({
      maxAgents: { value: 2, source: 'plan' },
      maxSeats: { value: 0, source: 'default' },
    });
    expect(await service.explain('maxSeats', old.id)).toEqual({
      name: 'maxSeats',
      kind: 'limit',
      value: 0,
      source: 'default',
      plan: 'free',
      planVersion: 1,
      planValue: 0,
      availableIn: ['free', 'team', 'big'],
      origin: 'maxSeats is 0: the plan free (version 1) does not know it, and what is not known is none.',
      usage: null,
    });
  });

  it('explains a limit: the override, what the plan would give, and which plans allow more', async () => {
    expect(await service.explain('maxAgents', await onPlan('free', { maxAgents: 20 }))).toEqual({
      name: 'maxAgents',
      kind: 'limit',
      value: 20,
      source: 'override',
      plan: 'free',
      planVersion: 2,
      planValue: 3,
      availableIn: ['big'],
      origin: 'maxAgents is 20: an override of this tenant; the plan free (version 2) would make it 3.',
      usage: { used: 20, reserved: 0, remaining: 0, exhausted: true, resetsAt: null, ...USED_UP },
    });
  });

  it('explains an override to none, and one to no limit at all, which nothing exceeds', async () => {
    expect(await service.explain('maxAgents', await onPlan('big', { maxAgents: 0 }))).toMatchObject({
      value: 0,
      planValue: null,
      availableIn: ['free', 'team', 'big'],
    });
    expect(await service.explain('maxAgents', await onPlan('free', { maxAgents: null }))).toMatchObject({
      value: null,
      planValue: 3,
      availableIn: [],
    });
  });

  it('explains a feature, also one that an override takes away', async () => {
    expect(await service.explain('export', await onPlan('team', { export: false }))).toEqual({
      name: 'export',
      kind: 'feature',
      value: false,
      source: 'override',
      plan: 'team',
      planVersion: 1,
      planValue: true,
      availableIn: ['team', 'big'],
      origin:
        'export is not granted: an override of this tenant; the plan team (version 1) would make it granted.',
      usage: null,
    });
    expect(await service.explain('sso', await onPlan('free'))).toMatchObject({
      value: false,
      source: 'plan',
      planValue: false,
      availableIn: ['big'],
    });
  });

  it.each(['maxDogs', '', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'knows no limit or feature called %j',
    async (name) => {
      const explaining = service.explain(name, await onPlan('free'));
      await expect(explaining).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    },
  );

  it('previews another plan, and changes nothing', async () => {
    const id = await onPlan('team');
    expect(await service.previewPlanChange(id, 'free')).toMatchObject({
      direction: 'downgrade',
      overLimit: [{ resource: 'maxAgents', used: 20, allowed: 3, over: 17 }],
    });
    expect(await tenants.getTenant(id)).toMatchObject({ plan: 'team', scheduledPlan: null });
    await expect(service.previewPlanChange(id, 'gold')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(service.previewPlanChange(UNKNOWN, 'free')).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
    });
  });

  describe('replaceOverrides', () => {
    it('puts these overrides in the place of all there were', async () => {
      const id = await onPlan('free', { maxSeats: 9 });
      const { limits, features } = await service.replaceOverrides(id, {
        limits: { maxAgents: null },
        features: { sso: true },
      });
      expect(limits).toMatchObject({
        maxAgents: { value: null, source: 'override' },
        maxSeats: { value: 1, source: 'plan' },
      });
      expect(features.sso).toEqual({ value: true, source: 'override' });
      await service.replaceOverrides(id, {});
      expect((await tenants.getTenant(id)).limits).toEqual({});
    });

    it('names each that is none, and replaces nothing then', async () => {
      const id = await onPlan('free', { maxSeats: 9 });
      const wrong = JSON.parse(
        '{"limits": {"maxAgents": -1, "sso": true, "__proto__": 1}, "features": {"sso": 1, "maxSeats": 2}}',
      ) as object;
      await expect(service.replaceOverrides(id, wrong)).rejects.toMatchObject({
        errors: [
          { field: 'limits.maxAgents', message: 'must be a whole number from 0, or null for unlimited' },
          { field: 'limits.sso', message: 'is not a limit' },
          { field: 'limits.__proto__', message: 'is not a limit' },
          { field: 'features.sso', message: 'must be true or false' },
          { field: 'features.maxSeats', message: 'is not a feature' },
        ],
      });
      expect((await tenants.getTenant(id)).limits).toEqual({ maxSeats: 9 });
      await expect(service.replaceOverrides(UNKNOWN, {})).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    });
  });

  it('is about the tenant whose scope is running, when no other is named', async () => {
    const [own, other] = [await onPlan('team'), await onPlan('big')];
    const context: TenantContext = {
      tenantId: own,
      tenantSlug: 'own',
      plan: 'team',
      limits: {},
      features: {},
    };
    await runInScope(new TenantScope(undefined, context), async () => {
      expect((await service.get()).tenantId).toBe(own);
      expect((await service.explain('sso')).value).toBe(false);
      expect((await service.explain('sso', other)).value).toBe(true);
    });
  });

  it('knows nothing outside a scope, nor of a tenant there is not', async () => {
    await expect(service.get()).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
    await expect(service.explain('sso')).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
    await expect(service.get(UNKNOWN)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    await expect(service.explain('sso', UNKNOWN)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
  });
});
