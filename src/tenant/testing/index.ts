export { createTestTenant, type TestTenant, type TestTenantOptions } from './create-test-tenant.js';
export type { TenantStoreCase } from './tenant-store-contract/contract-case.js';
export { tenantStoreContract } from './tenant-store-contract/tenant-store.contract.js';
