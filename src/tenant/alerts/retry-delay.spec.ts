import { retryDelayMs } from './retry-delay.js';

const HOUR = 3_600_000;

describe(retryDelayMs.name, () => {
  it('is anything up to a bound that doubles from a second to an hour', () => {
    const latest = [1, 2, 3, 11, 12, 13, 25, 1000].map((attempt) => retryDelayMs(attempt, 0, 1));
    expect(latest).toEqual([1_000, 2_000, 4_000, 1_024_000, 2_048_000, HOUR, HOUR, HOUR]);
    expect(retryDelayMs(12, 0, 0.25)).toBe(512_000);
    expect(retryDelayMs(12, 0, 0)).toBe(0);
  });

  it('is spread out by itself', () => {
    const delays = new Set(Array.from({ length: 50 }, () => retryDelayMs(12)));
    expect(delays.size).toBeGreaterThan(40);
  });

  it('is what the receiver asked for, where that is longer, up to a day', () => {
    expect(retryDelayMs(1, 5_000, 1)).toBe(5_000);
    expect(retryDelayMs(25, 5_000, 1)).toBe(HOUR);
    expect(retryDelayMs(1, 1e12, 1)).toBe(24 * HOUR);
  });
});
