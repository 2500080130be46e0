import { ConfigurationError } from '../errors/isolation.errors.js';
import type { PlanCatalog, PlanDefinition } from './plan-definition.js';
import { type Entitlements, type EntitlementOverrides, resolveEntitlements } from './entitlements.js';

export interface StoredPlan extends PlanDefinition {
  readonly name: string;
}

/** Every plan in every version a tenant may be on: today's catalogue and the versions sold before. */
export class PlanDirectory {
  readonly #versions = new Map<string, PlanDefinition>();

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

  /** @throws ConfigurationError when a tenant is on a plan nobody knows: no guess is a safe one. */
  entitlements(plan: string, version: number, overrides: EntitlementOverrides): Entitlements {
    const definition = this.#versions.get(key(plan, version));
    if (!definition)
      throw new ConfigurationError(`No definition of plan ${plan} in version ${version} is known.`);
    return resolveEntitlements(this.catalog, definition, overrides);
  }
}

function key(name: string, version: number): string {
  return `${name}@${version}`;
}
