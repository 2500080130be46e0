import { setTimeout as sleep } from 'node:timers/promises';
import { currentScope, runInScope, TenantScope } from '../context/tenant-scope.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { UnavailableError } from '../errors/request.errors.js';
import { Logger } from '@nestjs/common';
import { InMemoryRateLimitStore } from './in-memory-rate-limit.store.js';
import type { CountedPolicy, RateLimitAnswer, RateLimitRequest } from './rate-limit.store.js';
import { UnreadableCounterError } from './outage/unreadable-counter.error.js';
import { type GateOptions, RateLimitStoreGate } from './store-gate.js';

const limitOf = (limit: number, algorithm: CountedPolicy['algorithm'] = 'sliding-window'): CountedPolicy => ({
  name: 'requests',
  algorithm,
  limit,
  windowMs: 3_600_000,
  burst: limit,
});
const POLICY = limitOf(10);
const ONE = [{ policy: POLICY, cost: 1 }];
const RETRY_MS = 20;

type Mood = 'well' | 'failing' | 'silent';

/** A store that can be away in two manners. */
class MoodyStore extends InMemoryRateLimitStore {
  mood: Mood = 'well';
  /** Only what is asked for this subject fails. */
  onlyFor: string | undefined;
  /** Only what writes fails. */
  isReadable = false;
  failure = new Error('away');
  takes = 0;
  peeks = 0;

  override take(...args: [string, readonly RateLimitRequest[], number?]): Promise<RateLimitAnswer> {
    this.takes += 1;
    return this.#answer(args[0], () => super.take(...args));
  }

  override peek(...args: [string, readonly RateLimitRequest[]]): Promise<RateLimitAnswer> {
    this.peeks += 1;
    if (this.isReadable) return super.peek(...args);
    return this.#answer(args[0], () => super.peek(...args));
  }

  override reset(...args: [string, readonly CountedPolicy[]]): Promise<void> {
    return this.#answer(args[0], () => super.reset(...args));
  }

  #answer<T>(subject: string, answer: () => Promise<T>): Promise<T> {
    if (this.mood === 'well' || subject !== (this.onlyFor ?? subject)) return answer();
    if (this.mood === 'failing') return Promise.reject(this.failure);
    return new Promise<T>(() => undefined);
  }
}

