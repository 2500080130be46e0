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

function policyItem({ name, limit, windowSeconds }: RateLimitPolicy): string {
  const over = windowSeconds === null ? ';qu="concurrent-requests"' : `;w=${integer(windowSeconds)}`;
  return `${string(name)};q=${integer(limit ?? 0)}${over}`;
}

function limitItem({ name, remaining, resetsAt }: RateLimitPolicy): string {
  const reset = resetsAt === null ? '' : `;t=${integer((resetsAt.getTime() - Date.now()) / 1000)}`;
  return `${string(name)};r=${integer(remaining ?? 0)}${reset}`;
}

/** A String holds printable ASCII only. */
function string(value: string): string {
  return `"${value.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}

/** An Integer has 15 digits at most. */
function integer(value: number): number {
  return Math.min(Math.max(0, Math.ceil(value)), 999_999_999_999_999);
}
