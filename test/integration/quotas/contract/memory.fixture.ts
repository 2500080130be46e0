import { randomUUID } from 'node:crypto';
import { type TenantStatus, TenantNotFoundError } from '@parallax/tenant';
import type { GivenQuotaTerms, QuotaStoreFixture } from '@parallax/tenant/testing';
import { effectiveTerms } from '../../../../src/tenant/catalog/effective-terms.js';
import { InMemoryQuotaStore } from '../../../../src/tenant/quotas/in-memory-quota.store.js';
import type { QuotaStore } from '../../../../src/tenant/quotas/quota.store.js';
import type { QuotaTermsSource, TermsInEffect } from '../../../../src/tenant/quotas/quota-terms.source.js';

interface GivenTenant {
  readonly periodAnchor: Date;
  status: TenantStatus;
  readonly terms: Map<string, GivenQuotaTerms>;
}

/** A store in memory whose tenants, terms and clock a test sets. */
export class MemoryQuotaFixture implements QuotaStoreFixture, QuotaTermsSource {
  readonly #tenants = new Map<string, GivenTenant>();
  #now = new Date();

  readonly store: QuotaStore;

  constructor(
    make = (terms: QuotaTermsSource, clock: () => Date): QuotaStore => new InMemoryQuotaStore(terms, clock),
  ) {
    this.store = make(this, () => this.#now);
  }

  addTenant({ periodAnchor }: { periodAnchor: Date }): Promise<string> {
    const id = randomUUID();
    this.#tenants.set(id, { periodAnchor, status: 'active', terms: new Map() });
    return Promise.resolve(id);
  }

  setStatus(tenantId: string, status: TenantStatus): Promise<void> {
    this.#tenants.get(tenantId)!.status = status;
    return Promise.resolve();
  }

  setTerms(tenantId: string, resource: string, terms: GivenQuotaTerms): Promise<void> {
    this.#tenants.get(tenantId)!.terms.set(resource, terms);
    return Promise.resolve();
  }

  moveTo(at: Date): Promise<void> {
    this.#now = at;
    return Promise.resolve();
  }

  termsOf(tenantId: string, resource: string): Promise<TermsInEffect> {
    const tenant = this.#tenants.get(tenantId);
    if (!tenant || tenant.status === 'deleted') return Promise.reject(new TenantNotFoundError());
    const { limit, ...given } = tenant.terms.get(resource) ?? { limit: 0 };
    const terms = effectiveTerms(given, 'consumption', limit);
    const { status, periodAnchor } = tenant;
    return Promise.resolve({ status, plan: 'given', limit, periodAnchor, terms });
  }
}