describe(RateLimitStoreGate.name, () => {
  let store: MoodyStore;
  let gate: RateLimitStoreGate;
  let events: string[];
  const open = (options: GateOptions = {}): void => {
    store = new MoodyStore();
    events = [];
    gate = new RateLimitStoreGate(store, {
      timeoutMs: 20,
      retryMs: RETRY_MS,
      onLost: (error) => events.push(`lost: ${(error as Error).message}`),
      onRestored: (outageMs) => events.push(outageMs > 0 ? 'restored' : 'restored before it was lost'),
      ...options,
    });
  };
  beforeEach(() => open());

  const decide = async (): Promise<string> => {
    const { granted, decidedBy } = await gate.decide('a', ONE, 'local');
    return `${granted} ${decidedBy}`;
  };
  const recover = async (): Promise<void> => {
    store.mood = 'well';
    while (!events.at(-1)?.startsWith('restored')) {
      await sleep(RETRY_MS);
      await gate.peek('a', ONE, 'local');
    }
  };

  it('asks the store while it answers', async () => {
    expect(await gate.decide('a', ONE, 'closed')).toMatchObject({ granted: 1, decidedBy: 'store' });
    expect(await gate.peek('a', ONE, 'closed')).toMatchObject({ granted: 1, decidedBy: 'store' });
    expect(events).toEqual([]);
  });

  it.each<[Mood, string]>([
    ['failing', 'lost: away'],
    ['silent', 'lost: The store of the rate limits did not answer within 20 ms.'],
  ])('counts for itself, half the limit, while the store is %s, and tells once', async (mood, told) => {
    store.mood = mood;
    const answers = await Promise.all(Array.from({ length: 12 }, decide));
    expect(answers.filter((answer) => answer === '1 local')).toHaveLength(5);
    expect(answers.filter((answer) => answer === '0 local')).toHaveLength(7);
    expect(events).toEqual([told]);
  });

  it('asks nothing of a store that is away but one probe at a time, which writes, and takes nothing that counts', async () => {
    let now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      store.mood = 'failing';
      await decide();
      await Promise.all(Array.from({ length: 50 }, decide));
      expect(store.takes).toBe(1);
      for (const probes of [1, 2, 3]) {
        now += RETRY_MS;
        await Promise.all(Array.from({ length: 50 }, decide));
        expect([store.takes, store.peeks]).toEqual([1 + probes, 0]);
      }
    } finally {
      clock.mockRestore();
    }
    await recover();
    expect((await gate.peek('a', ONE, 'local')).states[0]?.remaining).toBe(9); // as after one call of ten
  });

  it('is away as long as nothing can be written, whatever can be read', async () => {
    store.mood = 'failing';
    store.isReadable = true;
    for (let call = 0; call < 4; call += 1) {
      await decide();
      await sleep(2 * RETRY_MS);
    }
    expect(events).toEqual(['lost: away']);
    await recover();
    expect(events).toEqual(['lost: away', 'restored']);
  });

  it('asks the store again once it has answered, and tells once', async () => {
    store.mood = 'silent';
    await decide();
    await recover();
    expect(await decide()).toBe('1 store');
    expect(events).toEqual([expect.stringMatching('lost'), 'restored']);
  });

  it('goes on counting for itself where it was when the store comes and goes', async () => {
    const admitted: string[] = [];
    for (let flap = 0; flap < 4; flap += 1) {
      store.mood = 'failing';
      admitted.push(await decide(), await decide());
      await recover();
    }
    expect(admitted.filter((answer) => answer === '1 local')).toHaveLength(5);
    expect(events.filter((event) => event.startsWith('lost'))).toHaveLength(4);
    expect(events.filter((event) => event === 'restored')).toHaveLength(4);
  });

  it('is away until what it did not answer is answered, whatever else is', async () => {
    store.mood = 'failing';
    store.onlyFor = 'a';
    await decide();
    for (let call = 0; call < 3; call += 1) {
      await sleep(2 * RETRY_MS);
      expect((await gate.decide('b', ONE, 'local')).decidedBy).toBe('local');
    }
    expect(store.takes).toBeGreaterThan(2);
    expect(events).toEqual(['lost: away']);
    await recover();
    expect((await gate.decide('b', ONE, 'local')).decidedBy).toBe('store');
  });

  it('decides without the store where only one counter cannot be read, and says so in the log once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    store.mood = 'failing';
    store.onlyFor = 'a';
    store.failure = new UnreadableCounterError(new Error('There is none at a.'));
    for (let call = 0; call < 5; call += 1) expect(await decide()).toBe('1 local');
    expect(await decide()).toBe('0 local');
    await expect(gate.decide('a', ONE, 'closed')).rejects.toThrow(UnavailableError);
    expect((await gate.decide('b', ONE, 'local')).decidedBy).toBe('store');
    expect(events).toEqual([]);
    expect(warn.mock.calls).toEqual([[expect.stringMatching('none at a.*reset')]]);
    warn.mockRestore();
  });

  it('refuses with 503 what is to be closed, and admits what is to be open', async () => {
    store.mood = 'failing';
    for (let call = 0; call < 2; call += 1) {
      await expect(gate.decide('a', ONE, 'closed')).rejects.toThrow(UnavailableError);
      await expect(gate.peek('a', ONE, 'closed')).rejects.toThrow(UnavailableError);
    }
    const bucket = { ...limitOf(10, 'token-bucket'), burst: 3 };
    const both = [...ONE, { policy: bucket, cost: 5 }];
    for (let call = 0; call < 20; call += 1)
      expect(await gate.decide('a', both, 'open')).toEqual({
        granted: 1,
        states: [
          { remaining: 10, resetMs: 0, retryMs: 0 },
          { remaining: 3, resetMs: 0, retryMs: 0 },
        ],
        decidedBy: 'open',
      });
    await recover();
    expect(await gate.decide('a', ONE, 'closed')).toMatchObject({ granted: 1, decidedBy: 'store' });
  });

  it('leaves at least 1 of a limit, and nothing of none', async () => {
    open({ localShare: 0.01 });
    store.mood = 'failing';
    const admitted = async (policy: CountedPolicy): Promise<number> => {
      const answers = [];
      for (let call = 0; call < 5; call += 1)
        answers.push(await gate.decide(`limit ${policy.limit}`, [{ policy, cost: 1 }], 'local'));
      return answers.reduce((sum, { granted }) => sum + granted, 0);
    };
    expect(await admitted(limitOf(0))).toBe(0);
    expect(await admitted(limitOf(5))).toBe(1);
    expect(await admitted(limitOf(400))).toBe(4);
    expect(await admitted(limitOf(400, 'token-bucket'))).toBe(4);
  });

  it('resets what it counted for itself, and says when the store did not', async () => {
    store.mood = 'failing';
    for (let call = 0; call < 6; call += 1) await decide();
    expect(await decide()).toBe('0 local');
    await expect(gate.reset('a', [POLICY])).rejects.toThrow(UnavailableError);
    expect(await decide()).toBe('1 local');
    await recover();
    await gate.reset('a', [POLICY]);
    expect((await gate.peek('a', ONE, 'local')).states[0]?.remaining).toBe(9);
  });

  it("tells of an outage outside of everybody's scope", async () => {
    const scopes: unknown[] = [];
    open({ onLost: () => scopes.push(currentScope()), onRestored: () => scopes.push(currentScope()) });
    store.mood = 'failing';
    await runInScope(new TenantScope(undefined), async () => {
      await decide();
      store.mood = 'well';
      while (scopes.length < 2) {
        await sleep(RETRY_MS);
        await decide();
      }
    });
    expect(scopes).toEqual([undefined, undefined]);
  });

  it.each<GateOptions>([
    { timeoutMs: 0 },
    { timeoutMs: 1_001 },
    { timeoutMs: 1.5 },
    { retryMs: 0 },
    { retryMs: NaN },
    { localShare: 0 },
    { localShare: 1.1 },
  ])('refuses %p', (options) => {
    expect(() => new RateLimitStoreGate(new MoodyStore(), options)).toThrow(ConfigurationError);
  });
});
