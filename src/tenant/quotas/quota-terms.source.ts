import type { LimitValue } from '../catalog/plan-definition.js';
import type { EffectiveQuotaTerms } from '../catalog/quota-terms.js';
import type { LiveTenantStatus } from '../registry/tenant.js';

/** What holds for one resource of one tenant at a moment. */
export interface TermsInEffect {
  readonly status: LiveTenantStatus;
  readonly plan: string;
  /** The tenant's override, else its plan's; null is unlimited. */
  readonly limit: LimitValue;
  /** Billing periods start on this day and time of the month. */
  readonly periodAnchor: Date;
  readonly terms: EffectiveQuotaTerms;
}

/** Where a store that keeps no plans of its own learns what a tenant may take. */
export interface QuotaTermsSource {
  /**
   * @param resource the name of the limit; one that the tenant's plan does not know is 0.
   * @throws TenantNotFoundError when unknown or deleted.
   */
  termsOf(tenantId: string, resource: string, at: Date): Promise<TermsInEffect>;
}
