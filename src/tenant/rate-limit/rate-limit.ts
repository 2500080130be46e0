import type { TenantContext } from '../context/tenant-context.js';
import type { RateLimitAlgorithm } from './rate-limit.store.js';

/** What decides while the store of the limits is away. */
export type OnStoreError = 'local' | 'open' | 'closed';

/**
 * How many units of something a tenant, or a client's address, may use in a window of time. Limits of one resource share
 * their count wherever they are written.
 */
export interface RateLimit {
  /** The name of the policy, in headers, answers, events and alerts: 1 to 100 printable ASCII characters. */
  readonly resource: string;
  /**
   * Units in a window; null is unlimited, 0 is none. A text is the name of a limit of the plan, whose effective value
   * counts. A function is asked at each call.
   */
  readonly limit: number | string | null | ((tenant: TenantContext) => number | null);
  /** Whole seconds, from 1 to 31 days. */
  readonly window: number;
  /** Units one call takes: a whole number from 0. @default 1 */
  readonly cost?: number;
  /** @default 'sliding-window' */
  readonly algorithm?: RateLimitAlgorithm;
  /** Of `token-bucket`: units that may be used at once, when none were for long. @default the limit */
  readonly burst?: number;
  /**
   * Whose use is counted together. A call that has no tenant is counted by its principal, and one that has neither by the
   * client's address.
   *
   * @default 'tenant'
   */
  readonly by?: 'tenant' | 'address';
  /**
   * While the store is away: `local` counts in this process, at a share of the limit; `open` admits; `closed` refuses
   * with 503.
   *
   * @default 'local'
   */
  readonly onStoreError?: OnStoreError;
  /** `shadow` counts and tells what it would have refused, and refuses nothing. @default 'hard' */
  readonly enforcement?: 'hard' | 'shadow';
}

/** A limit on every route whose path begins with `path`. */
export interface PathRateLimit extends RateLimit {
  /** Whole segments of the route's own path: `/api` is for `/api` and `/api/agents/:id`, not for `/apis`. */
  readonly path: string;
}
