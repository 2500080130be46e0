import { ConfigurationError } from '../errors/isolation.errors.js';
import type { PlanCatalog, PlanDefinition } from './plan-definition.js';
import { isCount, kindProblems, termsProblems, windowProblems } from './quota-problems.js';

/**
 * Declares the plans an application sells, typed by the names of its limits and features. `kinds` says which limits
 * are counted, and how; `quotas` of a plan says how they hold.
 *
 * @throws ConfigurationError naming every plan and value that is not well formed.
 * @example
 * const catalog = definePlans({
 *   limits: ['maxProjects'],
 *   kinds: { maxProjects: 'allocation' },
 *   features: ['export'],
 *   plans: {
 *     hobby: { version: 1, priceCents: 0, limits: { maxProjects: 3 }, features: [] },
 *     pro: { version: 1, priceCents: 2900, limits: { maxProjects: null }, features: ['export'] },
 *   },
 * });
 */
export function definePlans<
  const Limit extends string,
  const Feature extends string,
  const Plan extends string,
>(catalog: PlanCatalog<Limit, Feature, Plan>): PlanCatalog<Limit, Feature, Plan> {
  const problems = [
    ...nameProblems(catalog),
    ...kindProblems(catalog),
    ...windowProblems(catalog),
    ...Object.entries<PlanDefinition>(catalog.plans).flatMap(([name, plan]) =>
      problemsOf(plan, catalog).map((problem) => `${name}: ${problem}`),
    ),
  ];
  if (Object.keys(catalog.plans).length === 0) problems.push('there is no plan');
  if (problems.length > 0)
    throw new ConfigurationError(`The plan catalogue is not valid: ${problems.join('; ')}.`);
  return catalog;
}

/** An override is known by its name alone, so a limit and a feature may not share one. */
function nameProblems({ limits, features }: PlanCatalog): string[] {
  const names = [...limits, ...features];
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) < index));
  return [
    ...(names.includes('') ? ['a limit or feature has no name'] : []),
    ...[...repeated].map((name) => `${name} is declared twice among limits and features`),
  ];
}

function problemsOf(plan: PlanDefinition, catalog: PlanCatalog): string[] {
  const problems: string[] = [];
  if (!isCount(plan.version) || plan.version < 1) problems.push('version must be a whole number from 1');
  if (plan.priceCents !== null && !isCount(plan.priceCents))
    problems.push('priceCents must be whole cents or null');
  for (const limit of catalog.limits) {
    const value = plan.limits[limit];
    if (value !== null && !isCount(value)) problems.push(`${limit} must be a whole number from 0, or null`);
  }
  for (const limit of Object.keys(plan.limits)) {
    if (!catalog.limits.includes(limit)) problems.push(`${limit} is not among the limits declared`);
  }
  for (const feature of plan.features) {
    if (!catalog.features.includes(feature)) problems.push(`${feature} is not among the features declared`);
  }
  return [...problems, ...termsProblems(plan, catalog)];
}
