import type { PlanDirectory } from '../catalog/plan-directory.js';
import type { QuotaKind } from '../catalog/quota-terms.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import type { AllocationCounters } from './allocation-counters.js';
import type { QuotaCounter, QuotaState, QuotaStore, StoredQuotaKind } from './quota.store.js';
import type { RateQuotas } from './rate-quotas.js';

/** Knows for each limit who counts it. */
export class QuotaCounters {
  constructor(
    private readonly store: Pick<QuotaStore, 'read'>,
    private readonly plans: PlanDirectory,
    private readonly others: { readonly allocations?: AllocationCounters; readonly rates?: RateQuotas },
  ) {}

  /** @throws ConfigurationError for a limit nothing counts. */
  kindOf(resource: string): QuotaKind {
    const kind = this.plans.kindOf(resource);
    if (kind) return kind;
    throw new ConfigurationError(
      `Nothing counts "${resource}": give it a kind in definePlans({ kinds: { … } }), or correct the name.`,
    );
  }

  /** @throws ConfigurationError for a limit that the store does not keep. */
  of(tenantId: string, resource: string): QuotaCounter {
    const kind = this.kindOf(resource);
    if (!isStored(kind)) throw notConsumed(resource, kind);
    return { tenantId, resource, kind };
  }

  /** The limits whose use can be read here. */
  counted(): string[] {
    return this.plans.catalog.limits.filter((resource) => {
      const kind = this.plans.kindOf(resource);
      return kind !== undefined && (isStored(kind) || (kind === 'allocation' && this.others.allocations));
    });
  }

  /** One state for each, in the same order. */
  async read(tenantId: string, resources: readonly string[]): Promise<QuotaState[]> {
    const allocations = resources.filter((resource) => this.kindOf(resource) === 'allocation');
    const stored = resources
      .filter((resource) => this.kindOf(resource) !== 'allocation')
      .map((resource) => this.of(tenantId, resource));
    const [counted, kept] = await Promise.all([
      allocations.length > 0 ? this.allocations.read(tenantId, allocations) : [],
      this.store.read(
        tenantId,
        stored.map(({ resource, kind }) => ({ resource, kind })),
      ),
    ]);
    const states = new Map([
      ...allocations.map((resource, index) => [resource, counted[index]] as const),
      ...stored.map(({ resource }, index) => [resource, kept[index]] as const),
    ]);
    return resources.map((resource) => states.get(resource) as QuotaState);
  }

  /** @throws ConfigurationError when there is nothing to read them from. */
  get allocations(): AllocationCounters {
    if (this.others.allocations) return this.others.allocations;
    throw new ConfigurationError(
      'Allocation limits are counted in the database: give TenantModule a `controlPlane`.',
    );
  }

  /** @throws ConfigurationError when nothing takes them. */
  get rates(): RateQuotas {
    if (this.others.rates) return this.others.rates;
    throw new ConfigurationError('Nothing here takes limits of kind "rate": they need a rate limiter.');
  }
}

/** What to do instead of consuming a limit of another kind. */
export function notConsumed(resource: string, kind: QuotaKind): ConfigurationError {
  const instead = {
    allocation:
      'rows count against it, and enforceAllocationLimit() on their table holds it in the transaction that writes them',
    concurrency: 'it is held while work runs, by reserveQuota() or @CheckQuota',
    rate: 'it is taken by consumeQuota() with a rate limiter, and cannot be reserved',
    consumption: 'it is consumed',
  };
  return new ConfigurationError(`${resource} is of kind ${kind}: ${instead[kind]}.`);
}

function isStored(kind: QuotaKind): kind is StoredQuotaKind {
  return kind === 'consumption' || kind === 'concurrency';
}
