/** How one rate limit stands after a call. */
export interface RateLimitStatus {
  /** The name of the policy. */
  readonly resource: string;
  /** Units per window. */
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
  /** Units the call asked for. */
  readonly cost: number;
  /** Whether the call fits in this limit. */
  readonly allowed: boolean;
  /** Units that may be taken now. */
  readonly remaining: number;
  /** When there will be more. */
  readonly resetsAt: Date;
  /** Whole seconds, at least 1, before which the same call is in vain; 0 when it fits, null when it never will. */
  readonly retryAfter: number | null;
}

/** Whether a call was admitted by all of the limits it was held to; it took from all of them, or from none. */
export interface RateLimitDecision {
  readonly allowed: boolean;
  /** One for each limit, in the order given; those that are unlimited for the tenant, or only tried out, are left out. */
  readonly limits: readonly RateLimitStatus[];
  /** Whole seconds before which the same call is in vain; 0 when it was admitted, null when it never fits. */
  readonly retryAfter: number | null;
  /** `local`: the store is away and this process decided at its share of the limit; `open`: nothing was counted. */
  readonly decidedBy: 'store' | 'local' | 'open';
}
