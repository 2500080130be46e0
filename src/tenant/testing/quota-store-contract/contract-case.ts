import type { QuotaStoreFixture } from './quota-store-fixture.js';

/** One promise of a QuotaStore. */
export interface QuotaStoreCase {
  readonly name: string;
  /** Rejects when the store, which must be empty, breaks the promise. */
  run(fixture: QuotaStoreFixture): Promise<void>;
}

export const ANCHOR = new Date('2040-01-31T10:00:00.000Z');
/** Within the period from the last of February to the last of March. */
export const START = new Date('2040-03-10T12:00:00.000Z');
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

export function after(moment: Date, milliseconds: number): Date {
  return new Date(moment.getTime() + milliseconds);
}
