import assert from 'node:assert/strict';
import { HOUR, limitOf, MINUTE, type RateLimitStoreCase, START } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

const BUCKET = 5_000;
const sliding = (limit: number, windowMs = MINUTE) => limitOf('sliding-window', limit, { windowMs });

export const SLIDING_WINDOW_CASES: readonly RateLimitStoreCase[] = [
  {
    name: 'sliding-window: a unit comes back when its twelfth of a window has gone in full',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.moveTo(2_500);
      assert.deepEqual(await subject.assertTakes(sliding(1)), {
        remaining: 0,
        resetMs: 62_500,
        retryMs: 62_500,
      });
      await subject.moveTo(MINUTE + BUCKET - 1);
      assert.deepEqual(await subject.assertRefused(sliding(1)), { remaining: 0, resetMs: 1, retryMs: 1 });
      await subject.moveTo(MINUTE + BUCKET);
      await subject.assertTakes(sliding(1));
    },
  },
  {
    name: 'sliding-window: a burst at the edge of a window leaves nothing for the next',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.moveTo(MINUTE - 1);
      assert.equal((await subject.take(sliding(10), 1, 100)).granted, 10);
      for (const at of [MINUTE, MINUTE + 1, MINUTE + BUCKET, 2 * MINUTE - 2, 2 * MINUTE - 1]) {
        await subject.moveTo(at);
        await subject.assertRefused(sliding(10));
      }
      await subject.moveTo(2 * MINUTE);
      assert.equal((await subject.take(sliding(10), 1, 100)).granted, 10);
    },
  },
  {
    name: 'sliding-window: units come back in the order they were taken, and it says when enough of them have',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = sliding(9);
      await subject.assertTakes(policy, 3);
      await subject.moveTo(7_000);
      await subject.assertTakes(policy, 2);
      await subject.moveTo(31_000);
      assert.equal((await subject.assertTakes(policy, 4)).resetMs, MINUTE + BUCKET - 31_000);
      for (const [cost, freeAt] of [
        [1, 65_000],
        [3, 65_000],
        [4, 70_000],
        [5, 70_000],
        [6, 95_000],
        [9, 95_000],
      ] as const)
        assert.equal((await subject.assertRefused(policy, cost)).retryMs, freeAt - 31_000, `cost ${cost}`);
      await subject.moveTo(65_000);
      await subject.assertStands(policy, { remaining: 3, resetMs: BUCKET });
      await subject.moveTo(70_000);
      await subject.assertStands(policy, { remaining: 5, resetMs: 25_000 });
      await subject.moveTo(95_000);
      await subject.assertStands(policy, { remaining: 9, resetMs: 0 });
    },
  },
  {
    name: 'sliding-window: counts anew in each of the twelve parts, all the way round',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      for (let part = 0; part < 40; part += 1) {
        await subject.moveTo(part * BUCKET);
        const { remaining } = await subject.assertTakes(sliding(100));
        assert.equal(remaining, 100 - Math.min(part + 1, 13), `part ${part}`);
      }
    },
  },
  {
    name: 'sliding-window: a window that twelve does not divide has parts of whole milliseconds, none too short',
    async run(fixture) {
      for (const windowMs of [1_000, 1_001, 3_601_003, 31 * 24 * HOUR]) {
        const subject = await SubjectUnderTest.open(fixture);
        const policy = sliding(2, windowMs);
        const bucketMs = Math.ceil(windowMs / 12);
        const freeAt = (Math.floor(START / bucketMs) + 13) * bucketMs - START;
        assert.deepEqual(
          await subject.assertTakes(policy, 2),
          { remaining: 0, resetMs: freeAt, retryMs: freeAt },
          `a window of ${windowMs}`,
        );
        await subject.moveTo(freeAt - 1);
        await subject.assertRefused(policy);
        await subject.moveTo(freeAt);
        await subject.assertTakes(policy, 2);
      }
    },
  },
];
