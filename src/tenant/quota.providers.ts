import { Logger, type Provider } from '@nestjs/common';
import { PlanDirectory } from './catalog/plan-directory.js';
import { ConfigurationError } from './errors/isolation.errors.js';
import { PostgresAllocations } from './quotas/allocation-counters.js';
import { InMemoryQuotaStore } from './quotas/in-memory-quota.store.js';
import { PostgresQuotaStore } from './quotas/postgres-quota.store.js';
import { QuotaRequirementCheck } from './quotas/quota-requirement-check.js';
import { QuotaSweeper } from './quotas/quota-sweeper.js';
import { QuotaManager } from './quotas/quota.manager.js';
import type { QuotaStore } from './quotas/quota.store.js';
import { RegistryQuotaTerms } from './quotas/registry-quota-terms.js';
import { PlanRateQuotas } from './rate-limit/plan-rate-quotas.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';
import { TenantCache } from './registry/cache/tenant-cache.js';
import { TenantService } from './registry/tenant.service.js';
import { TENANT_MODULE_OPTIONS } from './tenant.module-definition.js';
import type { TenantModuleOptions, TenantModuleQuotaOptions } from './tenant.options.js';

export const QUOTA_STORE = Symbol('@parallax/tenant:quota-store');

/** What is counted against the plan, and by whom. */
export const quotaProviders: Provider[] = [
  {
    provide: QUOTA_STORE,
    inject: [TENANT_MODULE_OPTIONS, PlanDirectory],
    useFactory: ({ store, controlPlane, quotas }: TenantModuleOptions, plans: PlanDirectory): QuotaStore => {
      if (quotas?.store) return quotas.store;
      if (controlPlane) return new PostgresQuotaStore(controlPlane);
      const tenants = new TenantService(store, new Logger(TenantService.name), plans);
      return new InMemoryQuotaStore(new RegistryQuotaTerms(tenants, plans));
    },
  },
  {
    provide: QuotaManager,
    inject: [TENANT_MODULE_OPTIONS, QUOTA_STORE, PlanDirectory, RateLimiter, TenantCache],
    useFactory: (
      { controlPlane, quotas }: TenantModuleOptions,
      store: QuotaStore,
      plans: PlanDirectory,
      limiter: RateLimiter,
      tenants: TenantCache,
    ) => {
      assertUsable(quotas);
      return new QuotaManager(store, new Logger(QuotaManager.name), plans, {
        rates: new PlanRateQuotas(limiter, plans, (id) => tenants.find({ id })),
        ...(controlPlane && { allocations: new PostgresAllocations(controlPlane) }),
        ...(quotas?.exceededStatus !== undefined && { exceededStatus: quotas.exceededStatus }),
      });
    },
  },
  {
    provide: QuotaSweeper,
    inject: [TENANT_MODULE_OPTIONS, QUOTA_STORE, TenantService],
    useFactory: ({ quotas }: TenantModuleOptions, store: QuotaStore, tenants: TenantService) =>
      new QuotaSweeper(store, tenants, quotas?.sweepMs),
  },
  QuotaRequirementCheck,
];

function assertUsable({ exceededStatus = 429, sweepMs = 1 }: TenantModuleQuotaOptions = {}): void {
  if (![402, 403, 429].includes(exceededStatus))
    throw new ConfigurationError(`quotas.exceededStatus is 402, 403 or 429, not ${String(exceededStatus)}.`);
  if (!Number.isSafeInteger(sweepMs) || sweepMs < 1)
    throw new ConfigurationError(
      `quotas.sweepMs is a whole number of milliseconds from 1, not ${String(sweepMs)}.`,
    );
}
