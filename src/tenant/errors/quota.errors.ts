import { TenantError } from './tenant.error.js';

/** What a quota had when it refused: a `QuotaDecision` is one. */
export interface QuotaRefusal {
  /** The name of the limit. */
  readonly resource: string;
  readonly kind: 'allocation' | 'consumption' | 'concurrency' | 'rate';
  readonly limit: number | null;
  readonly used: number;
  /** Units held by reservations. */
  readonly reserved: number;
  readonly requested: number;
  readonly remaining: number | null;
  /** When `used` starts from 0; null where no period resets it. */
  readonly resetsAt: Date | null;
  /** Null where no tenant is known, as of a limit by address. */
  readonly plan: string | null;
  readonly enforcement: string;
}

/** How a quota's refusal is answered. */
export interface QuotaExceededOptions {
  /** The HTTP status. Default 429. */
  readonly status?: number;
  /** The names of all limits that refused. Default the one of the refusal. */
  readonly violated?: readonly string[];
  /** Whether the same call fits later. Default whether it asks for no more than the whole limit. */
  readonly retryable?: boolean;
  /** What a client reads. Default the message. */
  readonly detail?: string;
}

/** Seconds after which a slot is worth asking for again: nobody knows when the work that holds it ends. */
const CONCURRENCY_RETRY_SECONDS = 1;

const CODE_OF = {
  allocation: 'LIMIT_REACHED',
  consumption: 'QUOTA_EXCEEDED',
  concurrency: 'CONCURRENCY_LIMITED',
  rate: 'RATE_LIMITED',
} as const;

/**
 * A counted limit of the plan has not enough left; nothing was taken. HTTP 429, or what `quotaExceededStatus` says. The
 * `code` tells which kind: QUOTA_EXCEEDED of the billing period, CONCURRENCY_LIMITED of what runs at once,
 * RATE_LIMITED of a short window.
 *
 * @example
 * if (error instanceof QuotaExceededError && error.retryAfter < 60) return retryIn(error.retryAfter);
 */
export class QuotaExceededError extends TenantError {
  readonly resource: string;
  /** Whole seconds, at least 1, before which asking again is in vain. */
  readonly retryAfter: number;
  /** Whether the same call fits once there is room again: one that asks for more than the whole limit never does. */
  readonly retryable: boolean;

  constructor(
    readonly refusal: QuotaRefusal,
    { status, violated, retryable: isRetryable, detail }: QuotaExceededOptions = {},
  ) {
    const { resource, kind, limit, used, reserved, requested, remaining, resetsAt, plan } = refusal;
    const retryAfter = resetsAt ? secondsUntil(resetsAt) : CONCURRENCY_RETRY_SECONDS;
    const retryable = isRetryable ?? (limit === null || requested <= limit);
    const held = reserved > 0 ? ` and ${reserved} reserved` : '';
    const reset = resetsAt ? ` It starts again at ${resetsAt.toISOString()}.` : '';
    super(
      CODE_OF[kind],
      `${requested} more of ${resource} is over the limit of ${limit ?? 'unlimited'}: ${used} used${held}.${reset}`,
      {
        ...(status !== undefined && { status }),
        ...(detail !== undefined && { detail }),
        extensions: {
          // The name as the draft of the RateLimit headers has it.
          'violated-policies': violated ?? [resource],
          resource,
          limit,
          used,
          reserved,
          requested,
          remaining,
          resetsAt: resetsAt?.toISOString() ?? null,
          plan,
          retryable,
          retryAfter,
        },
      },
    );
    this.resource = resource;
    this.retryAfter = retryAfter;
    this.retryable = retryable;
  }
}

function secondsUntil(moment: Date): number {
  return Math.max(1, Math.ceil((moment.getTime() - Date.now()) / 1000));
}

/**
 * A reservation was resolved after its time was over. What had begun was charged in full then, what had not was given
 * back: `charged` says how much it was. HTTP 409.
 *
 * @example
 * if (error instanceof ReservationExpiredError && error.charged === 0) await quotas.consumeQuota('maxExecutions');
 */
export class ReservationExpiredError extends TenantError {
  constructor(
    readonly resource: string,
    /** Units charged at its expiry. */
    readonly charged: number,
  ) {
    super(
      'RESERVATION_EXPIRED',
      `The reservation of ${resource} has expired; ${charged} was charged. Reserve with a longer ttlSeconds.`,
      {
        detail: `The reservation of ${resource} has expired.`,
        extensions: { resource, charged },
      },
    );
  }
}

/**
 * An idempotency key came again with another call than it came with first. Nothing was done. HTTP 422.
 *
 * @example
 * if (error instanceof IdempotencyKeyReusedError) logger.error('Two orders share a key.');
 */
export class IdempotencyKeyReusedError extends TenantError {
  constructor(readonly resource: string) {
    super(
      'IDEMPOTENCY_KEY_REUSED',
      `This idempotency key belongs to another call for ${resource}. Give every call a key of its own.`,
    );
  }
}

/** There is no such reservation of this tenant. HTTP 404. */
export class ReservationNotFoundError extends TenantError {
  constructor() {
    super('NOT_FOUND', 'There is no such reservation.');
  }
}
