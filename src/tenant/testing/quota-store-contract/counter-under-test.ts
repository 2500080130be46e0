import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  QuotaAnswer,
  QuotaCall,
  QuotaCounter,
  QuotaOutcome,
  QuotaState,
  QuotaStore,
  ReservationState,
  StoredQuotaKind,
  StoredReservation,
} from '../../quotas/quota.store.js';
import { ANCHOR, START } from './contract-case.js';
import type { GivenQuotaTerms, QuotaStoreFixture } from './quota-store-fixture.js';

interface ReserveOptions {
  readonly ttlSeconds?: number;
  readonly inFlight?: boolean;
  readonly key?: string;
}

/** One counter of a tenant of its own, and short words for what is done to it. */
export class CounterUnderTest {
  private constructor(
    private readonly fixture: QuotaStoreFixture,
    readonly at: QuotaCounter,
  ) {}

  /** Of a new tenant, on {@link START}. */
  static async open(
    fixture: QuotaStoreFixture,
    terms: GivenQuotaTerms,
    kind: StoredQuotaKind = 'consumption',
    periodAnchor = ANCHOR,
  ): Promise<CounterUnderTest> {
    await fixture.moveTo(START);
    const tenantId = await fixture.addTenant({ periodAnchor });
    const resource = kind === 'consumption' ? 'units' : 'slots';
    const counter = new CounterUnderTest(fixture, { tenantId, resource, kind });
    await counter.holdTo(terms);
    return counter;
  }

  get store(): QuotaStore {
    return this.fixture.store;
  }

  /** Of the same tenant. */
  async other(resource: string, terms: GivenQuotaTerms): Promise<CounterUnderTest> {
    const counter = new CounterUnderTest(this.fixture, { ...this.at, resource });
    await counter.holdTo(terms);
    return counter;
  }

  holdTo(terms: GivenQuotaTerms): Promise<void> {
    return this.fixture.setTerms(this.at.tenantId, this.at.resource, terms);
  }

  apply(...calls: QuotaCall[]): Promise<QuotaAnswer> {
    return this.store.apply(this.at, calls);
  }

  consume(amount = 1, key?: string): Promise<QuotaOutcome> {
    return this.#one({ op: 'consume', amount, ...(key !== undefined && { key }) });
  }

  reserve(
    amount = 1,
    { ttlSeconds = 600, inFlight = false, key }: ReserveOptions = {},
  ): Promise<QuotaOutcome> {
    const id = randomUUID();
    return this.#one({ op: 'reserve', amount, id, ttlSeconds, inFlight, ...(key !== undefined && { key }) });
  }

  /** A reservation that must be granted. */
  async held(amount = 1, options: ReserveOptions = {}): Promise<StoredReservation> {
    const { status, reservation } = await this.reserve(amount, options);
    assert.equal(status, 'granted');
    assert.ok(reservation, 'a reservation that was made must be told of');
    return reservation;
  }

  resolve(op: 'begin' | 'commit' | 'release', id: string, amount?: number): Promise<QuotaOutcome> {
    return this.#one({ op, id, ...(amount !== undefined && { amount }) });
  }

  async state(): Promise<QuotaState> {
    const [state] = await this.store.read(this.at.tenantId, [this.at]);
    assert.ok(state);
    return state;
  }

  /** As it reads, and as the next call finds it. */
  async assertHolds(used: number, reserved = 0): Promise<void> {
    for (const state of [await this.state(), (await this.apply()).state])
      assert.deepEqual({ used: state.used, reserved: state.reserved }, { used, reserved });
  }

  async #one(call: QuotaCall): Promise<QuotaOutcome> {
    const { outcomes } = await this.apply(call);
    assert.equal(outcomes.length, 1);
    return outcomes[0] as QuotaOutcome;
  }
}

export function assertStatus(outcome: QuotaOutcome, status: QuotaOutcome['status'], replayed = false): void {
  assert.deepEqual({ status: outcome.status, replayed: outcome.replayed }, { status, replayed });
}

/** A call on a reservation was granted, and this is what has become of it. */
export function assertReservation(
  outcome: QuotaOutcome,
  state: ReservationState,
  { charged = 0, replayed = false } = {},
): void {
  assertStatus(outcome, 'granted', replayed);
  assert.deepEqual(
    { state: outcome.reservation?.state, charged: outcome.reservation?.charged },
    { state, charged },
  );
}
