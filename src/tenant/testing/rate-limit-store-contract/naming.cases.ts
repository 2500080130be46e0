import assert from 'node:assert/strict';
import { ALGORITHMS, limitOf, MINUTE, ofEachAlgorithm, type RateLimitStoreCase } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

const AWKWARD = [
  'a',
  'a:b',
  'b',
  ':',
  'a:',
  '{a}',
  '{',
  '}',
  '{}',
  '*',
  '?',
  '[ab]',
  '%',
  '_',
  ' ',
  '  ',
  'a b',
  '"',
  "'",
  '\\',
  '\\a',
  '/',
  '#',
  '--',
  '$1',
  '__proto__',
  'constructor',
  '0',
  '00',
  '-1',
  'A',
];

/** What a key might be put together with. */
const MARKS = `|:|;|,|.|/|_|-|#|$|%|&|*|@|!|?|~|^|+|=| |{|}|[|]|(|)|<|>|"|'|\\|}:|::|\\:`.split('|');

export const NAMING_CASES: readonly RateLimitStoreCase[] = [
  ...ofEachAlgorithm('a subject has nothing of another', async (fixture, algorithm) => {
    const one = await SubjectUnderTest.open(fixture);
    const policy = limitOf(algorithm, 2);
    await one.assertTakes(policy, 2);
    const other = one.other();
    await other.assertStands(policy, { remaining: 2, resetMs: 0 });
    await other.assertTakes(policy, 2);
    await one.assertRefused(policy);
  }),
  {
    name: 'algorithms and windows under one name are counters of their own',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const policies = ALGORITHMS.flatMap((algorithm) =>
        [MINUTE, 2 * MINUTE, 12 * MINUTE].map((windowMs, at) => limitOf(algorithm, 10 + at, { windowMs })),
      );
      for (const policy of policies) {
        const { remaining } = await subject.assertTakes(policy, 10);
        assert.equal(remaining, policy.limit - 10, `${policy.algorithm} of ${policy.windowMs}`);
      }
      const { granted, states } = await subject.take(policies.map((policy) => ({ policy, cost: 0 })));
      assert.equal(granted, 1);
      assert.deepEqual(
        states.map(({ remaining }) => remaining),
        [0, 1, 2, 0, 1, 2, 0, 1, 2],
      );
    },
  },
  {
    name: 'names that would run together, or mean something elsewhere, are counters of their own',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      for (const name of AWKWARD) await subject.assertTakes(limitOf('sliding-window', 1, { name }));
      for (const name of AWKWARD) await subject.assertRefused(limitOf('sliding-window', 1, { name }));
      await subject.reset(limitOf('sliding-window', 1, { name: '*' }));
      for (const name of AWKWARD.filter((each) => each !== '*'))
        await subject.assertRefused(limitOf('sliding-window', 1, { name }));
      await subject.assertTakes(limitOf('sliding-window', 1, { name: '*' }));
    },
  },
  {
    name: 'subjects that would run together with names are subjects of their own',
    async run(fixture) {
      const first = await SubjectUnderTest.open(fixture);
      for (const mark of MARKS) {
        const whole = first.other();
        const split = first.other(`${whole.subject}${mark}a`);
        await whole.assertTakes(limitOf('fixed-window', 1, { name: `a${mark}b` }));
        await split.assertTakes(limitOf('fixed-window', 1, { name: 'b' }));
      }
      for (const prefix of ['{', '*', ' ', ':']) {
        const at = first.other(`${prefix}${first.subject}`);
        await at.assertTakes(limitOf('fixed-window', 1, { name: 'b' }));
        await at.assertRefused(limitOf('fixed-window', 1, { name: 'b' }));
      }
    },
  },
  {
    name: 'the longest names and subjects are told apart by their last character',
    async run(fixture) {
      const first = await SubjectUnderTest.open(fixture);
      const longest = (end: string): string => first.subject.padEnd(199, 's') + end;
      for (const subject of [longest('1'), longest('2')])
        for (const end of ['1', '2'])
          await first
            .other(subject)
            .assertTakes(limitOf('sliding-window', 1, { name: 'n'.repeat(127) + end }));
      await first
        .other(longest('1'))
        .assertRefused(limitOf('sliding-window', 1, { name: `${'n'.repeat(127)}1` }));
    },
  },
  ...ofEachAlgorithm('reset forgets what it names, and nothing else', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const other = subject.other();
    const policy = limitOf(algorithm, 1);
    const longer = limitOf(algorithm, 1, { windowMs: 2 * MINUTE });
    const named = limitOf(algorithm, 1, { name: 'named' });
    for (const each of [policy, longer, named]) await subject.assertTakes(each);
    await other.assertTakes(policy);
    // What it is held to does not matter.
    await subject.reset(limitOf(algorithm, 7), limitOf(algorithm, 1, { name: 'never used' }));
    await subject.assertStands(policy, { remaining: 1, resetMs: 0 });
    for (const each of [longer, named]) await subject.assertRefused(each);
    await other.assertRefused(policy);
    await subject.reset(longer, named);
    for (const each of [policy, longer, named]) await subject.assertTakes(each);
    await subject.other().reset(policy);
  }),
];
