/**
 * How a limit counts. `sliding-window`: never more than the limit in any window that long, wherever it begins; units
 * come back between one window and one window and a twelfth after they were taken. `fixed-window`: the limit anew in
 * each window, windows following each other from 1970 on; around the edge of two there may be twice the limit.
 * `token-bucket`: units come back evenly, `limit` per window, up to `burst` that may be taken at once.
 */
export type RateLimitAlgorithm = 'sliding-window' | 'fixed-window' | 'token-bucket';

/** One policy as a store counts it, nothing left out. Its use is known by `name`, `algorithm` and `windowMs`. */
export interface CountedPolicy {
  /** 1 to 128 printable ASCII characters. */
  readonly name: string;
  readonly algorithm: RateLimitAlgorithm;
  /** Units per window: a whole number from 0 to 1,000,000,000. May be another at each call. */
  readonly limit: number;
  /** Milliseconds: a whole number from 1,000 to 31 days. */
  readonly windowMs: number;
  /** Units at once: of `token-bucket`, a whole number from 0; of the others the limit. */
  readonly burst: number;
}

/** What a call asks of one policy. */
export interface RateLimitRequest {
  readonly policy: CountedPolicy;
  /** Units one call takes: a whole number from 0 to 1,000,000,000. */
  readonly cost: number;
}

/** How one policy stands after a call. */
export interface PolicyState {
  /** Whole units that may be taken now, never negative. */
  readonly remaining: number;
  /** Milliseconds until `remaining` grows by itself; 0 when nothing is used. */
  readonly resetMs: number;
  /** Milliseconds until one more such call fits, if nobody else takes; 0 now, null never. */
  readonly retryMs: number | null;
}

export interface RateLimitAnswer {
  /** How many of the calls were admitted: the first ones. */
  readonly granted: number;
  /** One for each request, in the same order, after what was granted. */
  readonly states: readonly PolicyState[];
}

/**
 * Where use of rate limits is kept. A call takes from all of its policies or from none; one that is refused takes
 * nothing. Time is the store's own, and the use of a policy never goes back with it: when the clock was set back, what
 * was taken is as if it had been taken now, which the next `take` writes down, granted or not.
 */
export interface RateLimitStore {
  /**
   * As many equal calls as `times` says, one after the other. No counter is in `requests` twice.
   *
   * @param subject whose use it is, such as a tenant's uuid: 1 to 200 printable ASCII characters. What one call takes
   *   together belongs to one subject.
   * @throws anything when the store is away; nothing is known then
   */
  take(subject: string, requests: readonly RateLimitRequest[], times?: number): Promise<RateLimitAnswer>;

  /**
   * What `take` would answer to one call, its states after it included, and writes nothing: `granted` is 1 or 0. With a
   * cost of 0 it tells how things stand.
   */
  peek(subject: string, requests: readonly RateLimitRequest[]): Promise<RateLimitAnswer>;

  /** Forgets what the subject used of these policies. */
  reset(subject: string, policies: readonly CountedPolicy[]): Promise<void>;
}
