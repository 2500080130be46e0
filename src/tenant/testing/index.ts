export { createTestTenant, type TestTenant, type TestTenantOptions } from './create-test-tenant.js';
export { TenantTestingModule, type TenantTestingOptions } from './tenant-testing.module.js';
export { actingAs, testPrincipal } from './test-principal.js';

// expectNoLeak
export { expectNoLeak } from './expect-no-leak/expect-no-leak.js';
export { findLeaks } from './expect-no-leak/find-leaks.js';
export { LeakFoundError } from './expect-no-leak/leak-found.error.js';
export type {
  LeakRows,
  LeakSample,
  LeakSampleInput,
  LeakTenant,
  NoLeakOptions,
} from './expect-no-leak/no-leak.options.js';
export type { LeakFinding, LeakKind, NoLeakReport, UnprovedRoute } from './expect-no-leak/no-leak.report.js';

// for stores of tenants
export type { TenantStoreCase } from './tenant-store-contract/contract-case.js';
export { tenantStoreContract } from './tenant-store-contract/tenant-store.contract.js';

// for stores of quotas
export type { QuotaStoreCase } from './quota-store-contract/contract-case.js';
export { quotaStoreContract } from './quota-store-contract/quota-store.contract.js';
export type { GivenQuotaTerms, QuotaStoreFixture } from './quota-store-contract/quota-store-fixture.js';

// for stores of rate limits
export type { RateLimitStoreCase } from './rate-limit-store-contract/contract-case.js';
export { rateLimitStoreContract } from './rate-limit-store-contract/rate-limit-store.contract.js';
export type { RateLimitStoreFixture } from './rate-limit-store-contract/rate-limit-store-fixture.js';
