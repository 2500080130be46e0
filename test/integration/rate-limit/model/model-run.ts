import { randomUUID } from 'node:crypto';
import type { RateLimitStoreFixture } from '@parallax/tenant/testing';
import type {
  CountedPolicy,
  RateLimitAnswer,
  RateLimitRequest,
} from '../../../../src/tenant/rate-limit/rate-limit.store.js';
import { AdmittedUnits } from './admitted-units.js';
import { ReferenceStore } from './reference-store.js';
import { type Ask, held, type Program, type Step } from './steps.js';

const START = Date.UTC(2040, 2, 10, 12);

/** Runs a program on a store and, beside it, on the reference, and compares every answer. */
export class ModelRun {
  readonly #subjects = [randomUUID(), randomUUID()];
  readonly #admitted = new AdmittedUnits();
  #reference = new ReferenceStore();
  #policies: readonly CountedPolicy[] = [];
  #waitMs = 0;

  constructor(private readonly fixture: RateLimitStoreFixture) {}

  async run({ policies, steps }: Program): Promise<void> {
    this.#policies = policies;
    await this.#moveTo(START);
    for (const step of steps) await this.#step(step);
    for (const subject of this.#subjects.keys())
      await this.#step({ step: 'peek', subject, costs: policies.map(() => 0), times: 1 });
  }

  async #step(step: Step): Promise<void> {
    switch (step.step) {
      case 'take':
        await this.#take(step);
        break;
      case 'peek': {
        const answer = await this.fixture.store.peek(this.#subject(step.subject), this.#requests(step));
        expect(answer).toEqual(this.#expected(this.#reference, step).answer);
        break;
      }
      case 'at once':
        await this.#atOnce(step.asks);
        break;
      case 'reset': {
        const [subject, policy] = [this.#subject(step.subject), this.#policy(step.policy)];
        await this.fixture.store.reset(subject, [policy]);
        this.#reference = this.#reference.reset(subject, [policy]);
        this.#admitted.forget(subject, policy);
        break;
      }
      case 'hold to': {
        const { policy: changed, limit, burst } = step;
        this.#policies = this.#policies.map((policy, at) =>
          at === changed ? held({ ...policy, limit, burst }) : policy,
        );
        break;
      }
      case 'clock':
        if (step.by < 0) this.#admitted.forgetAll();
        await this.#moveTo(this.#reference.now + step.by);
        break;
      case 'wait as told':
        await this.#moveTo(this.#reference.now + this.#waitMs);
        break;
    }
  }

  async #take(ask: Ask): Promise<void> {
    const { answer, after } = this.#expected(this.#reference, ask);
    const given = await this.#do(ask);
    expect(given).toEqual(answer);
    this.#reference = after;
    this.#waitMs = Math.max(0, ...given.states.map(({ retryMs, resetMs }) => retryMs ?? resetMs));
  }

  /** There must be an order of theirs in which the reference grants the same to each. */
  async #atOnce(asks: readonly Ask[]): Promise<void> {
    const answers = await Promise.all(asks.map((ask) => this.#do(ask)));
    const attempts = permutations(asks.map((_, at) => at)).map((order) => {
      let after = this.#reference;
      const granted: number[] = [];
      for (const at of order) {
        const expected = this.#expected(after, asks[at]!);
        granted[at] = expected.answer.granted;
        after = expected.after;
      }
      return { after, granted };
    });
    const given = answers.map(({ granted }) => granted);
    const found = attempts.find(({ granted }) => granted.every((each, at) => each === given[at]));
    if (!found) expect(given).toEqual(attempts[0]!.granted);
    this.#reference = found!.after;
  }

  async #do(ask: Ask): Promise<RateLimitAnswer> {
    const subject = this.#subject(ask.subject);
    const requests = this.#requests(ask);
    const answer = await this.fixture.store.take(subject, requests, ask.times);
    for (const { policy, cost } of requests)
      this.#admitted.add(subject, policy, cost * answer.granted, this.#reference.now);
    return answer;
  }

  async #moveTo(now: number): Promise<void> {
    await this.fixture.moveTo(now);
    this.#reference = this.#reference.at(now);
  }

  #expected(reference: ReferenceStore, ask: Ask): { answer: RateLimitAnswer; after: ReferenceStore } {
    return reference.take(this.#subject(ask.subject), this.#requests(ask), ask.times);
  }

  #requests({ costs }: Ask): RateLimitRequest[] {
    return this.#policies.flatMap((policy, at) => {
      const cost = costs[at];
      return cost === undefined ? [] : [{ policy, cost }];
    });
  }

  #subject(at: number): string {
    return this.#subjects[at]!;
  }

  #policy(at: number): CountedPolicy {
    return this.#policies[at]!;
  }
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) =>
    permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]),
  );
}
