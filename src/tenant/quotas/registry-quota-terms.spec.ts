import { definePlans } from '../catalog/define-plans.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { TenantNotFoundError } from '../errors/request.errors.js';
import { InMemoryTenantStore } from '../registry/in-memory-tenant.store.js';
import { TenantService } from '../registry/tenant.service.js';
import { InMemoryQuotaStore } from './in-memory-quota.store.js';
import { RegistryQuotaTerms } from './registry-quota-terms.js';

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };
const sold = { version: 1, features: [] };
const plans = new PlanDirectory(
  definePlans({
    limits: ['runs', 'seats', 'days'],
    kinds: { runs: 'consumption', seats: 'concurrency' },
    features: [],
    plans: {
      small: { ...sold, priceCents: 0, limits: { runs: 11, seats: 1, days: 7 } },
      large: {
        ...sold,
        priceCents: 100,
        limits: { runs: null, seats: 5, days: 7 },
        quotas: { seats: { enforcement: 'soft', overageCap: 2 } },
      },
    },
  }),
);

describe(RegistryQuotaTerms.name, () => {
  let tenants: TenantService;
  let terms: RegistryQuotaTerms;
  let id: string;

  beforeEach(async () => {
    tenants = new TenantService(new InMemoryTenantStore(), SILENT, plans);
    terms = new RegistryQuotaTerms(tenants, plans);
    id = (await tenants.createTenant('Acme', {}, 'small')).id;
  });

  it('tells what the plan holds the tenant to', async () => {
    const { periodAnchor } = await tenants.getTenant(id);
    expect(await terms.termsOf(id, 'runs', new Date())).toEqual({
      status: 'trial',
      plan: 'small',
      limit: 11,
      periodAnchor,
      terms: { enforcement: 'hard', overageCap: 0, graceDays: 0, alertAt: [80, 100], refundCap: 2 },
    });
  });

  it('tells the tenant’s override instead, and defaults that are a share of it', async () => {
    await tenants.updateTenant(id, { limits: { runs: 100 } });
    expect(await terms.termsOf(id, 'runs', new Date())).toMatchObject({
      limit: 100,
      terms: { refundCap: 10 },
    });
    await tenants.updateTenant(id, { limits: { runs: null } });
    expect(await terms.termsOf(id, 'runs', new Date())).toMatchObject({
      limit: null,
      terms: { refundCap: null },
    });
  });

  it('tells the plan of the moment, also of one to come', async () => {
    await tenants.updateTenant(id, { plan: 'large' });
    const now = new Date();
    expect(await terms.termsOf(id, 'seats', now)).toMatchObject({
      plan: 'large',
      limit: 5,
      terms: { enforcement: 'soft', overageCap: 2 },
    });
    const { scheduledPlan } = await tenants.updateTenant(id, { plan: 'small', when: 'period-end' });
    const { effectiveAt } = scheduledPlan!;
    const before = new Date(effectiveAt.getTime() - 1);
    expect(await terms.termsOf(id, 'seats', before)).toMatchObject({ plan: 'large', limit: 5 });
    expect(await terms.termsOf(id, 'seats', effectiveAt)).toMatchObject({ plan: 'small', limit: 1 });
  });

  it('knows no deleted tenant, and no limit that nothing counts', async () => {
    await expect(terms.termsOf(id, 'days', new Date())).rejects.toThrow(ConfigurationError);
    await tenants.deleteTenant(id, 'gone');
    await expect(terms.termsOf(id, 'runs', new Date())).rejects.toThrow(TenantNotFoundError);
  });

  it('is what a store in memory goes by', async () => {
    const store = new InMemoryQuotaStore(terms);
    const at = { tenantId: id, resource: 'runs', kind: 'consumption' } as const;
    const take = [{ op: 'consume', amount: 11 }] as const;
    expect((await store.apply(at, take)).outcomes[0]?.status).toBe('granted');
    expect((await store.apply(at, take)).outcomes[0]?.status).toBe('refused');
    await tenants.updateTenant(id, { plan: 'large' });
    expect((await store.apply(at, take)).outcomes[0]?.status).toBe('granted');
  });
});
