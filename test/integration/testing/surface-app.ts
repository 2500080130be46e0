import { Controller, Get, Header, Headers, Module, Param, Post, Query, VersioningType } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { getTenantContext, standardResolvers, SubdomainTenantResolver } from '@parallax/tenant';
import { type Adapter, FixtureApp } from '../../support/fixture-app.js';

const own = (): object => ({ tenantId: getTenantContext().tenantId });

@Controller({ path: 'reports', version: '2' })
class VersionedController {
  @Get()
  list(): object {
    return own();
  }
}

@Controller({ path: 'inside', host: ':account.example.test' })
class HostController {
  @Get()
  get(): object {
    return own();
  }
}

@Controller('widgets')
class WidgetsController {
  @Get()
  list(@Query('shape') shape: string): object {
    return { ...own(), shape };
  }

  @Get('parts/:partId')
  part(@Param('partId') partId: string, @Headers('x-part') header: string): object {
    return { ...own(), partId, header };
  }

  @Post('broken')
  broken(): never {
    throw new Error('the database is away');
  }

  @Get('nothing')
  @Header('Cache-Control', 'no-store')
  nothing(): object {
    return { of: 'nobody' };
  }
}

@Module({ controllers: [WidgetsController] })
class WidgetsModule {}

/** Every way in which a route can come to be where it is. */
export function startSurfaceApp(adapter: Adapter, versioning?: VersioningType): Promise<FixtureApp> {
  return FixtureApp.start({
    adapter,
    tenant: { resolvers: [new SubdomainTenantResolver('example.test'), ...standardResolvers()] },
    imports: [WidgetsModule, RouterModule.register([{ path: 'shop', module: WidgetsModule }])],
    controllers: [VersionedController, HostController],
    configure: (app) => {
      app.setGlobalPrefix('api', { exclude: ['inside'] });
      if (versioning === VersioningType.URI) app.enableVersioning({ type: VersioningType.URI });
      else app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
      const http = app.getHttpAdapter();
      http.get('/raw', (_request: unknown, response: { send(body: string): void }) => response.send('raw'));
    },
  });
}
