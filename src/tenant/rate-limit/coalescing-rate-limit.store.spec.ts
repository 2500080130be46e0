import { AsyncLocalStorage } from 'node:async_hooks';
import { CoalescingRateLimitStore } from './coalescing-rate-limit.store.js';
import { currentScope, runInScope, TenantScope } from '../context/tenant-scope.js';
import { InMemoryRateLimitStore } from './in-memory-rate-limit.store.js';
import type { CountedPolicy, RateLimitAnswer, RateLimitRequest } from './rate-limit.store.js';

const limitOf = (limit: number, name = 'requests'): CountedPolicy => ({
  name,
  algorithm: 'token-bucket',
  limit,
  windowMs: 60_000,
  burst: limit,
});
const ask = (policy: CountedPolicy, cost = 1): RateLimitRequest[] => [{ policy, cost }];

/** Answers when it is told to. */
class HeldStore extends InMemoryRateLimitStore {
  readonly calls: { subject: string; times: number }[] = [];
  readonly scopes: unknown[] = [];
  isHeld = false;
  #release: (() => void)[] = [];
  failure: Error | undefined;

  override async take(
    subject: string,
    requests: readonly RateLimitRequest[],
    times = 1,
  ): Promise<RateLimitAnswer> {
    this.calls.push({ subject, times });
    this.scopes.push(currentScope());
    if (this.isHeld) await new Promise<void>((resolve) => this.#release.push(resolve));
    if (this.failure) throw this.failure;
    return super.decide(subject, requests, times);
  }

  release(): void {
    for (const release of this.#release.splice(0)) release();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe(CoalescingRateLimitStore.name, () => {
  let now: number;
  let inner: HeldStore;
  let store: CoalescingRateLimitStore;
  beforeEach(() => {
    now = 1_000;
    inner = new HeldStore({ now: () => now });
    store = new CoalescingRateLimitStore(inner, () => now);
  });

  const timesOf = (): number[] => inner.calls.map(({ times }) => times);

  it('sends those who call in one turn together, and admits the first of them', async () => {
    const policy = limitOf(3);
    const answers = await Promise.all(Array.from({ length: 5 }, () => store.take('a', ask(policy))));
    expect(timesOf()).toEqual([5]);
    expect(answers.map(({ granted }) => granted)).toEqual([1, 1, 1, 0, 0]);
    for (const { states } of answers)
      expect(states).toEqual([{ remaining: 0, resetMs: 20_000, retryMs: 20_000 }]);
  });

  it('has one call under way; who calls meanwhile goes with the next', async () => {
    inner.isHeld = true;
    const policy = limitOf(10);
    const first = store.take('a', ask(policy));
    await turn();
    const later = [store.take('a', ask(policy)), store.take('a', ask(policy), 3)];
    await turn();
    expect(timesOf()).toEqual([1]);
    inner.release();
    await first;
    await turn();
    expect(timesOf()).toEqual([1, 4]);
    inner.release();
    expect((await Promise.all(later)).map(({ granted }) => granted)).toEqual([1, 3]);
  });

  it('keeps apart what differs in subject, cost, limit or name', async () => {
    const policy = limitOf(10);
    await Promise.all([
      store.take('a', ask(policy)),
      store.take('b', ask(policy)),
      store.take('a', ask(policy, 2)),
      store.take('a', ask(limitOf(11))),
      store.take('a', ask(limitOf(10, 'others'))),
      store.take('a', ask(limitOf(10))), // equal to the first
    ]);
    expect(timesOf().sort()).toEqual([1, 1, 1, 1, 2]);
  });

  it('refuses the same again without asking, for as long as it was told', async () => {
    const policy = { ...limitOf(60), burst: 1 };
    await store.take('a', ask(policy), 1);
    now += 300;
    expect((await store.take('a', ask(policy))).states[0]?.retryMs).toBe(700);
    now += 650;
    expect(await store.take('a', ask(policy))).toEqual({
      granted: 0,
      states: [{ remaining: 0, resetMs: 50, retryMs: 50 }],
    });
    expect(inner.calls).toHaveLength(2);
    now += 50;
    expect((await store.take('a', ask(policy))).granted).toBe(1);
    expect(inner.calls).toHaveLength(3);
  });

  it('believes a refusal for a second at most, also one that is for ever', async () => {
    const policy = limitOf(2);
    for (const cost of [2, 2, 3]) await store.take('a', ask(policy, cost));
    expect(inner.calls).toHaveLength(3);
    now += 999;
    for (const cost of [2, 3]) await store.take('a', ask(policy, cost));
    expect(inner.calls).toHaveLength(3);
    now += 1;
    for (const cost of [2, 3]) await store.take('a', ask(policy, cost));
    expect(inner.calls).toHaveLength(5);
  });

  it('asks for another limit, another cost and after a reset', async () => {
    const policy = { ...limitOf(1), algorithm: 'sliding-window' as const };
    await store.take('a', ask(policy), 2);
    expect((await store.take('a', ask(policy, 0))).granted).toBe(1);
    expect((await store.take('a', ask({ ...policy, limit: 5 }))).granted).toBe(1);
    expect((await store.take('a', ask(policy))).granted).toBe(0);
    await store.reset('a', [policy]);
    expect((await store.take('a', ask(policy))).granted).toBe(1);
  });

  it('does not believe a refusal that was under way during a reset', async () => {
    const policy = limitOf(1);
    await inner.take('a', ask(policy));
    inner.isHeld = true;
    const refused = store.take('a', ask(limitOf(1)), 2);
    await turn();
    await store.reset('b', []);
    inner.release();
    await refused;
    inner.isHeld = false;
    const { length } = inner.calls;
    await store.take('a', ask(policy));
    expect(inner.calls).toHaveLength(length + 1);
  });

  it('tells all of a batch that the store failed, and asks again for the next', async () => {
    inner.failure = new Error('away');
    const both = await Promise.allSettled([
      store.take('a', ask(limitOf(5))),
      store.take('a', ask(limitOf(5))),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    inner.failure = undefined;
    expect((await store.take('a', ask(limitOf(5)))).granted).toBe(1);
  });

  it('gives up a call that never ends, and the same call can be made again', async () => {
    inner.isHeld = true;
    await expect(store.take('a', ask(limitOf(5)))).rejects.toThrow('did not answer');
    inner.isHeld = false;
    expect((await store.take('a', ask(limitOf(5)))).granted).toBe(1);
  });

  it("runs in nobody's scope, and answers each caller in its own", async () => {
    const others = new AsyncLocalStorage<string>();
    const seen = await Promise.all(
      ['one', 'two'].map((name) =>
        others.run(name, () =>
          runInScope(new TenantScope(undefined), async () => {
            const scope = currentScope();
            await store.take('a', ask(limitOf(5)));
            return scope === currentScope() && others.getStore();
          }),
        ),
      ),
    );
    expect(seen).toEqual(['one', 'two']);
    expect(inner.scopes).toEqual([undefined]);
  });
});
