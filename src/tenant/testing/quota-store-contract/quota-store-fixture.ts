import type { QuotaTerms } from '../../catalog/quota-terms.js';
import type { QuotaCounter, QuotaStore } from '../../quotas/quota.store.js';
import type { TenantStatus } from '../../registry/tenant.js';

/** What a plan holds a tenant to. */
export interface GivenQuotaTerms extends QuotaTerms {
  /** null is unlimited. */
  readonly limit: number | null;
}

/** A store under test, and what decides over it. */
export interface QuotaStoreFixture {
  /** Holds no counter, reservation or key. */
  readonly store: QuotaStore;
  /** Adds an active tenant, whose limits are 0, and answers with its id. */
  addTenant(given: { readonly periodAnchor: Date }): Promise<string>;
  setStatus(tenantId: string, status: TenantStatus): Promise<void>;
  /** Holds a tenant to other terms from now on. The names are `units`, `other` and, of concurrency, `slots`. */
  setTerms(tenantId: string, resource: string, terms: GivenQuotaTerms): Promise<void>;
  /**
   * Sets the store's clock, never back, and stops it there: for a store that takes a clock, the clock; for one that
   * goes by a server's, put another function in the place of the server's.
   */
  moveTo(at: Date): Promise<void>;
  /** Makes the counter of the running period say something that its ledger does not, where that can be. */
  distort?(counter: QuotaCounter, says: { readonly used: number; readonly reserved: number }): Promise<void>;
}
