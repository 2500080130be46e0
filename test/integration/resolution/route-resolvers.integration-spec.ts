import { Controller, Get, Injectable, Param, Scope } from '@nestjs/common';
import {
  CurrentTenant,
  PathTenantResolver,
  QueryTenantResolver,
  type Tenant,
  type TenantContext,
  TenantResolvers,
  type TenantResolver,
} from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { NOT_FOUND, said, UNKNOWN_ID } from './answers.js';

@Injectable()
class Directory {
  tenantOf(code: string): Promise<string | undefined> {
    return Promise.resolve(code === '7' ? 'acme' : undefined);
  }
}

/** A provider with one of its own. */
@Injectable()
class CodeResolver implements TenantResolver {
  readonly source = 'the code';
  readonly explicit = true;

  constructor(private readonly directory: Directory) {}

  resolve(context: Parameters<TenantResolver['resolve']>[0]): Promise<string | undefined> {
    const { params } = context.switchToHttp().getRequest<{ params: { code: string } }>();
    return this.directory.tenantOf(params.code);
  }
}

@Injectable()
class ForgottenResolver extends CodeResolver {}

@Injectable({ scope: Scope.REQUEST })
class PerRequestResolver extends CodeResolver {}

@Controller()
class HooksController {
  @TenantResolvers(new PathTenantResolver('workspace'))
  @Get('hooks/:workspace')
  hook(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }

  @TenantResolvers(CodeResolver, new QueryTenantResolver('fallback'))
  @Get('codes/:code')
  code(@CurrentTenant() { tenantId, resolution }: TenantContext, @Param('code') code: string): object {
    return { tenantId, source: resolution?.source, code };
  }

  @TenantResolvers(ForgottenResolver)
  @Get('forgotten/:code')
  forgotten(): object {
    return {};
  }

  @TenantResolvers(PerRequestResolver)
  @Get('per-request/:code')
  perRequest(): object {
    return {};
  }

  @Get('plain')
  plain(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }
}

@TenantResolvers(new QueryTenantResolver('org'))
@Controller('orgs')
class OrgsController {
  @Get()
  list(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }

  @TenantResolvers(new PathTenantResolver('org'))
  @Get(':org')
  one(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }
}

describe.each(ADAPTERS)('@TenantResolvers() on %s', (adapter) => {
  let app: FixtureApp;
  let own: Tenant;
  let acme: Tenant;

  beforeAll(async () => {
    app = await FixtureApp.start({
      adapter,
      controllers: [HooksController, OrgsController],
      providers: [Directory, CodeResolver, PerRequestResolver],
      tenant: { conflict: 'reject', defaultTenant: 'own' },
    });
    [own, acme] = [await app.createTenant('Own'), await app.createTenant('Acme')];
  });
  afterAll(() => app.close());

  const get = (path: string, headers: Record<string, string> = {}) =>
    app.get(path, memberOf(own, acme), headers);

  it('takes the place of the sources of the module: no header counts there, and none disagrees', async () => {
    const answer = await get('/hooks/acme?tenant=own', { 'X-Tenant-ID': own.id });
    expect(answer.json()).toEqual({ tenantId: acme.id });
  });

  it("goes without the caller's own tenant and the default", async () => {
    const answer = await get('/orgs');
    expect([answer.status, answer.json().detail]).toEqual([
      400,
      'This needs a tenant. Name one by: the query parameter org.',
    ]);
  });

  it('on a controller is for all its routes, except those that have their own', async () => {
    expect((await get('/orgs?org=acme', { 'X-Tenant-ID': own.id })).json()).toEqual({ tenantId: acme.id });
    expect((await get('/orgs/acme?org=own')).json()).toEqual({ tenantId: acme.id });
  });

  it('leaves the routes beside it as they are', async () => {
    expect((await get('/plain', { 'X-Tenant-ID': acme.id })).json()).toEqual({ tenantId: acme.id });
    expect((await get('/plain?org=acme')).json()).toEqual({ tenantId: own.id });
  });

  it('takes the class of a provider, with what is injected into it', async () => {
    expect((await get('/codes/7')).json()).toEqual({ tenantId: acme.id, source: 'the code', code: '7' });
    expect((await get('/codes/8?fallback=own')).json()).toMatchObject({ tenantId: own.id });
  });

  it.each(['/forgotten/7', '/per-request/7'])(
    'lets nobody in where there is no such provider: %s',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('Resolver');
    },
  );

  it('does not change who may enter', async () => {
    const [foreign, deleted] = [await app.createTenant('Foreign'), await app.createTenant('Deleted')];
    await app.deleteTenant(deleted);
    const insider = memberOf(own, deleted);
    for (const name of [foreign.id, foreign.slug, deleted.id, deleted.slug, UNKNOWN_ID, 'no-such']) {
      for (const path of [`/hooks/${name}`, `/orgs?org=${name}`, `/codes/1?fallback=${name}`]) {
        expect([path, ...said(await app.get(path, insider))]).toEqual([path, ...NOT_FOUND]);
      }
    }
    expect(said(await app.get('/codes/7', insider))).toEqual(NOT_FOUND);
    expect((await app.get('/hooks/acme', null)).status).toBe(401);
  });
});
