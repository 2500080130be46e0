import assert from 'node:assert/strict';
import type { PolicyState } from '../../rate-limit/rate-limit.store.js';
import { limitOf, MINUTE, ofEachAlgorithm, type RateLimitStoreCase } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

export const AMOUNT_CASES: readonly RateLimitStoreCase[] = [
  ...ofEachAlgorithm('takes up to the limit, and not one more', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 3);
    for (const remaining of [2, 1, 0]) {
      const state = await subject.assertTakes(policy);
      assert.equal(state.remaining, remaining);
      assert.equal(state.retryMs === 0, remaining > 0);
    }
    assert.equal((await subject.assertRefused(policy)).remaining, 0);
  }),
  ...ofEachAlgorithm('takes all of a cost or none of it', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 10);
    await subject.assertTakes(policy, 7);
    assert.equal((await subject.assertRefused(policy, 4)).remaining, 3);
    assert.equal((await subject.assertTakes(policy, 3)).remaining, 0);
  }),
  ...ofEachAlgorithm('a cost over the limit never fits, and says so', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 5);
    assert.deepEqual(await subject.assertRefused(policy, 6), { remaining: 5, resetMs: 0, retryMs: null });
    await subject.assertTakes(policy, 5);
    assert.equal((await subject.assertRefused(policy, 6)).retryMs, null);
  }),
  ...ofEachAlgorithm('a cost of 0 always fits, and takes nothing', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 2);
    assert.deepEqual(await subject.assertTakes(policy, 0), { remaining: 2, resetMs: 0, retryMs: 0 });
    assert.equal((await subject.take(policy, 0, 1_000)).granted, 1_000);
    await subject.assertTakes(policy, 2);
    assert.equal((await subject.assertTakes(policy, 0)).retryMs, 0);
    assert.equal((await subject.assertTakes(limitOf(algorithm, 1), 0)).remaining, 0);
    await subject.assertTakes(limitOf(algorithm, 0), 0);
    await subject.assertStands(policy, { remaining: 0 });
  }),
  ...ofEachAlgorithm('a limit of 0 takes nothing, ever', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const none = { remaining: 0, resetMs: 0, retryMs: null };
    assert.deepEqual(await subject.assertRefused(limitOf(algorithm, 0)), none);
    // Also where the burst alone would let something through.
    assert.deepEqual(await subject.assertRefused(limitOf(algorithm, 0, { burst: 5 })), none);
    await subject.moveTo(10 * MINUTE);
    assert.deepEqual(await subject.assertRefused(limitOf(algorithm, 0)), none);
    await subject.assertTakes(limitOf(algorithm, 1));
  }),
  ...ofEachAlgorithm(
    'of several calls at once the first ones that fit are taken',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 9);
      const some = await subject.take(policy, 2, 7);
      assert.equal(some.granted, 4);
      const [state] = some.states as [PolicyState];
      assert.equal(state.remaining, 1);
      assert.notEqual(state.retryMs, 0);
      const none = await subject.take(policy, 2, 7);
      assert.equal(none.granted, 0);
      assert.deepEqual(none.states, some.states);
      assert.equal((await subject.take(policy, 1, 1)).granted, 1);
    },
  ),
  ...ofEachAlgorithm(
    'all of several calls are taken where there is room for all',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 9);
      const { granted, states } = await subject.take(policy, 3, 2);
      assert.deepEqual([granted, states[0]?.remaining, states[0]?.retryMs], [2, 3, 0]);
    },
  ),
  ...ofEachAlgorithm('counts a thousand million to the unit', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const most = limitOf(algorithm, 1_000_000_000, { windowMs: 31 * 24 * 60 * MINUTE });
    assert.equal((await subject.assertTakes(most, 999_999_998)).remaining, 2);
    assert.equal((await subject.assertRefused(most, 3)).remaining, 2);
    assert.equal((await subject.take(most, 1, 1_000_000_000)).granted, 2);
    await subject.assertRefused(most);
    assert.equal((await subject.other().take(most, 1_000_000_000, 5)).granted, 1);
  }),
  ...ofEachAlgorithm('peek answers as take would, and takes nothing', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 5);
    for (const cost of [2, 0, 3, 1, 6]) {
      const peeked = [await subject.peek(policy, cost), await subject.peek(policy, cost)];
      const taken = await subject.take(policy, cost);
      assert.deepEqual(peeked, [taken, taken], `at a cost of ${cost}`);
      await subject.moveTo(1_000);
    }
  }),
  ...ofEachAlgorithm('what is refused writes nothing', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 4);
    await subject.assertTakes(policy, 4);
    for (let at = 0; at < MINUTE / 4; at += 1_000) {
      await subject.moveTo(at);
      await subject.assertRefused(policy, 4);
      await subject.assertRefused(policy, 5);
    }
    await subject.moveTo(0);
    const { retryMs } = await subject.assertRefused(policy, 4);
    const alone = subject.other();
    await alone.assertTakes(policy, 4);
    assert.equal(retryMs, (await alone.peek(policy, 4)).states[0]?.retryMs);
    await subject.moveTo(retryMs ?? 0);
    await subject.assertTakes(policy, 4);
  }),
];
