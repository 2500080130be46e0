import type { TenantResolver } from './tenant.resolver.js';

/**
 * The tenant of requests that name none, by id or slug, for single-tenant deployments. Access is checked all the
 * same. One that can be no tenant's id or slug stops the application at its start, with ConfigurationError, when it is
 * among the module's `resolvers`.
 *
 * @example
 * resolvers: [new HeaderTenantResolver(), new DefaultTenantResolver('acme')]
 */
export class DefaultTenantResolver implements TenantResolver {
  readonly explicit = false;
  readonly vouched = true;
  readonly source = 'the configured default';

  constructor(readonly tenant: string) {}

  resolve(): string {
    return this.tenant;
  }
}
