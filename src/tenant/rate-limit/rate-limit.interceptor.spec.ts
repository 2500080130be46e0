import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { defer, firstValueFrom, of, retry } from 'rxjs';
import { keepScope } from '../context/call-scope.js';
import { TenantScope } from '../context/tenant-scope.js';
import { RateLimitInterceptor } from './rate-limit.interceptor.js';
import { RATE_LIMITS } from './rate-limit-metadata.js';
import { TenantConcurrency } from './tenant-concurrency.js';

const acme = {
  tenantId: '0190a3f0-0000-7000-8000-000000000001',
  tenantSlug: 'acme',
  plan: 'free',
  limits: {},
  features: {},
};

describe(RateLimitInterceptor.name, () => {
  class Handlers {
    run(): void {
      // what is decorated
    }
  }
  Reflect.defineMetadata(RATE_LIMITS, [{ resource: 'x', limit: 1, window: 60 }], Handlers.prototype.run);

  const contextOf = (): ExecutionContextHost => {
    const args: unknown[] = [{}, {}];
    const scope = new TenantScope(undefined);
    scope.admit(undefined, acme);
    keepScope(args, scope);
    const context = new ExecutionContextHost(args, Handlers, Handlers.prototype.run);
    context.setType('ws');
    return context;
  };
  const interceptorOf = (consumeAs: () => Promise<unknown>, concurrency = new TenantConcurrency(1)) =>
    new RateLimitInterceptor(
      new Reflector(),
      { consumeAs } as never,
      concurrency,
      { note: () => undefined } as never,
      { paths: [] },
    );

  it('gives the slot of a call back that is left while its limits are asked', async () => {
    const concurrency = new TenantConcurrency(1);
    const interceptor = interceptorOf(() => new Promise(() => undefined), concurrency);
    interceptor
      .intercept(contextOf(), { handle: () => of('done') })
      .subscribe()
      .unsubscribe();
    expect(() => concurrency.enter(acme)?.()).not.toThrow();
    // The twin: while it is asked, the slot is taken.
    const asking = interceptor.intercept(contextOf(), { handle: () => of('done') }).subscribe();
    expect(() => concurrency.enter(acme)).toThrow(/concurrent-requests/);
    asking.unsubscribe();
    return Promise.resolve();
  });

  it('counts a call again that is made again', async () => {
    let counted = 0;
    let handled = 0;
    const interceptor = interceptorOf(() => Promise.resolve((counted += 1)));
    const handle = () =>
      defer(() => {
        handled += 1;
        if (handled < 3) throw new Error('again');
        return of('done');
      });
    expect(await firstValueFrom(interceptor.intercept(contextOf(), { handle }).pipe(retry(5)))).toBe('done');
    expect([counted, handled]).toEqual([3, 3]);
  });

  it('counts a call once, however often it is put round it', async () => {
    let counted = 0;
    const interceptor = interceptorOf(() => Promise.resolve((counted += 1)));
    const context = contextOf();
    const handle = () => interceptor.intercept(context, { handle: () => of('done') });
    expect(await firstValueFrom(interceptor.intercept(context, { handle }))).toBe('done');
    expect(counted).toBe(1);
  });
});
