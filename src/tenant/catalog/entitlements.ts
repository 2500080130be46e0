import type { LimitValue, PlanCatalog, PlanDefinition } from './plan-definition.js';

/** What one tenant has instead of what its plan grants: limits by number or null, features by boolean. */
export type EntitlementOverrides = Readonly<Record<string, LimitValue | boolean>>;

export interface Entitlements {
  readonly limits: Readonly<Record<string, LimitValue>>;
  readonly features: Readonly<Record<string, boolean>>;
}

/** The effective limits and features of a tenant: its override, else its plan's value. */
export function resolveEntitlements(
  catalog: PlanCatalog,
  plan: PlanDefinition,
  overrides: EntitlementOverrides,
): Entitlements {
  const limits = catalog.limits.map((name) => {
    const override = overrides[name];
    const granted = plan.limits[name];
    // A limit the plan's version does not know yet grants nothing.
    return [
      name,
      typeof override === 'number' || override === null ? override : granted === undefined ? 0 : granted,
    ];
  });
  const features = catalog.features.map((name) => {
    const override = overrides[name];
    return [name, typeof override === 'boolean' ? override : plan.features.includes(name)];
  });
  return {
    limits: Object.fromEntries(limits) as Entitlements['limits'],
    features: Object.fromEntries(features) as Entitlements['features'],
  };
}

/** What is wrong with overrides, in words; empty when nothing is. */
export function overrideProblems(catalog: PlanCatalog, overrides: EntitlementOverrides): string[] {
  return Object.entries(overrides).flatMap(([name, value]) => {
    if (catalog.features.includes(name))
      return typeof value === 'boolean' ? [] : [`${name} is true or false`];
    if (!catalog.limits.includes(name)) return [`${name} is not a limit or feature`];
    const isLimit = value === null || (Number.isSafeInteger(value) && Number(value) >= 0);
    return isLimit && typeof value !== 'boolean'
      ? []
      : [`${name} is a whole number from 0, or null for unlimited`];
  });
}
