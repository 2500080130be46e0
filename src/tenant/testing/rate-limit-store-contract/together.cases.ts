import assert from 'node:assert/strict';
import { limitOf, MINUTE, ofEachAlgorithm, type RateLimitStoreCase } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

/** Several policies in one call. */
export const TOGETHER_CASES: readonly RateLimitStoreCase[] = [
  ...ofEachAlgorithm('one policy that refuses leaves the others as they were', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const small = limitOf(algorithm, 2, { name: 'small' });
    const large = limitOf(algorithm, 5, { name: 'large' });
    for (const policies of [
      [small, large],
      [large, small],
    ])
      await subject.assertTakes(policies.map((policy) => ({ policy, cost: 1 })));
    const asked = [
      { policy: large, cost: 1 },
      { policy: small, cost: 1 },
    ];
    const { granted, states } = await subject.take(asked);
    assert.equal(granted, 0);
    assert.deepEqual(
      states.map(({ remaining, retryMs }) => ({ remaining, fits: retryMs === 0 })),
      [
        { remaining: 3, fits: true },
        { remaining: 0, fits: false },
      ],
    );
    assert.deepEqual(await subject.peek(asked), { granted, states });
    await subject.assertStands(large, { remaining: 3 });
    await subject.assertRefused([...asked].reverse());
    await subject.assertStands(large, { remaining: 3 });
  }),
  ...ofEachAlgorithm(
    'each policy has its own cost, and several calls fit where all of them do',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const answer = await subject.take(
        [
          { policy: limitOf(algorithm, 20, { name: 'units' }), cost: 3 },
          { policy: limitOf(algorithm, 100, { name: 'bytes' }), cost: 25 },
          { policy: limitOf(algorithm, 1, { name: 'looked at' }), cost: 0 },
        ],
        1,
        10,
      );
      assert.equal(answer.granted, 4);
      assert.deepEqual(
        answer.states.map(({ remaining }) => remaining),
        [8, 0, 1],
      );
    },
  ),
  ...ofEachAlgorithm('a cost of 0 does not carry a call that does not fit', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const full = limitOf(algorithm, 1, { name: 'full' });
    const free = limitOf(algorithm, 5, { name: 'free' });
    await subject.assertTakes(full);
    const { granted, states } = await subject.take([
      { policy: free, cost: 0 },
      { policy: full, cost: 1 },
    ]);
    assert.equal(granted, 0);
    assert.deepEqual([states[0]?.retryMs, states[0]?.remaining], [0, 5]);
  }),
  {
    name: 'a short and a long window are one decision',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const second = limitOf('fixed-window', 2, { windowMs: 1_000, name: 'second' });
      const minute = limitOf('sliding-window', 5, { name: 'minute' });
      const paced = limitOf('token-bucket', 60, { burst: 4, name: 'paced' });
      const asked = [second, minute, paced].map((policy) => ({ policy, cost: 1 }));
      const granted: number[] = [];
      for (const at of [0, 1_000, 2_000, 3_000, MINUTE + 5_000, MINUTE + 6_000]) {
        await subject.moveTo(at);
        granted.push((await subject.take(asked, 1, 10)).granted);
      }
      assert.deepEqual(granted, [2, 2, 1, 0, 2, 2]);
    },
  },
  {
    name: 'no policy at all grants everything and has no state',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      assert.deepEqual(await subject.take([], 1, 3), { granted: 3, states: [] });
      assert.deepEqual(await subject.peek([]), { granted: 1, states: [] });
      await subject.reset();
    },
  },
];
