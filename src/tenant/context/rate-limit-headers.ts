/** One limit that a request was held to, as its answer says. */
export interface RateLimitPolicy {
  /** The name of the limit. */
  readonly name: string;
  /** Units; null is unlimited, which is not said. */
  readonly limit: number | null;
  /** Units left. */
  readonly remaining: number | null;
  /** When there will be more; null where nobody knows. */
  readonly resetsAt: Date | null;
  /** Whole seconds over which the limit counts; null where it counts what there is at once. */
  readonly windowSeconds: number | null;
}

/**
 * How answers tell of limits: `standard` by `RateLimit` and `RateLimit-Policy`, `x-ratelimit` by the older
 * `X-RateLimit-Limit`, `-Remaining` and `-Reset`, `both`, or `none`. `Retry-After` is on every refusal all the same.
 */
export type LimitHeaders = 'standard' | 'x-ratelimit' | 'both' | 'none';

/**
 * The values of the fields `RateLimit-Policy` and `RateLimit`, in the order given.
 *
 * https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10, in structured fields (RFC 9651).
 */
export function rateLimitHeaders(policies: Iterable<RateLimitPolicy>): { policy: string; limit: string } {
  const limited = [...policies].filter(({ limit }) => limit !== null);
  return {
    policy: limited.map(policyItem).join(', '),
    limit: limited.map(limitItem).join(', '),
  };
}

/**
 * The fields `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds), of the policy that has the smallest part left:
 * they know of one only.
 */
export function legacyRateLimitHeaders(policies: Iterable<RateLimitPolicy>): [name: string, value: number][] {
  const share = ({ limit, remaining }: RateLimitPolicy): number => (remaining ?? 0) / Math.max(1, limit ?? 1);
  const [tightest] = [...policies].filter(({ limit }) => limit !== null).sort((a, b) => share(a) - share(b));
  if (!tightest) return [];
  const { limit, remaining, resetsAt } = tightest;
  return [
    ['X-RateLimit-Limit', integer(limit ?? 0)],
    ['X-RateLimit-Remaining', integer(remaining ?? 0)],
    ...(resetsAt ? [['X-RateLimit-Reset', secondsUntil(resetsAt)] as [string, number]] : []),
  ];
}

function policyItem({ name, limit, windowSeconds }: RateLimitPolicy): string {
  const over = windowSeconds === null ? ';qu="concurrent-requests"' : `;w=${integer(windowSeconds)}`;
  return `${string(name)};q=${integer(limit ?? 0)}${over}`;
}

function limitItem({ name, remaining, resetsAt }: RateLimitPolicy): string {
  const reset = resetsAt === null ? '' : `;t=${secondsUntil(resetsAt)}`;
  return `${string(name)};r=${integer(remaining ?? 0)}${reset}`;
}

function secondsUntil(moment: Date): number {
  return integer((moment.getTime() - Date.now()) / 1000);
}

/** A String holds printable ASCII only. */
function string(value: string): string {
  return `"${value.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}

/** An Integer has 15 digits at most. */
function integer(value: number): number {
  return Math.min(Math.max(0, Math.ceil(value)), 999_999_999_999_999);
}
