import type { BillingPeriod } from '../../catalog/billing-period.js';
import { quotaCeiling } from '../../catalog/effective-terms.js';
import type { QuotaState } from '../quota.store.js';
import type { TermsInEffect } from '../quota-terms.source.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What a counter's reserved units are made of. */
export interface Hold {
  readonly counter: MemoryCounter;
  readonly amount: number;
  readonly chargedAtExpiry: number;
}

/** One resource of one tenant, in one billing period; without a period, what is under way at once. */
export class MemoryCounter {
  #used = 0;
  #reserved = 0;
  #wouldDeny = 0;
  #refunded = 0;
  #overSince: Date | undefined;

  constructor(readonly period: BillingPeriod | null) {}

  get taken(): number {
    return this.#used + this.#reserved;
  }

  get amounts(): { used: number; reserved: number } {
    return { used: this.#used, reserved: this.#reserved };
  }

  fits(amount: number, held: TermsInEffect, at: Date): boolean {
    const ceiling = quotaCeiling(held.terms, held.limit, this.#graceUntil(held, this.taken), at);
    return ceiling === null || this.taken + amount <= ceiling;
  }

  consume(amount: number, held: TermsInEffect, at: Date): void {
    this.#noteOverage(amount, held, at);
    this.#used += amount;
  }

  reserve(amount: number, held: TermsInEffect, at: Date): void {
    this.#noteOverage(amount, held, at);
    this.#reserved += amount;
  }

  /** Ends a hold of `amount` units, of which `charged` stay used. */
  settle(amount: number, charged: number): void {
    this.#reserved -= amount;
    this.#used += charged;
  }

  /** Whether failed work may still give back this much; if so, that is counted. */
  refund(amount: number, { limit, terms: { refundCap } }: TermsInEffect): boolean {
    const isCapped = limit !== null && refundCap !== null;
    if (isCapped && this.#refunded + amount > refundCap) return false;
    this.#refunded += amount;
    return true;
  }

  /** @param due reservations to take for resolved, of whatever period. */
  state(held: TermsInEffect, at: Date, due: readonly Hold[] = []): QuotaState {
    const own = due.filter(({ counter }) => counter === this);
    const freed = sum(own.map(({ amount }) => amount));
    const charged = sum(own.map((hold) => hold.chargedAtExpiry));
    const graceUntil = this.#graceUntil(held, this.taken - freed + charged);
    return {
      limit: held.limit,
      enforcement: held.terms.enforcement,
      ceiling: quotaCeiling(held.terms, held.limit, graceUntil, at),
      used: this.#used + charged,
      reserved: this.#reserved - freed,
      wouldDeny: this.#wouldDeny,
      ...(graceUntil && { graceUntil }),
      periodStart: this.period && new Date(this.period.start),
      periodEnd: this.period && new Date(this.period.end),
      plan: held.plan,
    };
  }

  #noteOverage(amount: number, { limit, terms }: TermsInEffect, at: Date): void {
    const overBefore = limit === null ? 0 : Math.max(0, this.taken - limit);
    const overAfter = limit === null ? 0 : Math.max(0, this.taken + amount - limit);
    // Back under its limit, it forgot that it was over: the next unit over it has a grace of its own.
    if (overBefore === 0) this.#overSince = undefined;
    if (overAfter > 0) this.#overSince ??= at;
    if (terms.enforcement === 'shadow') this.#wouldDeny += overAfter - overBefore;
  }

  #graceUntil({ limit, terms }: TermsInEffect, taken: number): Date | undefined {
    const isOver = limit !== null && taken > limit;
    if (terms.enforcement !== 'grace' || !isOver || !this.#overSince) return undefined;
    return new Date(this.#overSince.getTime() + terms.graceDays * DAY_MS);
  }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
