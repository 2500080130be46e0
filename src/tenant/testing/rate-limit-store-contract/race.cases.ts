import assert from 'node:assert/strict';
import type { RateLimitAnswer } from '../../rate-limit/rate-limit.store.js';
import { limitOf, ofEachAlgorithm, type RateLimitStoreCase } from './contract-case.js';
import { SubjectUnderTest } from './subject-under-test.js';

const atOnce = (count: number, work: (at: number) => Promise<RateLimitAnswer>): Promise<RateLimitAnswer[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)));

const granted = (answers: readonly RateLimitAnswer[]): number =>
  answers.reduce((total, answer) => total + answer.granted, 0);

export const RACE_CASES: readonly RateLimitStoreCase[] = [
  ...ofEachAlgorithm('200 at once get exactly the limit', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const answers = await atOnce(200, () => subject.take(limitOf(algorithm, 50)));
    assert.equal(granted(answers), 50);
    for (const answer of answers.filter((each) => each.granted === 0))
      assert.equal(answer.states[0]?.remaining, 0, 'nobody is refused before the last unit is taken');
    await subject.assertRefused(limitOf(algorithm, 50));
  }),
  ...ofEachAlgorithm(
    'costs at once are taken one after the other, up to where none fits',
    async (fixture, algorithm) => {
      const subject = await SubjectUnderTest.open(fixture);
      const policy = limitOf(algorithm, 100);
      let used = 0;
      await atOnce(150, async (at) => {
        const cost = 1 + (at % 7);
        const answer = await subject.take(policy, cost);
        used += answer.granted * cost;
        return answer;
      });
      // There were more than enough calls that cost 1.
      assert.equal(used, 100);
      await subject.assertStands(policy, { remaining: 0 });
    },
  ),
  ...ofEachAlgorithm('many calls for several each get exactly the limit', async (fixture, algorithm) => {
    const subject = await SubjectUnderTest.open(fixture);
    const answers = await atOnce(40, () => subject.take(limitOf(algorithm, 101), 1, 5));
    assert.equal(granted(answers), 101);
    await subject.assertStands(limitOf(algorithm, 101), { remaining: 0 });
  }),
  {
    name: 'calls on several policies take turns, in whatever order they are named',
    async run(fixture) {
      const subject = await SubjectUnderTest.open(fixture);
      const one = limitOf('sliding-window', 30, { name: 'one' });
      const two = limitOf('token-bucket', 40, { name: 'two' });
      const both = [one, two].map((policy) => ({ policy, cost: 1 }));
      const answers = await Promise.all([
        atOnce(60, (at) => subject.take(at % 2 === 0 ? both : [...both].reverse())),
        atOnce(20, () => subject.take(one)),
        atOnce(20, () => subject.take(two)),
      ]);
      const [pairs, ones, twos] = answers.map(granted) as [number, number, number];
      assert.ok(pairs + ones === 30 || pairs + twos === 40, 'nothing that fitted was refused');
      await subject.assertStands(one, { remaining: 30 - pairs - ones });
      await subject.assertStands(two, { remaining: 40 - pairs - twos });
    },
  },
  {
    name: 'many subjects at once have their limits each',
    async run(fixture) {
      const first = await SubjectUnderTest.open(fixture);
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => first.other()).map((subject) =>
          atOnce(6, () => subject.take(limitOf('sliding-window', 4))),
        ),
      );
      assert.deepEqual(answers.map(granted), Array(40).fill(4));
    },
  },
];
