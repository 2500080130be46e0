import type { LimitValue, PlanCatalog, PlanDefinition } from './plan-definition.js';

/** `downgrade`: something becomes less, whatever becomes more. `change`: nothing that is limited or granted differs. */
export type PlanDirection = 'upgrade' | 'downgrade' | 'change';

/** How one plan differs from another, by the names of limits and features. */
export interface PlanComparison {
  readonly direction: PlanDirection;
  readonly limits: readonly string[];
  readonly gainedFeatures: readonly string[];
  readonly lostFeatures: readonly string[];
}

/** What moving from one plan to another changes, overrides aside: they are the tenant's on any plan. */
export function comparePlans(catalog: PlanCatalog, from: PlanDefinition, to: PlanDefinition): PlanComparison {
  const valueIn = ({ limits }: PlanDefinition, name: string): LimitValue => {
    const value = limits[name];
    return value === undefined ? 0 : value;
  };
  const grants = ({ features }: PlanDefinition, name: string): boolean => features.includes(name);
  const lower = catalog.limits.filter((name) => exceeds(valueIn(from, name), valueIn(to, name)));
  const higher = catalog.limits.filter((name) => exceeds(valueIn(to, name), valueIn(from, name)));
  const gainedFeatures = catalog.features.filter((name) => !grants(from, name) && grants(to, name));
  const lostFeatures = catalog.features.filter((name) => grants(from, name) && !grants(to, name));
  return {
    direction:
      lower.length + lostFeatures.length > 0
        ? 'downgrade'
        : higher.length + gainedFeatures.length > 0
          ? 'upgrade'
          : 'change',
    limits: catalog.limits.filter((name) => lower.includes(name) || higher.includes(name)),
    gainedFeatures,
    lostFeatures,
  };
}

/** Null is unlimited, and exceeds every number. */
function exceeds(one: LimitValue, other: LimitValue): boolean {
  return other !== null && (one === null || one > other);
}
