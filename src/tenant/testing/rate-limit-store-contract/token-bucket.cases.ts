import assert from 'node:assert/strict';
import { HOUR, limitOf, MINUTE, type RateLimitStoreCase } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

const bucket = (limit: number, burst = limit, windowMs = MINUTE) =>
  limitOf('token-bucket', limit, { burst, windowMs });

export const TOKEN_BUCKET_CASES: readonly RateLimitStoreCase[] = [
  {
    name: 'token-bucket: the burst at once, then units evenly',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = bucket(60, 5);
      assert.equal((await subject.take(policy, 1, 60)).granted, 5);
      assert.deepEqual(await subject.assertRefused(policy), { remaining: 0, resetMs: 1_000, retryMs: 1_000 });
      assert.equal((await subject.assertRefused(policy, 3)).retryMs, 3_000);
      for (const second of [1_000, 2_000, 3_000]) {
        await subject.moveTo(second - 1);
        assert.deepEqual(await subject.assertRefused(policy), { remaining: 0, resetMs: 1, retryMs: 1 });
        await subject.moveTo(second);
        await subject.assertTakes(policy);
      }
    },
  },
  {
    name: 'token-bucket: what is not taken is kept up to the burst',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = bucket(60, 5);
      await subject.assertTakes(policy, 5);
      await subject.moveTo(2_500);
      await subject.assertStands(policy, { remaining: 2, resetMs: 500 });
      await subject.moveTo(5_000);
      await subject.assertStands(policy, { remaining: 5, resetMs: 0 });
      await subject.moveTo(HOUR);
      await subject.assertStands(policy, { remaining: 5, resetMs: 0 });
      assert.equal((await subject.take(policy, 1, 60)).granted, 5);
    },
  },
  {
    name: 'token-bucket: a burst of 1 spaces the calls, and a burst of 0 takes none',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const spaced = bucket(6, 1);
      for (const at of [0, 10_000, 20_000]) {
        await subject.moveTo(at);
        await subject.assertTakes(spaced);
        await subject.moveTo(at + 9_999);
        await subject.assertRefused(spaced);
      }
      assert.equal((await subject.assertRefused(spaced, 2)).retryMs, null);
      assert.deepEqual(await subject.assertRefused(bucket(6, 0)), {
        remaining: 0,
        resetMs: 0,
        retryMs: null,
      });
    },
  },
  {
    name: 'token-bucket: a burst may be more than the limit, and a cost up to the burst fits',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = bucket(6, 20);
      const { remaining, resetMs } = await subject.assertTakes(policy, 20);
      assert.deepEqual({ remaining, resetMs }, { remaining: 0, resetMs: 10_000 });
      assert.equal((await subject.assertRefused(policy, 20)).retryMs, 200_000);
      await subject.moveTo(199_999);
      await subject.assertRefused(policy, 20);
      await subject.moveTo(200_000);
      await subject.assertTakes(policy, 20);
    },
  },
  {
    // 60,000 / 7 is no number a computer has, and moments since 1970 are long: each unit taken rounds a little.
    name: 'token-bucket: a rate that does not divide the window loses no unit and gains none',
    async run(fixture) {
      for (const limit of [7, 13, 997]) {
        const subject = await SubjectUnderTest.open(fixture);
        const policy = bucket(limit);
        for (let taken = 1; taken <= limit; taken += 1)
          assert.equal((await subject.assertTakes(policy)).remaining, limit - taken);
        const intervalMs = Math.ceil(MINUTE / limit);
        assert.equal((await subject.assertRefused(policy)).retryMs, intervalMs);
        await subject.moveTo(intervalMs - 1);
        await subject.assertRefused(policy);
        await subject.moveTo(intervalMs);
        await subject.assertTakes(policy);
        await subject.moveTo(MINUTE);
        assert.equal((await subject.take(policy, 1, limit)).granted, limit - 1);
        await subject.moveTo(2 * MINUTE);
        assert.equal((await subject.take(policy, limit, 2)).granted, 1);
      }
    },
  },
  {
    name: 'token-bucket: takes as many as the limit in the long run, and the burst beside it',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = bucket(7, 3);
      let granted = 0;
      for (let at = 0; at <= 3 * MINUTE; at += 1_500) {
        await subject.moveTo(at);
        granted += (await subject.take(policy, 1, 5)).granted;
      }
      assert.equal(granted, 3 + 3 * 7);
    },
  },
  {
    name: 'token-bucket: a thousand units per millisecond are counted to the unit',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = bucket(1_000_000, 5_000, 1_000);
      assert.equal((await subject.take(policy, 1, 9_999)).granted, 5_000);
      assert.equal((await subject.assertRefused(policy)).retryMs, 1);
      await subject.moveTo(1);
      assert.equal((await subject.take(policy, 1, 9_999)).granted, 1_000);
      await subject.moveTo(3);
      await subject.assertStands(policy, { remaining: 2_000 });
    },
  },
];
