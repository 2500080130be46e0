import { once } from 'node:events';
import { getTenantContext, type Tenant, tryGetTenantContext } from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { LosingModule } from '../../support/losing-modules.js';
import { afterwards, PlacesController } from './places.controller.js';

describe.each(ADAPTERS)('the scope of a request on %s', (adapter) => {
  let app: FixtureApp;
  let tenants: Tenant[];
  let tenant: Tenant;

  beforeAll(async () => {
    app = await FixtureApp.start({ adapter, controllers: [PlacesController] });
    tenants = await Promise.all(['One', 'Two', 'Three', 'Four'].map((name) => app.createTenant(name)));
    tenant = tenants[0]!;
  });
  afterAll(() => app.close());

  const get = (path: string, of = tenant) => app.get(path, memberOf(of));

  it('reaches the guards after it, pipes, interceptors and the handler', async () => {
    const { id } = tenant;
    expect((await get('/places')).json()).toEqual({
      guard: id,
      guardLater: id,
      interceptor: id,
      pipe: id,
      handler: id,
      handlerLater: id,
      interceptorAfter: id,
    });
  });

  it('reaches all of them, too, when the body comes late and in parts', async () => {
    const { id } = tenant;
    const parts = ['{"te', 'xt":"', 'late"}'];
    const answer = await app.send('/places', memberOf(tenant), { 'content-type': 'application/json' }, parts);
    expect(answer.json()).toEqual({
      guard: id,
      guardLater: id,
      interceptor: id,
      pipe: id,
      handler: id,
      interceptorAfter: id,
    });
  });

  it.each([
    ['a value', '/value', 1],
    ['a promise', '/promise', 1],
    ['an Observable that emits later', '/observable', 4],
  ])('reaches a handler that answers with %s', async (_what, path, times) => {
    expect((await get(path)).json()).toEqual(Array(times).fill(tenant.id));
  });

  it('reaches a generator that is read while the response is sent', async () => {
    expect((await get('/stream')).text).toBe(`${tenant.id}\n`.repeat(3));
  });

  it('reaches server-sent events', async () => {
    const { text } = await get('/events');
    expect(text.match(/(?<=data: ).*/g)).toEqual(Array(3).fill(tenant.id));
  });

  it('reaches exception filters', async () => {
    const answer = await get('/fault');
    expect([answer.status, answer.json()]).toEqual([418, { filter: tenant.id }]);
  });

  it('stays with work that outlives the response, whoever else is served meanwhile', async () => {
    const done = once(afterwards, 'done');
    await get('/afterwards');
    await Promise.all(tenants.slice(1).map((other) => get('/promise', other)));
    expect(await done).toEqual([tenant.id]);
  });

  it('is what @CurrentTenant() gives, whole or one field of it', async () => {
    expect((await get('/current')).json()).toEqual({
      tenant: {
        tenantId: tenant.id,
        tenantSlug: 'one',
        resolution: expect.objectContaining({ source: "the credential's own tenant" }),
        plan: 'free',
        limits: expect.objectContaining({ maxAgents: 3 }),
        features: expect.objectContaining({ sso: false }),
        userId: 'ada',
        userRoles: ['member'],
      },
      plan: 'free',
      userId: 'ada',
    });
  });

  it('is each its own when 200 requests of four tenants run at once', async () => {
    const paths = ['/places', '/value', '/promise', '/observable', '/stream', '/events', '/fault'];
    const seen = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const of = tenants[at % tenants.length]!;
        const { text } = await get(paths[at % paths.length]!, of);
        const ids = text.match(/[0-9a-f]{8}-[0-9a-f-]{27}|none/g) ?? [];
        return { of: of.id, ids: [...new Set(ids)] };
      }),
    );
    expect(seen.filter(({ of, ids }) => ids.length !== 1 || ids[0] !== of)).toEqual([]);
  });

  it('is nowhere outside the request', async () => {
    await get('/value');
    expect(tryGetTenantContext()).toBeUndefined();
    expect(() => getTenantContext()).toThrow('runWithTenantContext({ tenantId }, fn)');
  });
});

describe.each(ADAPTERS)('the scope of a request on %s, after a middleware that loses it', (adapter) => {
  let app: FixtureApp;
  let tenant: Tenant;

  beforeAll(async () => {
    app = await FixtureApp.start({
      adapter,
      imports: [LosingModule],
      controllers: [PlacesController],
    });
    tenant = await app.createTenant('One');
  });
  afterAll(() => app.close());

  it('is found again for interceptors, pipes and the handler', async () => {
    const { id } = tenant;
    const answer = await app.get('/places', memberOf(tenant));
    expect(answer.json()).toMatchObject({
      guard: 'none',
      interceptor: id,
      pipe: id,
      handler: id,
      handlerLater: id,
      interceptorAfter: id,
    });
  });

  it.each([
    ['a value', '/value', 1],
    ['a promise', '/promise', 1],
    ['an Observable that emits later', '/observable', 4],
  ])('is found again for a handler that answers with %s', async (_what, path, times) => {
    expect((await app.get(path, memberOf(tenant))).json()).toEqual(Array(times).fill(tenant.id));
  });

  it('is found again for server-sent events and @CurrentTenant()', async () => {
    const { text } = await app.get('/events', memberOf(tenant));
    expect(text.match(/(?<=data: ).*/g)).toEqual(Array(3).fill(tenant.id));
    expect((await app.get('/current', memberOf(tenant))).json()).toMatchObject({
      tenant: { tenantId: tenant.id },
    });
  });
});
