/**
 * A rate limit refused a call, or would have if it were not on trial. One event for each call and limit, so that
 * listeners have to be quick.
 */
export interface RateLimitExceededEvent {
  /** uuid; undefined where the limit is not a tenant's, as by client address. */
  readonly tenantId: string | undefined;
  /** Whose use was counted: a tenant's uuid, or a client address. */
  readonly subject: string;
  /** The name of the policy that refused. */
  readonly policy: string;
  /** Units per window. */
  readonly limit: number;
  readonly windowSeconds: number;
  /** Units the call would have taken. */
  readonly cost: number;
  /** Milliseconds until such a call fits; null when it never does. */
  readonly retryAfterMs: number | null;
  /** Who was calling, where that is known. */
  readonly principalId?: string | undefined;
  /** `shadow`: the limit is on trial, and the call was let through. */
  readonly enforcement: 'hard' | 'shadow';
  readonly at: Date;
}

/** The store of rate limits does not answer; this process limits by itself until it does. Once for an outage. */
export interface RateLimitStoreLostEvent {
  /** What went wrong, without secrets. */
  readonly error: string;
  readonly at: Date;
}

/** The store of rate limits answers again. */
export interface RateLimitStoreRestoredEvent {
  /** How long it was away, in milliseconds. */
  readonly outageMs: number;
  readonly at: Date;
}
