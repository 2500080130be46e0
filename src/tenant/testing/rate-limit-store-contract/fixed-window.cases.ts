import assert from 'node:assert/strict';
import { limitOf, MINUTE, type RateLimitStoreCase, START } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

const fixed = (limit: number, windowMs = MINUTE) => limitOf('fixed-window', limit, { windowMs });

export const FIXED_WINDOW_CASES: readonly RateLimitStoreCase[] = [
  {
    name: 'fixed-window: the limit is there anew where a window begins, and no earlier',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      await subject.moveTo(20_000);
      assert.deepEqual(await subject.assertTakes(fixed(3), 3), {
        remaining: 0,
        resetMs: 40_000,
        retryMs: 40_000,
      });
      await subject.moveTo(MINUTE - 1);
      assert.deepEqual(await subject.assertRefused(fixed(3)), { remaining: 0, resetMs: 1, retryMs: 1 });
      await subject.moveTo(MINUTE);
      await subject.assertStands(fixed(3), { remaining: 3, resetMs: 0 });
      assert.deepEqual(await subject.assertTakes(fixed(3)), { remaining: 2, resetMs: MINUTE, retryMs: 0 });
    },
  },
  {
    name: 'fixed-window: windows follow each other from 1970 on, whatever their length',
    async run(fixture) {
      for (const windowMs of [1_000, 7_919, 31 * 24 * 60 * MINUTE]) {
        const subject = await SubjectUnderTest.open(fixture);
        const { resetMs } = await subject.assertTakes(fixed(1, windowMs));
        assert.equal(resetMs, windowMs - (START % windowMs), `a window of ${windowMs}`);
        await subject.moveTo(resetMs - 1);
        await subject.assertRefused(fixed(1, windowMs));
        await subject.moveTo(resetMs);
        await subject.assertTakes(fixed(1, windowMs));
      }
    },
  },
];
