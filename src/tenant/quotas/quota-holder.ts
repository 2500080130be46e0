import type { PlanDirectory } from '../catalog/plan-directory.js';
import type { HeldQuota, QuotaGate } from '../context/quota-gate.js';
import type { QuotaManager } from './quota.manager.js';

/** Units of a window are used when they are taken: there is nothing to charge later, and none come back. */
const TAKEN: HeldQuota = { commit: () => Promise.resolve(), release: () => Promise.resolve() };

/** Takes what `@CheckQuota` asks for, as its kind is taken. */
export class QuotaHolder implements QuotaGate {
  constructor(
    private readonly quotas: Pick<QuotaManager, 'consumeQuota' | 'reserveQuota'>,
    private readonly plans: Pick<PlanDirectory, 'kindOf'>,
  ) {}

  async reserveQuota(
    resource: string,
    amount: number,
    options: { readonly inFlight: true; readonly ttlSeconds: number },
  ): Promise<HeldQuota> {
    if (this.plans.kindOf(resource) !== 'rate') return this.quotas.reserveQuota(resource, amount, options);
    await this.quotas.consumeQuota(resource, amount);
    return TAKEN;
  }
}
