import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { TenantSuspendedError } from '@parallax/tenant';
import type { QuotaStoreFixture } from '@parallax/tenant/testing';
import type {
  QuotaCall,
  QuotaCounter,
  QuotaItem,
  QuotaOutcome,
  QuotaState,
} from '../../../../src/tenant/quotas/quota.store.js';
import { QuotaModel, type Resource } from './quota-model.js';
import type { ApplyPlan, CallPlan, Program, Step, TogetherPlan } from './steps.js';

const RESOURCES: readonly Resource[] = ['units', 'other', 'slots'];
const START = Date.UTC(2040, 0, 1);

type Work =
  | { readonly resource: Resource; readonly calls: readonly QuotaCall[] }
  | { readonly items: readonly QuotaItem[]; readonly key?: string };

/** Runs a program on a store and, beside it, on the model, and compares every answer. */
export class ModelRun {
  readonly #model = new QuotaModel();
  readonly #ids: string[] = [];
  #tenantId = '';

  constructor(private readonly fixture: QuotaStoreFixture) {}

  async run({ anchorAfter, terms, steps }: Program): Promise<string> {
    this.#model.anchor = START + anchorAfter;
    await this.#moveTo(START);
    this.#tenantId = await this.fixture.addTenant({ periodAnchor: new Date(this.#model.anchor) });
    for (const resource of RESOURCES) await this.#step({ step: 'hold to', resource, terms: terms[resource] });
    for (const step of steps) await this.#step(step);
    for (const resource of RESOURCES) await this.#reconcile(resource);
    return this.#tenantId;
  }

  async #step(step: Step): Promise<void> {
    const model = this.#model;
    switch (step.step) {
      case 'apply':
      case 'together':
        await this.#atOnce([step]);
        break;
      case 'at once':
        await this.#atOnce(step.plans);
        break;
      case 'hold to':
        model.terms[step.resource] = step.terms;
        await this.fixture.setTerms(this.#tenantId, step.resource, step.terms);
        break;
      case 'suspend':
      case 'reactivate':
        model.suspended = step.step === 'suspend';
        await this.fixture.setStatus(this.#tenantId, model.suspended ? 'suspended' : 'active');
        break;
      case 'wait':
        await this.#moveTo(model.now + step.seconds * 1_000);
        break;
      case 'expire':
        // How many there still were is the store's own affair: calls resolve what they come across.
        await this.fixture.store.expire(1_000);
        expect(await this.fixture.store.expire(1_000)).toBe(0);
        model.expire();
        break;
      case 'look':
        await this.#look();
        break;
      case 'reconcile':
        for (const resource of RESOURCES) await this.#reconcile(resource);
        break;
    }
  }

  async #moveTo(now: number): Promise<void> {
    this.#model.now = now;
    await this.fixture.moveTo(new Date(now));
  }

  /** Reads count what is due as resolved, and resolve nothing. */
  async #look(): Promise<void> {
    const seen = this.#model.copy();
    seen.expire();
    const states = await this.fixture.store.read(
      this.#tenantId,
      RESOURCES.map((resource) => this.#at(resource)),
    );
    expect(states.map(told)).toEqual(RESOURCES.map((resource) => seen.state(resource)));
  }

  async #reconcile(resource: Resource): Promise<void> {
    const { used, reserved } = this.#model.counter(resource);
    const { before, after } = await this.fixture.store.reconcile(this.#at(resource), true);
    expect({ before, after }).toEqual({ before: { used, reserved }, after: { used, reserved } });
  }

