import type { TenantResolver } from './tenant.resolver.js';

/** The tenant of requests that name none, for single-tenant deployments. Access is checked all the same. */
export class DefaultTenantResolver implements TenantResolver {
  readonly explicit = false;
  readonly vouched = true;
  readonly source = 'the configured default';

  constructor(readonly tenant: string) {}

  resolve(): string {
    return this.tenant;
  }
}
