import type { TenantContext } from '../context/tenant-context.js';
import { QuotaExceededError } from '../errors/quota.errors.js';

/** How many calls one tenant may have under way at once: a number, or one for each tenant; null is any number. */
export type ConcurrencyLimit = number | null | ((tenant: TenantContext) => number | null);

/** Counts the calls of each tenant that are under way in this process, and refuses those that are too many. */
export class TenantConcurrency {
  readonly #underWay = new Map<string, number>();

  constructor(private readonly limit: ConcurrencyLimit = null) {}

  /**
   * @returns what ends the call; undefined when nothing is counted
   * @throws QuotaExceededError with code CONCURRENCY_LIMITED
   */
  enter(tenant: TenantContext | undefined): (() => void) | undefined {
    if (this.limit === null || !tenant) return undefined;
    const limit = typeof this.limit === 'function' ? this.limit(tenant) : this.limit;
    if (limit === null) return undefined;
    const { tenantId } = tenant;
    const used = this.#underWay.get(tenantId) ?? 0;
    // Not at least one: a limit nobody can read is one of none.
    if (!(used < limit)) throw tooMany(tenant, limit, used);
    this.#underWay.set(tenantId, used + 1);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const left = (this.#underWay.get(tenantId) ?? 1) - 1;
      if (left > 0) this.#underWay.set(tenantId, left);
      else this.#underWay.delete(tenantId);
    };
  }
}

function tooMany({ plan }: TenantContext, limit: number, used: number): QuotaExceededError {
  return new QuotaExceededError({
    resource: 'concurrent-requests',
    kind: 'concurrency',
    limit,
    used,
    reserved: 0,
    requested: 1,
    remaining: 0,
    resetsAt: null,
    plan,
    enforcement: 'hard',
  });
}
