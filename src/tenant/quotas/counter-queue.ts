import { runOutsideScope } from '../context/tenant-scope.js';
import { TenantNotFoundError, TenantSuspendedError, UnavailableError } from '../errors/request.errors.js';
import type { QuotaCall, QuotaCounter, QuotaOutcome, QuotaState, QuotaStore } from './quota.store.js';

/** What became of one call, and how the counter stood after the statement it went with. */
export interface CounterAnswer {
  readonly outcome: QuotaOutcome;
  readonly state: QuotaState;
}

interface Waiting {
  readonly call: QuotaCall;
  readonly resolve: (answer: CounterAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly counter: QuotaCounter;
  waiting: Waiting[];
}

/** How many calls go in one statement. */
const MAX_BATCH = 1_000;
/** How many may wait for one counter; more would wait longer than anybody does. */
const MAX_WAITING = 20_000;

/**
 * Lets one statement be under way for each counter; whoever calls meanwhile goes with the next. A hot tenant so
 * holds one connection and pays for one commit a batch, however many callers it has, and each of them goes on only
 * after the batch was committed.
 *
 * In the manner of Kubernetes' admission of quotas, and of Gubernator.
 */
export class CounterQueue {
  readonly #lanes = new Map<string, Lane>();

  constructor(private readonly store: Pick<QuotaStore, 'apply'>) {}

  /** @throws UnavailableError when too many wait already; otherwise as `QuotaStore.apply` */
  apply(counter: QuotaCounter, call: QuotaCall): Promise<CounterAnswer> {
    const key = `${counter.tenantId} ${counter.resource}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { counter, waiting: [] };
      this.#lanes.set(key, lane);
      const started = lane;
      runOutsideScope(() => void this.#run(key, started));
    }
    if (lane.waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new UnavailableError(`Too many calls wait for ${counter.resource} of one tenant.`),
      );
    }
    const { waiting } = lane;
    return new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject });
    });
  }

  async #run(key: string, lane: Lane): Promise<void> {
    await Promise.resolve(); // those who call in the same turn go together
    while (lane.waiting.length > 0) await this.#send(lane.counter, nextBatch(lane));
    this.#lanes.delete(key);
  }

  async #send(counter: QuotaCounter, batch: readonly Waiting[]): Promise<void> {
    try {
      const { state, outcomes } = await this.store.apply(
        counter,
        batch.map(({ call }) => call),
      );
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome) resolve({ outcome, state });
        else reject(new Error('The quota store gave no outcome for a call.'));
      });
    } catch (error) {
      const resolving = isTenantRefusal(error) ? batch.filter(({ call }) => !isTaking(call)) : [];
      // Those who only resolve may, of a tenant that may take nothing; then they went with the wrong company.
      const alone = resolving.length < batch.length ? resolving : [];
      for (const waiting of batch) if (!alone.includes(waiting)) waiting.reject(error);
      if (alone.length > 0) await this.#send(counter, alone);
    }
  }
}

function isTaking({ op }: QuotaCall): boolean {
  return op === 'consume' || op === 'reserve';
}

function isTenantRefusal(error: unknown): boolean {
  return error instanceof TenantSuspendedError || error instanceof TenantNotFoundError;
}

/** In order, up to the first call that names a key or a reservation named before it. */
function nextBatch(lane: Lane): Waiting[] {
  const named = new Set<string>();
  let size = 0;
  for (const { call } of lane.waiting.slice(0, MAX_BATCH)) {
    const names = namesOf(call);
    if (names.some((name) => named.has(name))) break;
    for (const name of names) named.add(name);
    size += 1;
  }
  return lane.waiting.splice(0, size);
}

function namesOf(call: QuotaCall): string[] {
  return [
    ...('id' in call ? [`id ${call.id}`] : []),
    ...('key' in call && call.key !== undefined ? [`key ${call.key}`] : []),
  ];
}
