import { setImmediate as nextTick } from 'node:timers/promises';
import { MemoryRateLimitFixture } from '../../../../test/integration/rate-limit/memory/memory-rate-limit.fixture.js';
import { InMemoryRateLimitStore } from '../../rate-limit/in-memory-rate-limit.store.js';
import type {
  CountedPolicy,
  PolicyState,
  RateLimitAnswer,
  RateLimitRequest,
  RateLimitStore,
} from '../../rate-limit/rate-limit.store.js';
import { rateLimitStoreContract } from './rate-limit-store.contract.js';

type Clock = () => number;
type Make = (now: Clock) => RateLimitStore;
type Take = RateLimitStore['take'];

/** A good store, but for how it takes; it peeks as it takes where nothing is said. */
const taking =
  (take: (store: InMemoryRateLimitStore, ...given: Parameters<Take>) => Promise<RateLimitAnswer>): Make =>
  (now) => {
    const store = new InMemoryRateLimitStore({ now });
    return {
      take: (...given) => take(store, ...given),
      peek: (...given) => store.peek(...given),
      reset: (...given) => store.reset(...given),
    };
  };

/** A good store that is told of another policy. */
const onPolicies =
  (change: (policy: CountedPolicy) => Partial<CountedPolicy>): Make =>
  (now) => {
    const store = new InMemoryRateLimitStore({ now });
    const changed = (policy: CountedPolicy): CountedPolicy => ({ ...policy, ...change(policy) });
    const asked = (requests: readonly RateLimitRequest[]): RateLimitRequest[] =>
      requests.map(({ policy, cost }) => ({ policy: changed(policy), cost }));
    return {
      take: (subject, requests, times) => store.take(subject, asked(requests), times),
      peek: (subject, requests) => store.peek(subject, asked(requests)),
      reset: (subject, policies) => store.reset(subject, policies.map(changed)),
    };
  };

/** A good store that says something else of how a policy stands. */
const onStates =
  (change: (state: PolicyState, request: RateLimitRequest, granted: number) => Partial<PolicyState>): Make =>
  (now) => {
    const store = new InMemoryRateLimitStore({ now });
    const told = (
      requests: readonly RateLimitRequest[],
      { granted, states }: RateLimitAnswer,
    ): RateLimitAnswer => ({
      granted,
      states: states.map((state, at) => ({ ...state, ...change(state, requests[at]!, granted) })),
    });
    return {
      take: async (subject, requests, times) => told(requests, await store.take(subject, requests, times)),
      peek: async (subject, requests) => told(requests, await store.peek(subject, requests)),
      reset: (...given) => store.reset(...given),
    };
  };

/** A good store that goes by another clock. */
const byClock =
  (clockOf: (now: Clock) => Clock): Make =>
  (now) =>
    new InMemoryRateLimitStore({ now: clockOf(now) });

