import type { Entitlements } from '../catalog/entitlements.js';
import type { LimitValue } from '../catalog/plan-definition.js';

/**
 * Where it is known how much a tenant uses.
 *
 * @example
 * const usage: UsageSource = { usageOf: async (tenantId) => ({ maxSeats: await seats.countOf(tenantId) }) };
 */
export interface UsageSource {
  /** By the name of the limit that bounds it. What nobody counts is left out: 0 is an answer, and means none. */
  usageOf(tenantId: string): Promise<Readonly<Record<string, number>>>;
}

/** How much of one limit a tenant uses. */
export interface ResourceUsage {
  readonly used: number;
  /** The effective limit: the tenant's override, else its plan's. Null is unlimited. */
  readonly limit: LimitValue;
  /**
   * used ÷ limit: 1 is all of it, and more is possible after a limit was lowered. Null where there is no ratio,
   * with a limit that is unlimited or 0.
   */
  readonly utilization: number | null;
}

/** By the name of the limit. */
export type TenantUsage = Readonly<Record<string, ResourceUsage>>;

export const NOTHING_COUNTED: UsageSource = { usageOf: () => Promise.resolve({}) };

/** Use and limit together, of the limits whose use is known. */
export function usageAgainst(
  limits: Entitlements['limits'],
  counted: Readonly<Record<string, number>>,
): TenantUsage {
  const known = Object.entries(limits).flatMap(([resource, limit]) => {
    const used = Object.hasOwn(counted, resource) ? counted[resource] : undefined;
    return used === undefined ? [] : [[resource, { used, limit, utilization: limit ? used / limit : null }]];
  });
  return Object.fromEntries(known) as TenantUsage;
}
