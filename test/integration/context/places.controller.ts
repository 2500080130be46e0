import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ArgumentsHost,
  Body,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Post,
  Query,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CurrentTenant, type TenantContext, tryGetTenantContext } from '@parallax/tenant';
import { concatMap, defer, map, type Observable, range, timer, toArray } from 'rxjs';

/** Whose tenant the code that calls this runs in. */
export const here = (): string => tryGetTenantContext()?.tenantId ?? 'none';

/** Tells `done`, with the tenant, that work a handler did not wait for has ended. */
export const afterwards = new EventEmitter<{ done: [tenantId: string] }>();

interface Visited {
  places?: Record<string, string>;
}

function visit(context: ExecutionContext, place: string): void {
  const request = context.switchToHttp().getRequest<Visited>();
  request.places = { ...request.places, [place]: here() };
}

@Injectable()
export class PlaceGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    visit(context, 'guard');
    await sleep(1);
    visit(context, 'guardLater');
    return true;
  }
}

@Injectable()
class PlaceInterceptor implements NestInterceptor<object> {
  intercept(context: ExecutionContext, next: CallHandler<object>): Observable<object> {
    visit(context, 'interceptor');
    const { places } = context.switchToHttp().getRequest<Visited>();
    return next.handle().pipe(map((answer) => ({ ...places, ...answer, interceptorAfter: here() })));
  }
}

@Injectable()
class PlacePipe implements PipeTransform {
  async transform(): Promise<string> {
    await sleep(1);
    return here();
  }
}

@Catch()
@Injectable()
class PlaceFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(_error: unknown, host: ArgumentsHost): void {
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), { filter: here() }, 418);
  }
}

/** Answers with the tenants that the places a request comes through saw. */
@Controller()
export class PlacesController {
  @UseGuards(PlaceGuard)
  @UseInterceptors(PlaceInterceptor)
  @Get('places')
  async places(@Query('any', PlacePipe) pipe: string): Promise<object> {
    const handler = here();
    await sleep(Math.random() * 10);
    return { pipe, handler, handlerLater: here() };
  }

  @UseGuards(PlaceGuard)
  @UseInterceptors(PlaceInterceptor)
  @Post('places')
  withBody(@Body('text', PlacePipe) pipe: string): object {
    return { pipe, handler: here() };
  }

  @Get('value')
  value(): object {
    return [here()];
  }

  @Get('promise')
  promise(): Promise<object> {
    return sleep(2).then(() => [here()]);
  }

  @Get('observable')
  observable(): Observable<object> {
    const emissions = range(0, 3).pipe(concatMap(() => timer(2).pipe(map(here))));
    return defer(() => {
      const subscribing = here();
      return emissions.pipe(
        toArray(),
        map((emitted) => [subscribing, ...emitted]),
      );
    });
  }

  @Sse('events')
  events(): Observable<{ data: string }> {
    return range(0, 3).pipe(concatMap(() => timer(2).pipe(map(() => ({ data: here() })))));
  }

  @Get('stream')
  stream(): StreamableFile {
    return new StreamableFile(Readable.from(lines()), { type: 'text/plain' });
  }

  @UseFilters(PlaceFilter)
  @Get('fault')
  async fault(): Promise<never> {
    await sleep(2);
    throw new Error('for the filter');
  }

  @Get('afterwards')
  startWork(): object {
    void sleep(20).then(() => afterwards.emit('done', here()));
    return {};
  }

  @Get('current')
  current(
    @CurrentTenant() tenant: TenantContext,
    @CurrentTenant('plan') plan: string,
    @CurrentTenant('userId') userId: string,
  ): object {
    return { tenant, plan, userId };
  }
}

async function* lines(): AsyncGenerator<string> {
  for (let line = 0; line < 3; line += 1) {
    await sleep(2);
    yield `${here()}\n`;
  }
}
