import { setImmediate as nextTick } from 'node:timers/promises';
import { MemoryQuotaFixture } from '../../../../test/integration/quotas/contract/memory.fixture.js';
import { InMemoryQuotaStore } from '../../quotas/in-memory-quota.store.js';
import type { QuotaAnswer, QuotaCall, QuotaCounter, QuotaStore } from '../../quotas/quota.store.js';
import type { QuotaTermsSource, TermsInEffect } from '../../quotas/quota-terms.source.js';
import { quotaStoreContract } from './quota-store.contract.js';

type Make = (terms: QuotaTermsSource, clock?: () => Date) => QuotaStore;

const onTerms =
  (change: (held: TermsInEffect, at: Date) => Partial<TermsInEffect>): Make =>
  (terms, clock) =>
    new InMemoryQuotaStore(
      {
        termsOf: async (tenantId, resource, at) => {
          const held = await terms.termsOf(tenantId, resource, at);
          return { ...held, ...change(held, at) };
        },
      },
      clock,
    );

type Apply = (counter: QuotaCounter, calls: readonly QuotaCall[]) => Promise<QuotaAnswer>;

const applying =
  (apply: (original: Apply, ...given: Parameters<Apply>) => Promise<QuotaAnswer>): Make =>
  (terms, clock) =>
    new (class extends InMemoryQuotaStore {
      override apply(...given: Parameters<Apply>): Promise<QuotaAnswer> {
        return apply((...changed) => super.apply(...changed), ...given);
      }
    })(terms, clock);

const onCalls = (change: (call: QuotaCall) => QuotaCall): Make =>
  applying((original, counter, calls) => original(counter, calls.map(change)));

