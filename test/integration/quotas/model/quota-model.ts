import type { GivenQuotaTerms } from '@parallax/tenant/testing';
import { billingPeriod } from '../../../../src/tenant/catalog/billing-period.js';
import type { QuotaCall, QuotaItem, ResolveCall } from '../../../../src/tenant/quotas/quota.store.js';

export type Resource = 'units' | 'other' | 'slots';

interface Counter {
  used: number;
  reserved: number;
  wouldDeny: number;
  refunded: number;
  overSince?: number;
}

interface Hold {
  readonly resource: Resource;
  readonly counter: string;
  readonly amount: number;
  readonly expiresAt: number;
  state: string;
  charged: number;
}

/** What the answer to one call must say, and of a call that took something how much there was then. */
export interface Expected {
  readonly status: string;
  readonly replayed: boolean;
  readonly taken?: number;
  readonly reservation?: object;
}

const DAY = 86_400_000;

/** What quotas of one tenant come to: numbers, added up one call after the other. Plain data, to be copied. */
export class QuotaModel {
  now = 0;
  anchor = 0;
  suspended = false;
  terms: Record<string, GivenQuotaTerms> = {};
  counters: Record<string, Counter> = {};
  holds: Record<string, Hold> = {};
  keys: Record<string, { asked: string; taken: number; id?: string }> = {};

  copy(): QuotaModel {
    return Object.assign(new QuotaModel(), JSON.parse(JSON.stringify(this)) as QuotaModel);
  }

  apply(resource: Resource, calls: readonly QuotaCall[]): Expected[] | 'suspended' {
    if (this.suspended && calls.some(({ op }) => op === 'consume' || op === 'reserve')) return 'suspended';
    this.expire(resource);
    const resolved = calls.map((call) =>
      call.op === 'consume' || call.op === 'reserve' ? undefined : this.#resolve(resource, call),
    );
    return calls.map((call, at) => resolved[at] ?? this.#take(resource, call as never));
  }

  together(items: readonly QuotaItem[], key?: string): { status: string; refused: string[] } | 'suspended' {
    if (this.suspended) return 'suspended';
    for (const { resource } of items) this.expire(resource as Resource);
    const asked = JSON.stringify([...items].sort((a, b) => a.resource.localeCompare(b.resource)));
    const known = key === undefined ? undefined : this.keys[key];
    if (known) return { status: known.asked === asked ? 'replayed' : 'key-reused', refused: [] };
    const refused = items.filter(({ resource, amount }) => this.#room(resource as Resource) < amount);
    if (refused.length > 0)
      return { status: 'refused', refused: refused.map(({ resource }) => resource).sort() };
    for (const { resource, amount } of items) this.#count(resource as Resource, 'used', amount);
    if (key !== undefined) this.keys[key] = { asked, taken: 0 };
    return { status: 'granted', refused: [] };
  }

  expire(resource?: Resource): number {
    const due = Object.values(this.holds).filter(
      (hold) => isOpen(hold) && hold.expiresAt <= this.now && (!resource || hold.resource === resource),
    );
    for (const hold of due) this.#end(hold, 'expired', hold.state === 'in_flight' ? hold.amount : 0);
    return due.length;
  }

  state(resource: Resource): object {
    const { limit, enforcement = 'hard' } = this.terms[resource]!;
    const { used, reserved, wouldDeny } = this.counter(resource);
    const period = this.#period(resource);
    const ceiling = this.#ceiling(resource);
    const graceUntil = this.#graceUntil(resource);
    return {
      limit,
      enforcement,
      ceiling: ceiling === Infinity ? null : ceiling,
      ...{ used, reserved, wouldDeny },
      graceUntil: graceUntil === Infinity ? undefined : graceUntil,
      periodStart: period?.start.getTime(),
      periodEnd: period?.end.getTime(),
    };
  }

  counter(resource: Resource): Counter {
    return (this.counters[this.#name(resource)] ??= { used: 0, reserved: 0, wouldDeny: 0, refunded: 0 });
  }

  #period(resource: Resource): { start: Date; end: Date } | undefined {
    return resource === 'slots' ? undefined : billingPeriod(new Date(this.anchor), new Date(this.now));
  }

  #name(resource: Resource): string {
    return `${resource} ${this.#period(resource)?.start.toISOString() ?? 'always'}`;
  }

  #over(resource: Resource): number {
    const { used, reserved } = this.counter(resource);
    return Math.max(0, used + reserved - (this.terms[resource]!.limit ?? Infinity));
  }

  /** Infinity as long as there is none. */
  #graceUntil(resource: Resource): number {
    const { enforcement, graceDays = 0 } = this.terms[resource]!;
    const { overSince } = this.counter(resource);
    if (enforcement !== 'grace' || overSince === undefined || this.#over(resource) === 0) return Infinity;
    return overSince + graceDays * DAY;
  }

  #ceiling(resource: Resource): number {
    const { limit, enforcement = 'hard', overageCap = Infinity } = this.terms[resource]!;
    if (limit === null || enforcement === 'shadow') return Infinity;
    if (enforcement === 'grace' && this.now < this.#graceUntil(resource)) return Infinity;
    return enforcement === 'soft' ? limit + overageCap : limit;
  }

  #room(resource: Resource): number {
    const { used, reserved } = this.counter(resource);
    return this.#ceiling(resource) - used - reserved;
  }

