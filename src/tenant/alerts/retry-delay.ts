const BASE_MS = 1_000;
const LONGEST_MS = 3_600_000;
/** A receiver that asks for more would be forgotten. */
const LONGEST_ASKED_MS = 86_400_000;

/**
 * How long to wait after the n-th failed attempt, in milliseconds: anything up to a bound that doubles each time, so
 * that what failed together does not come back together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param asked what the receiver asked for, which is waited for at least
 */
export function retryDelayMs(attempt: number, asked = 0, random = Math.random()): number {
  const bound = Math.min(LONGEST_MS, BASE_MS * 2 ** (attempt - 1));
  return Math.round(Math.max(random * bound, Math.min(asked, LONGEST_ASKED_MS)));
}
