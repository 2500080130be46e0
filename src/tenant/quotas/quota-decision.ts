import type { Enforcement, QuotaKind } from '../catalog/quota-terms.js';

/** How much of a quota is used, as one moment saw it. */
export interface QuotaStatus {
  /** The name of the limit. */
  readonly resource: string;
  readonly kind: QuotaKind;
  /** The effective limit: the tenant's override, else its plan's. Null is unlimited. */
  readonly limit: number | null;
  readonly unlimited: boolean;
  readonly used: number;
  /** Held by reservations that are not resolved yet. */
  readonly reserved: number;
  /** Units that may still be taken before the limit; null is unlimited. */
  readonly remaining: number | null;
  /** Units used above the limit, where `enforcement` lets that happen or the limit was lowered since. */
  readonly overage: number;
  /** Units that a limit of enforcement `shadow` would have refused. */
  readonly wouldDeny: number;
  /** When the period ends and `used` starts from 0; null where no period resets it. */
  readonly resetsAt: Date | null;
  /** When the running period started; null where there is none. */
  readonly periodStart: Date | null;
  /** What happens at the limit. */
  readonly enforcement: Enforcement;
  readonly plan: string;
}

/** Whether something was admitted, and how much there was after that. */
export interface QuotaDecision extends QuotaStatus {
  readonly allowed: boolean;
  /** Units asked for. */
  readonly requested: number;
  /** Whether an earlier call with the same idempotency key was the one that counted. */
  readonly replayed: boolean;
}
