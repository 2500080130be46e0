import { definePlans } from '../catalog/define-plans.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { TenantContext } from '../context/tenant-context.js';
import { runInScope, TenantScope } from '../context/tenant-scope.js';
import { InMemoryTenantStore } from '../registry/in-memory-tenant.store.js';
import { TenantService } from '../registry/tenant.service.js';
import { EntitlementService } from './entitlement.service.js';

const catalog = definePlans({
  limits: ['maxAgents', 'maxSeats'],
  features: ['export', 'sso'],
  plans: {
    free: { version: 2, priceCents: 0, limits: { maxAgents: 3, maxSeats: 1 }, features: [] },
    team: { version: 1, priceCents: 1_00, limits: { maxAgents: 20, maxSeats: 5 }, features: ['export'] },
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

const UNKNOWN = 'ffffffff-0000-4000-8000-000000000000';

describe(EntitlementService.name, () => {
  const silent = { log: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const store = new InMemoryTenantStore();
  const plans = new PlanDirectory(catalog, [earlier]);
  const tenants = new TenantService(store, silent, plans);
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
      limits: { maxAgents: { value: 50, source: 'override' }, maxSeats: { value: 5, source: 'plan' } },
      features: { export: { value: true, source: 'plan' }, sso: { value: true, source: 'override' } },
    });
  });

  it('says that a limit the sold version does not know is none', async () => {
    const id = await onPlan('free');
    const tenant = (await store.findById(id))!;
    const old = { ...tenant, id: UNKNOWN.replace('ffff', 'eeee'), slug: 'old', planVersion: 1 };
    await store.insert(old);
    expect((await service.get(old.id)).limits).toEqual({
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
