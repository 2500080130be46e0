import type { ReservationState, ReserveCall, ResolveCall, StoredReservation } from '../quota.store.js';
import type { TermsInEffect } from '../quota-terms.source.js';
import type { Hold, MemoryCounter } from './memory-counter.js';

/** Units held of one counter. It goes back there, also when another period has begun since. */
export class MemoryReservation implements Hold {
  readonly amount: number;
  readonly expiresAt: Date;
  #state: ReservationState;
  #charged = 0;

  constructor(
    readonly call: ReserveCall,
    readonly counter: MemoryCounter,
    at: Date,
  ) {
    this.amount = call.amount;
    this.#state = call.inFlight ? 'in_flight' : 'reserved';
    this.expiresAt = new Date(at.getTime() + call.ttlSeconds * 1_000);
  }

  get isOpen(): boolean {
    return this.#state === 'reserved' || this.#state === 'in_flight';
  }

  isDue(at: Date): boolean {
    return this.isOpen && this.expiresAt <= at;
  }

  resolve({ op, amount = this.amount }: ResolveCall, held: TermsInEffect): void {
    switch (op) {
      case 'begin':
        this.#state = 'in_flight';
        break;
      case 'commit':
        this.#end('committed', amount);
        break;
      case 'release':
        if (this.#mayGoBack(held)) this.#end('released', 0);
        else this.#end('committed', this.amount);
        break;
    }
  }

  /** Work that is under way is charged when its time is over: nobody knows how far it came. */
  get chargedAtExpiry(): number {
    return this.#state === 'in_flight' ? this.#chargeable(this.amount) : 0;
  }

  expire(): void {
    this.#end('expired', this.chargedAtExpiry);
  }

  stored(): StoredReservation {
    return {
      id: this.call.id,
      state: this.#state,
      amount: this.amount,
      charged: this.#charged,
      expiresAt: new Date(this.expiresAt),
    };
  }

  #mayGoBack(held: TermsInEffect): boolean {
    const isFree = this.#state === 'reserved' || this.counter.period === null;
    return isFree || this.counter.refund(this.amount, held);
  }

  #end(state: ReservationState, charged: number): void {
    this.#charged = this.#chargeable(charged);
    this.counter.settle(this.amount, this.#charged);
    this.#state = state;
  }

  /** What is only under way, in no period, is never used up. */
  #chargeable(amount: number): number {
    return this.counter.period === null ? 0 : amount;
  }
}
