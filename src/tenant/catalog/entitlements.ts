import type { LimitValue, PlanCatalog, PlanDefinition } from './plan-definition.js';
import { isCount } from './quota-problems.js';

/** What one tenant has instead of what its plan grants: limits by number or null, features by boolean. */
export type EntitlementOverrides = Readonly<Record<string, LimitValue | boolean>>;

/** What a tenant may do in effect, by the name of each limit and feature of the catalogue. */
export interface Entitlements {
  readonly limits: Readonly<Record<string, LimitValue>>;
  readonly features: Readonly<Record<string, boolean>>;
}

/** Where a value comes from: the tenant's own override, its plan's version, or neither, which grants none. */
export type EntitlementSource = 'override' | 'plan' | 'default';

/**
 * The effective value of one limit (a number of units, null for unlimited) or feature (true or false), and where it
 * comes from.
 */
export interface Entitlement<Value> {
  readonly value: Value;
  readonly source: EntitlementSource;
}

/** What a tenant may do in effect, each value with where it comes from. */
export interface SourcedEntitlements {
  readonly limits: Readonly<Record<string, Entitlement<LimitValue>>>;
  readonly features: Readonly<Record<string, Entitlement<boolean>>>;
}

/** The effective limits and features of a tenant, each with its source: its override, else its plan's value. */
export function sourcedEntitlements(
  catalog: PlanCatalog,
  plan: PlanDefinition,
  overrides: EntitlementOverrides,
): SourcedEntitlements {
  return {
    limits: byName(catalog.limits, (name) => limitOf(plan, name, overrides[name])),
    features: byName(catalog.features, (name) => featureOf(plan, name, overrides[name])),
  };
}

/** The same, without where they come from. */
export function resolveEntitlements(
  catalog: PlanCatalog,
  plan: PlanDefinition,
  overrides: EntitlementOverrides,
): Entitlements {
  const { limits, features } = sourcedEntitlements(catalog, plan, overrides);
  return {
    limits: valuesOf(limits),
    features: valuesOf(features),
  };
}

function limitOf(
  plan: PlanDefinition,
  name: string,
  override: LimitValue | boolean | undefined,
): Entitlement<LimitValue> {
  if (typeof override === 'number' || override === null) return { value: override, source: 'override' };
  const granted = plan.limits[name];
  // A limit the plan's version does not know yet grants nothing.
  return granted === undefined ? { value: 0, source: 'default' } : { value: granted, source: 'plan' };
}

function featureOf(
  plan: PlanDefinition,
  name: string,
  override: LimitValue | boolean | undefined,
): Entitlement<boolean> {
  if (typeof override === 'boolean') return { value: override, source: 'override' };
  return { value: plan.features.includes(name), source: 'plan' };
}

function byName<Value>(
  names: readonly string[],
  valueOf: (name: string) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)]));
}

function valuesOf<Value>(
  entitlements: Readonly<Record<string, Entitlement<Value>>>,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(entitlements).map(([name, { value }]) => [name, value]));
}

/** What is wrong with one override. */
export interface OverrideProblem {
  readonly name: string;
  readonly message: string;
}

/** What is wrong with overrides; empty when nothing is. */
export function overrideProblems(
  catalog: Pick<PlanCatalog, 'limits' | 'features'>,
  overrides: Readonly<Record<string, unknown>>,
  unknown = 'is not a limit or feature',
): OverrideProblem[] {
  return Object.entries(overrides).flatMap(([name, value]) => {
    const message = catalog.features.includes(name)
      ? featureProblem(value)
      : catalog.limits.includes(name)
        ? limitProblem(value)
        : unknown;
    return message === undefined ? [] : [{ name, message }];
  });
}

function featureProblem(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'must be true or false';
}

function limitProblem(value: unknown): string | undefined {
  return value === null || isCount(value)
    ? undefined
    : 'must be a whole number from 0, or null for unlimited';
}
