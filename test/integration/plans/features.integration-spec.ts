import { Controller, Get } from '@nestjs/common';
import { definePlans, PlatformOnly, RequireFeature, type Tenant, TenantOptional } from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf, operatorWith } from '../../support/fixture-app.js';

const plans = definePlans({
  limits: [],
  features: ['export', 'sso', 'audit', 'retired'],
  plans: {
    free: { version: 1, priceCents: 0, limits: {}, features: [] },
    team: { version: 1, priceCents: 1_00, limits: {}, features: ['export', 'audit'] },
    big: { version: 1, priceCents: 9_00, limits: {}, features: ['export', 'audit', 'sso'] },
  },
});

const done = (): object => ({ done: true });

@Controller('one')
class MethodController {
  @RequireFeature('export')
  @Get('single')
  single(): object {
    return done();
  }

  @RequireFeature('export', 'sso')
  @Get('all')
  all(): object {
    return done();
  }

  @RequireFeature({ any: ['export', 'sso'] })
  @Get('any')
  any(): object {
    return done();
  }

  @RequireFeature('audit')
  @RequireFeature({ any: ['sso', 'retired'] })
  @Get('both')
  both(): object {
    return done();
  }

  @RequireFeature('retired')
  @Get('retired')
  retired(): object {
    return done();
  }

  @TenantOptional()
  @RequireFeature('export')
  @Get('optional')
  optional(): object {
    return done();
  }

  @PlatformOnly('tenants:read')
  @RequireFeature('export')
  @Get('platform')
  platform(): object {
    return done();
  }

  @Get('plain')
  plain(): object {
    return done();
  }
}

@RequireFeature('audit')
@Controller('class')
class ClassController {
  @Get('plain')
  plain(): object {
    return done();
  }

  @RequireFeature('sso')
  @Get('more')
  more(): object {
    return done();
  }
}

@RequireFeature('sso')
@Controller('derived')
class DerivedController extends ClassController {}

describe.each(ADAPTERS)('@RequireFeature() on %s', (adapter) => {
  let app: FixtureApp;
  let tenants: Record<'free' | 'team' | 'big', Tenant>;

  beforeAll(async () => {
    app = await FixtureApp.start({
      adapter,
      controllers: [MethodController, ClassController, DerivedController],
      tenant: { plans },
    });
    const create = (plan: string) => app.tenants.createTenant(`On ${plan}`, {}, plan);
    tenants = { free: await create('free'), team: await create('team'), big: await create('big') };
  });
  afterAll(() => app.close());

  const statusOf = async (path: string, plan: 'free' | 'team' | 'big') =>
    (await app.get(path, memberOf(tenants[plan]))).status;

  it.each([
    ['one feature', '/one/single', [403, 200, 200]],
    ['all that it names', '/one/all', [403, 403, 200]],
    ['any that it names', '/one/any', [403, 200, 200]],
    ['both of two decorators on one method', '/one/both', [403, 403, 200]],
    ['what the class says', '/class/plain', [403, 200, 200]],
    ['what the class and the method say', '/class/more', [403, 403, 200]],
    ['what a class and the one it extends say', '/derived/plain', [403, 403, 200]],
    ['nothing where it is not', '/one/plain', [200, 200, 200]],
  ] as const)('asks for %s', async (_what, path, [free, team, big]) => {
    expect([await statusOf(path, 'free'), await statusOf(path, 'team'), await statusOf(path, 'big')]).toEqual(
      [free, team, big],
    );
  });

  it.each([
    ['single', 'export', ['team', 'big']],
    ['all', 'export', ['big']],
    ['any', 'export or sso', ['team', 'big']],
    ['both', 'sso or retired', ['big']],
    ['retired', 'retired', []],
  ])('says of /%s what is lacking, and which plans have all of it', async (path, feature, availableIn) => {
    const answer = await app.get(`/one/${path}`, memberOf(tenants.free));
    expect([answer.status, answer.json()]).toEqual([
      403,
      {
        type: 'urn:parallax:problem:feature-not-entitled',
        title: 'Feature not in plan',
        status: 403,
        detail:
          `${feature} is not in the plan free.` +
          (availableIn.length > 0 ? ` It is in: ${availableIn.join(', ')}.` : ''),
        code: 'FEATURE_NOT_ENTITLED',
        feature,
        plan: 'free',
        availableIn,
      },
    ]);
  });

  it('gives what an override gives, and not what one takes away', async () => {
    const [given, taken] = [
      await app.tenants.createTenant('Given', {}, 'free'),
      await app.tenants.createTenant('Taken', {}, 'big'),
    ];
    await app.tenants.updateTenant(given.id, { limits: { export: true } });
    await app.tenants.updateTenant(taken.id, { limits: { export: false } });
    expect((await app.get('/one/single', memberOf(given))).status).toBe(200);
    expect((await app.get('/one/all', memberOf(given))).json()).toMatchObject({ feature: 'sso' });
    expect((await app.get('/one/single', memberOf(taken))).status).toBe(403);
    expect((await app.get('/one/any', memberOf(taken))).status).toBe(200);
  });

  it('answers 400 without a tenant, on a route that may go without one', async () => {
    for (const principal of [null, memberOf()]) {
      const answer = await app.get('/one/optional', principal);
      expect([answer.status, answer.json().code]).toEqual([400, 'TENANT_REQUIRED']);
    }
    expect((await app.get('/one/optional', memberOf(tenants.team))).status).toBe(200);
  });

  it('lets nobody pass on a route of the platform, which has no tenant', async () => {
    const answer = await app.get('/one/platform', operatorWith('tenants:read'));
    expect([answer.status, answer.json().code]).toEqual([400, 'TENANT_REQUIRED']);
  });
});
