import assert from 'node:assert/strict';
import type { QuotaOutcome } from '../../quotas/quota.store.js';
import type { QuotaStoreCase } from './contract-case.js';
import { CounterUnderTest } from './counter-under-test.js';

const times = <T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)));

const granted = <T extends Pick<QuotaOutcome, 'status'>>(outcomes: readonly T[]): T[] =>
  outcomes.filter(({ status }) => status === 'granted');

export const RACE_CASES: readonly QuotaStoreCase[] = [
  {
    name: '200 at once get exactly the limit',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 50 });
      const outcomes = await times(200, () => counter.consume());
      assert.equal(granted(outcomes).length, 50);
      assert.deepEqual(
        granted(outcomes)
          .map(({ taken }) => taken)
          .sort((a, b) => a - b),
        Array.from({ length: 50 }, (_, at) => at + 1),
      );
      await counter.assertHolds(50);
    },
  },
  {
    name: '200 amounts at once are taken one after the other: none lost, none refused that would have fitted',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 100 });
      const outcomes = await times(200, async (at) => {
        const amount = 1 + (at % 7);
        return { amount, ...(await counter.consume(amount)) };
      });
      let total = 0;
      for (const { amount, taken } of granted(outcomes).sort((a, b) => a.taken - b.taken)) {
        total += amount;
        assert.equal(taken, total);
      }
      await counter.assertHolds(total);
      for (const { amount, status } of outcomes)
        if (status === 'refused') assert.ok(total + amount > 100, `${amount} fitted beside ${total}`);
    },
  },
  {
    name: 'many applies of several calls at once get exactly the limit',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 101 });
      const answers = await times(40, () =>
        counter.apply(...Array.from({ length: 5 }, () => ({ op: 'consume', amount: 1 }) as const)),
      );
      assert.equal(granted(answers.flatMap(({ outcomes }) => outcomes)).length, 101);
      await counter.assertHolds(101);
    },
  },
  {
    name: 'reservations made, resolved and consumed beside each other never hold more than the limit',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 10, refundCap: 1_000 });
      const charges = await times(60, async (at) => {
        if (at % 6 === 0) {
          const consumed = await counter.consume();
          assert.ok(consumed.taken <= 10, `${consumed.taken} of 10 taken`);
          return consumed.status === 'granted' ? 1 : 0;
        }
        const { status, taken, reservation } = await counter.reserve(2, { inFlight: at % 2 === 0 });
        assert.ok(taken <= 10, `${taken} of 10 taken`);
        if (status !== 'granted') return 0;
        const op = at % 3 === 0 ? 'commit' : 'release';
        const resolved = await counter.resolve(op, reservation?.id ?? '', op === 'commit' ? 1 : undefined);
        return resolved.reservation?.charged ?? assert.fail('the reservation is gone');
      });
      const used = charges.reduce((total, charged) => total + charged, 0);
      assert.ok(used <= 10, `${used} of 10 charged`);
      await counter.assertHolds(used);
    },
  },
  {
    name: 'a reservation that is resolved many times at once is resolved once',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 10 });
      const { id } = await counter.held(3);
      const outcomes = await times(20, (at) => counter.resolve(at % 2 === 0 ? 'commit' : 'release', id));
      assert.equal(outcomes.filter(({ replayed }) => !replayed).length, 1);
      const ends = new Set(outcomes.map(({ reservation }) => reservation?.state));
      assert.equal(ends.size, 1);
      await counter.assertHolds(ends.has('committed') ? 3 : 0);
    },
  },
  {
    name: 'consumeTogether and consume of its resources take turns, in whatever order they are named',
    async run(fixture) {
      const units = await CounterUnderTest.open(fixture, { limit: 30 });
      const other = await units.other('other', { limit: 40 });
      const both = [
        { resource: 'units', amount: 1 },
        { resource: 'other', amount: 1 },
      ];
      const [together, singles] = await Promise.all([
        times(60, (at) =>
          fixture.store.consumeTogether(units.at.tenantId, at % 2 === 0 ? both : [...both].reverse()),
        ),
        times(40, (at) => (at % 2 === 0 ? units : other).consume()),
      ]);
      const pairs = granted(together).length;
      const alone = (parity: number): number => granted(singles.filter((_, at) => at % 2 === parity)).length;
      await units.assertHolds(pairs + alone(0));
      await other.assertHolds(pairs + alone(1));
      assert.ok((await units.state()).used === 30 || (await other.state()).used === 40);
    },
  },
  {
    name: 'concurrency never exceeds its limit, and ends at nothing',
    async run(fixture) {
      const counter = await CounterUnderTest.open(fixture, { limit: 3 }, 'concurrency');
      let most = 0;
      let running = 0;
      await times(60, async () => {
        const { status, reservation } = await counter.reserve(1, { inFlight: true });
        if (status !== 'granted') return;
        running += 1;
        most = Math.max(most, running);
        await counter.apply();
        running -= 1;
        await counter.resolve('release', reservation?.id ?? '');
      });
      assert.ok(most > 0 && most <= 3, `${most} at once`);
      await counter.assertHolds(0);
    },
  },
];
