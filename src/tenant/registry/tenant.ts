import type { EntitlementOverrides } from '../catalog/entitlements.js';
import type { TenantPlan } from '../catalog/plan-catalog.js';

/** `trial` and `active` may act; `suspended` may not until reactivated; `deleted` never again. */
export type TenantStatus = 'trial' | 'active' | 'suspended' | 'deleted';

/** The status of a tenant there still is. */
export type LiveTenantStatus = Exclude<TenantStatus, 'deleted'>;

/** JSON of the application's own. */
export type TenantMetadata = Readonly<Record<string, unknown>>;

/** A plan a tenant moves to by itself, at a moment that was agreed. */
export interface ScheduledPlan {
  readonly plan: TenantPlan;
  readonly planVersion: number;
  /** From then on it is the tenant's plan. */
  readonly effectiveAt: Date;
}

/**
 * One tenant as it is stored. What it may do in effect is computed from its plan and its overrides: see
 * EntitlementService.
 */
export interface Tenant {
  /** uuid */
  readonly id: string;
  readonly name: string;
  /** Unique; lower-case letters, digits and hyphens, at most 50. */
  readonly slug: string;
  readonly status: TenantStatus;
  /** Why it has this status, when an operator said so. */
  readonly statusReason: string | null;
  readonly plan: TenantPlan;
  readonly planVersion: number;
  /** Null when the plan stays as it is. */
  readonly scheduledPlan: ScheduledPlan | null;
  readonly metadata: TenantMetadata;
  /** This tenant's overrides of limits and features; effective values are computed. */
  readonly limits: EntitlementOverrides;
  /** Contract price per month in cents; null: the plan's list price. */
  readonly priceCents: number | null;
  /** Billing periods start on this day and time of the month. */
  readonly periodAnchor: Date;
  /** Where its rows live. */
  readonly placement: 'shared';
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When it was deleted; null as long as it is not. */
  readonly deletedAt: Date | null;
}
