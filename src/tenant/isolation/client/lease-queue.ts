import { UnavailableError } from '../../errors/request.errors.js';
import type { LeaseLimits } from './lease-limits.js';

/** A tenant's uuid; undefined for all that act for none, such as boot and health checks, whom no share binds. */
export type LeaseParty = string | undefined;

/** Is told once, of one or the other, and nothing after it gave up. */
export interface LeaseWaiter {
  readonly party: LeaseParty;
  /** A connection is this waiter's to take. It runs in the scope of whoever gave one back. */
  grant(): void;
  refuse(error: Error): void;
}

/**
 * Who may take a connection of a pool, and who is next.
 *
 * Tenants that wait take turns, and the calls of one keep their order: the first call of a tenant waits for one call of
 * each other at most, however many those have waiting. Nobody waits who may take a connection.
 */
export class LeaseQueue {
  #taken = 0;
  #waiting = 0;
  readonly #takenBy = new Map<LeaseParty, number>();
  /** In the order of their turns. None is empty. */
  readonly #lines = new Map<LeaseParty, Set<LeaseWaiter>>();
  #closedBy: Error | undefined;

  constructor(private readonly limits: LeaseLimits) {}

  /** How many wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes a connection if this party may have one now. */
  tryTake(party: LeaseParty): boolean {
    if (this.#taken >= this.limits.max || !this.#isBelowShare(party)) return false;
    this.#take(party);
    return true;
  }

  /**
   * Lines up one that could take none.
   *
   * @throws UnavailableError when too many wait already; what `close` was given, after that.
   */
  wait(waiter: LeaseWaiter): void {
    if (this.#closedBy) throw this.#closedBy;
    const { party } = waiter;
    const line = this.#lines.get(party) ?? new Set();
    this.#assertRoom(party, line.size);
    this.#lines.set(party, line.add(waiter));
    this.#waiting += 1;
  }

  giveUp(waiter: LeaseWaiter): void {
    const line = this.#lines.get(waiter.party);
    if (!line?.delete(waiter)) return;
    if (line.size === 0) this.#lines.delete(waiter.party);
    this.#waiting -= 1;
  }

  /** Gives back what this party took, to whoever is next. */
  giveBack(party: LeaseParty): void {
    this.#taken -= 1;
    const left = this.#takenOf(party) - 1;
    if (left > 0) this.#takenBy.set(party, left);
    else this.#takenBy.delete(party);
    // It frees one connection, or room for one in the share of this party: more than one waiter it serves never.
    const next = this.#next();
    if (!next) return;
    this.giveUp(next);
    this.#toTheEnd(next.party);
    this.#take(next.party);
    next.grant();
  }

  /** Refuses all that wait, and whoever would from now on. */
  close(error: Error): void {
    this.#closedBy = error;
    const waiters = [...this.#lines.values()].flatMap((line) => [...line]);
    this.#lines.clear();
    this.#waiting = 0;
    for (const waiter of waiters) waiter.refuse(error);
  }

  /** What keeps this party waiting, for whoever reads the log. */
  occupation(party: LeaseParty): string {
    const { max, maxPerTenant } = this.limits;
    const own = party === undefined ? 'calls outside every tenant' : `tenant ${party}`;
    const share = party === undefined ? '' : `, and may have ${maxPerTenant} (maxPerTenant)`;
    return `${this.#taken} of ${max} connections are taken; ${own} took ${this.#takenOf(party)}${share}`;
  }

  #next(): LeaseWaiter | undefined {
    if (this.#taken >= this.limits.max) return undefined;
    for (const [party, [first]] of this.#lines) if (this.#isBelowShare(party)) return first;
    return undefined;
  }

  #toTheEnd(party: LeaseParty): void {
    const line = this.#lines.get(party);
    if (!line) return;
    this.#lines.delete(party);
    this.#lines.set(party, line);
  }

  #take(party: LeaseParty): void {
    this.#taken += 1;
    this.#takenBy.set(party, this.#takenOf(party) + 1);
  }

  #takenOf(party: LeaseParty): number {
    return this.#takenBy.get(party) ?? 0;
  }

  #isBelowShare(party: LeaseParty): boolean {
    return party === undefined || this.#takenOf(party) < this.limits.maxPerTenant;
  }

  #assertRoom(party: LeaseParty, waiting: number): void {
    const { maxWaiting, maxWaitingPerTenant } = this.limits;
    if (party !== undefined && waiting >= maxWaitingPerTenant) {
      throw tooManyWait(`${waiting} of its calls wait`, 'maxWaitingPerTenant', this.occupation(party));
    }
    // A line that others filled is no reason to refuse whoever has nothing in it yet.
    const most = waiting === 0 ? 2 * maxWaiting : maxWaiting;
    if (this.#waiting >= most) {
      throw tooManyWait(`${this.#waiting} calls of all tenants wait`, 'maxWaiting', this.occupation(party));
    }
  }
}

function tooManyWait(waiting: string, option: string, occupation: string): UnavailableError {
  return new UnavailableError(
    `There is no connection to the database: ${occupation}, while ${waiting} already, as many as ${option} lets. ` +
      `Look for statements that take long, limit the requests, or raise ${option}.`,
    { detail: 'Too many requests wait for the database; try again shortly.' },
  );
}
