import type { Enforcement, QuotaKind } from '../catalog/quota-terms.js';

/** The kinds of quota a store keeps: what a table's rows count, and what a rate limiter counts, it does not. */
export type StoredQuotaKind = Extract<QuotaKind, 'consumption' | 'concurrency'>;

/** What is counted: one resource of one tenant. The period is the store's to find, by its own clock. */
export interface QuotaCounter {
  /** uuid */
  readonly tenantId: string;
  /** The name of the limit. */
  readonly resource: string;
  readonly kind: StoredQuotaKind;
}

/** Takes units for good. */
export interface ConsumeCall {
  readonly op: 'consume';
  readonly amount: number;
  /** Makes the call one and the same however often it arrives; unique within the tenant. */
  readonly key?: string;
}

/** Holds units until they are committed or given back. */
export interface ReserveCall {
  readonly op: 'reserve';
  readonly amount: number;
  /** The reservation's id, a uuid the caller made. With a known `key` the earlier reservation's counts. */
  readonly id: string;
  readonly ttlSeconds: number;
  /** Whether work begins at once: what is in flight at its expiry is charged, what is not is given back. */
  readonly inFlight: boolean;
  readonly key?: string;
}

/** Moves a reservation on. Once resolved it stays as it is, and every later call is told how. */
export interface ResolveCall {
  readonly op: 'begin' | 'commit' | 'release';
  readonly id: string;
  /** What to charge, of `commit`: at most what was reserved. @default all of it */
  readonly amount?: number;
}

export type QuotaCall = ConsumeCall | ReserveCall | ResolveCall;

/** `reserved` and `in_flight` hold units; of the others some or all were charged, or none. */
export type ReservationState = 'reserved' | 'in_flight' | 'committed' | 'released' | 'expired';

/** A reservation as it is after a call. */
export interface StoredReservation {
  readonly id: string;
  readonly state: ReservationState;
  readonly amount: number;
  /** Units charged; 0 until it is resolved. */
  readonly charged: number;
  readonly expiresAt: Date;
}

/**
 * What became of one call. `granted`: it holds, and is durable. `refused`: there was not enough, and nothing was
 * written. `key-reused`: the key belongs to a call that asked for something else. `unknown`: no such reservation.
 */
export interface QuotaOutcome {
  readonly status: 'granted' | 'refused' | 'key-reused' | 'unknown';
  /** Units used and reserved of the counter once this call was through. */
  readonly taken: number;
  /** Whether an earlier call with the same key did it. */
  readonly replayed: boolean;
  readonly reservation?: StoredReservation;
}

/** A counter, and the limit it is held to, as one moment saw them. */
export interface QuotaState {
  /** null is unlimited. */
  readonly limit: number | null;
  readonly enforcement: Enforcement;
  /** How far units used and reserved may go now, by limit and enforcement; null is any number. */
  readonly ceiling: number | null;
  readonly used: number;
  /** Held by reservations. */
  readonly reserved: number;
  /** Units that were admitted only because `shadow` refuses nothing. */
  readonly wouldDeny: number;
  /** Until when more than the limit is admitted, of `grace`, once it was exceeded. */
  readonly graceUntil?: Date;
  /** Both null for concurrency, which no period resets. */
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  readonly plan: string;
}

/** One outcome for each call, in the same order. */
export interface QuotaAnswer {
  readonly state: QuotaState;
  readonly outcomes: readonly QuotaOutcome[];
}

/** One of several things taken together. */
export interface QuotaItem {
  readonly resource: string;
  readonly amount: number;
}

/** How the items fared together: all were granted, or none was and `refused` names those that did not fit. */
export interface QuotaTogetherAnswer {
  readonly status: 'granted' | 'refused' | 'key-reused';
  readonly replayed: boolean;
  readonly refused: readonly string[];
  readonly states: Readonly<Record<string, QuotaState>>;
}

/** What a counter said, and what its ledger and open reservations say. */
export interface QuotaDrift {
  readonly tenantId: string;
  readonly resource: string;
  readonly periodStart: Date | null;
  readonly before: { readonly used: number; readonly reserved: number };
  readonly after: { readonly used: number; readonly reserved: number };
}

/**
 * Where quotas are kept. Each call on it is atomic, and what it answers is committed: a store never grants more
 * than the limit allows, never forgets what it granted, and writes nothing for what it refuses. Periods, expiry
 * and the order of calls are by its own clock.
 *
 * A store of your own shows that it is one by passing `quotaStoreContract` of `@parallax/tenant/testing`.
 */
export interface QuotaStore {
  /**
   * Applies calls to one counter, first come first served: a call that does not fit is refused, and those after it
   * are still tried.
   *
   * @throws TenantNotFoundError; TenantSuspendedError when a suspended tenant takes anything (what it holds may
   *   still be resolved); UnavailableError when the store is away; ConnectionLostError when nobody knows whether
   *   the calls took effect.
   */
  apply(counter: QuotaCounter, calls: readonly QuotaCall[]): Promise<QuotaAnswer>;
  /** Consumes all items, or none. Resources are distinct, and of kind `consumption`. @throws as `apply` */
  consumeTogether(tenantId: string, items: readonly QuotaItem[], key?: string): Promise<QuotaTogetherAnswer>;
  /** Reads counters; nothing is written. @throws TenantNotFoundError, UnavailableError */
  read(tenantId: string, counters: readonly Omit<QuotaCounter, 'tenantId'>[]): Promise<QuotaState[]>;
  /**
   * Resolves reservations whose time is over, about `limit` of them: what was in flight is charged in full, the rest
   * is given back. @returns how many, 0 when there was none
   */
  expire(limit: number): Promise<number>;
  /** Sets the counter of the running period by its ledger and open reservations. With `dryRun` it only looks. */
  reconcile(counter: QuotaCounter, dryRun?: boolean): Promise<QuotaDrift>;
}
