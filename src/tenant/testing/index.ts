export { createTestTenant, type TestTenant, type TestTenantOptions } from './create-test-tenant.js';
