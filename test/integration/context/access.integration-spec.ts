import { Controller, Get } from '@nestjs/common';
import {
  CurrentTenant,
  getTenantContext,
  PlatformOnly,
  type Principal,
  type Tenant,
  type TenantContext,
  TenantOptional,
  tryGetTenantContext,
  UnauthenticatedError,
} from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf, operatorWith } from '../../support/fixture-app.js';

@Controller()
class NotesController {
  entered = 0;

  @Get('notes')
  list(@CurrentTenant() tenant: TenantContext): object {
    this.entered += 1;
    return { tenantId: tenant.tenantId };
  }

  @TenantOptional()
  @Get('welcome')
  welcome(@CurrentTenant() tenant: TenantContext | undefined): object {
    return { tenantId: tenant?.tenantId ?? null };
  }

  @TenantOptional()
  @Get('careless')
  careless(): object {
    return getTenantContext();
  }
}

@PlatformOnly('tenants:read')
@Controller('admin')
class AdminController {
  @Get('tenants')
  list(): object {
    return { scope: tryGetTenantContext() ?? null };
  }

  @PlatformOnly('tenants:write')
  @Get('invoices')
  invoices(): object {
    return { invoices: [] };
  }

  @TenantOptional()
  @Get('status')
  status(): object {
    return { status: 'fine' };
  }
}

const controllers = [NotesController, AdminController];

