import { Controller, Get } from '@nestjs/common';
import {
  CurrentTenant,
  DefaultTenantResolver,
  PlatformOnly,
  type Principal,
  PrincipalTenantResolver,
  type Tenant,
  type TenantContext,
  TenantResolvers,
} from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf, operatorWith } from '../../support/fixture-app.js';
import { NOT_FOUND, said } from './answers.js';

@Controller()
class NotesController {
  @Get('notes')
  list(@CurrentTenant() tenant?: TenantContext): object {
    return { tenantId: tenant?.tenantId ?? null };
  }

  @TenantResolvers(new DefaultTenantResolver('own'))
  @Get('by-default')
  byDefault(@CurrentTenant() tenant?: TenantContext): object {
    return { tenantId: tenant?.tenantId ?? null };
  }

  @TenantResolvers(new PrincipalTenantResolver())
  @Get('by-principal')
  byPrincipal(@CurrentTenant() tenant?: TenantContext): object {
    return { tenantId: tenant?.tenantId ?? null };
  }

  @PlatformOnly('tenants:read')
  @TenantResolvers(new DefaultTenantResolver('own'))
  @Get('admin/tenants')
  admin(@CurrentTenant() tenant?: TenantContext): object {
    return { tenantId: tenant?.tenantId ?? null };
  }
}

const controllers = [NotesController];

