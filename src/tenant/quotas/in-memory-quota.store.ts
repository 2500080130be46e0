import { TenantSuspendedError } from '../errors/request.errors.js';
import type {
  ConsumeCall,
  QuotaAnswer,
  QuotaCall,
  QuotaCounter,
  QuotaDrift,
  QuotaItem,
  QuotaOutcome,
  QuotaState,
  QuotaStore,
  QuotaTogetherAnswer,
  ReserveCall,
  ResolveCall,
} from './quota.store.js';
import type { QuotaTermsSource, TermsInEffect } from './quota-terms.source.js';
import { MemoryAccount } from './memory/memory-account.js';
import type { MemoryCounter } from './memory/memory-counter.js';
import { MemoryReservation } from './memory/memory-reservation.js';

/** What an idempotency key stands for. */
interface KeyedCall {
  readonly asked: string;
  readonly taken: number;
  readonly reservation?: MemoryReservation;
}

/** One counter at one moment, and what it is held to. */
interface Place {
  readonly account: MemoryAccount;
  readonly counter: MemoryCounter;
  readonly held: TermsInEffect;
  readonly at: Date;
}

/**
 * Quotas in this process's memory: for unit tests and scripts. Exact among all callers of one process; gone when it
 * ends, and until then nothing of it is ever forgotten. It raises no alerts.
 *
 * @example
 * const tenants = new TenantService(new InMemoryTenantStore());
 * const store = new InMemoryQuotaStore(new RegistryQuotaTerms(tenants, new PlanDirectory(PLAN_CATALOG)));
 */
export class InMemoryQuotaStore implements QuotaStore {
  readonly #accounts = new Map<string, MemoryAccount>();
  readonly #keys = new Map<string, KeyedCall>();

  /** @param clock the time, by which periods roll and reservations expire. @default the system's */
  constructor(
    private readonly terms: QuotaTermsSource,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  async apply(counter: QuotaCounter, calls: readonly QuotaCall[]): Promise<QuotaAnswer> {
    const held = await this.#held(
      counter.tenantId,
      counter.resource,
      calls.some((call) => isTaking(call)),
    );
    // From here on nothing waits: no other caller sees or changes anything in between.
    const place = this.#place(counter, held);
    expireAll(place.account.dueAt(place.at));
    const resolved = calls.map((call) => (isTaking(call) ? undefined : resolve(place, call)));
    const outcomes = calls.map((call, index) =>
      isTaking(call) ? this.#take(place, counter, call) : (resolved[index] as QuotaOutcome),
    );
    return { state: place.counter.state(held, place.at), outcomes };
  }

