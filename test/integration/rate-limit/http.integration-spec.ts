import { type Tenant, TenantEvents } from '@parallax/tenant';
import { ADAPTERS, credential, FixtureApp, memberOf, operatorWith } from '../../support/fixture-app.js';
import { ApiController, gate, HOUR, OtherController, plans } from './http-fixture.js';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly limit: string | null;
  readonly policy: string | null;
  readonly retryAfter: string | null;
  readonly headers: Headers;
}

describe.each(ADAPTERS)('rate limits over HTTP on %s', (adapter) => {
  let fixture: FixtureApp;
  let acme: Tenant;
  let globex: Tenant;

  const start = async (tenant: Parameters<typeof FixtureApp.start>[0] = {}): Promise<void> => {
    fixture = await FixtureApp.start({
      adapter,
      controllers: [ApiController, OtherController],
      ...tenant,
      tenant: { plans, ...tenant.tenant },
    });
    acme = await fixture.createTenant('Acme');
    globex = await fixture.createTenant('Globex');
  };

  const call = async (
    path: string,
    principal: Parameters<typeof credential>[0],
    { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const response = await fetch(fixture.url + path, {
      method,
      headers: { ...credential(principal), ...headers },
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      limit: response.headers.get('ratelimit'),
      policy: response.headers.get('ratelimit-policy'),
      retryAfter: response.headers.get('retry-after'),
      headers: response.headers,
    };
  };

  afterEach(() => fixture.close());

  describe('@RateLimit', () => {
    beforeEach(() => start());

    it('admits as many as the limit says, and tells of it on every answer', async () => {
      const ada = memberOf(acme);
      expect(await call('/api/imports', ada)).toMatchObject({
        status: 200,
        limit: expect.stringMatching(/^"imports";r=1;t=\d+$/) as unknown,
        policy: '"imports";q=2;w=3600',
        retryAfter: null,
      });
      expect(await call('/api/imports-too', ada, { method: 'POST' })).toMatchObject({ status: 201 });
      const refused = await call('/api/imports', ada);
      expect(refused).toMatchObject({
        status: 429,
        limit: expect.stringMatching(/^"imports";r=0;t=\d+$/) as unknown,
        policy: '"imports";q=2;w=3600',
        body: {
          code: 'RATE_LIMITED',
          type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
          resource: 'imports',
          limit: 2,
          requested: 1,
          remaining: 0,
          'violated-policies': ['imports'],
          retryable: true,
        },
      });
      expect(Number(refused.retryAfter)).toBeGreaterThan(0);
      expect(refused.body.retryAfter).toBe(Number(refused.retryAfter));
      expect(await call('/api/imports', memberOf(globex))).toMatchObject({ status: 200 });
    });

    it('goes by the limit of the plan', async () => {
      const ada = memberOf(acme);
      const post = { method: 'POST' };
      const statuses = [1, 2, 3].map(() => call('/api/execute', ada, post));
      expect((await Promise.all(statuses)).map(({ status }) => status).sort()).toEqual([201, 201, 429]);
      await fixture.tenants.updateTenant(acme.id, { plan: 'team' });
      expect(await call('/api/execute', ada, post)).toMatchObject({ status: 201, limit: null, policy: null });
    });

    it('takes what a call costs, and nothing for a call it refuses', async () => {
      const ada = memberOf(acme);
      expect(await call('/api/bulk', ada)).toMatchObject({ status: 200 });
      for (let at = 0; at < 2; at += 1) {
        expect(await call('/api/bulk', ada)).toMatchObject({
          status: 429,
          limit: expect.stringMatching(/^"bulk";r=3;/) as unknown,
          body: { requested: 7, remaining: 3 },
        });
      }
    });

    it('costs nothing when a guard refuses', async () => {
      const ada = memberOf(acme);
      for (let at = 0; at < 2; at += 1) {
        expect(await call('/api/exports', ada)).toMatchObject({ status: 403, limit: null });
      }
      await fixture.tenants.updateTenant(acme.id, { plan: 'team' });
      expect(await call('/api/exports', ada)).toMatchObject({ status: 200 });
      expect(await call('/api/exports', ada)).toMatchObject({ status: 429 });
    });

    it('refuses nothing while it is on trial, and tells who listens', async () => {
      const told: unknown[] = [];
      fixture.app.get(TenantEvents).on('tenant.rate-limit.exceeded', (event) => told.push(event));
      const ada = memberOf(acme);
      for (let at = 0; at < 2; at += 1) {
        expect(await call('/api/trial', ada)).toMatchObject({ status: 200, limit: null });
      }
      expect(told).toEqual([
        expect.objectContaining({ policy: 'trial', enforcement: 'shadow', tenantId: acme.id }),
      ]);
    });

    it('tells who listens of a refusal', async () => {
      const told: unknown[] = [];
      fixture.app.get(TenantEvents).on('tenant.rate-limit.exceeded', (event) => told.push(event));
      for (let at = 0; at < 3; at += 1) await call('/api/imports', memberOf(acme));
      expect(told).toEqual([
        expect.objectContaining({
          tenantId: acme.id,
          subject: acme.id,
          policy: 'imports',
          limit: 2,
          windowSeconds: HOUR,
          cost: 1,
          principalId: 'ada',
          enforcement: 'hard',
        }),
      ]);
    });

    it('counts those without a tenant by who they are, or where they come from', async () => {
      expect(await call('/api/open', null)).toMatchObject({ status: 200 });
      expect(await call('/api/open', null)).toMatchObject({ status: 429 });
      expect(await call('/api/open', memberOf(acme))).toMatchObject({ status: 200 });
      const olga = operatorWith('tenants:read');
      expect(await call('/api/platform', olga)).toMatchObject({ status: 200 });
      expect(await call('/api/platform', olga)).toMatchObject({ status: 429 });
      expect(await call('/api/platform', { ...olga, id: 'oscar' })).toMatchObject({ status: 200 });
    });

    it('counts by address whoever it is', async () => {
      expect(await call('/api/by-address', memberOf(acme))).toMatchObject({ status: 200 });
      expect(await call('/api/by-address', memberOf(globex))).toMatchObject({ status: 429 });
    });
  });

  describe('the option rateLimits', () => {
    beforeEach(() =>
      start({ tenant: { rateLimits: [{ path: '/api', resource: 'api-requests', limit: 3, window: HOUR }] } }),
    );

    it('is for the routes under its path, in whatever way it is spelled, and no others', async () => {
      const ada = memberOf(acme);
      expect(await call('/api/plain', ada)).toMatchObject({
        status: 200,
        policy: '"api-requests";q=3;w=3600',
      });
      expect((await call('/api/plain?x=1', ada)).limit).toMatch(/^"api-requests";r=1;/);
      // Each adapter takes other spellings for the same route.
      const spelled = adapter === 'express' ? '/API/Plain/' : '/%61pi/plain';
      expect(await call(spelled, ada)).toMatchObject({ status: 200, policy: '"api-requests";q=3;w=3600' });
      expect(await call('/api/plain', ada, { method: 'HEAD' })).toMatchObject({ status: 429 });
      expect(await call('/apis/plain', ada)).toMatchObject({ status: 200, policy: null });
      expect(await call('/api/plain', memberOf(globex))).toMatchObject({ status: 200 });
    });

    it('takes from all limits of a call or from none', async () => {
      const ada = memberOf(acme);
      for (let at = 0; at < 2; at += 1) await call('/api/imports', ada);
      for (let at = 0; at < 2; at += 1) {
        expect(await call('/api/imports', ada)).toMatchObject({
          status: 429,
          limit: expect.stringMatching(/^"api-requests";r=1;t=\d+, "imports";r=0;t=\d+$/) as unknown,
          policy: '"api-requests";q=3;w=3600, "imports";q=2;w=3600',
          body: { 'violated-policies': ['imports'] },
        });
      }
      expect(await call('/api/plain', ada)).toMatchObject({ status: 200 });
    });
  });

  describe('the limit of an address', () => {
    it('comes before anybody is asked who they are', async () => {
      let asked = 0;
      const principal = (): undefined => void (asked += 1);
      await start({ tenant: { principal, rateLimiter: { address: { limit: 2, window: HOUR } } } });
      for (let at = 0; at < 2; at += 1) {
        expect(await call('/api/plain', null)).toMatchObject({ status: 401, policy: '"address";q=2;w=3600' });
      }
      for (const forged of ['203.0.113.1', '203.0.113.2']) {
        expect(await call('/api/plain', null, { headers: { 'x-forwarded-for': forged } })).toMatchObject({
          status: 429,
          limit: expect.stringMatching(/^"address";r=0;/) as unknown,
          retryAfter: expect.stringMatching(/^\d+$/) as unknown,
          body: { code: 'RATE_LIMITED' },
        });
      }
      expect(asked).toBe(2);
    });
  });

  describe('calls at once', () => {
    it('are as many as the limit says, and end with their handler, however that ends', async () => {
      await start({ tenant: { rateLimiter: { maxConcurrent: ({ plan }) => (plan === 'free' ? 1 : null) } } });
      let open = (): void => undefined;
      gate.begun = 0;
      gate.open = new Promise((resolve) => (open = resolve));
      const ada = memberOf(acme);
      const first = call('/api/slow?fail=1', ada);
      while (gate.begun === 0) await new Promise(setImmediate);
      expect(await call('/api/plain', ada)).toMatchObject({
        status: 429,
        retryAfter: '1',
        body: { code: 'CONCURRENCY_LIMITED', resource: 'concurrent-requests', limit: 1 },
      });
      expect(await call('/api/plain', memberOf(globex))).toMatchObject({ status: 200 });
      open();
      expect(await first).toMatchObject({ status: 500 });
      expect(await call('/api/plain', ada)).toMatchObject({ status: 200 });
      expect(await call('/api/plain', ada)).toMatchObject({ status: 200 });
    });
  });

  describe('the option limitHeaders', () => {
    it.each([
      ['x-ratelimit', null, '2', '1'],
      ['both', '"imports";q=2;w=3600', '2', '1'],
      ['none', null, null, null],
    ] as const)('%s', async (limitHeaders, policy, limit, remaining) => {
      await start({ tenant: { limitHeaders } });
      const answer = await call('/api/imports', memberOf(acme));
      expect(answer).toMatchObject({ status: 200, policy });
      expect(answer.headers.get('x-ratelimit-limit')).toBe(limit);
      expect(answer.headers.get('x-ratelimit-remaining')).toBe(remaining);
      await call('/api/imports', memberOf(acme));
      expect((await call('/api/imports', memberOf(acme))).retryAfter).toMatch(/^\d+$/);
    });
  });
});
