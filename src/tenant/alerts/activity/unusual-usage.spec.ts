import { randomUUID } from 'node:crypto';
import { TenantEvents } from '../../events/tenant-events.js';
import { SuspiciousActivity } from './suspicious-activity.js';
import type { UnusualUsage } from './suspicious-activity.options.js';

const HOUR = 3_600_000;
const tenantId = randomUUID();

/** @returns the count and the threshold of what was told, by hour, after so many calls in each */
function toldOf(callsByHour: readonly number[], unusual?: UnusualUsage): Record<number, [number, number]> {
  const told: Record<number, [number, number]> = {};
  const events = new TenantEvents();
  const begin = Date.parse('2026-03-01T10:20:00Z');
  const clock = { now: begin };
  events.on('tenant.suspicious-activity', ({ count, threshold, at }) => {
    told[Math.floor((at.getTime() - begin) / HOUR)] = [count, threshold];
  });
  const options = unusual ? { rules: { unusual_usage: unusual } } : {};
  const activity = new SuspiciousActivity(events, { add: () => undefined }, options, () => clock.now);
  for (const calls of callsByHour) {
    for (let call = 0; call < calls; call += 1) activity.note('unusual_usage', { tenantId });
    clock.now += HOUR;
  }
  return told;
}

const hours = (count: number, calls: number): number[] => Array<number>(count).fill(calls);

describe('Unusual usage', () => {
  it('is more than ten times the median of the hours before, of six at least', () => {
    expect(toldOf([...hours(7, 200), 2_000])).toEqual({});
    expect(toldOf([...hours(7, 200), 2_001])).toEqual({ 7: [2_001, 2_001] });
    // The first hour was under way when the process began, and does not count.
    expect(toldOf([...hours(6, 200), 9_000])).toEqual({});
  });

  it('is a thousand calls at least, also of a tenant that never called', () => {
    expect(toldOf([...hours(7, 1), 999])).toEqual({});
    expect(toldOf([...hours(7, 1), 1_000])).toEqual({ 7: [1_000, 1_000] });
    expect(toldOf([1, 0, 0, 0, 0, 0, 0, 0, 1_000])).toEqual({ 8: [1_000, 1_000] });
  });

  it('is measured by the middle of the hours, not by one of them', () => {
    expect(toldOf([1, 100, 100, 100, 3_000, 3_000, 3_000, 15_500])).toEqual({});
    expect(toldOf([1, 100, 100, 100, 3_000, 3_000, 3_000, 15_501])).toEqual({ 7: [15_501, 15_501] });
  });

  it('is measured by the last 24 hours', () => {
    expect(toldOf([...hours(30, 50), ...hours(24, 400), 4_000])).toEqual({});
    expect(toldOf([...hours(30, 2_000), ...hours(24, 150), 1_501])).toEqual({ 54: [1_501, 1_501] });
  });

  it('is what the options say', () => {
    const unusual = { factor: 2, calls: 10, hours: 2 };
    expect(toldOf([1, 20, 20, 41], unusual)).toEqual({ 3: [41, 41] });
    expect(toldOf([1, 20, 41], unusual)).toEqual({});
  });
});
