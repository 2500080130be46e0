import { runInScope, TenantScope, currentScope } from '../context/tenant-scope.js';
import { TenantSuspendedError } from '../errors/request.errors.js';
import { CounterQueue } from './counter-queue.js';
import type { QuotaAnswer, QuotaCall, QuotaCounter } from './quota.store.js';

const A: QuotaCounter = { tenantId: 'a', resource: 'maxRuns', kind: 'consumption' };
const B: QuotaCounter = { ...A, tenantId: 'b' };
const one: QuotaCall = { op: 'consume', amount: 1 };

/** A store that answers when it is told to. */
class HeldStore {
  readonly batches: { counter: QuotaCounter; calls: readonly QuotaCall[]; scoped: boolean }[] = [];
  readonly #answers: ((error?: Error) => void)[] = [];

  apply(counter: QuotaCounter, calls: readonly QuotaCall[]): Promise<QuotaAnswer> {
    this.batches.push({ counter, calls, scoped: currentScope() !== undefined });
    return new Promise((resolve, reject) => {
      this.#answers.push((error) => {
        if (error) reject(error);
        else
          resolve({
            state: {} as QuotaAnswer['state'],
            outcomes: calls.map((_, index) => ({ status: 'granted', taken: index, replayed: false })),
          });
      });
    });
  }

  /** Answers the statement sent first of those under way. */
  async answer(error?: Error): Promise<void> {
    this.#answers.shift()?.(error);
    await turns();
  }

  get sizes(): number[] {
    return this.batches.map(({ calls }) => calls.length);
  }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe(CounterQueue.name, () => {
  let store: HeldStore;
  let queue: CounterQueue;
  beforeEach(() => {
    store = new HeldStore();
    queue = new CounterQueue(store);
  });

  it('sends those who call in one turn together, and those who come meanwhile with the next', async () => {
    const first = [queue.apply(A, one), queue.apply(A, one)];
    await turns();
    const later = [queue.apply(A, one), queue.apply(A, one), queue.apply(A, one)];
    await turns();
    expect(store.sizes).toEqual([2]);
    await store.answer();
    expect(store.sizes).toEqual([2, 3]);
    await store.answer();
    await expect(Promise.all([...first, ...later])).resolves.toHaveLength(5);
  });

  it('lets nobody go on before the statement is answered', async () => {
    let done = false;
    const call = queue.apply(A, one).then(() => (done = true));
    await turns();
    expect(done).toBe(false);
    await store.answer();
    await call;
    expect(done).toBe(true);
  });

  it('gives each call its own outcome, in order', async () => {
    const calls = [queue.apply(A, one), queue.apply(A, one)];
    await turns();
    await store.answer();
    const outcomes = await Promise.all(calls);
    expect(outcomes.map(({ outcome }) => outcome.taken)).toEqual([0, 1]);
  });

  it('does not make one counter wait for another', async () => {
    void queue.apply(A, one);
    void queue.apply(B, one);
    await turns();
    expect(store.batches.map(({ counter }) => counter.tenantId)).toEqual(['a', 'b']);
  });

  it.each<[string, QuotaCall]>([
    ['key', { op: 'consume', amount: 1, key: 'k' }],
    ['reservation', { op: 'commit', id: 'r' }],
  ])('sends the same %s twice in two statements', async (_, call) => {
    void queue.apply(A, call);
    void queue.apply(A, one);
    void queue.apply(A, call);
    void queue.apply(A, one);
    await turns();
    expect(store.sizes).toEqual([2]);
    await store.answer();
    expect(store.sizes).toEqual([2, 2]);
  });

  it('fails those whose statement failed, and goes on', async () => {
    const failing = queue.apply(A, one);
    await turns();
    const next = queue.apply(A, one);
    await Promise.all([
      expect(failing).rejects.toThrow('away'),
      store.answer(new Error('away')).then(() => store.answer()),
    ]);
    await expect(next).resolves.toBeDefined();
  });

  it('lets those who resolve go on when the tenant may take nothing', async () => {
    const taking = queue.apply(A, one);
    const resolving = queue.apply(A, { op: 'commit', id: 'r' });
    await turns();
    await Promise.all([
      expect(taking).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' }),
      store.answer(new TenantSuspendedError('a')).then(() => store.answer()),
    ]);
    await expect(resolving).resolves.toBeDefined();
    expect(store.sizes).toEqual([2, 1]);
  });

  it('refuses who would wait too long, and nobody else', async () => {
    void queue.apply(A, one);
    await turns();
    const waiting = Array.from({ length: 20_000 }, () => queue.apply(A, one));
    await expect(queue.apply(A, one)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    for (let batch = 0; batch <= 20; batch += 1) await store.answer();
    await expect(Promise.all(waiting)).resolves.toHaveLength(20_000);
    expect(Math.max(...store.sizes)).toBe(1_000);
  });

  it('keeps statements out of the scope of whoever called first', async () => {
    runInScope(new TenantScope(undefined), () => void queue.apply(A, one));
    await turns();
    expect(store.batches[0]?.scoped).toBe(false);
  });
});
