import { Injectable } from '@nestjs/common';
import type { Entitlement, EntitlementSource, SourcedEntitlements } from '../catalog/entitlements.js';
import type { LimitValue } from '../catalog/plan-definition.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { getTenantContext } from '../context/tenant-scope.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { TenantService } from '../registry/tenant.service.js';

/** What a tenant may do, each value with where it comes from. */
export interface TenantEntitlements extends SourcedEntitlements {
  /** uuid */
  readonly tenantId: string;
  readonly plan: string;
  readonly planVersion: number;
}

/** Why one limit or feature has the value it has. */
export interface EntitlementExplanation extends Entitlement<LimitValue | boolean> {
  readonly name: string;
  readonly kind: 'limit' | 'feature';
  readonly source: EntitlementSource;
  readonly plan: string;
  readonly planVersion: number;
  /** What the tenant would have without its override. */
  readonly planValue: LimitValue | boolean;
  /** Of a feature: the plans sold today that include it. Of a limit: those that allow more. */
  readonly availableIn: readonly string[];
}

/**
 * The rights of tenants, read from the registry: without an id, those of the tenant whose scope is running.
 *
 * @example
 * const { limits } = await entitlements.get(tenant.id);
 * limits.maxAgents; // { value: 50, source: 'override' }
 */
@Injectable()
export class EntitlementService {
  constructor(
    private readonly tenants: TenantService,
    private readonly plans: PlanDirectory,
  ) {}

  /**
   * Every limit and feature of the tenant.
   *
   * @throws TenantNotFoundError; TenantScopeMissingError without an id outside a scope.
   */
  async get(tenantId: string = getTenantContext().tenantId): Promise<TenantEntitlements> {
    const { plan, planVersion, limits } = await this.tenants.getTenant(tenantId);
    return { tenantId, plan, planVersion, ...this.plans.sourcedEntitlements(plan, planVersion, limits) };
  }

  /**
   * Where one value comes from, and where to get more.
   *
   * @throws TenantNotFoundError; ConfigurationError when the catalogue has no such limit or feature;
   *   TenantScopeMissingError without an id outside a scope.
   * @example
   * await entitlements.explain('maxAgents', tenant.id);
   * // { name: 'maxAgents', kind: 'limit', value: 50, source: 'override', planValue: 3, plan: 'free', … }
   */
  async explain(
    name: string,
    tenantId: string = getTenantContext().tenantId,
  ): Promise<EntitlementExplanation> {
    const { plan, planVersion, limits: overrides } = await this.tenants.getTenant(tenantId);
    const { limits, features } = this.plans.sourcedEntitlements(plan, planVersion, overrides);
    const unchanged = this.plans.sourcedEntitlements(plan, planVersion, {});
    const common = { name, plan, planVersion };
    const limit = ownOf(limits, name);
    if (limit) {
      // Not `?.value ?? 0`: null is unlimited, and no absence.
      const { value: planValue } = unchanged.limits[name] ?? { value: 0 };
      return {
        ...common,
        kind: 'limit',
        ...limit,
        planValue,
        availableIn: this.#plansOver(name, limit.value),
      };
    }
    const feature = ownOf(features, name);
    if (feature) {
      const planValue = unchanged.features[name]?.value ?? false;
      return { ...common, kind: 'feature', ...feature, planValue, availableIn: this.plans.plansWith(name) };
    }
    throw new ConfigurationError(`The catalogue has no limit or feature "${name}".`);
  }

  #plansOver(name: string, value: LimitValue): string[] {
    if (value === null) return [];
    return this.plans.names.filter((plan) => {
      const offered = this.plans.current(plan)?.limits[name];
      return offered === null || (offered !== undefined && offered > value);
    });
  }
}

/** The name may be a client's, and `constructor` is no limit. */
function ownOf<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
