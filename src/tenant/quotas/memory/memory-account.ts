import { type BillingPeriod, billingPeriod } from '../../catalog/billing-period.js';
import type { ResolveCall, StoredQuotaKind } from '../quota.store.js';
import type { TermsInEffect } from '../quota-terms.source.js';
import { MemoryCounter } from './memory-counter.js';
import type { MemoryReservation } from './memory-reservation.js';

/** One resource of one tenant: a counter for each period, and the reservations of all of them. */
export class MemoryAccount {
  readonly #counters = new Map<number | undefined, MemoryCounter>();
  readonly #reservations = new Map<string, MemoryReservation>();

  counterAt(at: Date, kind: StoredQuotaKind, { periodAnchor }: TermsInEffect): MemoryCounter {
    const period: BillingPeriod | null = kind === 'consumption' ? billingPeriod(periodAnchor, at) : null;
    const start = period?.start.getTime();
    const counter = this.#counters.get(start) ?? new MemoryCounter(period);
    this.#counters.set(start, counter);
    return counter;
  }

  keep(reservation: MemoryReservation): void {
    this.#reservations.set(reservation.call.id, reservation);
  }

  /** @returns the reservation as it is then, and whether it was resolved before; undefined for no such one. */
  resolve(
    call: ResolveCall,
    held: TermsInEffect,
  ): { reservation: MemoryReservation; replayed: boolean } | undefined {
    const reservation = this.#reservations.get(call.id);
    if (!reservation) return undefined;
    const replayed = !reservation.isOpen;
    if (!replayed) reservation.resolve(call, held);
    return { reservation, replayed };
  }

  dueAt(at: Date): MemoryReservation[] {
    return [...this.#reservations.values()].filter((reservation) => reservation.isDue(at));
  }
}
