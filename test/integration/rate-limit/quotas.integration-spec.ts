import { Controller, Get, Inject, Injectable, Post } from '@nestjs/common';
import {
  CheckQuota,
  definePlans,
  QuotaExceededError,
  QuotaManager,
  RateLimit,
  runWithTenantContext,
  type Tenant,
  TenantOptional,
} from '@parallax/tenant';
import { FixtureApp, memberOf } from '../../support/fixture-app.js';

const plans = definePlans({
  limits: ['perMinute', 'perHour', 'onTrial'],
  kinds: { perMinute: 'rate', perHour: 'rate', onTrial: 'rate' },
  windows: { perHour: 3_600 },
  features: [],
  plans: {
    free: {
      version: 1,
      priceCents: 0,
      limits: { perMinute: 2, perHour: 3, onTrial: 1 },
      quotas: { onTrial: { enforcement: 'shadow' } },
      features: [],
    },
    team: {
      version: 1,
      priceCents: 1,
      limits: { perMinute: null, perHour: null, onTrial: null },
      features: [],
    },
  },
});

@Injectable()
class Runs {
  @CheckQuota('perHour')
  run(): Promise<string> {
    return Promise.resolve('ran');
  }
}

@Controller('runs')
class RunsController {
  @Inject(Runs) private readonly runs!: Runs;

  @CheckQuota('perMinute')
  @Post()
  async start(): Promise<object> {
    return { answer: await this.runs.run() };
  }
}

describe('limits of kind rate', () => {
  let fixture: FixtureApp;
  let quotas: QuotaManager;
  let acme: Tenant;

  beforeEach(async () => {
    fixture = await FixtureApp.start({ tenant: { plans }, controllers: [RunsController], providers: [Runs] });
    quotas = fixture.app.get(QuotaManager);
    acme = await fixture.createTenant('Acme');
  });
  afterEach(() => fixture.close());

  it('are consumed and looked at through QuotaManager, over their window', async () => {
    const tenantId = acme.id;
    expect(await quotas.consumeQuota('perHour', 2, { tenantId })).toMatchObject({
      allowed: true,
      kind: 'rate',
      limit: 3,
      used: 2,
      remaining: 1,
      requested: 2,
      plan: 'free',
    });
    expect(await quotas.tryConsumeQuota('perHour', 2, { tenantId })).toMatchObject({
      allowed: false,
      remaining: 1,
    });
    await expect(quotas.consumeQuota('perHour', 2, { tenantId })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      resource: 'perHour',
    });
    expect(await quotas.checkQuota('perHour', 1, { tenantId })).toMatchObject({
      allowed: true,
      quota: { used: 2 },
    });
    expect(await quotas.getQuotaStatus('perHour', { tenantId })).toMatchObject({ used: 2, remaining: 1 });
    await fixture.tenants.updateTenant(tenantId, { plan: 'team' });
    expect(await quotas.consumeQuota('perHour', 99, { tenantId })).toMatchObject({
      unlimited: true,
      remaining: null,
    });
  });

  it('know no idempotency key', async () => {
    await expect(
      quotas.consumeQuota('perHour', 1, { tenantId: acme.id, idempotencyKey: 'once' }),
    ).rejects.toThrow(/perHour is of kind rate, whose units know no idempotency key/);
  });

  it('say what they would refuse while they are on trial, and refuse nothing', async () => {
    for (let at = 0; at < 3; at += 1) {
      expect(await quotas.tryConsumeQuota('onTrial', 1, { tenantId: acme.id })).toMatchObject({
        allowed: true,
      });
    }
  });

  it('are of each tenant by itself, and of none that does not exist or may not act', async () => {
    const globex = await fixture.createTenant('Globex');
    await quotas.consumeQuota('perHour', 3, { tenantId: acme.id });
    await expect(quotas.consumeQuota('perHour', 1, { tenantId: acme.id })).rejects.toThrow(
      QuotaExceededError,
    );
    await quotas.consumeQuota('perHour', 3, { tenantId: globex.id });
    await expect(
      quotas.consumeQuota('perHour', 1, { tenantId: '00000000-0000-4000-8000-000000000001' }),
    ).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    await fixture.tenants.suspendTenant(globex.id, 'test');
    await expect(quotas.consumeQuota('perHour', 1, { tenantId: globex.id })).rejects.toMatchObject({
      code: 'TENANT_SUSPENDED',
    });
  });

  it('are held by @CheckQuota, together with others, on routes and in jobs', async () => {
    const post = (): Promise<{ status: number }> =>
      fixture.send('/runs', memberOf(acme), { 'content-type': 'application/json' }, ['{}']);
    expect([await post(), await post()]).toMatchObject([{ status: 201 }, { status: 201 }]);
    expect(await post()).toMatchObject({ status: 429 });
    const runs = fixture.app.get(Runs);
    await runWithTenantContext({ tenantId: acme.id }, () => runs.run());
    await expect(runWithTenantContext({ tenantId: acme.id }, () => runs.run())).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    });
  });
});

