import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallDeadlines, StoreTimeoutError } from './call-deadlines.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe(CallDeadlines.name, () => {
  it('passes on what comes in time, be it an answer or an error', async () => {
    const deadlines = new CallDeadlines(1_000);
    await expect(deadlines.limit(sleep(5, 'answer'))).resolves.toBe('answer');
    await expect(deadlines.limit(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it('gives up each call when its own time is over', async () => {
    const deadlines = new CallDeadlines(60);
    const ended: string[] = [];
    const watch = (name: string): Promise<void> =>
      deadlines.limit(never()).catch((error: unknown) => {
        expect(error).toBeInstanceOf(StoreTimeoutError);
        ended.push(name);
      });
    const first = watch('first');
    await sleep(30);
    const second = watch('second');
    await first;
    expect(ended).toEqual(['first']);
    await second;
    const third = watch('third');
    await third;
    expect(ended).toEqual(['first', 'second', 'third']);
  });

  it('does not give up an answer that arrived while the process was busy', async () => {
    // From here on timers are looked at first, and then what has arrived.
    await new Promise((resolve) => setImmediate(resolve));
    const deadlines = new CallDeadlines(20);
    const answered = deadlines.limit(stat(__filename).then(() => 'answer'));
    const until = performance.now() + 60;
    while (performance.now() < until);
    await expect(answered).resolves.toBe('answer');
  });
});
