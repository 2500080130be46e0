import type { ResourceUsage } from '../registry/tenant-usage.js';
import { explainUsage } from './explain-usage.js';

const graceUntil = new Date('2026-03-10T00:00:00Z');
const usageOf = (given: Partial<ResourceUsage>): ResourceUsage => ({
  kind: 'consumption',
  used: 10,
  reserved: 0,
  limit: 10,
  unlimited: false,
  remaining: 0,
  utilization: 1,
  exhausted: false,
  resetsAt: null,
  enforcement: 'hard',
  graceUntil: null,
  source: 'plan',
  ...given,
});

describe(explainUsage.name, () => {
  it.each<[string, Partial<ResourceUsage>]>([
    ['10 are used, and there is no limit.', { limit: null, unlimited: true, remaining: null }],
    ['7 of 10 are used, so 3 are left.', { used: 7, remaining: 3 }],
    ['5 of 10 are used and 4 reserved, so 1 are left.', { used: 5, reserved: 4, remaining: 1 }],
    ['10 of 10 are used; the limit is hard, so one more is refused.', { exhausted: true }],
    ['0 of 0 are used; the limit is hard, so one more is refused.', { used: 0, limit: 0, exhausted: true }],
    [
      '12 of 10 are used; the limit is soft, so one more is allowed and counts as overage.',
      { used: 12, enforcement: 'soft' },
    ],
    [
      '12 of 10 are used; the limit is soft, but the overage it allows is used up, so one more is refused.',
      { used: 12, enforcement: 'soft', exhausted: true },
    ],
    ['10 of 10 are used; one more is allowed, and begins the days of grace.', { enforcement: 'grace' }],
    [
      '11 of 10 are used; the days of grace run until 2026-03-10T00:00:00.000Z, so one more is allowed.',
      { used: 11, enforcement: 'grace', graceUntil },
    ],
    [
      '11 of 10 are used; the days of grace ended at 2026-03-10T00:00:00.000Z, so one more is refused.',
      { used: 11, enforcement: 'grace', graceUntil, exhausted: true },
    ],
    ['10 of 10 are used; the limit is only watched, so one more is allowed.', { enforcement: 'shadow' }],
  ])('says: %s', (reason, given) => {
    expect(explainUsage(usageOf(given), []).reason).toBe(reason);
  });

  it('says what would help, once one more is refused', () => {
    expect(explainUsage(usageOf({}), ['team']).remedies).toEqual([]);
    const resetsAt = new Date('2026-04-01T00:00:00Z');
    const refused = usageOf({ exhausted: true, resetsAt });
    expect(explainUsage(refused, ['team', 'big']).remedies).toEqual([
      'Wait until 2026-04-01T00:00:00.000Z, when use starts from 0.',
      'Move to a plan that allows more: team, big.',
      'Have an operator override the limit.',
    ]);
    expect(explainUsage({ ...refused, kind: 'allocation', resetsAt: null }, []).remedies).toEqual([
      'Delete what is not needed.',
      'Have an operator override the limit.',
    ]);
    expect(explainUsage({ ...refused, kind: 'concurrency', resetsAt: null }, []).remedies[0]).toBe(
      'Wait until work under way has ended.',
    );
  });
});
