import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  CountedPolicy,
  PolicyState,
  RateLimitAnswer,
  RateLimitRequest,
} from '../../rate-limit/rate-limit.store.js';
import { START } from './contract-case.js';
import type { RateLimitStoreFixture } from './rate-limit-store-fixture.js';

type Asked = CountedPolicy | readonly RateLimitRequest[];

/** A subject nobody else knows, and short words for what is done to it. Every answer is checked for its form. */
export class SubjectUnderTest {
  private constructor(
    private readonly fixture: RateLimitStoreFixture,
    readonly subject: string,
  ) {}

  /** On {@link START}. */
  static async open(
    fixture: RateLimitStoreFixture,
    subject: string = randomUUID(),
  ): Promise<SubjectUnderTest> {
    const opened = new SubjectUnderTest(fixture, subject);
    await opened.moveTo(0);
    return opened;
  }

  /** At the same moment as this one. */
  other(subject: string = randomUUID()): SubjectUnderTest {
    return new SubjectUnderTest(this.fixture, subject);
  }

  /** @param sinceStart milliseconds, negative before {@link START} */
  async moveTo(sinceStart: number): Promise<void> {
    await this.fixture.moveTo(START + sinceStart);
  }

  async take(asked: Asked, cost = 1, times?: number): Promise<RateLimitAnswer> {
    const requests = requestsOf(asked, cost);
    const answer = await this.fixture.store.take(this.subject, requests, times);
    return wellFormed(answer, requests.length, times);
  }

  async peek(asked: Asked, cost = 1): Promise<RateLimitAnswer> {
    const requests = requestsOf(asked, cost);
    return wellFormed(await this.fixture.store.peek(this.subject, requests), requests.length);
  }

  reset(...policies: readonly CountedPolicy[]): Promise<void> {
    return this.fixture.store.reset(this.subject, policies);
  }

  async assertTakes(asked: Asked, cost = 1): Promise<PolicyState> {
    const { granted, states } = await this.take(asked, cost);
    assert.equal(granted, 1, `${cost} must fit, but ${JSON.stringify(states)}`);
    return states[0] as PolicyState;
  }

  async assertRefused(asked: Asked, cost = 1): Promise<PolicyState> {
    const { granted, states } = await this.take(asked, cost);
    assert.equal(granted, 0, `${cost} must not fit, but then ${JSON.stringify(states)}`);
    return states[0] as PolicyState;
  }

  /** How it stands, as asked without taking and as a call that costs nothing finds it. */
  async assertStands(policy: CountedPolicy, { remaining, resetMs }: Partial<PolicyState>): Promise<void> {
    for (const { states } of [await this.peek(policy, 0), await this.take(policy, 0)]) {
      const [state] = states as [PolicyState];
      if (remaining !== undefined) assert.equal(state.remaining, remaining, 'remaining');
      if (resetMs !== undefined) assert.equal(state.resetMs, resetMs, 'resetMs');
    }
  }
}

/** Objects of their own at each call: a counter is known by what its policy says. */
function requestsOf(asked: Asked, cost: number): readonly RateLimitRequest[] {
  const requests = 'algorithm' in asked ? [{ policy: asked, cost }] : asked;
  return requests.map((request) => ({ policy: { ...request.policy }, cost: request.cost }));
}

function wellFormed(answer: RateLimitAnswer, requests: number, times = 1): RateLimitAnswer {
  const { granted, states } = answer;
  assert.ok(isWhole(granted) && granted <= times, `granted ${granted} of ${times}`);
  assert.equal(states.length, requests, 'one state for each request');
  for (const { remaining, resetMs, retryMs } of states) {
    assert.ok(isWhole(remaining), `remaining ${remaining}`);
    assert.ok(isWhole(resetMs), `resetMs ${resetMs}`);
    assert.ok(retryMs === null || isWhole(retryMs), `retryMs ${retryMs}`);
  }
  return answer;
}

function isWhole(amount: number): boolean {
  return Number.isSafeInteger(amount) && amount >= 0;
}
