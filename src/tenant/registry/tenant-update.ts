import type { EntitlementOverrides } from '../catalog/entitlements.js';
import type { TenantPlan } from '../catalog/plan-catalog.js';
import type { PlanChangeTime } from './plan-changes.js';
import type { LiveTenantStatus, TenantMetadata } from './tenant.js';

/** What need not be said of a new tenant. */
export interface NewTenantOptions {
  /**
   * For a name that makes none, or one that is taken. Case is folded; otherwise it must be a slug as it is.
   *
   * @default made from the name
   */
  readonly slug?: string | undefined;
}

/** What to change of a tenant; what is left out stays as it is. */
export interface TenantUpdate {
  readonly name?: string;
  /** Merged; a key set to null is removed. */
  readonly metadata?: TenantMetadata;
  /**
   * In the version sold today. A plan that allows or grants less of anything becomes the tenant's when its billing
   * period ends, every other at once; `when` decides otherwise. What was scheduled before is replaced: choosing the
   * plan the tenant has keeps it there.
   */
  readonly plan?: TenantPlan;
  /** When the plan changes. */
  readonly when?: PlanChangeTime;
  /**
   * What to do when the tenant uses more than the plan allows: nothing is deleted either way, and it may not make more
   * than that. `block` refuses the change.
   *
   * @default 'allow'
   */
  readonly overLimit?: 'allow' | 'block';
  /** Replaces this tenant's overrides of limits and features. */
  readonly limits?: EntitlementOverrides;
}

/** Which tenants to list. */
export interface TenantFilter {
  /** @default any a tenant there still is may have */
  readonly status?: LiveTenantStatus | undefined;
}