describe.each(ADAPTERS)('who may enter a tenant on %s', (adapter) => {
  describe('by membership, the default', () => {
    let app: FixtureApp;
    let own: Tenant;
    let foreign: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start({ adapter, controllers });
      [own, foreign] = [await app.createTenant('Own'), await app.createTenant('Foreign')];
    });
    afterAll(() => app.close());

    it.each(['user', 'api-key'] as const)(
      'lets a member of kind %s in, and into nothing else',
      async (kind) => {
        const member: Principal = { ...memberOf(own), kind };
        expect((await app.get('/notes', member)).json()).toEqual({ tenantId: own.id });
        expect((await app.get(`/notes?tenant=${foreign.id}`, member)).status).toBe(404);
      },
    );

    it('lets an operator into none, not even one it is said to belong to', async () => {
      const operator: Principal = { ...operatorWith('tenants:read'), tenantIds: [own.id] };
      expect((await app.get('/notes', operator)).status).toBe(400);
      expect((await app.get('/notes', operator, { 'X-Tenant-ID': own.id })).status).toBe(404);
    });

    it('answers 401 to nobody, whatever tenant is named', async () => {
      for (const headers of [{}, { 'X-Tenant-ID': own.id }, { 'X-Tenant-ID': '*' }]) {
        const answer = await app.get('/notes', null, headers as Record<string, string>);
        expect([answer.status, answer.json().code]).toEqual([401, 'UNAUTHENTICATED']);
      }
    });

    it('takes a principal that does not say its tenants for a member of none', async () => {
      const half = { id: 'half', kind: 'user' } as unknown as Principal;
      expect((await app.get('/notes', half, { 'X-Tenant-ID': own.id })).status).toBe(404);
    });

    describe('on a @TenantOptional() route', () => {
      it('has no scope for nobody, even when a tenant is named', async () => {
        expect((await app.get('/welcome', null)).json()).toEqual({ tenantId: null });
        expect((await app.get('/welcome', null, { 'X-Tenant-ID': own.id })).json()).toEqual({
          tenantId: null,
        });
      });

      it('has no scope for a principal without a tenant, and the scope of one that has', async () => {
        expect((await app.get('/welcome', memberOf())).json()).toEqual({ tenantId: null });
        expect((await app.get('/welcome', memberOf(own))).json()).toEqual({ tenantId: own.id });
      });

      it('refuses a principal who names a tenant it may not enter', async () => {
        expect((await app.get('/welcome', memberOf(own), { 'X-Tenant-ID': foreign.id })).status).toBe(404);
      });

      it('keeps refusing what needs a tenant', async () => {
        expect((await app.get('/careless', memberOf(own))).json()).toMatchObject({ tenantId: own.id });
        const answer = await app.get('/careless', null);
        expect([answer.status, answer.json().code]).toEqual([500, 'TENANT_SCOPE_MISSING']);
      });
    });

    describe('on a @PlatformOnly() route', () => {
      it('lets an operator with the permission in, without a tenant even when one is named', async () => {
        const answer = await app.get('/admin/tenants', operatorWith('tenants:read'), {
          'X-Tenant-ID': own.id,
        });
        expect(answer.json()).toEqual({ scope: null });
      });

      it('asks for what the method says before what the class says', async () => {
        expect((await app.get('/admin/invoices', operatorWith('tenants:write'))).status).toBe(200);
        expect((await app.get('/admin/invoices', operatorWith('tenants:read'))).status).toBe(403);
        expect((await app.get('/admin/tenants', operatorWith('tenants:write'))).status).toBe(403);
        expect((await app.get('/admin/status', null)).json()).toEqual({ status: 'fine' });
      });

      it('refuses a member, also one with a permission of that name', async () => {
        for (const kind of ['user', 'api-key'] as const) {
          const answer = await app.get('/admin/tenants', {
            ...memberOf(own),
            kind,
            permissions: ['tenants:read'],
          });
          expect([answer.status, answer.json().code]).toEqual([403, 'FORBIDDEN']);
        }
      });

      it('answers 401 to nobody', async () => {
        expect((await app.get('/admin/tenants', null)).status).toBe(401);
      });
    });
  });

  describe('with requireTenant: false', () => {
    it('treats a route without decorator as optional', async () => {
      const app = await FixtureApp.start({ adapter, controllers, tenant: { requireTenant: false } });
      const own = await app.createTenant('Own');
      expect((await app.get('/notes', memberOf(own))).json()).toEqual({ tenantId: own.id });
      expect((await app.get('/welcome', null)).json()).toEqual({ tenantId: null });
      expect((await app.get('/notes', memberOf(own), { 'X-Tenant-ID': 'unknown' })).status).toBe(404);
      expect((await app.get('/admin/tenants', memberOf(own))).status).toBe(403);
      await app.close();
    });
  });

  describe('by a policy of the application', () => {
    const started = (
      canEnter: (principal: Principal, tenant: Tenant) => boolean | Promise<boolean>,
    ): Promise<FixtureApp> => FixtureApp.start({ adapter, controllers, tenant: { access: { canEnter } } });

    it('waits for what the policy finds out', async () => {
      const app = await started(async ({ id }, { slug }) => {
        await new Promise(setImmediate);
        return id === 'olga' && slug === 'entrusted';
      });
      const [entrusted, closed] = [await app.createTenant('Entrusted'), await app.createTenant('Closed')];
      const status = async (principal: Principal | null, tenant: Tenant): Promise<number> =>
        (await app.get(`/notes?tenant=${tenant.slug}`, principal)).status;
      expect(await status(operatorWith(), entrusted)).toBe(200);
      expect(await status(operatorWith(), closed)).toBe(404);
      expect(await status(memberOf(closed), closed)).toBe(404);
      expect(await status(null, entrusted)).toBe(401);
      await app.close();
    });

    it.each<[string, number, () => boolean | Promise<boolean>]>([
      [
        'throws',
        500,
        () => {
          throw new Error('CANARY policy');
        },
      ],
      ['rejects', 500, () => Promise.reject(new Error('CANARY policy'))],
      ['says nothing', 404, () => undefined as unknown as boolean],
    ])('lets nobody in when the policy %s', async (_how, status, canEnter) => {
      const app = await started(canEnter);
      const own = await app.createTenant('Own');
      const answer = await app.get('/notes', memberOf(own));
      expect(answer.status).toBe(status);
      expect(answer.text).not.toContain('CANARY');
      expect(app.app.get(NotesController).entered).toBe(0);
      await app.close();
    });
  });

  describe("with access: 'trust-sources'", () => {
    it('lets whoever names a tenant in, and still needs a live one', async () => {
      const app = await FixtureApp.start({ adapter, controllers, tenant: { access: 'trust-sources' } });
      const own = await app.createTenant('Own');
      const status = async (tenant: string): Promise<number> =>
        (await app.get('/notes', null, { 'X-Tenant-ID': tenant })).status;
      expect(await status(own.id)).toBe(200);
      expect(await status('unknown')).toBe(404);
      expect(await status('*')).toBe(400);
      expect((await app.get('/notes', null)).status).toBe(400);
      expect((await app.get('/admin/tenants', null)).status).toBe(401);
      await app.tenants.suspendTenant(own.id, 'unpaid');
      expect(await status(own.id)).toBe(403);
      await app.close();
    });
  });

  describe('by the option principal', () => {
    it('passes on what the option throws, and lets nobody in', async () => {
      const app = await FixtureApp.start({
        adapter,
        controllers,
        tenant: { principal: () => Promise.reject(new UnauthenticatedError('CANARY: the key is revoked')) },
      });
      for (const path of ['/notes', '/welcome', '/admin/tenants']) {
        const answer = await app.get(path, null);
        expect(answer.status).toBe(401);
        expect(answer.text).not.toContain('CANARY');
      }
      await app.close();
    });
  });
});
