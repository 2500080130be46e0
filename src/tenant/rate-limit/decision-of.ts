import type { Asked } from './asked-limits.js';
import type { RateLimitDecision, RateLimitStatus } from './rate-limit-decision.js';
import type { PolicyState } from './rate-limit.store.js';

/** Of a call that is held to nothing. */
export const ADMITTED: RateLimitDecision = Object.freeze({
  allowed: true,
  limits: [],
  retryAfter: 0,
  decidedBy: 'store',
});

/** What an answer of a store means for a call. */
export function decisionOf(
  asked: readonly Asked[],
  allowed: boolean,
  states: readonly PolicyState[],
  decidedBy: RateLimitDecision['decidedBy'],
): RateLimitDecision {
  const now = Date.now();
  let retryAfter: number | null = 0;
  const limits = asked.map(({ request: { policy, cost } }, index): RateLimitStatus => {
    const { remaining, resetMs, retryMs } = states[index] as PolicyState;
    // Of a call that was admitted, the states are those after it: the next one may have to wait.
    const fits = allowed || retryMs === 0;
    const wait = fits ? 0 : retryMs === null ? null : Math.max(1, Math.ceil(retryMs / 1_000));
    if (!fits) retryAfter = wait === null || retryAfter === null ? null : Math.max(retryAfter, wait);
    return {
      resource: policy.name,
      limit: policy.limit,
      window: policy.windowMs / 1_000,
      cost,
      allowed: fits,
      remaining,
      resetsAt: new Date(now + resetMs),
      retryAfter: wait,
    };
  });
  return { allowed, limits, retryAfter, decidedBy };
}
