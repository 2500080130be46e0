import fc from 'fast-check';
import { UnavailableError } from '../../errors/request.errors.js';
import type { LeaseLimits } from './lease-limits.js';
import { type LeaseParty, LeaseQueue, type LeaseWaiter } from './lease-queue.js';

const WIDE: LeaseLimits = { max: 2, maxPerTenant: 2, maxWaiting: 1_000, maxWaitingPerTenant: 1_000 };

/** A queue that says who took a connection, in order, by name: `a1` is the first call of `a`. */
class Told {
  readonly queue: LeaseQueue;
  readonly took: string[] = [];
  readonly refused: string[] = [];
  readonly #calls = new Map<LeaseParty, number>();

  constructor(limits: Partial<LeaseLimits> = {}) {
    this.queue = new LeaseQueue({ ...WIDE, ...limits });
  }

  ask(...parties: LeaseParty[]): LeaseWaiter[] {
    return parties.map((party) => {
      const number = (this.#calls.get(party) ?? 0) + 1;
      const name = `${party ?? '-'}${number}`;
      const waiter = {
        party,
        grant: () => this.took.push(name),
        refuse: () => this.refused.push(name),
      };
      if (this.queue.tryTake(party)) this.took.push(name);
      else this.queue.wait(waiter);
      this.#calls.set(party, number);
      return waiter;
    });
  }
}

describe(LeaseQueue.name, () => {
  it('lets take what there is, and no more', () => {
    const told = new Told();
    told.ask('a', 'a', 'a');
    expect(told.took).toEqual(['a1', 'a2']);
    expect(told.queue.waiting).toBe(1);
    told.queue.giveBack('a');
    expect(told.took).toEqual(['a1', 'a2', 'a3']);
    expect(told.queue.waiting).toBe(0);
  });

  it('keeps what is beyond the share of one for others', () => {
    const told = new Told({ max: 3, maxPerTenant: 2 });
    told.ask('a', 'a', 'a', 'b');
    expect(told.took).toEqual(['a1', 'a2', 'b1']);
    told.queue.giveBack('b');
    expect(told.took).toHaveLength(3);
    told.queue.giveBack('a');
    expect(told.took).toEqual(['a1', 'a2', 'b1', 'a3']);
  });

  it('binds by no share who acts for no tenant', () => {
    const told = new Told({ max: 3, maxPerTenant: 1 });
    told.ask(undefined, undefined, undefined, undefined);
    expect(told.took).toEqual(['-1', '-2', '-3']);
  });

  it('serves tenants in turn, and each in the order of its calls', () => {
    const told = new Told({ max: 1, maxPerTenant: 1 });
    told.ask('a', 'a', 'a', 'a', 'b', 'b', 'c', undefined);
    for (const party of ['a', 'a', 'b', 'c', undefined, 'a', 'b', 'a']) told.queue.giveBack(party);
    expect(told.took).toEqual(['a1', 'a2', 'b1', 'c1', '-1', 'a3', 'b2', 'a4']);
  });

  it('forgets who gave up', () => {
    const told = new Told({ max: 1, maxPerTenant: 1 });
    const [, second, third] = told.ask('a', 'a', 'a', 'b');
    told.queue.giveUp(second!);
    told.queue.giveUp(second!);
    told.queue.giveUp(third!);
    expect(told.queue.waiting).toBe(1);
    told.queue.giveBack('a');
    expect(told.took).toEqual(['a1', 'b1']);
  });

  describe('when too many wait', () => {
    const refusal = (ask: () => unknown): Error => {
      try {
        ask();
      } catch (error) {
        expect(error).toBeInstanceOf(UnavailableError);
        return error as Error;
      }
      throw new Error('It was not refused.');
    };

    it('refuses the tenant whose calls they are at once, and no other', () => {
      const told = new Told({ max: 1, maxPerTenant: 1, maxWaitingPerTenant: 2 });
      told.ask('a', 'a', 'a');
      const { message } = refusal(() => told.ask('a'));
      expect(message).toContain('tenant a took 1');
      expect(message).toContain('raise maxWaitingPerTenant');
      told.ask('b', undefined, undefined, undefined);
      expect(told.queue.waiting).toBe(6);
    });

    it('refuses everybody at once where all of them are too many', () => {
      const told = new Told({ max: 1, maxPerTenant: 1, maxWaiting: 2 });
      told.ask('a', 'b', 'c');
      told.ask('d', undefined);
      expect(told.queue.waiting).toBe(4);
      expect(refusal(() => told.ask('d')).message).toContain('raise');
      expect(refusal(() => told.ask('e')).message).toContain('raise maxWaiting.');
      told.queue.giveBack('a');
      told.ask('e');
      expect(told.queue.waiting).toBe(4);
    });

    it('tells the client nothing of tenants or connections', () => {
      const told = new Told({ max: 1, maxPerTenant: 1, maxWaiting: 0 });
      told.ask('a');
      const error = refusal(() => told.ask('a')) as UnavailableError;
      expect(error.getResponse()).toMatchObject({
        status: 503,
        detail: 'Too many requests wait for the database; try again shortly.',
      });
    });
  });

  it('refuses all that wait when it closes, and everybody after', () => {
    const told = new Told({ max: 1, maxPerTenant: 1 });
    const [, waiter] = told.ask('a', 'a', 'b');
    told.queue.close(new Error('closed'));
    expect(told.refused).toEqual(['a2', 'b1']);
    expect(told.queue.waiting).toBe(0);
    expect(() => told.ask('c')).toThrow('closed');
    told.queue.giveUp(waiter!);
    told.queue.giveBack('a');
    expect(told.took).toEqual(['a1']);
  });

  it('does as one that keeps a list and looks all of it through: random programs', () => {
    fc.assert(
      fc.property(limits, fc.array(step, { minLength: 1, maxLength: 80 }), (given, steps) => {
        const told = new Told(given);
        const model = new Model(given);
        const waiters: LeaseWaiter[] = [];
        for (const { act, party, at } of steps) {
          if (act === 'ask') {
            const isRefused = !model.ask(party);
            if (isRefused) expect(() => told.ask(party)).toThrow(UnavailableError);
            else waiters.push(...told.ask(party));
          } else if (act === 'give back' && model.holders.length > 0) {
            told.queue.giveBack(model.giveBack(at % model.holders.length));
          } else if (act === 'give up' && waiters.length > 0) {
            const call = at % waiters.length;
            told.queue.giveUp(waiters[call]!);
            model.giveUp(call);
          }
          expect(told.took).toEqual(model.took);
          expect(told.queue.waiting).toBe(model.waiting.length);
          model.assertFair();
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

const limits = fc
  .record({
    max: fc.integer({ min: 1, max: 5 }),
    maxWaiting: fc.nat({ max: 12 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ max, maxWaiting, part }) => ({
    max,
    maxPerTenant: 1 + Math.floor(part * (max - 1)),
    maxWaiting,
    maxWaitingPerTenant: Math.ceil(part * maxWaiting),
  }));

const step = fc.record({
  act: fc.constantFrom('ask' as const, 'ask' as const, 'give back' as const, 'give up' as const),
  party: fc.constantFrom('a', 'b', 'c', 'd', undefined),
  at: fc.nat(),
});

interface Call {
  readonly party: LeaseParty;
  readonly name: string;
  /** Of all that were not refused. */
  readonly at: number;
}

/** What LeaseQueue does, said by one list of those who wait and the moments at which a party was last served. */
class Model {
  readonly holders: LeaseParty[] = [];
  readonly took: string[] = [];
  waiting: Call[] = [];
  readonly #calls: Call[] = [];
  readonly #turns = new Map<LeaseParty, number>();
  #now = 0;

  constructor(private readonly limits: LeaseLimits) {}

  /** Whether it was let in, to a connection or in line. */
  ask(party: LeaseParty): boolean {
    const number = this.#calls.filter((call) => call.party === party).length + 1;
    const call = { party, name: `${party ?? '-'}${number}`, at: this.#calls.length };
    if (this.#mayTake(party)) this.#serve(call);
    else if (this.#isFull(party)) return false;
    else {
      if (!this.waiting.some((other) => other.party === party)) this.#turns.set(party, this.#now++);
      this.waiting.push(call);
    }
    this.#calls.push(call);
    return true;
  }

  giveBack(at: number): LeaseParty {
    const [party] = this.holders.splice(at, 1);
    const next = this.waiting
      .filter((call) => this.#mayTake(call.party))
      .sort((a, b) => this.#turns.get(a.party)! - this.#turns.get(b.party)! || a.at - b.at)
      .at(0);
    if (next) {
      this.waiting = this.waiting.filter((call) => call !== next);
      this.#serve(next);
    }
    return party;
  }

  giveUp(at: number): void {
    this.waiting = this.waiting.filter((call) => call.at !== at);
  }

  assertFair(): void {
    expect(this.holders.length).toBeLessThanOrEqual(this.limits.max);
    for (const tenant of ['a', 'b', 'c', 'd']) {
      expect(this.holders.filter((holder) => holder === tenant).length).toBeLessThanOrEqual(
        this.limits.maxPerTenant,
      );
    }
    expect(this.waiting.filter(({ party }) => this.#mayTake(party))).toEqual([]);
  }

  #serve(call: Call): void {
    this.holders.push(call.party);
    this.took.push(call.name);
    this.#turns.set(call.party, this.#now++);
  }

  #mayTake(party: LeaseParty): boolean {
    const own = this.holders.filter((holder) => holder === party).length;
    return this.holders.length < this.limits.max && (party === undefined || own < this.limits.maxPerTenant);
  }

  #isFull(party: LeaseParty): boolean {
    const own = this.waiting.filter((call) => call.party === party).length;
    const { maxWaiting } = this.limits;
    return (
      this.waiting.length >= (own === 0 ? 2 * maxWaiting : maxWaiting) ||
      (party !== undefined && own >= this.limits.maxWaitingPerTenant)
    );
  }
}
