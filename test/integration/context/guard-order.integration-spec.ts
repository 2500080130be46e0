import { Controller, Get, type INestApplication, type Type, UseGuards, VersioningType } from '@nestjs/common';
import { getTenantContext, type Tenant, TenantGuard } from '@parallax/tenant';
import { ADAPTERS, FakeJwtGuard, FixtureApp, memberOf } from '../../support/fixture-app.js';

function controllerBehind(...guards: Type[]): Type {
  @UseGuards(...guards)
  @Controller()
  class NotesController {
    @Get('notes')
    list(): object {
      return { tenantId: getTenantContext().tenantId };
    }
  }
  return NotesController;
}

/** Who is calling is what a guard of the application left in the request, as it is by default. */
const byRequest = { principal: undefined };

describe.each(ADAPTERS)('TenantGuard among other guards on %s', (adapter) => {
  const start = async (
    globalGuard: boolean,
    ...guards: Type[]
  ): Promise<{ app: FixtureApp; own: Tenant; foreign: Tenant }> => {
    const app = await FixtureApp.start({
      adapter,
      controllers: [controllerBehind(...guards)],
      tenant: { ...byRequest, globalGuard },
    });
    return { app, own: await app.createTenant('Own'), foreign: await app.createTenant('Foreign') };
  };

  it('works per controller, after the guard that authenticates', async () => {
    const { app, own, foreign } = await start(false, FakeJwtGuard, TenantGuard);
    expect((await app.get('/notes', memberOf(own))).json()).toEqual({ tenantId: own.id });
    expect((await app.get('/notes', memberOf(own), { 'X-Tenant-ID': foreign.id })).status).toBe(404);
    expect((await app.get('/notes', null)).status).toBe(403);
    await app.close();
  });

  it.each([
    ['globally, before the guard that authenticates', true, [FakeJwtGuard]],
    ['per controller, before the guard that authenticates', false, [TenantGuard, FakeJwtGuard]],
    ['per controller, with nobody to authenticate', false, [TenantGuard]],
  ] as const)(
    'placed %s, lets nobody in and tells the engineer both ways out',
    async (_where, globally, guards) => {
      const { app, own } = await start(globally, ...guards);
      const answer = await app.get('/notes', memberOf(own));
      expect(answer.status).toBe(401);
      expect(answer.json().detail).toBe('A valid credential is required.');
      const [error] = app.errors;
      expect(error?.message).toContain('globalGuard: false');
      expect(error?.message).toContain('@UseGuards(YourAuthGuard, TenantGuard)');
      expect(error?.message).toContain('option `principal`');
      await app.close();
    },
  );

  it('does not mind standing both globally and at the controller', async () => {
    const app = await FixtureApp.start({ adapter, controllers: [controllerBehind(TenantGuard)] });
    const own = await app.createTenant('Own');
    expect((await app.get('/notes', memberOf(own))).json()).toEqual({ tenantId: own.id });
    await app.close();
  });

  it('leaves a route it does not guard without a scope', async () => {
    const { app, own } = await start(false, FakeJwtGuard);
    const answer = await app.get('/notes', memberOf(own), { 'X-Tenant-ID': own.id });
    expect([answer.status, answer.json().code]).toEqual([500, 'TENANT_SCOPE_MISSING']);
    expect(answer.text).not.toContain('getTenantContext');
    expect(app.errors[0]?.message).toContain('getTenantContext() was called outside a tenant scope');
    await app.close();
  });

  it.each<[string, (app: INestApplication) => void, string]>([
    ['a global prefix', (app) => void app.setGlobalPrefix('api'), '/api/notes'],
    ['a route excluded from it', (app) => void app.setGlobalPrefix('api', { exclude: ['notes'] }), '/notes'],
    [
      'versioned paths',
      (app) => void app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
      '/v1/notes',
    ],
  ])('guards under %s', async (_what, configure, path) => {
    const app = await FixtureApp.start({ adapter, controllers: [controllerBehind()], configure });
    const [own, foreign] = [await app.createTenant('Own'), await app.createTenant('Foreign')];
    expect((await app.get(path, memberOf(own))).json()).toEqual({ tenantId: own.id });
    expect((await app.get(`${path}?tenant=${foreign.id}`, memberOf(own))).status).toBe(404);
    expect((await app.get(path, null)).status).toBe(401);
    await app.close();
  });

  it.each(['/%6eotes', '//notes', '/NOTES', '/notes/', '/notes;x', '/./notes', '/notes%2f', '/notes%00'])(
    'is not slipped past by %s',
    async (path) => {
      const { app, foreign } = await start(true);
      const answer = await app.send(path, memberOf(), { 'X-Tenant-ID': foreign.id });
      expect([400, 401, 404]).toContain(answer.status);
      await app.close();
    },
  );
});