/** Each breaks one promise, in a way that has been seen. */
const BROKEN: Record<string, { of: Make; breaks: string }> = {
  'takes one more than the limit': {
    of: onPolicies(({ limit, burst }) => ({ limit: limit + 1, burst: burst + 1 })),
    breaks: 'fixed-window: takes up to the limit, and not one more',
  },
  'takes 0 for no limit': {
    of: onPolicies(({ limit }) => (limit === 0 ? { limit: 1_000_000, burst: 1_000_000 } : {})),
    breaks: 'sliding-window: a limit of 0 takes nothing, ever',
  },
  'counts what it refuses': {
    of: taking(async (store, subject, requests, times) => {
      const answer = await store.take(subject, requests, times);
      if (answer.granted > 0) return answer;
      const left = answer.states.map(({ remaining }, at) => ({
        policy: requests[at]!.policy,
        cost: remaining,
      }));
      await store.take(subject, left);
      return answer;
    }),
    breaks: 'sliding-window: takes all of a cost or none of it',
  },
  'counts a call that costs nothing': {
    of: taking((store, subject, requests, times) =>
      store.take(
        subject,
        requests.map(({ policy, cost }) => ({ policy, cost: Math.max(1, cost) })),
        times,
      ),
    ),
    breaks: 'fixed-window: a cost of 0 always fits, and takes nothing',
  },
  'takes all of several calls or none': {
    of: taking(async (store, subject, requests, times = 1) => {
      const whole = requests.map(({ policy, cost }) => ({ policy, cost: cost * times }));
      const { granted, states } = await store.take(subject, whole);
      return { granted: granted * times, states };
    }),
    breaks: 'token-bucket: of several calls at once the first ones that fit are taken',
  },
  'takes policies one after the other': {
    of: taking(async (store, subject, requests, times) => {
      const answers: RateLimitAnswer[] = [];
      for (const request of requests) answers.push(await store.take(subject, [request], times));
      const granted = Math.min(times ?? 1, ...answers.map((each) => each.granted));
      return { granted, states: answers.flatMap(({ states }) => states) };
    }),
    breaks: 'sliding-window: one policy that refuses leaves the others as they were',
  },
  'reads, waits and then writes': {
    of: taking(async (store, subject, requests) => {
      const peeked = await store.peek(subject, requests);
      await nextTick();
      if (peeked.granted === 0) return peeked;
      const any = requests.map(({ policy, cost }) => ({ policy: { ...policy, limit: 1_000_000_000 }, cost }));
      await store.take(subject, any);
      return peeked;
    }),
    breaks: 'sliding-window: 200 at once get exactly the limit',
  },
  'takes to look': {
    of: (now) => {
      const store = new InMemoryRateLimitStore({ now });
      return Object.assign(store, { peek: store.take.bind(store) });
    },
    breaks: 'fixed-window: peek answers as take would, and takes nothing',
  },
  'counts in fixed windows': {
    of: onPolicies(({ algorithm }) => ({
      algorithm: algorithm === 'sliding-window' ? 'fixed-window' : algorithm,
    })),
    breaks: 'sliding-window: a burst at the edge of a window leaves nothing for the next',
  },
  'lets a window end early': {
    of: onPolicies(({ algorithm, windowMs }) =>
      algorithm === 'sliding-window' ? { windowMs: (windowMs * 11) / 12 } : {},
    ),
    breaks: 'sliding-window: a unit comes back when its twelfth of a window has gone in full',
  },
  'has buckets as large as the limit': {
    of: onPolicies(({ limit }) => ({ burst: limit })),
    breaks: 'token-bucket: the burst at once, then units evenly',
  },
  'refills a bucket in whole intervals of its own': {
    of: byClock((now) => () => Math.floor(now() / 1_000) * 1_000),
    breaks: 'token-bucket: what is not taken is kept up to the burst',
  },
  'has whole milliseconds between units': {
    of: onPolicies(({ algorithm, limit, windowMs }) =>
      algorithm === 'token-bucket' ? { windowMs: limit * Math.floor(windowMs / limit) || windowMs } : {},
    ),
    breaks: 'token-bucket: a rate that does not divide the window loses no unit and gains none',
  },
  'counts anew under another limit': {
    of: onPolicies(({ name, limit }) => ({ name: `${name} ${limit}` })),
    breaks: 'fixed-window: another limit holds at the next call, and what was used stays used',
  },
  'tells the limit and what was used apart': {
    of: onStates(({ remaining }, { policy }) => ({ remaining: remaining === 0 ? -policy.limit : remaining })),
    breaks: 'sliding-window: under a lowered limit it says when enough has come back for the new one',
  },
  'says what there was before': {
    of: onStates(({ remaining }, { cost }, granted) => ({ remaining: remaining + cost * granted })),
    breaks: 'sliding-window: takes up to the limit, and not one more',
  },
  'always says to come again': {
    of: onStates(({ resetMs, retryMs }) => ({ retryMs: retryMs ?? resetMs })),
    breaks: 'token-bucket: a cost over the limit never fits, and says so',
  },
  'says to come again when one unit is back': {
    of: onStates(({ resetMs, retryMs }) => ({
      retryMs: retryMs === 0 || retryMs === null ? retryMs : resetMs,
    })),
    breaks:
      'sliding-window: units come back in the order they were taken, and it says when enough of them have',
  },
  'runs subjects and names together': {
    of: (now) => {
      const store = new InMemoryRateLimitStore({ now });
      const named = (subject: string, policy: CountedPolicy): CountedPolicy => ({
        ...policy,
        name: `${subject}:${policy.name}`,
      });
      const asked = (subject: string, requests: readonly RateLimitRequest[]): RateLimitRequest[] =>
        requests.map(({ policy, cost }) => ({ policy: named(subject, policy), cost }));
      return {
        take: (subject, requests, times) => store.take('', asked(subject, requests), times),
        peek: (subject, requests) => store.peek('', asked(subject, requests)),
        reset: (subject, policies) =>
          store.reset(
            '',
            policies.map((policy) => named(subject, policy)),
          ),
      };
    },
    breaks: 'subjects that would run together with names are subjects of their own',
  },
  'cuts long names': {
    of: onPolicies(({ name }) => ({ name: name.slice(0, 100) })),
    breaks: 'the longest names and subjects are told apart by their last character',
  },
  'knows a counter by its name': {
    of: onPolicies(() => ({ algorithm: 'fixed-window', windowMs: 60_000 })),
    breaks: 'algorithms and windows under one name are counters of their own',
  },
  'forgets a subject for one policy': {
    of: (now) => {
      const used = new Map<string, CountedPolicy[]>();
      return new (class extends InMemoryRateLimitStore {
        override take(...[subject, requests, times]: Parameters<Take>): ReturnType<Take> {
          used.set(subject, [...(used.get(subject) ?? []), ...requests.map(({ policy }) => policy)]);
          return super.take(subject, requests, times);
        }
        override reset(subject: string): Promise<void> {
          return super.reset(subject, used.get(subject) ?? []);
        }
      })({ now });
    },
    breaks: 'token-bucket: reset forgets what it names, and nothing else',
  },
  'forgets all when the clock is set back': {
    of: (now) => {
      let last = 0;
      let store = new InMemoryRateLimitStore({ now });
      const current = (): RateLimitStore => {
        if (now() < last) store = new InMemoryRateLimitStore({ now });
        last = now();
        return store;
      };
      return {
        take: (...given) => current().take(...given),
        peek: (...given) => current().peek(...given),
        reset: (...given) => current().reset(...given),
      };
    },
    breaks: 'sliding-window: when the clock is set back, what was used is as if used now',
  },
  'waits until a clock that was set back has caught up': {
    of: byClock((now) => {
      let latest = 0;
      return () => (latest = Math.max(latest, now()));
    }),
    breaks: 'token-bucket: when the clock is set back, what was used is as if used now',
  },
  'moves what was used along with each refusal': {
    of: taking(async (store, ...given) => {
      const peeked = await store.peek(given[0], given[1]);
      return peeked.granted === 0 ? peeked : store.take(...given);
    }),
    breaks: 'sliding-window: nobody waits longer because refused calls came in between',
  },
};

describe('the contract of rate limit stores', () => {
  it('has a name for each case', () => {
    expect(new Set(rateLimitStoreContract.map(({ name }) => name)).size).toBe(rateLimitStoreContract.length);
  });

  it.each(Object.entries(BROKEN))('is broken by a store that %s', async (_, { of, breaks }) => {
    const broken: string[] = [];
    for (const { name, run } of rateLimitStoreContract)
      await run(new MemoryRateLimitFixture(of)).catch(() => broken.push(name));
    expect(broken).toContain(breaks);
  });
});

describe(InMemoryRateLimitStore.name, () => {
  for (const { name, run } of rateLimitStoreContract) it(name, () => run(new MemoryRateLimitFixture()));
});