  #count(resource: Resource, as: 'used' | 'reserved', amount: number): void {
    const counter = this.counter(resource);
    const before = this.#over(resource);
    if (before === 0) delete counter.overSince;
    counter[as] += amount;
    const over = this.#over(resource);
    if (over > 0) counter.overSince ??= this.now;
    if (this.terms[resource]!.enforcement === 'shadow') counter.wouldDeny += over - before;
  }

  #take(resource: Resource, call: Extract<QuotaCall, { op: 'consume' | 'reserve' }>): Expected {
    const asked = `${call.op} ${resource} ${call.amount}`;
    const known = call.key === undefined ? undefined : this.keys[call.key];
    if (known && known.asked !== asked) return { status: 'key-reused', replayed: false };
    if (known)
      return { status: 'granted', replayed: true, taken: known.taken, ...this.#reservation(known.id) };
    if (this.#room(resource) < call.amount) return { status: 'refused', replayed: false };
    this.#count(resource, call.op === 'consume' ? 'used' : 'reserved', call.amount);
    const { used, reserved } = this.counter(resource);
    const taken = used + reserved;
    const id = call.op === 'reserve' ? call.id : undefined;
    if (call.op === 'reserve')
      this.holds[call.id] = {
        resource,
        counter: this.#name(resource),
        amount: call.amount,
        expiresAt: this.now + call.ttlSeconds * 1_000,
        state: call.inFlight ? 'in_flight' : 'reserved',
        charged: 0,
      };
    if (call.key !== undefined) this.keys[call.key] = { asked, taken, ...(id && { id }) };
    return { status: 'granted', replayed: false, taken, ...this.#reservation(id) };
  }

  #resolve(resource: Resource, { op, id, amount }: ResolveCall): Expected {
    const hold = this.holds[id];
    if (hold?.resource !== resource) return { status: 'unknown', replayed: false };
    const replayed = !isOpen(hold);
    if (!replayed && op === 'begin') hold.state = 'in_flight';
    else if (!replayed && op === 'commit') this.#end(hold, 'committed', amount ?? hold.amount);
    else if (!replayed && this.#refund(hold)) this.#end(hold, 'released', 0);
    else if (!replayed) this.#end(hold, 'committed', hold.amount);
    return { status: 'granted', replayed, ...this.#reservation(id) };
  }

  #refund(hold: Hold): boolean {
    const { limit, refundCap = Math.ceil((limit ?? 0) / 10) } = this.terms[hold.resource]!;
    if (hold.state === 'reserved' || hold.resource === 'slots') return true;
    const counter = this.counters[hold.counter]!;
    if (limit !== null && counter.refunded + hold.amount > refundCap) return false;
    counter.refunded += hold.amount;
    return true;
  }

  #end(hold: Hold, state: string, charged: number): void {
    const counter = this.counters[hold.counter]!;
    hold.state = state;
    hold.charged = hold.resource === 'slots' ? 0 : charged;
    counter.reserved -= hold.amount;
    counter.used += hold.charged;
  }

  #reservation(id: string | undefined): { reservation?: object } {
    if (id === undefined) return {};
    const { state, amount, charged, expiresAt } = this.holds[id]!;
    return { reservation: { id, state, amount, charged, expiresAt } };
  }
}

function isOpen({ state }: Hold): boolean {
  return state === 'reserved' || state === 'in_flight';
}
