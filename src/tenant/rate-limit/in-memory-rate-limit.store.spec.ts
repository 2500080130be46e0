import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { InMemoryRateLimitStore } from './in-memory-rate-limit.store.js';
import type { CountedPolicy, RateLimitRequest } from './rate-limit.store.js';

const MINUTE = 60_000;
const policy: CountedPolicy = {
  name: 'requests',
  algorithm: 'sliding-window',
  limit: 1,
  windowMs: MINUTE,
  burst: 1,
};
const one: RateLimitRequest[] = [{ policy, cost: 1 }];
const two: RateLimitRequest[] = [...one, { policy: { ...policy, name: 'other' }, cost: 1 }];

describe(InMemoryRateLimitStore.name, () => {
  it('decides at once what take answers', async () => {
    const now = (): number => 0;
    const [taken, decided] = [new InMemoryRateLimitStore({ now }), new InMemoryRateLimitStore({ now })];
    for (const times of [1, 1, 3])
      expect(decided.decide('s', two, times)).toEqual(await taken.take('s', two, times));
    expect(decided.decide('s', one)).toEqual({
      granted: 0,
      states: [{ remaining: 0, resetMs: 65_000, retryMs: 65_000 }],
    });
  });

  it('goes by a clock that runs, when none is given', () => {
    const store = new InMemoryRateLimitStore();
    const { windowMs } = policy;
    const { states } = store.decide('s', one);
    expect(states[0]!.resetMs).toBeGreaterThan(windowMs);
    expect(states[0]!.resetMs).toBeLessThanOrEqual((windowMs * 13) / 12);
    expect(store.decide('s', one).granted).toBe(0);
  });

  it('counts by whole milliseconds of a clock that has fractions', () => {
    let now = 0.9;
    const store = new InMemoryRateLimitStore({ now: () => now });
    expect(store.decide('s', one).states[0]!.resetMs).toBe(65_000);
    now = 64_999.9;
    expect(store.decide('s', one).states[0]!.retryMs).toBe(1);
    now = 65_000.1;
    expect(store.decide('s', one).granted).toBe(1);
  });

  it('keeps the counters of those asked for last, up to as many as it may', () => {
    const store = new InMemoryRateLimitStore({ maxCounters: 3, now: () => 0 });
    for (const subject of ['a', 'b', 'c']) expect(store.decide(subject, one).granted).toBe(1);
    // A refusal is reason enough to stay: who floods would otherwise be the first to be forgotten.
    expect(store.decide('a', one).granted).toBe(0);
    expect(store.decide('d', one).granted).toBe(1);
    for (const subject of ['a', 'c', 'd']) expect(store.decide(subject, one).granted).toBe(0);
    expect(store.decide('b', one).granted).toBe(1);
  });

  it('counts each policy of a subject, and forgets those of a subject together', () => {
    const store = new InMemoryRateLimitStore({ maxCounters: 4, now: () => 0 });
    expect(store.decide('a', one).granted).toBe(1);
    expect(store.decide('b', two).granted).toBe(1);
    expect(store.decide('a', two.slice(1)).granted).toBe(1);
    expect(store.decide('c', one).granted).toBe(1);
    for (const subject of ['a', 'c']) expect(store.decide(subject, one).granted).toBe(0);
    expect(store.decide('b', two).granted).toBe(1);
  });

  it('makes no room for what takes nothing: what is refused, or costs nothing', () => {
    const store = new InMemoryRateLimitStore({ maxCounters: 1, now: () => 0 });
    expect(store.decide('a', one).granted).toBe(1);
    for (let at = 0; at < 10; at += 1) {
      expect(store.decide(`refused ${at}`, [{ policy, cost: 2 }]).granted).toBe(0);
      expect(store.decide(`free ${at}`, [{ policy, cost: 0 }]).granted).toBe(1);
    }
    expect(store.decide('a', one).granted).toBe(0);
  });

  it('gives room back that a reset made', async () => {
    const store = new InMemoryRateLimitStore({ maxCounters: 2, now: () => 0 });
    for (const subject of ['a', 'b']) store.decide(subject, one);
    await store.reset('a', [policy]);
    await store.reset('nobody', [policy]);
    expect(store.decide('c', one).granted).toBe(1);
    for (const subject of ['b', 'c']) expect(store.decide(subject, one).granted).toBe(0);
  });

  it.each([{ limit: 0 }, { burst: 0 }])('takes what was used for used after a time of %j', (closed) => {
    const store = new InMemoryRateLimitStore({ now: () => 0 });
    const bucket: CountedPolicy = { ...policy, algorithm: 'token-bucket' };
    expect(store.decide('s', [{ policy: bucket, cost: 1 }]).granted).toBe(1);
    expect(store.decide('s', [{ policy: { ...bucket, ...closed }, cost: 1 }]).granted).toBe(0);
    expect(store.decide('s', [{ policy: bucket, cost: 1 }]).granted).toBe(0);
  });

  it('starts nothing that would keep the caller alive', () => {
    const before = process.getActiveResourcesInfo().length;
    const scope = new AsyncLocalStorage<object>();
    scope.run({}, () => new InMemoryRateLimitStore().decide('s', two));
    expect(process.getActiveResourcesInfo()).toHaveLength(before);
  });

  it('refuses to keep no counters', () => {
    for (const maxCounters of [0, -1, 1.5, NaN, Infinity])
      expect(() => new InMemoryRateLimitStore({ maxCounters })).toThrow(ConfigurationError);
    expect(() => new InMemoryRateLimitStore({ maxCounters: 1 })).not.toThrow();
  });
});
