import { ConfigurationError } from '../errors/isolation.errors.js';
import { effectiveTerms } from './effective-terms.js';
import type { LimitValue, PlanCatalog, PlanDefinition } from './plan-definition.js';
import {
  type Entitlements,
  type EntitlementOverrides,
  resolveEntitlements,
  type SourcedEntitlements,
  sourcedEntitlements,
} from './entitlements.js';
import type { EffectiveQuotaTerms, QuotaKind } from './quota-terms.js';

/** What "per minute" in the name of a limit means. */
const RATE_WINDOW_SECONDS = 60;

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
   * One version of a plan.
   *
   * @throws ConfigurationError when nobody knows it.
   */
  definition(plan: string, version: number): PlanDefinition {
    return this.#definition(key(plan, version));
  }

  /** What the limit counts, or undefined for a static value. */
  kindOf(limit: string): QuotaKind | undefined {
    const { kinds = {} } = this.catalog;
    return Object.hasOwn(kinds, limit) ? kinds[limit] : undefined;
  }

  /** Seconds over which a limit of kind `rate` counts. */
  windowOf(limit: string): number {
    const { windows = {} } = this.catalog;
    return (Object.hasOwn(windows, limit) ? windows[limit] : undefined) ?? RATE_WINDOW_SECONDS;
  }

  /**
   * How a plan's version holds its tenants to a counted limit, defaults filled in.
   *
   * @param value the tenant's effective limit, when it is not the plan's.
   * @throws ConfigurationError when nothing counts the limit, or nobody knows the plan.
   * @example
   * directory.quotaTerms('free', 1, 'maxAgents').enforcement; // 'hard'
   */
  quotaTerms(plan: string, version: number, limit: string, value?: LimitValue): EffectiveQuotaTerms {
    const kind = this.kindOf(limit);
    if (!kind) throw new ConfigurationError(`The catalogue gives no kind to ${limit}: nothing counts it.`);
    const { limits, quotas = {} } = this.definition(plan, version);
    const terms = Object.hasOwn(quotas, limit) ? quotas[limit] : undefined;
    const own = Object.hasOwn(limits, limit) ? limits[limit] : undefined;
    // Not `value ?? own ?? 0`: null is unlimited, and no absence.
    const effective = value === undefined ? (own === undefined ? 0 : own) : value;
    return effectiveTerms(terms ?? {}, kind, effective);
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
