import assert from 'node:assert/strict';
import { HOUR, limitOf, MINUTE, ofEachAlgorithm, type RateLimitStoreCase } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

const WAIT = MINUTE + MINUTE / 12;

/**
 * Clocks are set: by an hour, by a failover to a server whose clock is behind. A take that finds a counter ahead of the
 * clock writes it down moved to the present, whatever comes of the take: if only what is granted wrote, a full counter
 * would move along with each refusal and stay full until the clock has caught up.
 */
export const CLOCK_CASES: readonly RateLimitStoreCase[] = [
  ...ofEachAlgorithm(
    'when the clock is set back, what was used is as if used now',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 4);
      await subject.assertTakes(policy, 4);
      await subject.moveTo(-HOUR);
      const { remaining, resetMs, retryMs } = await subject.assertRefused(policy, 4);
      assert.equal(remaining, 0);
      assert.ok(resetMs > 0 && resetMs <= WAIT, `resetMs ${resetMs}`);
      assert.ok(retryMs !== null && retryMs <= WAIT, `retryMs ${retryMs}`);
      await subject.moveTo(-HOUR + WAIT);
      await subject.assertTakes(policy, 4);
      await subject.assertRefused(policy);
    },
  ),
  ...ofEachAlgorithm(
    'after the clock is set back, waiting as long as it says is enough',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 6);
      for (const at of [0, 11_000, 23_000]) {
        await subject.moveTo(at);
        await subject.assertTakes(policy, 2);
      }
      await subject.moveTo(-HOUR);
      const { retryMs } = await subject.assertRefused(policy, 6);
      await subject.moveTo(-HOUR + (retryMs ?? 0) - 1);
      await subject.assertRefused(policy, 6);
      await subject.moveTo(-HOUR + (retryMs ?? 0));
      await subject.assertTakes(policy, 6);
    },
  ),
  ...ofEachAlgorithm(
    'nobody waits longer because refused calls came in between',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 4);
      await subject.assertTakes(policy, 4);
      for (let waited = 0; waited < 40_000; waited += 1_000) {
        await subject.moveTo(-HOUR + waited);
        await subject.take(policy, 5);
      }
      await subject.moveTo(-HOUR + WAIT);
      await subject.assertTakes(policy, 4);
    },
  ),
  ...ofEachAlgorithm('peek does not write down that it was set back', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 3);
    await subject.assertTakes(policy, 3);
    const before = await subject.peek(policy);
    for (const away of [-HOUR, -MINUTE, -1]) {
      await subject.moveTo(away);
      assert.equal((await subject.peek(policy)).granted, 0);
      await subject.moveTo(0);
      assert.deepEqual(await subject.peek(policy), before);
    }
  }),
  ...ofEachAlgorithm(
    'set forward and back again with nothing taken, all is as before',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 3);
      await subject.assertTakes(policy, 3);
      const before = await subject.peek(policy);
      for (const away of [HOUR, 90_000, 7_000]) {
        await subject.moveTo(away);
        await subject.peek(policy);
        await subject.assertRefused(policy, 4);
        await subject.assertTakes(policy, 0);
        await subject.moveTo(0);
        assert.deepEqual(await subject.peek(policy), before);
      }
    },
  ),
  ...ofEachAlgorithm(
    'what is taken after the clock was set back is counted beside the rest',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.assertTakes(limitOf(algorithm, 10), 4);
      await subject.moveTo(-HOUR);
      const raised = limitOf(algorithm, 40);
      const { remaining } = await subject.assertTakes(raised, 0);
      assert.ok(remaining <= 36);
      if (remaining > 0) assert.equal((await subject.assertTakes(raised)).remaining, remaining - 1);
      await subject.moveTo(-HOUR + 2 * MINUTE);
      await subject.assertStands(raised, { remaining: 40, resetMs: 0 });
    },
  ),
  ...ofEachAlgorithm(
    'when the clock is set forward, what was used is forgotten, and no more',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 3);
      await subject.assertTakes(policy, 3);
      await subject.moveTo(HOUR);
      assert.equal((await subject.take(policy, 1, 10)).granted, 3);
      await subject.moveTo(0);
      assert.equal((await subject.assertRefused(policy)).remaining, 0);
      await subject.moveTo(WAIT);
      assert.equal((await subject.take(policy, 1, 10)).granted, 3);
    },
  ),
  {
    name: 'sliding-window: set back by less than a window, units keep the order they were taken in',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf('sliding-window', 5);
      await subject.assertTakes(policy, 2);
      await subject.moveTo(20_000);
      await subject.assertTakes(policy, 2);
      // The newest twelfth is the present one now, the other four before it.
      await subject.moveTo(10_000);
      await subject.assertTakes(policy);
      assert.equal((await subject.assertRefused(policy, 2)).retryMs, 45_000);
      assert.equal((await subject.assertRefused(policy, 3)).retryMs, 65_000);
      await subject.moveTo(55_000);
      await subject.assertStands(policy, { remaining: 2, resetMs: 20_000 });
    },
  },
  {
    name: 'token-bucket: set back, it is empty at most',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf('token-bucket', 60, { burst: 3 });
      await subject.assertTakes(policy, 1);
      await subject.moveTo(-HOUR);
      assert.deepEqual(await subject.assertRefused(policy), { remaining: 0, resetMs: 1_000, retryMs: 1_000 });
      await subject.moveTo(-HOUR + 1_000);
      await subject.assertTakes(policy);
      await subject.assertRefused(policy);
    },
  },
];