/** Each breaks one promise, in a way that has been seen. */
const BROKEN: Record<string, { of: Make; breaks: string }> = {
  'reads, waits and then writes': {
    of: (terms, clock) => {
      const unlimited = onTerms(() => ({ limit: null }))(terms, clock);
      return Object.assign(new InMemoryQuotaStore(terms, clock), {
        apply: async (counter: QuotaCounter, calls: readonly QuotaCall[]) => {
          const [state] = await unlimited.read(counter.tenantId, [counter]);
          const { limit } = await terms.termsOf(counter.tenantId, counter.resource, new Date());
          await nextTick();
          const fits = limit === null || state!.used < limit;
          return fits ? unlimited.apply(counter, calls) : refusal(state!, calls);
        },
      });
    },
    breaks: '200 at once get exactly the limit',
  },
  'takes one more than the limit': {
    of: onTerms(({ limit }) => ({ limit: limit === null ? null : limit + 1 })),
    breaks: 'consume takes up to the limit, and not one more',
  },
  'takes 0 for no limit': {
    of: onTerms(({ limit }) => ({ limit: limit === 0 ? null : limit })),
    breaks: 'a limit of 0 takes nothing, null takes everything, and one nobody set takes nothing',
  },
  'stops at the first call that does not fit': {
    of: applying(async (original, counter, calls) => {
      const answers: QuotaAnswer[] = [await original(counter, [])];
      for (const call of calls) {
        const refused = answers.at(-1)!.outcomes[0]?.status === 'refused';
        answers.push(refused ? refusal(answers.at(-1)!.state, [call]) : await original(counter, [call]));
      }
      return { state: answers.at(-1)!.state, outcomes: answers.flatMap(({ outcomes }) => outcomes) };
    }),
    breaks:
      'apply takes its calls in order: one that does not fit is refused, those after it are still tried',
  },
  'keeps all tenants in one counter': {
    of: applying((original, counter, calls) => original({ ...counter, tenantId: shared(counter) }, calls)),
    breaks: 'what one tenant or resource uses is not used of another',
  },
  'forgets keys': {
    of: onCalls((call) => ('key' in call ? withoutKey(call) : call)),
    breaks: 'a key that comes many times at once counts once',
  },
  'takes a key for whatever is asked with it': {
    of: applying(async (original, counter, calls) => {
      const { state, outcomes } = await original(counter, calls);
      const granted = { status: 'granted', replayed: true } as const;
      return {
        state,
        outcomes: outcomes.map((each) => ({ ...each, ...(each.status === 'key-reused' && granted) })),
      };
    }),
    breaks: 'a key that stands for another amount, operation or resource is refused as such',
  },
  'never resolves what nobody resolved': {
    of: onCalls((call) => (call.op === 'reserve' ? { ...call, ttlSeconds: 10 ** 9 } : call)),
    breaks: 'a reservation holds until its time is over, and the next call gets what it gave back',
  },
  'gives back work whose time is over': {
    of: onCalls((call) => (call.op === 'reserve' ? { ...call, inFlight: false } : call)),
    breaks: 'work that is under way when its time is over is charged in full',
  },
  'charges all that was held': {
    of: onCalls((call) => (call.op === 'commit' ? { op: call.op, id: call.id } : call)),
    breaks: 'commit charges all that is held, or the part that was used, or nothing',
  },
  'gives back whatever failed': {
    of: onTerms(({ terms }) => ({ terms: { ...terms, refundCap: null } })),
    breaks: 'work that failed gives back up to the cap of the period, and is charged beyond it',
  },
  'takes items one after the other': {
    of: (terms, clock) =>
      new (class extends InMemoryQuotaStore {
        override async consumeTogether(
          ...[tenantId, items, key]: Parameters<QuotaStore['consumeTogether']>
        ): ReturnType<QuotaStore['consumeTogether']> {
          for (const item of items) {
            const answer = await super.consumeTogether(tenantId, [item], key);
            if (answer.status !== 'granted') return answer;
          }
          return super.consumeTogether(tenantId, []);
        }
      })(terms, clock),
    breaks: 'consumeTogether takes all items, or none and names those that do not fit',
  },
  'is always hard': {
    of: onTerms(({ terms }) => ({ terms: { ...terms, enforcement: 'hard' } })),
    breaks: 'soft goes over the limit, up to its cap',
  },
  'has grace without end': {
    of: onTerms(({ terms }) => ({ terms: { ...terms, graceDays: terms.graceDays * 1_000 } })),
    breaks: 'grace goes over the limit for its days, from the first unit over it, and then refuses',
  },
  'begins periods on the first of the month': {
    of: onTerms((_, at) => ({ periodAnchor: new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth())) })),
    breaks: 'periods follow each other without a gap, each a whole number of months from the anchor',
  },
  'begins all anew in each month': {
    of: applying((original, counter, calls) => original({ ...counter, kind: 'consumption' }, calls)),
    breaks: 'concurrency has no period, and no cap on what failed work gives back',
  },
  'lets suspended tenants act': {
    of: onTerms(() => ({ status: 'active' })),
    breaks: 'a suspended tenant takes nothing, and what it holds is still resolved',
  },
  'knows every tenant': {
    of: (terms, clock) =>
      new InMemoryQuotaStore(
        {
          termsOf: (tenantId, resource, at) =>
            terms.termsOf(tenantId, resource, at).catch(() => ({
              status: 'active',
              plan: 'none',
              limit: 0,
              periodAnchor: at,
              terms: { enforcement: 'hard', overageCap: 0, graceDays: 0, alertAt: [], refundCap: 0 },
            })),
        },
        clock,
      ),
    breaks: 'a tenant nobody knows, or that was deleted, is not found',
  },
};

const firstTenants = new WeakMap<object, string>();
let scope: object = {};

/** The first tenant there was since the last case began. */
function shared({ tenantId }: QuotaCounter): string {
  const first = firstTenants.get(scope) ?? tenantId;
  firstTenants.set(scope, first);
  return first;
}

function withoutKey(call: QuotaCall & { key?: string }): QuotaCall {
  const rest = { ...call };
  delete rest.key;
  return rest;
}

function refusal(state: QuotaAnswer['state'], calls: readonly QuotaCall[]): QuotaAnswer {
  const taken = state.used + state.reserved;
  return { state, outcomes: calls.map(() => ({ status: 'refused', taken, replayed: false })) };
}

describe('the contract of quota stores', () => {
  it('has a name for each case', () => {
    expect(new Set(quotaStoreContract.map(({ name }) => name)).size).toBe(quotaStoreContract.length);
  });

  it('is kept by the store in memory', async () => {
    for (const { run } of quotaStoreContract) await run(new MemoryQuotaFixture());
  });

  it.each(Object.entries(BROKEN))('is broken by a store that %s', async (_, { of, breaks }) => {
    const broken: string[] = [];
    for (const { name, run } of quotaStoreContract) {
      scope = {};
      await run(new MemoryQuotaFixture(of)).catch(() => broken.push(name));
    }
    expect(broken).toContain(breaks);
  });
});
