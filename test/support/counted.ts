import { Logger } from '@nestjs/common';
import { definePlans } from '../../src/tenant/catalog/define-plans.js';
import { PlanDirectory } from '../../src/tenant/catalog/plan-directory.js';
import type { TenantRuntime } from '../../src/tenant/context/tenant-runtime.js';
import { runInScope, TenantScope } from '../../src/tenant/context/tenant-scope.js';
import { UnavailableError } from '../../src/tenant/errors/request.errors.js';
import { InMemoryQuotaStore } from '../../src/tenant/quotas/in-memory-quota.store.js';
import { QuotaManager } from '../../src/tenant/quotas/quota.manager.js';
import type { QuotaAnswer, QuotaCall, QuotaCounter } from '../../src/tenant/quotas/quota.store.js';
import { RegistryQuotaTerms } from '../../src/tenant/quotas/registry-quota-terms.js';
import { InMemoryTenantStore } from '../../src/tenant/registry/in-memory-tenant.store.js';
import type { Tenant } from '../../src/tenant/registry/tenant.js';
import { contextOf } from '../../src/tenant/registry/tenant-context.loader.js';
import { TenantService } from '../../src/tenant/registry/tenant.service.js';

export const countedPlans = definePlans({
  limits: ['maxRuns', 'maxTokens', 'maxAtOnce', 'maxSeats', 'maxRunsPerMinute', 'retentionDays'],
  kinds: {
    maxRuns: 'consumption',
    maxTokens: 'consumption',
    maxAtOnce: 'concurrency',
    maxSeats: 'allocation',
    maxRunsPerMinute: 'rate',
  },
  features: [],
  plans: {
    small: {
      version: 1,
      priceCents: 0,
      limits: {
        maxRuns: 10,
        maxTokens: 2,
        maxAtOnce: 1,
        maxSeats: 1,
        maxRunsPerMinute: 5,
        retentionDays: 7,
      },
      features: [],
      quotas: { maxRuns: { refundCap: 2 } },
    },
    trial: {
      version: 1,
      priceCents: 0,
      limits: {
        maxRuns: 0,
        maxTokens: 1,
        maxAtOnce: 1,
        maxSeats: 1,
        maxRunsPerMinute: 5,
        retentionDays: 7,
      },
      features: [],
      quotas: { maxRuns: { enforcement: 'shadow' } },
    },
    endless: {
      version: 1,
      priceCents: 0,
      limits: {
        maxRuns: null,
        maxTokens: null,
        maxAtOnce: null,
        maxSeats: 1,
        maxRunsPerMinute: null,
        retentionDays: 7,
      },
      features: [],
    },
  },
});

/** A store whose server can go away, and answer late. */
export class FlakyQuotaStore extends InMemoryQuotaStore {
  readonly calls: QuotaCall[] = [];
  isAway: (call: QuotaCall) => boolean = () => false;

  override async apply(counter: QuotaCounter, calls: readonly QuotaCall[]): Promise<QuotaAnswer> {
    await new Promise(setImmediate);
    this.calls.push(...calls);
    if (calls.some(this.isAway)) throw new UnavailableError('The counters are away.');
    return super.apply(counter, calls);
  }
}

/** A tenant of a small plan, and what it has used. */
export class Counted {
  private constructor(
    readonly store: FlakyQuotaStore,
    readonly quotas: QuotaManager,
    private readonly tenants: TenantService,
    private readonly plans: PlanDirectory,
    readonly tenant: Tenant,
  ) {}

  static async start(): Promise<Counted> {
    Logger.overrideLogger(false);
    const plans = new PlanDirectory(countedPlans);
    const tenants = new TenantService(new InMemoryTenantStore(), new Logger(), plans);
    const store = new FlakyQuotaStore(new RegistryQuotaTerms(tenants, plans));
    const quotas = new QuotaManager(store, new Logger(), plans);
    return new Counted(store, quotas, tenants, plans, await tenants.createTenant('Acme', {}, 'small'));
  }

  createTenant(name: string): Promise<Tenant> {
    return this.tenants.createTenant(name, {}, 'small');
  }

  scopeOf(tenant: Tenant | undefined = this.tenant, answer?: TenantScope['answer']): TenantScope {
    const runtime = { quotas: this.quotas } as unknown as TenantRuntime;
    return new TenantScope(runtime, contextOf(tenant, this.plans, {}), undefined, 'transport', answer);
  }

  run<T>(fn: () => T, tenant = this.tenant): T {
    return runInScope(this.scopeOf(tenant), fn);
  }

  /** `used/reserved` of a limit. */
  async use(limit = 'maxRuns', tenant = this.tenant): Promise<string> {
    const { used, reserved } = await this.quotas.getQuotaStatus(limit, { tenantId: tenant.id });
    return `${used}/${reserved}`;
  }
}