  async consumeTogether(
    tenantId: string,
    items: readonly QuotaItem[],
    key?: string,
  ): Promise<QuotaTogetherAnswer> {
    const sorted = [...items].sort((a, b) => (a.resource < b.resource ? -1 : 1));
    const terms = await Promise.all(sorted.map(({ resource }) => this.#held(tenantId, resource, true)));
    const places = sorted.map((item, index) => {
      const kind = 'consumption' as const;
      return { ...item, ...this.#place({ tenantId, kind, ...item }, terms[index] as TermsInEffect) };
    });
    const answer = (
      status: QuotaTogetherAnswer['status'],
      { replayed = false, refused = [] as string[] } = {},
    ): QuotaTogetherAnswer => ({
      status,
      replayed,
      refused,
      states: Object.fromEntries(
        places.map(({ resource, counter, held, at }) => [resource, counter.state(held, at)]),
      ),
    });
    for (const { account, at } of places) expireAll(account.dueAt(at));
    const asked = `together ${sorted.map(({ resource, amount }) => `${resource} ${amount}`).join(' ')}`;
    const known = key === undefined ? undefined : this.#keys.get(keyOf(tenantId, key));
    if (known) return known.asked === asked ? answer('granted', { replayed: true }) : answer('key-reused');
    const refused = places
      .filter(({ counter, amount, held, at }) => !counter.fits(amount, held, at))
      .map(({ resource }) => resource);
    if (refused.length > 0) return answer('refused', { refused });
    for (const { counter, amount, held, at } of places) counter.consume(amount, held, at);
    if (key !== undefined) this.#keys.set(keyOf(tenantId, key), { asked, taken: 0 });
    return answer('granted');
  }

  async read(tenantId: string, counters: readonly Omit<QuotaCounter, 'tenantId'>[]): Promise<QuotaState[]> {
    return Promise.all(
      counters.map(async (counter) => {
        const held = await this.#held(tenantId, counter.resource, false);
        const { account, counter: found, at } = this.#place({ tenantId, ...counter }, held);
        return found.state(held, at, account.dueAt(at));
      }),
    );
  }

  expire(limit: number): Promise<number> {
    const at = this.clock();
    const due = [...this.#accounts.values()]
      .flatMap((account) => account.dueAt(at))
      .sort((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime())
      .slice(0, limit);
    expireAll(due);
    return Promise.resolve(due.length);
  }

  /** Finds no drift: the counter in memory is the only record there is. */
  async reconcile(counter: QuotaCounter): Promise<QuotaDrift> {
    const { tenantId, resource } = counter;
    const { counter: found } = this.#place(counter, await this.#held(tenantId, resource, false));
    const periodStart = found.period && new Date(found.period.start);
    return { tenantId, resource, periodStart, before: found.amounts, after: found.amounts };
  }

  async #held(tenantId: string, resource: string, isTaking: boolean): Promise<TermsInEffect> {
    const held = await this.terms.termsOf(tenantId, resource, this.clock());
    if (isTaking && held.status === 'suspended') throw new TenantSuspendedError(tenantId);
    return held;
  }

  #place({ tenantId, resource, kind }: QuotaCounter, held: TermsInEffect): Place {
    const name = `${tenantId} ${resource}`;
    const account = this.#accounts.get(name) ?? new MemoryAccount();
    this.#accounts.set(name, account);
    const at = this.clock();
    return { account, counter: account.counterAt(at, kind, held), held, at };
  }

  #take(place: Place, { tenantId, resource }: QuotaCounter, call: ConsumeCall | ReserveCall): QuotaOutcome {
    const { counter, held, at } = place;
    const asked = `${call.op} ${resource} ${call.amount}`;
    const known = call.key === undefined ? undefined : this.#keys.get(keyOf(tenantId, call.key));
    if (known && known.asked !== asked)
      return { status: 'key-reused', taken: counter.taken, replayed: false };
    if (known) return outcome(known.taken, known.reservation, true);
    if (!counter.fits(call.amount, held, at))
      return { status: 'refused', taken: counter.taken, replayed: false };
    const reservation = call.op === 'reserve' ? new MemoryReservation(call, counter, at) : undefined;
    if (reservation) place.account.keep(reservation);
    counter[call.op](call.amount, held, at);
    const { taken } = counter;
    if (call.key !== undefined)
      this.#keys.set(keyOf(tenantId, call.key), { asked, taken, ...(reservation && { reservation }) });
    return outcome(taken, reservation, false);
  }
}

function isTaking(call: QuotaCall): call is ConsumeCall | ReserveCall {
  return call.op === 'consume' || call.op === 'reserve';
}

function keyOf(tenantId: string, key: string): string {
  return `${tenantId} ${key}`;
}

function resolve({ account, counter, held }: Place, call: ResolveCall): QuotaOutcome {
  const found = account.resolve(call, held);
  if (!found) return { status: 'unknown', taken: counter.taken, replayed: false };
  return outcome(counter.taken, found.reservation, found.replayed);
}

function outcome(taken: number, reservation: MemoryReservation | undefined, replayed: boolean): QuotaOutcome {
  return { status: 'granted', taken, replayed, ...(reservation && { reservation: reservation.stored() }) };
}

function expireAll(due: readonly MemoryReservation[]): void {
  for (const reservation of due) reservation.expire();
}
