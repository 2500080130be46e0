import { tryGetTenantContext } from '../context/tenant-scope.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { QuotaExceededError } from '../errors/quota.errors.js';
import type { RateLimitDecision, RateLimitStatus } from './rate-limit-decision.js';

/** The error of a decision that refused. */
export function rateLimited(decision: RateLimitDecision, detail?: string): QuotaExceededError {
  const refused = decision.limits.filter(({ allowed }) => !allowed);
  // The one that takes longest: once it fits, the others do.
  const [worst] = [...refused].sort((a, b) => waitOf(b) - waitOf(a));
  if (!worst) throw new ConfigurationError('A call that was admitted is not refused.');
  const { resource, limit, cost, remaining, retryAfter } = worst;
  return new QuotaExceededError(
    {
      resource,
      kind: 'rate',
      limit,
      used: Math.max(0, limit - remaining),
      reserved: 0,
      requested: cost,
      remaining,
      resetsAt: new Date(Date.now() + (retryAfter ?? worst.window) * 1_000),
      plan: tryGetTenantContext()?.plan ?? null,
      enforcement: 'hard',
    },
    {
      violated: refused.map((each) => each.resource),
      retryable: retryAfter !== null,
      ...(detail && { detail }),
    },
  );
}

function waitOf({ retryAfter }: RateLimitStatus): number {
  return retryAfter ?? Infinity;
}
