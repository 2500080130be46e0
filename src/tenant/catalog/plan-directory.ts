import { ConfigurationError } from '../errors/isolation.errors.js';
import type { PlanCatalog, PlanDefinition } from './plan-definition.js';
import {
  type Entitlements,
  type EntitlementOverrides,
  resolveEntitlements,
  type SourcedEntitlements,
  sourcedEntitlements,
} from './entitlements.js';

export interface StoredPlan extends PlanDefinition {
  readonly name: string;
}

/**
 * Every plan in every version a tenant may be on: today's catalogue and the versions sold before.
 *
 * @example
 * const directory = new PlanDirectory(PLAN_CATALOG);
 * directory.entitlements('free', 1, { maxAgents: 5 }).limits.maxAgents; // 5, the tenant's override
 */
export class PlanDirectory {
  readonly #versions = new Map<string, PlanDefinition>();
  /** Of tenants without overrides, who are nearly all: one for each plan version, not one for each request. */
  readonly #granted = new Map<string, Entitlements>();

  constructor(
    readonly catalog: PlanCatalog,
    earlier: readonly StoredPlan[] = [],
  ) {
    for (const plan of earlier) this.#versions.set(key(plan.name, plan.version), plan);
    for (const [name, plan] of Object.entries(catalog.plans))
      this.#versions.set(key(name, plan.version), plan);
  }

  get names(): string[] {
    return Object.keys(this.catalog.plans);
  }

  /** The version of a plan sold today, or undefined when the plan is not sold. */
  current(name: string): PlanDefinition | undefined {
    return Object.hasOwn(this.catalog.plans, name) ? this.catalog.plans[name] : undefined;
  }

  /**
   * What a tenant on this plan may do, frozen.
   *
   * @throws ConfigurationError when a tenant is on a plan nobody knows: no guess is a safe one.
   */
  entitlements(plan: string, version: number, overrides: EntitlementOverrides): Entitlements {
    const sold = key(plan, version);
    if (Object.keys(overrides).length > 0) return this.#resolve(sold, overrides);
    const granted = this.#granted.get(sold) ?? this.#resolve(sold, {});
    this.#granted.set(sold, granted);
    return granted;
  }

  /** The same, each value with where it comes from. @throws ConfigurationError */
  sourcedEntitlements(plan: string, version: number, overrides: EntitlementOverrides): SourcedEntitlements {
    return sourcedEntitlements(this.catalog, this.#definition(key(plan, version)), overrides);
  }

  /** The plans sold today that have a feature. */
  plansWith(feature: string): string[] {
    return this.names.filter((name) => this.current(name)?.features.includes(feature));
  }

  #resolve(sold: string, overrides: EntitlementOverrides): Entitlements {
    const { limits, features } = resolveEntitlements(this.catalog, this.#definition(sold), overrides);
    return Object.freeze({ limits: Object.freeze(limits), features: Object.freeze(features) });
  }

  #definition(sold: string): PlanDefinition {
    const definition = this.#versions.get(sold);
    if (!definition) throw new ConfigurationError(`No definition of plan ${sold} is known.`);
    return definition;
  }
}

function key(name: string, version: number): string {
  return `${name} in version ${version}`;
}