  /** There must be an order of theirs in which the model gives the same answers to all. */
  async #atOnce(plans: readonly (ApplyPlan | TogetherPlan)[]): Promise<void> {
    // Nobody knows of a reservation before its maker was answered.
    const known = [...this.#ids];
    const works = plans.map((plan) => this.#work(plan, known));
    const answers = await Promise.all(works.map((work) => this.#do(work)));
    const attempts = permutations(works.map((_, at) => at)).map((order) => {
      const model = this.#model.copy();
      const expected: unknown[] = [];
      for (const at of order) expected[at] = expectedOf(model, works[at]!);
      return { model, expected };
    });
    const found = attempts.find(({ expected }) =>
      same(answers, works.length > 1 ? allowed(expected, answers) : expected),
    );
    if (!found) expect(answers).toEqual(attempts[0]!.expected);
    Object.assign(this.#model, found?.model);
  }

  async #do(work: Work): Promise<unknown> {
    const { store } = this.fixture;
    try {
      if ('items' in work) {
        const { status, replayed, refused } = await store.consumeTogether(
          this.#tenantId,
          work.items,
          work.key,
        );
        const isReplay = status === 'granted' && replayed;
        return { status: isReplay ? 'replayed' : status, refused: [...refused].sort() };
      }
      const { state, outcomes } = await store.apply(this.#at(work.resource), work.calls);
      return {
        state: told(state),
        outcomes: outcomes.map((outcome, at) => toldOf(outcome, work.calls[at]!)),
      };
    } catch (error) {
      if (error instanceof TenantSuspendedError) return 'suspended';
      throw error;
    }
  }

  #work(plan: ApplyPlan | TogetherPlan, known: readonly string[]): Work {
    if (plan.step === 'together') {
      const items = [
        { resource: 'units', amount: plan.units },
        { resource: 'other', amount: plan.other },
      ];
      return { items, ...(plan.key !== undefined && { key: plan.key }) };
    }
    const calls = plan.calls.map((call) => this.#call(call, plan.resource, known));
    return { resource: plan.resource, calls: calls.filter(namedOnce()) };
  }

  #call(plan: CallPlan, resource: Resource, known: readonly string[]): QuotaCall {
    if (plan.op === 'reserve' || (plan.op === 'consume' && resource === 'slots')) {
      const id = randomUUID();
      this.#ids.push(id);
      return { ttlSeconds: 60, inFlight: true, ...plan, op: 'reserve', id };
    }
    if (plan.op === 'consume') return plan;
    const own = known.filter((id) => (this.#model.holds[id]?.resource ?? resource) === resource);
    // Rarely one of another resource, or none that was ever made.
    const from = plan.of % 8 === 7 ? known : own;
    const id = from[plan.of % (from.length + 1)] ?? randomUUID();
    if (plan.op !== 'commit' || plan.part === undefined) return { op: plan.op, id };
    return { op: 'commit', id, amount: Math.min(plan.part, this.#model.holds[id]?.amount ?? 0) };
  }

  #at(resource: Resource): QuotaCounter {
    const kind = resource === 'slots' ? 'concurrency' : 'consumption';
    return { tenantId: this.#tenantId, resource, kind };
  }
}

function expectedOf(model: QuotaModel, work: Work): unknown {
  if ('items' in work) return model.together(work.items, work.key);
  const outcomes = model.apply(work.resource, work.calls);
  return outcomes === 'suspended' ? outcomes : { state: model.state(work.resource), outcomes };
}

function told(state: QuotaState): object {
  const { limit, enforcement, ceiling, used, reserved, wouldDeny, graceUntil } = state;
  return {
    limit,
    enforcement,
    ceiling,
    ...{ used, reserved, wouldDeny },
    graceUntil: graceUntil?.getTime(),
    periodStart: state.periodStart?.getTime(),
    periodEnd: state.periodEnd?.getTime(),
  };
}

function toldOf({ status, replayed, taken, reservation }: QuotaOutcome, { op }: QuotaCall): object {
  const isTaken = status === 'granted' && (op === 'consume' || op === 'reserve');
  return {
    status,
    replayed,
    ...(isTaken && { taken }),
    ...(reservation && { reservation: { ...reservation, expiresAt: reservation.expiresAt.getTime() } }),
  };
}

/** In one apply a key and a reservation are named once at most. */
function namedOnce(): (call: QuotaCall) => boolean {
  const named = new Set<string>();
  return (call) => {
    const names = [
      'key' in call && call.key !== undefined ? `key ${call.key}` : undefined,
      'id' in call ? call.id : undefined,
    ].filter((name) => name !== undefined);
    const isNew = names.every((name) => !named.has(name));
    if (isNew) names.forEach((name) => named.add(name));
    return isNew;
  };
}

/**
 * What is expected, but for what a refusal says beside whom it refuses: it takes no lock, so its figures are of some
 * moment, its key may be taken on another counter at that moment (`refused` for `key-reused`), and of several
 * counters some may have been looked at before, some after. It takes nothing.
 */
function allowed(expected: readonly unknown[], answers: readonly unknown[]): unknown[] {
  return expected.map((one, at) => {
    const given = answers[at];
    if (hasRefused(one) && hasRefused(given)) {
      if (given.status !== 'refused') return one;
      if (one.status === 'key-reused') return given;
      const isPart = given.refused.length > 0 && given.refused.every((name) => one.refused.includes(name));
      return isPart ? { ...one, refused: given.refused } : one;
    }
    if (!hasOutcomes(one) || !hasOutcomes(given)) return one;
    const outcomes = one.outcomes.map((outcome, call) =>
      outcome.status === 'key-reused' && given.outcomes[call]?.status === 'refused'
        ? { ...outcome, status: 'refused' }
        : outcome,
    );
    const tookNothing = given.outcomes.every(({ status }) => status !== 'granted');
    return { ...one, outcomes, ...(tookNothing && { state: given.state }) };
  });
}

function hasOutcomes(answer: unknown): answer is { state: object; outcomes: readonly { status: string }[] } {
  return typeof answer === 'object' && answer !== null && 'outcomes' in answer;
}

function hasRefused(answer: unknown): answer is { status: string; refused: readonly string[] } {
  return typeof answer === 'object' && answer !== null && 'refused' in answer;
}

/** As `toEqual` has it, without the cost of its message. */
function same(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) =>
    permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]),
  );
}
