import assert from 'node:assert/strict';
import { limitOf, type RateLimitStoreCase } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

/** The limit is no part of what is kept: it may be another at each call. */
export const CHANGED_LIMIT_CASES: readonly RateLimitStoreCase[] = [
  ...(['sliding-window', 'fixed-window'] as const).map((algorithm) => ({
    name: `${algorithm}: another limit holds at the next call, and what was used stays used`,
    run: async (fixture: Parameters<RateLimitStoreCase['run']>[0]) => {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.assertTakes(limitOf(algorithm, 5), 5);
      assert.equal((await subject.assertTakes(limitOf(algorithm, 8))).remaining, 2);
      const lowered = await subject.assertRefused(limitOf(algorithm, 3));
      assert.equal(lowered.remaining, 0);
      assert.equal(lowered.retryMs, lowered.resetMs);
      assert.ok(lowered.resetMs > 0);
      assert.equal((await subject.assertRefused(limitOf(algorithm, 3), 4)).retryMs, null);
      assert.equal((await subject.take(limitOf(algorithm, 3), 1, 5)).granted, 0);
      assert.equal((await subject.assertTakes(limitOf(algorithm, 8), 2)).remaining, 0);
    },
  })),
  {
    name: 'sliding-window: under a lowered limit it says when enough has come back for the new one',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.assertTakes(limitOf('sliding-window', 10), 6);
      await subject.moveTo(10_000);
      await subject.assertTakes(limitOf('sliding-window', 10), 4);
      assert.equal((await subject.assertRefused(limitOf('sliding-window', 5))).retryMs, 55_000);
      const { remaining, resetMs, retryMs } = await subject.assertRefused(limitOf('sliding-window', 4));
      assert.deepEqual({ remaining, resetMs, retryMs }, { remaining: 0, resetMs: 55_000, retryMs: 65_000 });
    },
  },
  {
    name: 'token-bucket: at another rate what was used takes as long as before, and its units are of the new rate',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.assertTakes(limitOf('token-bucket', 60), 30);
      await subject.assertStands(limitOf('token-bucket', 6), { remaining: 3, resetMs: 10_000 });
      await subject.assertStands(limitOf('token-bucket', 600), { remaining: 300, resetMs: 100 });
      assert.equal((await subject.take(limitOf('token-bucket', 6), 1, 10)).granted, 3);
      assert.equal((await subject.assertRefused(limitOf('token-bucket', 60))).retryMs, 1_000);
    },
  },
  {
    name: 'token-bucket: under a smaller burst nothing is left at once, and nobody waits for the larger one',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.assertTakes(limitOf('token-bucket', 60, { burst: 60 }), 60);
      const small = limitOf('token-bucket', 60, { burst: 2 });
      assert.deepEqual(await subject.assertRefused(small), { remaining: 0, resetMs: 1_000, retryMs: 1_000 });
      await subject.moveTo(1_000);
      await subject.assertTakes(small);
      await subject.assertRefused(small);
      await subject.moveTo(3_000);
      await subject.assertStands(small, { remaining: 2, resetMs: 0 });
    },
  },
];
