import { randomUUID } from 'node:crypto';
import { encodeId } from '../../src/edge/typed-id.js';
import { ADAPTERS, type Answer, TestBackend, type TestTenant } from '../support/backend.js';

describe.each(ADAPTERS)('plans of tenants, over HTTP on %s', (adapter) => {
  let backend: TestBackend;

  beforeAll(async () => {
    backend = await TestBackend.start({ adapter });
  });
  afterAll(() => backend.stop());

  const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
    backend.call(method, `/admin/tenants/${path}`, {
      key: backend.operatorKey,
      ...(body !== undefined && { body }),
    });
  const own = async (tenant: TestTenant, path: string): Promise<Answer['body']> => {
    const { status, body } = await backend.call('GET', path, { key: tenant.key });
    expect(status).toBe(200);
    return body;
  };
  const addAgents = async (tenant: TestTenant, count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const { status } = await backend.call('POST', '/api/agents', {
        key: tenant.key,
        body: { name: `agent ${at}` },
      });
      expect(status).toBe(201);
    }
  };

  describe('a change', () => {
    it('to less is scheduled, shown to the tenant, and can be cancelled', async () => {
      const tenant = await backend.createTenant('Down', 'starter');
      const { status, body } = await admin('PATCH', tenant.id, { plan: 'free' });
      expect([status, body.plan, body.limits.maxAgents]).toEqual([200, 'starter', 10]);
      expect(Object.keys(body.scheduledPlan)).toEqual(['plan', 'effectiveAt']);
      expect(body.scheduledPlan.plan).toBe('free');
      expect(new Date(body.scheduledPlan.effectiveAt) > new Date()).toBe(true);
      expect((await own(tenant, '/api/tenant')).scheduledPlan).toEqual(body.scheduledPlan);
      for (let times = 0; times < 2; times += 1) {
        const cancelled = await admin('DELETE', `${tenant.id}/scheduled-plan`);
        expect([cancelled.status, cancelled.body.plan, cancelled.body.scheduledPlan]).toEqual([
          200,
          'starter',
          null,
        ]);
      }
    });

    it('to less holds at once when it is to, and then bounds the next request', async () => {
      const tenant = await backend.createTenant('Down now', 'starter');
      await addAgents(tenant, 3);
      const { body } = await admin('PATCH', tenant.id, { plan: 'free', when: 'now' });
      expect([body.plan, body.scheduledPlan, body.limits.maxAgents]).toEqual(['free', null, 3]);
      const refused = await backend.call('POST', '/api/agents', { key: tenant.key, body: { name: 'x' } });
      expect([refused.status, refused.body.code]).toEqual([403, 'LIMIT_REACHED']);
    });

    it('to more holds at once, or when the period ends when it is to', async () => {
      const tenant = await backend.createTenant('Up', 'free');
      const later = await admin('PATCH', tenant.id, { plan: 'starter', when: 'period-end' });
      expect([later.body.plan, later.body.scheduledPlan.plan]).toEqual(['free', 'starter']);
      const { body } = await admin('PATCH', tenant.id, { plan: 'starter' });
      expect([body.plan, body.scheduledPlan, body.status]).toEqual(['starter', null, 'active']);
    });

    it('that is due is what the tenant has, in its own requests too', async () => {
      const tenant = await backend.createTenant('Due', 'starter');
      await addAgents(tenant, 3);
      await admin('PATCH', tenant.id, { plan: 'free' });
      await backend.database.query(
        `UPDATE tenants SET scheduled_at = now() - interval '1 second' WHERE slug = $1`,
        [tenant.slug],
      );
      expect((await own(tenant, '/api/tenant')).plan).toBe('free');
      expect((await own(tenant, '/api/entitlements')).limits.maxAgents).toMatchObject({ value: 3 });
      expect((await admin('GET', tenant.id)).body).toMatchObject({ plan: 'free', scheduledPlan: null });
      const refused = await backend.call('POST', '/api/agents', { key: tenant.key, body: { name: 'x' } });
      expect([refused.status, refused.body.code]).toEqual([403, 'LIMIT_REACHED']);
    });

    it('is refused above the limits when it is to, with what there is too much of', async () => {
      const tenant = await backend.createTenant('Over', 'starter');
      await addAgents(tenant, 4);
      const { status, body } = await admin('PATCH', tenant.id, { plan: 'free', overLimit: 'block' });
      expect([status, body.code]).toEqual([409, 'CONFLICT']);
      expect(body.overLimit).toEqual([{ resource: 'maxAgents', used: 4, allowed: 3, over: 1 }]);
      expect((await admin('PATCH', tenant.id, { plan: 'free', overLimit: 'allow' })).status).toBe(200);
    });

    it.each([
      [{ plan: 'free', when: 'tomorrow' }, ['when']],
      [{ plan: 'free', overLimit: 'delete' }, ['overLimit']],
      [{ when: 'now', overLimit: 'block' }, ['when', 'overLimit']],
      [{ plan: 'gold' }, ['plan']],
    ])('is refused as %j', async (body, fields) => {
      const tenant = await backend.createTenant(`Wrong ${randomUUID()}`, 'starter');
      const refused = await admin('PATCH', tenant.id, body);
      expect([refused.status, refused.body.code]).toEqual([400, 'VALIDATION_FAILED']);
      expect(refused.body.errors.map(({ field }: { field: string }) => field)).toEqual(fields);
    });
  });

  it('a preview says what would come of it, and changes nothing', async () => {
    const tenant = await backend.createTenant('Preview', 'starter');
    await addAgents(tenant, 5);
    await admin('PUT', `${tenant.id}/overrides`, { features: { auditLogs: true } });
    const { status, body } = await admin('POST', `${tenant.id}/plan-preview`, { plan: 'free' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      from: { plan: 'starter', planVersion: 1 },
      to: { plan: 'free', planVersion: 1 },
      direction: 'downgrade',
      gainedFeatures: [],
      lostFeatures: ['customPatterns', 'dataExport'],
      overLimit: [{ resource: 'maxAgents', used: 5, allowed: 3, over: 2 }],
    });
    expect(body.limits).toContainEqual({ name: 'maxAgents', from: 10, to: 3, source: 'plan' });
    expect((await admin('GET', tenant.id)).body).toMatchObject({ plan: 'starter', scheduledPlan: null });
    const refused = await admin('POST', `${tenant.id}/plan-preview`, { plan: 'gold' });
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'plan']);
  });

  describe('overrides', () => {
    it('are replaced as a whole, and hold at once', async () => {
      const tenant = await backend.createTenant('Overridden', 'free');
      const put = await admin('PUT', `${tenant.id}/overrides`, {
        limits: { maxAgents: 1, maxExecutions: null },
        features: { sso: true },
      });
      expect(put.status).toBe(200);
      expect(put.body).toMatchObject({
        plan: 'free',
        planVersion: 1,
        limits: {
          maxAgents: { value: 1, source: 'override', kind: 'allocation', enforcement: 'hard' },
          maxExecutions: { value: null, source: 'override' },
          retentionDays: { value: 7, source: 'plan' },
        },
        features: { sso: { value: true, source: 'override' }, sla: { value: false, source: 'plan' } },
      });
      expect((await admin('GET', `${tenant.id}/overrides`)).body).toEqual(put.body);
      expect(await own(tenant, '/api/entitlements')).toEqual(put.body);
      await addAgents(tenant, 1);
      const refused = await backend.call('POST', '/api/agents', { key: tenant.key, body: { name: 'x' } });
      expect([refused.status, refused.body.code]).toEqual([403, 'LIMIT_REACHED']);
      const { body } = await admin('PUT', `${tenant.id}/overrides`, { limits: {} });
      expect(body.limits.maxAgents).toMatchObject({ value: 3, source: 'plan' });
      await addAgents(tenant, 2);
    });

    it('that are none are named, each, and nothing is replaced', async () => {
      const tenant = await backend.createTenant('Unchanged', 'free');
      await admin('PUT', `${tenant.id}/overrides`, { limits: { maxAgents: 7 } });
      const { status, body } = await admin(
        'PUT',
        `${tenant.id}/overrides`,
        '{"limits": {"maxAgents": -1, "maxDogs": 1, "sso": true}, "features": {"sla": 1, "maxAgents": true}}',
      );
      expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
      expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
        'limits.maxAgents',
        'limits.maxDogs',
        'limits.sso',
        'features.sla',
        'features.maxAgents',
      ]);
      for (const wrong of [
        undefined,
        {},
        { limits: [1] },
        { limits: null },
        { limits: { toString: 5 } },
        { features: { valueOf: true } },
        { features: 'sso' },
        { maxAgents: 3 },
      ])
        expect((await admin('PUT', `${tenant.id}/overrides`, wrong)).status).toBe(400);
      expect((await admin('GET', `${tenant.id}/overrides`)).body.limits.maxAgents).toMatchObject({
        value: 7,
      });
    });
  });

  it('a tenant sees what it uses, and nobody else does', async () => {
    const tenant = await backend.createTenant('Counting', 'starter');
    const other = await backend.createTenant('Looking on', 'starter');
    await addAgents(tenant, 2);
    for (const path of ['/api/usage', `/api/tenants/${tenant.slug}/usage`]) {
      expect((await own(tenant, path)).resources.maxAgents).toMatchObject({
        kind: 'allocation',
        used: 2,
        reserved: 0,
        limit: 10,
        unlimited: false,
        remaining: 8,
        utilization: 0.2,
        resetsAt: null,
        enforcement: 'hard',
        source: 'plan',
      });
    }
    const { maxExecutions } = (await own(tenant, '/api/usage')).resources;
    expect(maxExecutions).toMatchObject({ kind: 'consumption', used: 0, limit: 10_000 });
    const [row] = await backend.database.query<{ ends: Date }>(
      `SELECT (period_anchor AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' AS ends
       FROM tenants WHERE slug = $1`,
      [tenant.slug],
    );
    expect(new Date(maxExecutions.resetsAt)).toEqual(row!.ends);
    expect((await own(other, '/api/usage')).resources.maxAgents).toMatchObject({ used: 0 });
    expect((await own(tenant, '/api/usage')).resources).toEqual(
      (await admin('GET', `${tenant.id}/usage`)).body.resources,
    );
    const foreign = await backend.call('GET', `/api/tenants/${tenant.id}/usage`, { key: other.key });
    expect([foreign.status, (await backend.call('GET', '/api/usage')).status]).toEqual([404, 401]);
  });

  it('is an operator’s only, and of tenants there are', async () => {
    const tenant = await backend.createTenant('Ambitious');
    const never = encodeId('tnt', randomUUID());
    for (const [method, path, body] of [
      ['GET', 'overrides', undefined],
      ['PUT', 'overrides', { limits: { maxAgents: null } }],
      ['POST', 'plan-preview', { plan: 'enterprise' }],
      ['DELETE', 'scheduled-plan', undefined],
    ] as const) {
      const sent = body === undefined ? {} : { body };
      const url = `/admin/tenants/${tenant.id}/${path}`;
      const refused = await backend.call(method, url, { key: tenant.key, ...sent });
      expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
      expect((await backend.call(method, url, sent)).status).toBe(401);
      const unknown = await admin(method, `${never}/${path}`, body);
      expect([unknown.status, unknown.body.code]).toEqual([404, 'TENANT_NOT_FOUND']);
      expect((await admin(method, `${tenant.id}/${path}`, body)).status).toBe(200);
    }
  });

  it('is described in the documentation', async () => {
    const { body } = await backend.call('GET', '/openapi.json');
    const answerOf = (path: string, method: string): unknown =>
      body.paths[path][method].responses[200].content['application/json'].schema.$ref;
    const schema = (name: string): string => `#/components/schemas/${name}`;
    expect(answerOf('/admin/tenants/{id}/overrides', 'get')).toBe(schema('EntitlementsDto'));
    expect(answerOf('/admin/tenants/{id}/overrides', 'put')).toBe(schema('EntitlementsDto'));
    expect(answerOf('/admin/tenants/{id}/plan-preview', 'post')).toBe(schema('PlanPreviewDto'));
    expect(answerOf('/admin/tenants/{id}/scheduled-plan', 'delete')).toBe(schema('TenantDto'));
    expect(answerOf('/api/usage', 'get')).toBe(schema('TenantUsageDto'));
    const { UpdateTenantDto, PreviewPlanDto, TenantDto, OverridesDto } = body.components.schemas;
    expect(UpdateTenantDto.properties.when.enum).toEqual(['now', 'period-end']);
    expect(UpdateTenantDto.properties.overLimit.enum).toEqual(['allow', 'block']);
    expect(UpdateTenantDto.required).toBeUndefined();
    expect(PreviewPlanDto.required).toEqual(['plan']);
    expect(OverridesDto.required).toBeUndefined();
    expect(TenantDto.properties.scheduledPlan).toMatchObject({ nullable: true });
  });
});
