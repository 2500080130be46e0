import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { defer, firstValueFrom } from 'rxjs';
import { runAsPlatform } from './run-as-platform.js';
import { TenantContextInterceptor } from './tenant-context.interceptor.js';
import { currentScope } from './tenant-scope.js';
import { type PlatformActor, registerRuntime, type TenantRuntime } from './tenant-runtime.js';

describe(TenantContextInterceptor.name, () => {
  it('opens a scope for a transport without middleware, in which the caller is not the process', async () => {
    const actors: PlatformActor[] = [];
    const runtime: TenantRuntime = {
      loadContext: () => Promise.reject(new Error('not asked for')),
      quotas: { reserveQuota: () => Promise.reject(new Error('not asked for')) },
      payloadSigner: { maxAgeMs: 0, sign: () => '', verify: () => false },
      runAsPlatform: (actor) => {
        actors.push(actor);
        return Promise.reject(new Error('refused'));
      },
    };
    const context = new ExecutionContextHost([{}, {}]);
    context.setType('ws');
    const work = { permission: 'x', reason: 'y', tenantIds: ['00000000-0000-4000-8000-000000000001'] };
    const handle = () =>
      defer(async () => {
        await runAsPlatform({ ...work, as: 'process' }, () => Promise.resolve()).catch(() => undefined);
        return currentScope()?.runtime;
      });
    const seen = await firstValueFrom(new TenantContextInterceptor(runtime).intercept(context, { handle }));
    expect(seen).toBe(runtime);
    expect(actors).toEqual(['nobody']);
    await runAsPlatformOutside(runtime, work, actors);
  });
});

/** The twin: outside every scope it is the process itself, when it says so. */
async function runAsPlatformOutside(
  runtime: TenantRuntime,
  work: Parameters<typeof runAsPlatform>[0],
  actors: PlatformActor[],
): Promise<void> {
  const unregister = registerRuntime(runtime);
  await runAsPlatform({ ...work, as: 'process' }, () => Promise.resolve()).catch(() => undefined);
  unregister();
  expect(actors).toEqual(['nobody', 'process']);
}