describe('the start of an application', () => {
  const starting = (controller: new () => object, tenant: object = {}): Promise<FixtureApp> =>
    FixtureApp.start({ tenant: { plans, ...tenant }, controllers: [controller] });

  it('ends on a limit the catalogue does not have', async () => {
    @Controller('x')
    class Misspelt {
      @RateLimit({ resource: 'x', limit: 'perMinit', window: 60 })
      @Get()
      get(): object {
        return {};
      }
    }
    await expect(starting(Misspelt)).rejects.toThrow(/@RateLimit on Misspelt\.get: .*"perMinit"/);
    @Controller('y')
    class Plain {}
    await expect(
      starting(Plain, { rateLimits: [{ path: '/y', resource: 'y', limit: 'perMinit', window: 60 }] }),
    ).rejects.toThrow(/rateLimits on \/y: .*"perMinit"/);
  });

  it('ends on a limit of the plan where there may be no tenant', async () => {
    @Controller('x')
    class Optional {
      @TenantOptional()
      @RateLimit({ resource: 'x', limit: 'perMinute', window: 60 })
      @Get()
      get(): object {
        return {};
      }
    }
    await expect(starting(Optional)).rejects.toThrow(/Optional\.get: "x" goes by the tenant/);
    @RateLimit({ resource: 'x', limit: 'perMinute', window: 60 })
    @Controller('y')
    class OptionalBelow {
      @TenantOptional()
      @Get()
      get(): object {
        return {};
      }
    }
    await expect(starting(OptionalBelow)).rejects.toThrow(/OptionalBelow\.get: "x" goes by the tenant/);
    @Controller('z')
    class Plain {}
    const rateLimits = [{ path: '/z', resource: 'z', limit: 'perMinute', window: 60 }];
    await expect(starting(Plain, { rateLimits, requireTenant: false })).rejects.toThrow(
      /\/z: "z" goes by the tenant/,
    );
  });

  it.each([
    [{ resource: 'x', limit: -1, window: 60 }, /limit/],
    [{ resource: 'x', limit: 1, window: 0 }, /window/],
    [{ resource: 'x y', limit: 1, window: 60 }, /resource/],
    [{ resource: 'x', limit: 1, window: 60, cost: 0.5 }, /cost/],
    [{ resource: 'x', limit: 1, window: 60, burst: 5 }, /burst/],
    [{ resource: 'x', limit: 1, window: 60, algorithm: 'leaky' as never }, /algorithm/],
  ])('never comes to a limit that cannot be: %j', (limit, problem) => {
    expect(() => RateLimit(limit)).toThrow(problem);
  });

  it.each([
    [{ rateLimits: [{ path: 'api', resource: 'x', limit: 1, window: 60 }] }, /begins with a slash/],
    [{ rateLimiter: { maxConcurrent: 0 } }, /maxConcurrent/],
    [{ rateLimiter: { address: { limit: 1.5, window: 60 } } }, /address/],
  ])('ends on options that cannot be: %j', async (tenant, problem) => {
    @Controller('x')
    class Plain {}
    await expect(starting(Plain, tenant)).rejects.toThrow(problem);
  });
});
