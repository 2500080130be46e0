import { quotaCeiling } from '../catalog/effective-terms.js';
import type { EntitlementOverrides, EntitlementSource } from '../catalog/entitlements.js';
import type { LimitValue } from '../catalog/plan-definition.js';
import type { PlanDirectory } from '../catalog/plan-directory.js';
import type { Enforcement, QuotaKind } from '../catalog/quota-terms.js';

/** How much of one limit is used, where more is known than a number. */
export interface CountedUsage {
  readonly used: number;
  /** Held for work that is not done yet. @default 0 */
  readonly reserved?: number;
  /** When a period ends and it starts from 0. @default never */
  readonly resetsAt?: Date;
  /** When the days of grace end, once use is over a limit of enforcement `grace`. */
  readonly graceUntil?: Date;
}

/**
 * Where it is known how much a tenant uses.
 *
 * @example
 * const usage: UsageSource = { usageOf: async (tenantId) => ({ maxSeats: await seats.countOf(tenantId) }) };
 */
export interface UsageSource {
  /** By the name of the limit that bounds it. What nobody counts is left out: 0 is an answer, and means none. */
  usageOf(tenantId: string): Promise<Readonly<Record<string, number | CountedUsage>>>;
}

/** How much of one limit a tenant uses. */
export interface ResourceUsage {
  /** Null of a static value that somebody counts all the same. */
  readonly kind: QuotaKind | null;
  readonly used: number;
  /** Held for work that is not done yet. */
  readonly reserved: number;
  /** The effective limit: the tenant's override, else its plan's. Null is unlimited. */
  readonly limit: LimitValue;
  readonly unlimited: boolean;
  /** What is left of the limit, 0 when nothing is or more is used; null is unlimited. */
  readonly remaining: number | null;
  /**
   * used ÷ limit: 1 is all of it, and more is possible after a limit was lowered. Null where there is no ratio,
   * with a limit that is unlimited or 0.
   */
  readonly utilization: number | null;
  /** Whether one unit more would be refused now. */
  readonly exhausted: boolean;
  /** When the billing period ends and it starts from 0; null when it does not. */
  readonly resetsAt: Date | null;
  /** What happens at the limit. */
  readonly enforcement: Enforcement;
  /** When the days of grace end; null when none are running. */
  readonly graceUntil: Date | null;
  /** Where the limit comes from. */
  readonly source: EntitlementSource;
}

/** By the name of the limit. */
export type TenantUsage = Readonly<Record<string, ResourceUsage>>;

/** Whose limits use is held against. */
interface Limited {
  readonly plan: string;
  readonly planVersion: number;
  readonly limits: EntitlementOverrides;
}

export const NOTHING_COUNTED: UsageSource = { usageOf: () => Promise.resolve({}) };

/** Use and limit together, of the limits whose use is known. */
export function usageAgainst(
  { plan, planVersion, limits: overrides }: Limited,
  counted: Readonly<Record<string, number | CountedUsage>>,
  plans: PlanDirectory,
  at: Date,
): TenantUsage {
  const { limits } = plans.sourcedEntitlements(plan, planVersion, overrides);
  const known = Object.entries(limits).flatMap(([resource, { value: limit, source }]) => {
    const given = Object.hasOwn(counted, resource) ? counted[resource] : undefined;
    if (given === undefined) return [];
    const { used, reserved = 0, resetsAt, graceUntil } = typeof given === 'number' ? { used: given } : given;
    const kind = plans.kindOf(resource);
    const terms = kind ? plans.quotaTerms(plan, planVersion, resource, limit) : STATIC;
    const ceiling = quotaCeiling(terms, limit, graceUntil, at);
    const usage: ResourceUsage = {
      kind: kind ?? null,
      used,
      reserved,
      limit,
      unlimited: limit === null,
      remaining: limit === null ? null : Math.max(0, limit - used - reserved),
      utilization: limit ? used / limit : null,
      exhausted: ceiling !== null && used + reserved >= ceiling,
      resetsAt: resetsAt ?? null,
      enforcement: terms.enforcement,
      graceUntil: (terms.enforcement === 'grace' && graceUntil) || null,
      source,
    };
    return [[resource, usage] as const];
  });
  return Object.fromEntries(known);
}

/** Of a limit without a kind: `@CheckLimit` holds it, and knows no terms. */
const STATIC = { enforcement: 'hard', overageCap: 0 } as const;
