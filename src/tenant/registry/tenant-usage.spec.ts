import { usageAgainst } from './tenant-usage.js';

describe(usageAgainst.name, () => {
  it.each([
    ['a part', 3, 10, 0.3],
    ['nothing', 0, 10, 0],
    ['all', 10, 10, 1],
    ['more than a limit that was lowered', 15, 10, 1.5],
    ['a part of what is unlimited', 7, null, null],
    ['nothing of none', 0, 0, null],
    ['something of none', 2, 0, null],
  ])('says how much is used: %s', (_, used, limit, utilization) => {
    expect(usageAgainst({ maxAgents: limit }, { maxAgents: used })).toEqual({
      maxAgents: { used, limit, utilization },
    });
  });

  it('says nothing of what nobody counts, nor of what is no limit', () => {
    expect(
      usageAgainst({ maxAgents: 3, retentionDays: 7, constructor: 1 }, { maxAgents: 1, maxDogs: 5 }),
    ).toEqual({ maxAgents: { used: 1, limit: 3, utilization: 1 / 3 } });
  });
});
