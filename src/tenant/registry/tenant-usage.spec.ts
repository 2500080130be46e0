import { definePlans } from '../catalog/define-plans.js';
import type { LimitValue } from '../catalog/plan-definition.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { QuotaTerms } from '../catalog/quota-terms.js';
import { type CountedUsage, type ResourceUsage, usageAgainst } from './tenant-usage.js';

const NOW = new Date('2026-03-10T00:00:00Z');

const directoryOf = (maxAgents: LimitValue, terms?: QuotaTerms): PlanDirectory =>
  new PlanDirectory(
    definePlans({
      limits: ['maxAgents', 'retentionDays'],
      kinds: { maxAgents: 'allocation' },
      features: [],
      plans: {
        pro: {
          version: 1,
          priceCents: 0,
          limits: { maxAgents, retentionDays: 7 },
          features: [],
          ...(terms && { quotas: { maxAgents: terms } }),
        },
      },
    }),
  );
const ON_PRO = { plan: 'pro', planVersion: 1, limits: {} };

const agentsOf = (
  counted: number | CountedUsage,
  limit: LimitValue,
  terms?: QuotaTerms,
): ResourceUsage | undefined =>
  usageAgainst(ON_PRO, { maxAgents: counted }, directoryOf(limit, terms), NOW).maxAgents;

describe(usageAgainst.name, () => {
  it.each([
    ['a part', 3, 10, { remaining: 7, utilization: 0.3, exhausted: false }],
    ['nothing', 0, 10, { remaining: 10, utilization: 0, exhausted: false }],
    ['all', 10, 10, { remaining: 0, utilization: 1, exhausted: true }],
    ['more than a limit that was lowered', 15, 10, { remaining: 0, utilization: 1.5, exhausted: true }],
    ['a part of what is unlimited', 7, null, { remaining: null, utilization: null, exhausted: false }],
    ['nothing of none', 0, 0, { remaining: 0, utilization: null, exhausted: true }],
    ['something of none', 2, 0, { remaining: 0, utilization: null, exhausted: true }],
  ])('says how much is used: %s', (_, used, limit, expected) => {
    expect(agentsOf(used, limit)).toEqual({
      kind: 'allocation',
      used,
      reserved: 0,
      limit,
      unlimited: limit === null,
      resetsAt: null,
      enforcement: 'hard',
      graceUntil: null,
      source: 'plan',
      ...expected,
    });
  });

  it('counts what is reserved as taken, and says when use starts from 0', () => {
    const resetsAt = new Date('2026-04-01');
    expect(agentsOf({ used: 6, reserved: 4, resetsAt }, 10)).toMatchObject({
      used: 6,
      reserved: 4,
      remaining: 0,
      exhausted: true,
      resetsAt,
    });
    expect(agentsOf({ used: 6, reserved: 3 }, 10)).toMatchObject({ remaining: 1, exhausted: false });
  });

  const [past, future] = [new Date(NOW), new Date(NOW.getTime() + 1)];
  it.each<[QuotaTerms, CountedUsage, boolean]>([
    [{ enforcement: 'soft' }, { used: 1_000 }, false],
    [{ enforcement: 'soft', overageCap: 5 }, { used: 14 }, false],
    [{ enforcement: 'soft', overageCap: 5 }, { used: 15 }, true],
    [{ enforcement: 'grace', graceDays: 3 }, { used: 1_000 }, false],
    [{ enforcement: 'grace', graceDays: 3 }, { used: 11, graceUntil: future }, false],
    [{ enforcement: 'grace', graceDays: 3 }, { used: 11, graceUntil: past }, true],
    [{ enforcement: 'grace', graceDays: 3 }, { used: 9, graceUntil: past }, false],
    [{ enforcement: 'shadow' }, { used: 1_000 }, false],
  ])('knows by %j whether %j is all there is', (terms, counted, exhausted) => {
    expect(agentsOf(counted, 10, terms)).toMatchObject({ enforcement: terms.enforcement, exhausted });
  });

  it('says when the days of grace end only where there are such', () => {
    const counted = { used: 11, graceUntil: future };
    expect(agentsOf(counted, 10, { enforcement: 'grace', graceDays: 3 })?.graceUntil).toEqual(future);
    expect(agentsOf(counted, 10)?.graceUntil).toBeNull();
  });

  it('goes by the override, and takes the terms of the plan', () => {
    const plans = directoryOf(10, { enforcement: 'soft', overageCap: 2 });
    const tenant = { ...ON_PRO, limits: { maxAgents: 20 } };
    expect(usageAgainst(tenant, { maxAgents: 21 }, plans, NOW).maxAgents).toMatchObject({
      limit: 20,
      source: 'override',
      exhausted: false,
    });
    expect(usageAgainst(tenant, { maxAgents: 22 }, plans, NOW).maxAgents?.exhausted).toBe(true);
  });

  it('takes a limit without a kind for a hard one of no kind', () => {
    expect(usageAgainst(ON_PRO, { retentionDays: 7 }, directoryOf(1), NOW).retentionDays).toMatchObject({
      kind: null,
      enforcement: 'hard',
      exhausted: true,
    });
  });

  it('says nothing of what nobody counts, nor of what is no limit', () => {
    const counted = { maxAgents: 1, maxDogs: 5, constructor: 1 };
    expect(Object.keys(usageAgainst(ON_PRO, counted, directoryOf(3), NOW))).toEqual(['maxAgents']);
  });
});
