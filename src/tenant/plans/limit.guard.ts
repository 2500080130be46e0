import { type CanActivate, type ExecutionContext, Injectable, Logger, type Type } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { scopeOfCall } from '../context/call-scope.js';
import type { TenantContext } from '../context/tenant-context.js';
import { runInScope } from '../context/tenant-scope.js';
import { LimitReachedError } from '../errors/entitlement.errors.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { loudly } from '../errors/log-internal-error.js';
import { admittedTenant } from './admitted-tenant.js';
import { CHECKED_LIMITS, type CheckedLimit, type LimitCounter, type UsageCounter } from './checked-limit.js';

/**
 * Lets a call through while the tenant has less than each limit that `@CheckLimit` names. Runs after TenantGuard.
 *
 * @throws LimitReachedError; TenantRequiredError when the call has no tenant; TenantScopeMissingError when
 *   TenantGuard did not run before; ConfigurationError when a counter does not answer with a number from 0.
 */
@Injectable()
export class LimitGuard implements CanActivate {
  private readonly logger = new Logger(LimitGuard.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly modules: ModuleRef,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    return loudly(this.logger, () => this.#assertAll(context));
  }

  async #assertAll(context: ExecutionContext): Promise<boolean> {
    const checked = this.reflector.get<readonly CheckedLimit[] | undefined>(
      CHECKED_LIMITS,
      context.getHandler(),
    );
    if (!checked) return true;
    const tenant = admittedTenant(context, '@CheckLimit');
    for (const each of checked) await this.#assertBelow(each, tenant, context);
    return true;
  }

  async #assertBelow(checked: CheckedLimit, tenant: TenantContext, context: ExecutionContext): Promise<void> {
    const allowed = tenant.limits[checked.limit];
    if (allowed === null) return;
    const used = await this.#count(checked, tenant, context);
    // A limit nobody knows is a limit of none.
    if (used >= (allowed ?? 0)) throw new LimitReachedError(checked.limit, allowed ?? 0, used);
  }

  async #count({ limit, counter }: CheckedLimit, tenant: TenantContext, context: ExecutionContext) {
    const count = isProvider(counter)
      ? () => this.modules.get<UsageCounter>(counter, { strict: false }).countUsage(tenant, context)
      : () => counter(tenant, context);
    const scope = scopeOfCall(context);
    const used = await (scope ? runInScope(scope, count) : count());
    if (!Number.isFinite(used) || used < 0) {
      throw new ConfigurationError(`The counter of @CheckLimit('${limit}', …) did not answer with a number.`);
    }
    return used;
  }
}

function isProvider(counter: LimitCounter): counter is Type<UsageCounter> {
  const { prototype } = counter as { prototype?: Partial<UsageCounter> };
  return typeof prototype?.countUsage === 'function';
}
