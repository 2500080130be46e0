import type { EntitlementSource } from '../catalog/entitlements.js';
import type { LimitValue } from '../catalog/plan-definition.js';

type Value = LimitValue | boolean;

/** One sentence: what a limit or feature is, and where that comes from. */
export function originOf(entitlement: {
  readonly name: string;
  readonly value: Value;
  readonly source: EntitlementSource;
  readonly plan: string;
  readonly planVersion: number;
  readonly planValue: Value;
}): string {
  const { name, value, source, planValue } = entitlement;
  const plan = `the plan ${entitlement.plan} (version ${entitlement.planVersion})`;
  return `${name} is ${inWords(value)}: ${
    {
      override: `an override of this tenant; ${plan} would make it ${inWords(planValue)}.`,
      plan: `${plan} says so.`,
      default: `${plan} does not know it, and what is not known is none.`,
    }[source]
  }`;
}

function inWords(value: Value): string {
  if (typeof value === 'boolean') return value ? 'granted' : 'not granted';
  return value === null ? 'unlimited' : String(value);
}
