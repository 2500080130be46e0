import { type CanActivate, type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { TenantContext } from '../context/tenant-context.js';
import { FeatureNotEntitledError } from '../errors/entitlement.errors.js';
import { loudly } from '../errors/log-internal-error.js';
import { admittedTenant } from './admitted-tenant.js';
import { REQUIRED_FEATURES, type RequiredFeatures } from './required-features.js';

/**
 * Lets a call through when the tenant has the features that `@RequireFeature` names. Runs after TenantGuard.
 *
 * @throws FeatureNotEntitledError; TenantRequiredError when the call has no tenant; TenantScopeMissingError when
 *   TenantGuard did not run before.
 */
@Injectable()
export class FeatureGuard implements CanActivate {
  private readonly logger = new Logger(FeatureGuard.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly plans: PlanDirectory,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    return loudly(this.logger, () => this.#assertAll(context));
  }

  #assertAll(context: ExecutionContext): boolean {
    const all = this.requiredOf(context);
    if (all.length === 0) return true;
    const tenant = admittedTenant(context, '@RequireFeature');
    for (const required of all) this.#assertHas(tenant, required);
    return true;
  }

  protected requiredOf(context: ExecutionContext): readonly RequiredFeatures[] {
    return this.reflector
      .getAll<(readonly RequiredFeatures[] | undefined)[]>(REQUIRED_FEATURES, [
        context.getClass(),
        context.getHandler(),
      ])
      .flatMap((required) => required ?? []);
  }

  #assertHas({ features, plan }: TenantContext, { names, enough }: RequiredFeatures): void {
    const has = (name: string): boolean => features[name] === true;
    if (enough === 'one' ? names.some(has) : names.every(has)) return;
    const plansFor = names.map((name) => this.plans.plansWith(name));
    const availableIn = this.plans.names.filter((name) =>
      enough === 'one'
        ? plansFor.some((plans) => plans.includes(name))
        : plansFor.every((plans) => plans.includes(name)),
    );
    const [firstLacking = ''] = names.filter((name) => !has(name));
    throw new FeatureNotEntitledError(
      enough === 'one' ? names.join(' or ') : firstLacking,
      plan,
      availableIn,
    );
  }
}
