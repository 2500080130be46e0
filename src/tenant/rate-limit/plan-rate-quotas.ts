import type { PlanDirectory } from '../catalog/plan-directory.js';
import type { Enforcement } from '../catalog/quota-terms.js';
import { TenantNotFoundError } from '../errors/request.errors.js';
import type { QuotaDecision, QuotaStatus } from '../quotas/quota-decision.js';
import type { RateQuotas } from '../quotas/rate-quotas.js';
import { planInEffect } from '../registry/plan-in-effect.js';
import { assertMayAct } from '../registry/tenant-context.loader.js';
import type { Tenant } from '../registry/tenant.js';
import type { RateLimit } from './rate-limit.js';
import type { RateLimitDecision } from './rate-limit-decision.js';
import type { RateLimiter } from './rate-limiter.js';

/** What of a tenant's plan holds a limit of kind `rate`. */
interface RateTerms {
  readonly limit: number | null;
  readonly window: number;
  readonly enforcement: Enforcement;
  readonly plan: string;
}

/** Takes the limits of a plan that are of kind `rate`, over the window the catalogue gives them. */
export class PlanRateQuotas implements RateQuotas {
  /** One for each value of a limit: the limiter knows them by identity. */
  readonly #limits = new Map<string, RateLimit>();

  constructor(
    private readonly limiter: RateLimiter,
    private readonly plans: PlanDirectory,
    /** Reads a tenant; the copy of a cache will do. */
    private readonly find: (tenantId: string) => Promise<Tenant | undefined>,
  ) {}

  async take(tenantId: string, resource: string, amount: number): Promise<QuotaDecision> {
    const terms = await this.#termsOf(tenantId, resource);
    const decision =
      terms.limit === null
        ? undefined
        : await this.limiter.tryConsumeAs(tenantId, this.#limitOf(resource, terms), {
            cost: amount,
            tenantId,
          });
    const allowed = decision?.allowed ?? true;
    return { ...statusOf(resource, terms, decision), allowed, requested: amount, replayed: false };
  }

  async peek(tenantId: string, resource: string): Promise<QuotaStatus> {
    const terms = await this.#termsOf(tenantId, resource);
    if (terms.limit === null) return statusOf(resource, terms, undefined);
    // Also of one on trial: what is asked for is how it stands.
    const limit = this.#limitOf(resource, { ...terms, enforcement: 'hard' });
    return statusOf(resource, terms, await this.limiter.peekAs(tenantId, limit, 0));
  }

  async #termsOf(tenantId: string, resource: string): Promise<RateTerms> {
    const tenant = await this.find(tenantId);
    if (!tenant) throw new TenantNotFoundError();
    assertMayAct(tenant);
    const { plan, planVersion } = planInEffect(tenant, new Date());
    const value = this.plans.entitlements(plan, planVersion, tenant.limits).limits[resource];
    const limit = value === undefined ? 0 : value; // a limit nobody knows is a limit of none
    const { enforcement } = this.plans.quotaTerms(plan, planVersion, resource, limit);
    return { limit, window: this.plans.windowOf(resource), enforcement, plan };
  }

  #limitOf(resource: string, { limit, window, enforcement }: RateTerms): RateLimit {
    const key = `${enforcement} ${limit} ${resource}`;
    let known = this.#limits.get(key);
    if (!known) {
      if (this.#limits.size >= 1_000) this.#limits.clear();
      known = { resource, limit, window, enforcement: enforcement === 'shadow' ? 'shadow' : 'hard' };
      this.#limits.set(key, known);
    }
    return known;
  }
}

function statusOf(
  resource: string,
  { limit, window, enforcement, plan }: RateTerms,
  decision: RateLimitDecision | undefined,
): QuotaStatus {
  const [state] = decision?.limits ?? [];
  const remaining = limit === null ? null : (state?.remaining ?? limit);
  const wait = state?.retryAfter;
  return {
    resource,
    kind: 'rate',
    limit,
    unlimited: limit === null,
    used: limit === null || remaining === null ? 0 : Math.max(0, limit - remaining),
    reserved: 0,
    remaining,
    overage: 0,
    wouldDeny: 0,
    // Of a call that was refused, when it fits: there may be a unit before that.
    resetsAt: wait ? new Date(Date.now() + wait * 1_000) : (state?.resetsAt ?? null),
    periodStart: state ? new Date(state.resetsAt.getTime() - window * 1_000) : null,
    enforcement,
    plan,
  };
}
