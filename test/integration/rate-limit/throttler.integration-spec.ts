import { Controller, type ExecutionContext, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SkipThrottle, Throttle, ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { getTenantContext, type Tenant, TenantThrottlerGuard } from '@parallax/tenant';
import { ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';

const HOUR = 3_600_000;

@Controller('items')
class ItemsController {
  @Get('one')
  one(): object {
    return { done: true };
  }

  @Get('two')
  two(): object {
    return { done: true };
  }

  @SkipThrottle()
  @Get('free')
  free(): object {
    return { done: true };
  }

  @Throttle({ default: { limit: 1, ttl: HOUR } })
  @Get('strict')
  strict(): object {
    return { done: true };
  }

  @Throttle({ default: { limit: 0, ttl: HOUR } })
  @Get('closed')
  closed(): object {
    return { done: true };
  }

  @Throttle({ default: { limit: () => (getTenantContext().plan === 'free' ? 1 : 2), ttl: HOUR } })
  @Get('by-plan')
  byPlan(): object {
    return { done: true };
  }

  @UseGuards(TenantThrottlerGuard)
  @Get('twice')
  twice(): object {
    return { done: true };
  }
}

@Injectable()
class StricterGuard extends TenantThrottlerGuard {
  protected override getTracker(): Promise<string> {
    return Promise.resolve('everybody');
  }
}

@Controller('stricter')
class StricterController {
  @UseGuards(StricterGuard)
  @Get()
  get(): object {
    return { done: true };
  }
}

@Throttle({ default: { limit: 2, ttl: HOUR } })
@Controller('class')
class ClassController {
  @Get('one')
  one(): object {
    return { done: true };
  }

  @Get('two')
  two(): object {
    return { done: true };
  }
}

@Injectable()
class ByUserGuard extends TenantThrottlerGuard {
  protected override getTracker(
    request: Record<string, unknown>,
    context?: ExecutionContext,
  ): Promise<string> {
    const { query } = request as { query: { user?: string } };
    return query.user === undefined ? super.getTracker(request, context) : Promise.resolve(query.user);
  }
}

describe.each(ADAPTERS)('TenantThrottlerGuard on %s', (adapter) => {
  let fixture: FixtureApp;
  let acme: Tenant;
  let globex: Tenant;

  const start = async (
    options: ThrottlerModuleOptions,
    guard: typeof TenantThrottlerGuard = TenantThrottlerGuard,
  ): Promise<void> => {
    @Module({
      imports: [ThrottlerModule.forRoot(options)],
      providers: [{ provide: APP_GUARD, useClass: guard }],
    })
    class GuardedModule {}
    fixture = await FixtureApp.start({
      adapter,
      controllers: [ItemsController, ClassController, StricterController],
      imports: [GuardedModule, ThrottlerModule.forRoot(options)],
    });
    acme = await fixture.createTenant('Acme');
    globex = await fixture.createTenant('Globex');
  };

  const get = (path: string, tenant = acme): Promise<Response> =>
    fetch(fixture.url + path, { headers: credential(memberOf(tenant)) });
  const statuses = async (...paths: readonly string[]): Promise<number[]> => {
    const seen: number[] = [];
    for (const path of paths) seen.push((await get(path)).status);
    return seen;
  };

  afterEach(() => fixture.close());

  it('counts all routes of a tenant together, and says so in standard headers', async () => {
    await start([{ ttl: HOUR, limit: 2 }]);
    const first = await get('/items/one');
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, '"default";q=2;w=3600']);
    expect(await statuses('/items/two', '/items/one')).toEqual([200, 429]);
    const refused = await get('/items/one');
    expect(refused.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', resource: 'default' });
    expect((await get('/items/one', globex)).status).toBe(200);
  });

  it('knows @SkipThrottle and @Throttle, whose limit counts by itself', async () => {
    await start([{ ttl: HOUR, limit: 1 }]);
    expect(await statuses('/items/free', '/items/free')).toEqual([200, 200]);
    expect(await statuses('/items/strict', '/items/strict')).toEqual([200, 429]);
    expect(await statuses('/items/one', '/items/one')).toEqual([200, 429]);
    expect(await statuses('/class/one', '/class/two', '/class/one')).toEqual([200, 200, 429]);
  });

  it('admits nobody at a limit of 0, and asks a limit that is a function', async () => {
    await start([{ ttl: HOUR, limit: 10 }]);
    expect(await statuses('/items/closed')).toEqual([429]);
    expect(await statuses('/items/by-plan', '/items/by-plan')).toEqual([200, 429]);
    await fixture.tenants.updateTenant(acme.id, { plan: 'starter' });
    expect(await statuses('/items/by-plan', '/items/by-plan')).toEqual([200, 429]);
  });

  it('takes from all named throttlers or from none', async () => {
    await start([
      { name: 'short', ttl: 60_000, limit: 1 },
      { name: 'long', ttl: HOUR, limit: 5 },
    ]);
    await get('/items/one');
    for (let at = 0; at < 2; at += 1) {
      const refused = await get('/items/one');
      expect(refused.status).toBe(429);
      expect(refused.headers.get('ratelimit')).toMatch(/^"short";r=0;t=\d+, "long";r=4;t=\d+$/);
    }
  });

  it('counts a call once, be it guarded twice', async () => {
    await start([{ ttl: HOUR, limit: 2 }]);
    expect(await statuses('/items/twice', '/items/twice', '/items/twice')).toEqual([200, 200, 429]);
  });

  it('counts a call by each class of guard', async () => {
    await start([{ ttl: HOUR, limit: 2 }]);
    expect([(await get('/stricter')).status, (await get('/stricter', globex)).status]).toEqual([200, 200]);
    expect((await get('/stricter', globex)).status).toBe(429);
  });

  it('asks what a subclass overrides', async () => {
    await start([{ ttl: HOUR, limit: 1 }], ByUserGuard);
    expect(await statuses('/items/one?user=a', '/items/one?user=b', '/items/one?user=a')).toEqual([
      200, 200, 429,
    ]);
    expect(await statuses('/items/one', '/items/one')).toEqual([200, 429]);
  });

  it('knows skipIf, ignoreUserAgents, setHeaders and errorMessage', async () => {
    await start({
      throttlers: [{ ttl: HOUR, limit: 1 }],
      skipIf: (context) => context.switchToHttp().getRequest<{ url: string }>().url.includes('skip'),
      ignoreUserAgents: [/^probe$/],
      setHeaders: false,
      errorMessage: 'Slow down.',
    });
    expect(await statuses('/items/one?skip', '/items/one?skip')).toEqual([200, 200]);
    const probe = (): Promise<Response> =>
      fetch(`${fixture.url}/items/one`, {
        headers: { ...credential(memberOf(acme)), 'user-agent': 'probe' },
      });
    expect([(await probe()).status, (await probe()).status]).toEqual([200, 200]);
    const admitted = await get('/items/one');
    expect([admitted.status, admitted.headers.get('ratelimit')]).toEqual([200, null]);
    const refused = await get('/items/one');
    expect([refused.status, await refused.json()]).toMatchObject([429, { detail: 'Slow down.' }]);
  });
});
