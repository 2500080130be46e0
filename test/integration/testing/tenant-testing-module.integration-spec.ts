import { Controller, Get, type INestApplication, Injectable } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  CurrentTenant,
  definePlans,
  getTenantContext,
  PlatformOnly,
  RequireFeature,
  TenantNotFoundError,
  TenantScopeMissingError,
  TenantService,
} from '@parallax/tenant';
import { actingAs, createTestTenant, TenantTestingModule, testPrincipal } from '@parallax/tenant/testing';

@Injectable()
class GreetingService {
  greet(): string {
    const { tenantSlug, userId = 'nobody', userRoles = [] } = getTenantContext();
    return [tenantSlug, userId, ...userRoles].join(' ');
  }
}

@Controller()
class GreetingController {
  @Get('greeting')
  greeting(@CurrentTenant('tenantId') tenantId: string): string {
    return tenantId;
  }

  @Get('export')
  @RequireFeature('dataExport')
  export(): string {
    return 'exported';
  }

  @Get('platform')
  @PlatformOnly('tenants:read')
  platform(): string {
    return 'platform';
  }
}

describe(TenantTestingModule.name, () => {
  it('gives services a tenant without a database, and without a running application', async () => {
    const module = await Test.createTestingModule({
      imports: [TenantTestingModule.forRoot()],
      providers: [GreetingService],
    }).compile();
    const acme = await createTestTenant(module, { name: 'Acme' });
    const greetings = module.get(GreetingService);

    expect(await acme.run(() => greetings.greet())).toBe(`${acme.tenant.slug} nobody`);
    const user = { userId: 'ada', userRoles: ['admin'] };
    expect(await acme.run(() => greetings.greet(), user)).toBe(`${acme.tenant.slug} ada admin`);
    expect(() => greetings.greet()).toThrow(TenantScopeMissingError);
  });

  it('takes the plans it is given, and keeps its tenants to itself', async () => {
    const tiny = { version: 1, priceCents: 0, limits: { maxNotes: 1 }, features: [] };
    const plans = definePlans({ limits: ['maxNotes'], features: [], plans: { tiny } });
    const module = await Test.createTestingModule({
      imports: [TenantTestingModule.forRoot({ plans })],
    }).compile();
    const other = await Test.createTestingModule({ imports: [TenantTestingModule.forRoot()] }).compile();
    const { tenant, run } = await createTestTenant(module, { plan: 'tiny' as never });
    expect(await run(() => getTenantContext().limits)).toEqual({ maxNotes: 1 });
    await expect(other.get(TenantService).getTenant(tenant.id)).rejects.toThrow(TenantNotFoundError);
  });

  it('is refused in production', () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(() => TenantTestingModule.forRoot()).toThrow('TenantTestingModule believes a header');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  describe('behind HTTP', () => {
    let app: INestApplication;
    const get = async (path: string, headers: Record<string, string>) => {
      const { statusCode, body } = await (app as NestFastifyApplication).inject({ url: path, headers });
      return statusCode === 200 ? body : statusCode;
    };

    beforeAll(async () => {
      const module = await Test.createTestingModule({
        imports: [TenantTestingModule.forRoot({ globalGuard: true })],
        controllers: [GreetingController],
      }).compile();
      app = module.createNestApplication(new FastifyAdapter());
      app.useLogger(false);
      await app.init();
    });
    afterAll(() => app.close());

    it('takes a request as its principal’s, and nobody’s as nobody’s', async () => {
      const [acme, other] = [await createTestTenant(app), await createTestTenant(app)];
      const headers = actingAs(testPrincipal(acme.tenant));
      expect(await get('/greeting', headers)).toBe(acme.tenant.id);
      expect(await get('/greeting', { ...headers, 'x-tenant-id': other.tenant.id })).toBe(404);
      const both = actingAs(testPrincipal([acme.tenant, other.tenant]));
      expect(await get('/greeting', { ...both, 'x-tenant-id': other.tenant.id })).toBe(other.tenant.id);
      expect(await get('/greeting', {})).toBe(401);
      expect(await get('/greeting', { 'x-test-principal': '{' })).toBe(401);
    });

    it('grants what the plan grants, and to operators what they may', async () => {
      const [free, paying] = [
        await createTestTenant(app),
        await createTestTenant(app, { plan: 'professional' }),
      ];
      expect(await get('/export', actingAs(testPrincipal(free.tenant)))).toBe(403);
      expect(await get('/export', actingAs(testPrincipal(paying.tenant)))).toBe('exported');
      const operator = testPrincipal([], { id: 'Ölga', kind: 'operator', permissions: ['tenants:read'] });
      expect(await get('/platform', actingAs(operator))).toBe('platform');
      expect(await get('/platform', actingAs(testPrincipal(paying.tenant)))).toBe(403);
    });
  });
});
