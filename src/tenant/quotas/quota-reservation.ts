import { ConfigurationError } from '../errors/isolation.errors.js';
import { ConflictError } from '../errors/request.errors.js';
import { ReservationExpiredError, ReservationNotFoundError } from '../errors/quota.errors.js';
import type { CounterAnswer } from './counter-queue.js';
import type { QuotaDecision } from './quota-decision.js';
import { checkedAmount } from './quota-input.js';
import type { ResolveCall, StoredReservation } from './quota.store.js';

type Resolve = (call: ResolveCall) => Promise<CounterAnswer>;

/**
 * Units held for work that is not done yet, known by their id: another process may resolve them. The first commit or
 * release counts; later ones are told what that was.
 *
 * @example
 * await quotas.reservation('maxExecutions', job.reservationId).commit();
 */
export class QuotaReservationHandle {
  readonly #resolve: Resolve;

  constructor(
    /** uuid */
    readonly id: string,
    readonly resource: string,
    resolve: Resolve,
  ) {
    this.#resolve = resolve;
  }

  /**
   * Work begins: from now on the units are charged when the reservation's time is over, where they would have been
   * given back.
   *
   * @throws ReservationExpiredError, ReservationNotFoundError; ConflictError when it was released; UnavailableError when the store is away.
   */
  async begin(): Promise<StoredReservation> {
    return this.#unexpired(await this.#apply({ op: 'begin', id: this.id }));
  }

  /**
   * Charges what was held.
   *
   * @param actual units, at most those held. @default all of them
   * @throws ReservationExpiredError, ReservationNotFoundError; ConflictError when it was released; UnavailableError when the store is away.
   */
  async commit(actual?: number): Promise<StoredReservation> {
    const amount = actual === undefined ? {} : { amount: checkedAmount(actual, 0) };
    return this.#unexpired(await this.#apply({ op: 'commit', id: this.id, ...amount }));
  }

  /**
   * Gives back what was held. Of work that had begun it does so up to the plan's `refundCap` for the period; beyond
   * it the units are charged, and `state` is `committed`.
   *
   * @throws ReservationNotFoundError; UnavailableError when the store is away.
   */
  release(): Promise<StoredReservation> {
    return this.#apply({ op: 'release', id: this.id });
  }

  async #apply(call: ResolveCall): Promise<StoredReservation> {
    const { outcome } = await this.#resolve(call);
    if (!outcome.reservation) throw new ReservationNotFoundError();
    return outcome.reservation;
  }

  #unexpired(reservation: StoredReservation): StoredReservation {
    if (reservation.state === 'released') {
      throw new ConflictError(
        `The reservation of ${this.resource} was given back. Reserve anew, with another key.`,
      );
    }
    if (reservation.state !== 'expired') return reservation;
    throw new ReservationExpiredError(this.resource, reservation.charged);
  }
}

/** A reservation just made. */
export class QuotaReservation extends QuotaReservationHandle {
  readonly amount: number;
  /** When it resolves itself: what has begun is charged, what has not is given back. */
  readonly expiresAt: Date;

  constructor(
    { id, amount, expiresAt }: StoredReservation,
    readonly decision: QuotaDecision,
    resolve: Resolve,
  ) {
    super(id, decision.resource, resolve);
    this.amount = amount;
    this.expiresAt = expiresAt;
  }

  /** @throws ConfigurationError for more than is held; otherwise as the handle's. */
  override commit(actual?: number): Promise<StoredReservation> {
    if (actual !== undefined && actual > this.amount) {
      throw new ConfigurationError(
        `${actual} of ${this.resource} cannot be charged: ${this.amount} is reserved.`,
      );
    }
    return super.commit(actual);
  }
}
