import {
  Controller,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type OnModuleDestroy,
  Post,
  Scope,
} from '@nestjs/common';
import {
  CheckLimit,
  definePlans,
  getTenantContext,
  type Tenant,
  type TenantContext,
  TenantOptional,
  tryGetTenantContext,
  type UsageCounter,
} from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';

const plans = definePlans({
  limits: ['maxProjects', 'maxSeats'],
  features: [],
  plans: {
    two: { version: 1, priceCents: 0, limits: { maxProjects: 2, maxSeats: 1 }, features: [] },
    none: { version: 1, priceCents: 0, limits: { maxProjects: 0, maxSeats: 1 }, features: [] },
    all: { version: 1, priceCents: 0, limits: { maxProjects: null, maxSeats: 1 }, features: [] },
  },
});

@Injectable()
class Projects implements UsageCounter {
  used: unknown = 0;
  readonly seen: (string | undefined)[] = [];

  async countUsage(tenant: TenantContext): Promise<number> {
    await new Promise(setImmediate);
    this.seen.push(tenant.tenantId, tryGetTenantContext()?.tenantId);
    if (this.used instanceof Error) throw this.used;
    return this.used as number;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest implements UsageCounter {
  countUsage(): number {
    return 0;
  }
}

let seats = 0;

@Controller()
class ProjectsController {
  @CheckLimit('maxProjects', Projects)
  @Get('projects')
  get(): object {
    return { created: true };
  }

  @CheckLimit('maxProjects', Projects)
  @Post('projects')
  create(): object {
    return { created: true };
  }

  @CheckLimit('maxSeats', () => (getTenantContext().plan === 'two' ? seats : 0))
  @Get('seats')
  seat(): object {
    return { created: true };
  }

  @CheckLimit('maxProjects', Projects)
  @CheckLimit('maxSeats', () => seats)
  @Get('both')
  both(): object {
    return { created: true };
  }

  @CheckLimit('maxProjects', PerRequest)
  @Get('per-request')
  perRequest(): object {
    return { created: true };
  }

  @TenantOptional()
  @CheckLimit('maxProjects', Projects)
  @Get('optional')
  optional(): object {
    return { created: true };
  }
}

/** Goes on outside the scope that was opened, as a session store does that answers from a connection of its own. */
@Module({})
class LosingModule implements NestModule, OnModuleDestroy {
  readonly #waiting: (() => void)[] = [];
  readonly #answering = setInterval(() => {
    for (const next of this.#waiting.splice(0)) next();
  }, 2);

  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply((_request: unknown, _response: unknown, next: () => void) => void this.#waiting.push(next))
      .forRoutes('{*path}');
  }

  onModuleDestroy(): void {
    clearInterval(this.#answering);
  }
}

describe.each(ADAPTERS)('@CheckLimit() on %s', (adapter) => {
  let app: FixtureApp;
  let projects: Projects;
  let two: Tenant;
  let none: Tenant;
  let all: Tenant;

  beforeAll(async () => {
    app = await FixtureApp.start({
      adapter,
      controllers: [ProjectsController],
      providers: [Projects, PerRequest],
      tenant: { plans },
    });
    projects = app.app.get(Projects);
    const create = (plan: string) => app.tenants.createTenant(`On ${plan}`, {}, plan);
    [two, none, all] = [await create('two'), await create('none'), await create('all')];
  });
  beforeEach(() => {
    projects.used = 0;
    projects.seen.length = 0;
    seats = 0;
  });
  afterAll(() => app.close());

  const statusWith = async (used: unknown, tenant = two, path = '/projects') => {
    projects.used = used;
    return (await app.get(path, memberOf(tenant))).status;
  };

  it('lets pass below the limit, and neither at it nor above', async () => {
    expect([await statusWith(0), await statusWith(1), await statusWith(2), await statusWith(3)]).toEqual([
      200, 200, 403, 403,
    ]);
  });

  it('says limit and use', async () => {
    projects.used = 2;
    const answer = await app.get('/projects', memberOf(two));
    expect([answer.status, answer.json()]).toEqual([
      403,
      {
        type: 'urn:parallax:problem:plan-limit-reached',
        title: 'Plan limit reached',
        status: 403,
        detail: 'The limit of 2 for maxProjects is reached.',
        code: 'LIMIT_REACHED',
        resource: 'maxProjects',
        limit: 2,
        used: 2,
      },
    ]);
  });

  it('lets nothing pass a limit of none, and everything when there is no limit, without counting', async () => {
    expect(await statusWith(0, none)).toBe(403);
    projects.seen.length = 0;
    expect(await statusWith(new Error('CANARY'), all)).toBe(200);
    expect(projects.seen).toEqual([]);
  });

  it("goes by the tenant's own override", async () => {
    const other = await app.tenants.createTenant('Other', {}, 'two');
    await app.tenants.updateTenant(other.id, { limits: { maxProjects: 3 } });
    expect([await statusWith(2, other), await statusWith(3, other)]).toEqual([200, 403]);
  });

  it.each([[new Error('CANARY')], [NaN], [Infinity], [-1], ['1'], [undefined], [null], [1n], [{}]])(
    'lets nobody pass when the counter throws or answers %p',
    async (used) => {
      projects.used = used;
      const answer = await app.get('/projects', memberOf(two));
      expect(answer.status).toBe(500);
      expect(answer.text).not.toMatch(/CANARY|counter/);
    },
  );

  it('takes a function, and runs it in the scope of the tenant', async () => {
    seats = 1;
    expect(await statusWith(0, two, '/seats')).toBe(403);
    expect(await statusWith(0, none, '/seats')).toBe(200);
  });

  it('asks for both of two decorators on one method', async () => {
    expect(await statusWith(0, two, '/both')).toBe(200);
    expect(await statusWith(2, two, '/both')).toBe(403);
    seats = 1;
    expect(await statusWith(0, two, '/both')).toBe(403);
  });

  it('counts in the scope of the tenant, also when the body comes late and in parts', async () => {
    const parts = ['{"na', 'me":"', 'late"}'];
    const headers = { 'content-type': 'application/json' };
    const answers = await Promise.all(
      [two, none].map((tenant) => app.send('/projects', memberOf(tenant), headers, parts)),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 403]);
    const pairs = Array.from({ length: 2 }, (_, at) => projects.seen.slice(2 * at, 2 * at + 2));
    expect(new Set(pairs.flat())).toEqual(new Set([two.id, none.id]));
    for (const [given, running] of pairs) expect(running).toBe(given);
  });

  it('counts in the scope of the tenant, also when something before the guards lost it', async () => {
    const losing = await FixtureApp.start({
      adapter,
      imports: [LosingModule],
      controllers: [ProjectsController],
      providers: [Projects, PerRequest],
      tenant: { plans },
    });
    const tenant = await losing.tenants.createTenant('On two', {}, 'two');
    const answer = await losing.get('/projects', memberOf(tenant));
    await losing.close();
    expect(answer.status).toBe(200);
    expect(losing.app.get(Projects).seen).toEqual([tenant.id, tenant.id]);
  });

  it('lets nobody pass where the counter cannot be had', async () => {
    expect(await statusWith(0, two, '/per-request')).toBe(500);
  });

  it('answers 400 without a tenant, on a route that may go without one', async () => {
    const answer = await app.get('/optional', null);
    expect([answer.status, answer.json().code]).toEqual([400, 'TENANT_REQUIRED']);
  });
});
