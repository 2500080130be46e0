import type { Principal } from '../context/principal.js';
import type { TenantContext } from '../context/tenant-context.js';
import { registerRuntime, type TenantRuntime } from '../context/tenant-runtime.js';
import {
  currentScope,
  getTenantContext,
  runInScope,
  TenantScope,
  tryGetTenantContext,
} from '../context/tenant-scope.js';
import { ConfigurationError, TenantScopeMissingError } from '../errors/isolation.errors.js';
import { TenantSuspendedError } from '../errors/request.errors.js';
import { HmacPayloadSigner } from './hmac-payload-signer.js';
import { runTenantJob } from './run-tenant-job.js';
import { serializeTenantContext } from './serialize-tenant-context.js';
import type { TenantPayload } from './tenant-payload.js';

const acme: TenantContext = {
  tenantId: 'aaaaaaaa-0000-4000-8000-000000000000',
  tenantSlug: 'acme',
  plan: 'free',
  limits: {},
  features: {},
  userId: 'ada',
  userRoles: ['member'],
};

class FakeRuntime implements TenantRuntime {
  suspended = false;
  loads = 0;
  readonly quotas = { reserveQuota: () => Promise.reject(new Error('not asked for')) };
  readonly payloadSigner = new HmacPayloadSigner({ keys: ['a key of more than 32 characters…'] });

  loadContext(given: Pick<TenantContext, 'tenantId'> & Partial<TenantContext>): Promise<TenantContext> {
    this.loads += 1;
    if (this.suspended) return Promise.reject(new TenantSuspendedError(given.tenantId));
    return Promise.resolve({ ...acme, plan: 'starter', ...given });
  }

  runAsPlatform(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }
}

describe(runTenantJob.name, () => {
  let runtime: FakeRuntime;
  let unregister: () => void;
  let payload: TenantPayload<{ n: number }>;

  beforeEach(() => {
    runtime = new FakeRuntime();
    unregister = registerRuntime(runtime);
    const caller = { id: 'ada', kind: 'api-key', roles: ['member'] } as const;
    payload = runInScope(new TenantScope(runtime, acme, caller), () => serializeTenantContext({ n: 1 }));
  });
  afterEach(() => unregister());

  it('runs the handler on the data, as the tenant and caller that wrote it, with the plan of now', async () => {
    const seen = await runTenantJob(payload, ({ n }) => ({ n, context: getTenantContext() }));
    expect(seen).toEqual({ n: 1, context: { ...acme, plan: 'starter' } });
    expect(tryGetTenantContext()).toBeUndefined();
  });

  it('runs as the process, which is who works on a queue', async () => {
    const scope = await runTenantJob(payload, () => currentScope());
    expect([scope?.origin, scope?.principal]).toEqual(['process', undefined]);
    expect(payload.tenant.kind).toBe('api-key');
  });

  it('runs, in the scope of a call, for its caller and not as the process', async () => {
    const ada = { id: 'ada', kind: 'user', roles: [] } as const;
    const inCallOf = (caller?: Principal) =>
      runInScope(new TenantScope(runtime, undefined, caller), () =>
        runTenantJob(payload, () => currentScope()),
      );
    const [hers, nobodys] = [await inCallOf(ada), await inCallOf()];
    expect([hers?.origin, hers?.principal]).toEqual(['transport', ada]);
    expect([nobodys?.origin, nobodys?.principal]).toEqual(['transport', undefined]);
  });

  it('runs nothing once the tenant may not act', async () => {
    runtime.suspended = true;
    const handler = jest.fn();
    await expect(runTenantJob(payload, handler)).rejects.toThrow(TenantSuspendedError);
    expect(handler).not.toHaveBeenCalled();
  });

  it('looks no tenant up for a payload that was changed', async () => {
    const changed = { ...payload, data: { n: 2 } };
    await expect(runTenantJob(changed, jest.fn())).rejects.toThrow('signature');
    expect(runtime.loads).toBe(0);
  });

  it('is its own tenant inside the scope of another', async () => {
    const other = { ...acme, tenantId: 'bbbbbbbb-0000-4000-8000-000000000000' };
    const seen = await runInScope(new TenantScope(runtime, other), async () => [
      await runTenantJob(payload, () => getTenantContext().tenantId),
      getTenantContext().tenantId,
    ]);
    expect(seen).toEqual([acme.tenantId, other.tenantId]);
  });
});

describe(serializeTenantContext.name, () => {
  it('has nothing to write outside a tenant scope', () => {
    expect(() => serializeTenantContext({ n: 1 })).toThrow(TenantScopeMissingError);
  });

  it('writes nothing where there are no keys', () => {
    const keyless = {
      get payloadSigner(): never {
        throw new ConfigurationError('no keys');
      },
    } as unknown as TenantRuntime;
    const write = (): unknown => runInScope(new TenantScope(keyless, acme), () => serializeTenantContext());
    expect(write).toThrow(ConfigurationError);
  });
});
