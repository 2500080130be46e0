import { AsyncLocalStorage } from 'node:async_hooks';
import { TenantScopeMismatchError, TenantScopeMissingError } from '../errors/isolation.errors.js';
import type { AnswerHeaders } from './answer-headers.js';
import type { Principal } from './principal.js';
import type { TenantContext } from './tenant-context.js';
import type { TenantRuntime } from './tenant-runtime.js';

/**
 * What rides along with one request or job: opened empty by the entry of a transport, filled once by whoever
 * established the tenant. It is filled, never refilled: acting as another tenant takes a scope of its own.
 */
export class TenantScope {
  #tenant: TenantContext | undefined;
  #principal: Principal | undefined;
  #admitted = false;

  constructor(
    readonly runtime: TenantRuntime | undefined,
    tenant?: TenantContext,
    principal?: Principal,
    /** Who opened it: a transport, for a caller, or this process on its own account. */
    readonly origin: 'transport' | 'process' = 'transport',
    /** Of an HTTP request; a scope opened inside it, be it another tenant's, has no part in its answer. */
    readonly answer?: AnswerHeaders,
  ) {
    this.#tenant = tenant;
    this.#principal = principal;
  }

  get tenant(): TenantContext | undefined {
    return this.#tenant;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** Whether TenantGuard has let the call through, with a tenant or without one. */
  get admitted(): boolean {
    return this.#admitted;
  }

  admit(principal: Principal | undefined, tenant: TenantContext | undefined): void {
    if (this.#tenant && this.#tenant.tenantId !== tenant?.tenantId) {
      throw new TenantScopeMismatchError(
        'A second tenant was established in one scope',
        'Acting as another tenant takes a scope of its own: runWithTenantContext({ tenantId }, fn).',
      );
    }
    this.#principal = principal;
    this.#tenant = tenant;
    this.#admitted = true;
  }
}

const storage = new AsyncLocalStorage<TenantScope>();

export function currentScope(): TenantScope | undefined {
  return storage.getStore();
}

/** Runs `fn`, and all it starts, in the scope. */
export function runInScope<T>(scope: TenantScope, fn: () => T): T {
  return storage.run(scope, fn);
}

/** Runs `fn` in no scope: for what outlives a request, such as sockets and timers. */
export function runOutsideScope<T>(fn: () => T): T {
  return storage.exit(fn);
}

/**
 * The tenant the running code acts in, or undefined outside a tenant's scope.
 *
 * @example
 * logger.log({ tenantId: tryGetTenantContext()?.tenantId, message });
 */
export function tryGetTenantContext(): TenantContext | undefined {
  return storage.getStore()?.tenant;
}

/**
 * The tenant the running code acts in.
 *
 * @throws TenantScopeMissingError outside a tenant's scope.
 * @example
 * const { tenantId, limits } = getTenantContext();
 */
export function getTenantContext(): TenantContext {
  const tenant = tryGetTenantContext();
  if (!tenant) throw new TenantScopeMissingError('getTenantContext() was called');
  return tenant;
}
