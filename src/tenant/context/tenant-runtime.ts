import type { EntityManager } from 'typeorm';
import { ConfigurationError } from '../errors/isolation.errors.js';
import type { Principal } from './principal.js';
import type { PayloadSigner } from './payload-signer.js';
import type { PlatformWork } from './platform-work.js';
import type { QuotaGate } from './quota-gate.js';
import type { LimitHeaders } from './rate-limit-headers.js';
import type { TenantContext } from './tenant-context.js';

export const TENANT_RUNTIME = Symbol('@parallax/tenant:runtime');

/** Who does platform work: a caller, a caller who did not say who it is, or this process on its own account. */
export type PlatformActor = Principal | 'nobody' | 'process';

/** The ports this level needs from the levels above it; the module provides them. */
export interface TenantRuntime {
  /**
   * Reads the tenant, checks that it may act now, and completes what was given.
   *
   * @throws TenantNotFoundError, TenantSuspendedError
   */
  loadContext(given: Pick<TenantContext, 'tenantId'> & Partial<TenantContext>): Promise<TenantContext>;

  /** @throws ForbiddenError, ConfigurationError when there is no control-plane DataSource. */
  runAsPlatform<T>(
    actor: PlatformActor,
    work: PlatformWork,
    fn: (manager: EntityManager) => Promise<T>,
  ): Promise<T>;

  /** @throws ConfigurationError when the module was given no keys. */
  readonly payloadSigner: PayloadSigner;

  /** @throws ConfigurationError when the module counts nothing. */
  readonly quotas: QuotaGate;

  /** @default 'standard' */
  readonly limitHeaders?: LimitHeaders;
}

const live = new Set<TenantRuntime>();

/** Called by the module when it starts; the returned function is called when it stops. */
export function registerRuntime(runtime: TenantRuntime): () => void {
  live.add(runtime);
  return () => live.delete(runtime);
}

/** The module of this process. Two applications in one process tell themselves apart by their scopes. */
export function onlyRuntime(): TenantRuntime {
  const [runtime, ...others] = live;
  if (!runtime) {
    throw new ConfigurationError(
      'No TenantModule is running. Import TenantModule.forRoot(…) and call app.init().',
    );
  }
  if (others.length > 0) {
    throw new ConfigurationError(
      'Several TenantModules run in this process and there is no scope to tell which is meant. Call this ' +
        'inside a request or inside runWithTenantContext of the right application.',
    );
  }
  return runtime;
}
