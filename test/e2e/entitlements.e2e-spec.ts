import { TenantService } from '@parallax/tenant';
import { ADAPTERS, TestBackend, type TestTenant } from '../support/backend.js';

describe.each(ADAPTERS)('GET /api/entitlements on %s', (adapter) => {
  let backend: TestBackend;
  let acme: TestTenant;
  let globex: TestTenant;

  beforeAll(async () => {
    backend = await TestBackend.start({ adapter });
    [acme, globex] = [await backend.createTenant('Acme', 'starter'), await backend.createTenant('Globex')];
  });
  afterAll(() => backend.stop());

  const entitlements = async (tenant: TestTenant, path = '/api/entitlements') => {
    const { status, body } = await backend.call('GET', path, { key: tenant.key });
    expect(status).toBe(200);
    return body as { limits: Record<string, object>; features: Record<string, object> };
  };

  it('says of every limit and feature what it is, and that the plan grants it', async () => {
    const { limits, features, ...rest } = await entitlements(acme);
    expect(rest).toEqual({ plan: 'starter', planVersion: 1 });
    expect(limits).toEqual({
      maxAgents: { value: 10, source: 'plan', kind: 'allocation', enforcement: 'hard' },
      maxExecutions: { value: 10_000, source: 'plan', kind: 'consumption', enforcement: 'hard' },
      maxExecutionsPerMinute: { value: 50, source: 'plan', kind: 'rate', enforcement: 'hard' },
      maxStorageBytes: { value: 10_000_000_000, source: 'plan', kind: 'allocation', enforcement: 'hard' },
      retentionDays: { value: 30, source: 'plan', kind: null, enforcement: null },
    });
    expect(Object.keys(features)).toHaveLength(9);
    expect(features).toMatchObject({
      dataExport: { value: true, source: 'plan' },
      sso: { value: false, source: 'plan' },
    });
  });

  it('says which values are the tenant’s own, and gives them to no other tenant', async () => {
    const tenants = backend.app.get(TenantService);
    const { id } = await tenants.getTenantBySlug(globex.slug);
    const limits = { maxAgents: 7, maxExecutions: null, sso: true };
    await tenants.updateTenant(id, { limits });
    const own = await entitlements(globex, `/api/tenants/${globex.slug}/entitlements`);
    expect(own.limits).toMatchObject({
      maxAgents: { value: 7, source: 'override' },
      maxExecutions: { value: null, source: 'override' },
      retentionDays: { value: 7, source: 'plan' },
    });
    expect(own.features).toMatchObject({ sso: { value: true, source: 'override' } });
    expect((await entitlements(acme)).limits.maxAgents).toMatchObject({ value: 10, source: 'plan' });
  });

  it('answers nobody, and no other tenant', async () => {
    expect((await backend.call('GET', '/api/entitlements')).status).toBe(401);
    const path = `/api/tenants/${globex.id}/entitlements`;
    expect((await backend.call('GET', path, { key: acme.key })).status).toBe(404);
  });
});