describe.each(ADAPTERS)('access, however the tenant was found, on %s', (adapter) => {
  describe('with requireTenant: false', () => {
    let app: FixtureApp;
    let own: Tenant;
    let foreign: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start({ adapter, controllers, tenant: { requireTenant: false } });
      [own, foreign] = [await app.createTenant('Own'), await app.createTenant('Foreign')];
    });
    afterAll(() => app.close());

    it('a route without decorator works without a tenant', async () => {
      expect((await app.get('/notes', null)).json()).toEqual({ tenantId: null });
      expect((await app.get('/notes', memberOf())).json()).toEqual({ tenantId: null });
      expect((await app.get('/notes', memberOf(own))).json()).toEqual({ tenantId: own.id });
    });

    it('a tenant that is named must be one the caller may enter all the same', async () => {
      const named = (principal: Principal | null, id: string) =>
        app.get('/notes', principal, { 'X-Tenant-ID': id });
      expect(said(await named(memberOf(own), foreign.id))).toEqual(NOT_FOUND);
      expect((await named(null, own.id)).json()).toEqual({ tenantId: null });
      expect((await named(memberOf(own), '*')).status).toBe(400);
    });

    it('what is for the platform stays so', async () => {
      expect((await app.get('/admin/tenants', null)).status).toBe(401);
      expect((await app.get('/admin/tenants', memberOf(own))).status).toBe(403);
    });
  });

  it('a platform route has no tenant, whatever its sources say', async () => {
    const app = await FixtureApp.start({ adapter, controllers });
    await app.createTenant('Own');
    const answer = await app.get('/admin/tenants', operatorWith('tenants:read'));
    expect(answer.json()).toEqual({ tenantId: null });
    await app.close();
  });

  it('the default and the own tenant are entered only by who may', async () => {
    const app = await FixtureApp.start({ adapter, controllers });
    const [own, foreign] = [await app.createTenant('Own'), await app.createTenant('Foreign')];
    expect((await app.get('/by-default', memberOf(own))).json()).toEqual({ tenantId: own.id });
    expect(said(await app.get('/by-default', memberOf(foreign)))).toEqual(NOT_FOUND);
    expect(said(await app.get('/by-default', operatorWith('tenants:read')))).toEqual(NOT_FOUND);
    await app.close();
  });

  it('the default and the own tenant are as unknown as any when they were deleted', async () => {
    const app = await FixtureApp.start({ adapter, controllers });
    const own = await app.createTenant('Own');
    await app.deleteTenant(own);
    expect(said(await app.get('/by-default', memberOf(own)))).toEqual(NOT_FOUND);
    expect(said(await app.get('/by-principal', memberOf(own)))).toEqual(NOT_FOUND);
    await app.close();
  });

  it('is asked of the policy for the tenant found, and for no other', async () => {
    const canEnter = jest.fn((_principal: Principal, { slug }: Tenant) => slug === 'own');
    const app = await FixtureApp.start({ adapter, controllers, tenant: { access: { canEnter } } });
    const own = await app.createTenant('Own');
    await app.createTenant('Foreign');
    const get = (header: string, query: string) =>
      app.get(`/notes?tenant=${query}`, memberOf(), { 'X-Tenant-ID': header });
    expect((await get('own', 'foreign')).json()).toEqual({ tenantId: own.id });
    expect(canEnter.mock.calls.map(([, { slug }]) => slug)).toEqual(['own']);
    expect(said(await get('foreign', 'own'))).toEqual(NOT_FOUND);
    expect(said(await get('no-such', 'own'))).toEqual(NOT_FOUND);
    expect(canEnter.mock.calls.map(([, { slug }]) => slug)).toEqual(['own', 'foreign']);
    await app.close();
  });

  it.each([
    ['tenantIds in one text', { tenantIds: 'OWN,FOREIGN-PART' }],
    ['tenantIds that are slugs', { tenantIds: ['own'] }],
    ['tenantIds that are no texts', { tenantIds: [7, null, {}] }],
    ['tenantIds with a wildcard', { tenantIds: ['*'] }],
    ['no kind and no tenants', { kind: undefined, tenantIds: undefined, permissions: ['tenants:read'] }],
  ])('is not given to a principal with %s', async (_what, fields) => {
    const app = await FixtureApp.start({ adapter, controllers });
    const own = await app.createTenant('Own');
    const odd = { ...memberOf(), ...fields } as unknown as Principal;
    const answer = await app.get('/notes', odd, { 'X-Tenant-ID': own.id });
    expect(said(answer)).toEqual(NOT_FOUND);
    expect((await app.get('/notes', odd)).status).toBeLessThan(500);
    expect((await app.get('/notes', odd)).status).toBeGreaterThanOrEqual(400);
    expect((await app.get('/admin/tenants', odd)).status).toBe(403);
    await app.close();
  });

  describe("with access: 'trust-sources'", () => {
    it('every source is believed, whoever calls', async () => {
      const app = await FixtureApp.start({ adapter, controllers, tenant: { access: 'trust-sources' } });
      const [own, other] = [await app.createTenant('Own'), await app.createTenant('Other')];
      const named = { 'X-Tenant-ID': other.id };
      for (const principal of [null, memberOf(own), operatorWith()]) {
        expect((await app.get('/notes', principal, named)).json()).toEqual({ tenantId: other.id });
      }
      expect((await app.get('/by-default', null)).json()).toEqual({ tenantId: own.id });
      expect((await app.get('/notes', null)).json().code).toBe('TENANT_REQUIRED');
      await app.close();
    });

    it('a route that may go without a tenant has one when it is named', async () => {
      const app = await FixtureApp.start({
        adapter,
        controllers,
        tenant: { access: 'trust-sources', requireTenant: false },
      });
      const own = await app.createTenant('Own');
      expect((await app.get('/notes', null)).json()).toEqual({ tenantId: null });
      expect((await app.get('/notes?tenant=own', null)).json()).toEqual({ tenantId: own.id });
      expect(said(await app.get('/notes?tenant=no-such', null))).toEqual(NOT_FOUND);
      await app.close();
    });
  });

  it.each(['headerName', 'paramName', 'queryName', 'defaultTenant'])(
    'does not start with resolvers and %s, which would have no effect',
    async (name) => {
      const tenant = { resolvers: [new PrincipalTenantResolver()], [name]: 'x' };
      await expect(FixtureApp.start({ adapter, tenant })).rejects.toThrow(
        `The option \`resolvers\` takes the place of ${name}:`,
      );
    },
  );
});
