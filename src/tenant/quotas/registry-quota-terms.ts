import type { PlanDirectory } from '../catalog/plan-directory.js';
import { planInEffect } from '../registry/plan-in-effect.js';
import type { LiveTenantStatus } from '../registry/tenant.js';
import type { TenantService } from '../registry/tenant.service.js';
import type { QuotaTermsSource, TermsInEffect } from './quota-terms.source.js';

/**
 * What tenants may take, read from the registry at each call: a plan changed by another process holds at once.
 *
 * @throws TenantNotFoundError when unknown or deleted; ConfigurationError when no kind is given to the limit.
 * @example
 * const tenants = new TenantService(new InMemoryTenantStore());
 * const terms = new RegistryQuotaTerms(tenants, new PlanDirectory(PLAN_CATALOG));
 * (await terms.termsOf(tenantId, 'maxExecutions', new Date())).limit; // 1000
 */
export class RegistryQuotaTerms implements QuotaTermsSource {
  constructor(
    private readonly tenants: TenantService,
    private readonly plans: PlanDirectory,
  ) {}

  async termsOf(tenantId: string, resource: string, at: Date): Promise<TermsInEffect> {
    const tenant = await this.tenants.getTenant(tenantId);
    const { plan, planVersion } = planInEffect(tenant, at);
    const { limits } = this.plans.entitlements(plan, planVersion, tenant.limits);
    const limit = limits[resource] === undefined ? 0 : limits[resource];
    return {
      status: tenant.status as LiveTenantStatus,
      plan,
      limit,
      periodAnchor: tenant.periodAnchor,
      terms: this.plans.quotaTerms(plan, planVersion, resource, limit),
    };
  }
}
