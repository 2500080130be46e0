import type { Alert } from './alert.js';
import { LogAlertChannel } from './log-alert.channel.js';

const alert: Alert = {
  id: 'id',
  rule: 'quota_exceeded',
  tenantId: 'tenant',
  resource: 'maxExecutions',
  threshold: 100,
  limit: 200,
  used: 210,
  periodStart: new Date('2026-03-01T10:00:00Z'),
  plan: 'free',
  raisedAt: new Date('2026-03-01T10:12:00Z'),
};

describe(LogAlertChannel.name, () => {
  it.each<[Partial<Alert>, string]>([
    [{}, 'has used 210 of 200 maxExecutions, at least 100 % (quota_exceeded, alert id)'],
    [
      { rule: 'plan_limit_approaching', threshold: 80, used: 160 },
      'has used 160 of 200 maxExecutions, at least 80 % (plan_limit_approaching, alert id)',
    ],
    [
      { rule: 'rate_limit_exceeded', resource: 'apiRequests', used: 7 },
      'had 7 calls refused by the rate limit apiRequests of 200 since 2026-03-01T10:00:00.000Z (rate_limit_exceeded, alert id)',
    ],
    [
      { rule: 'suspicious_activity', resource: 'denials' },
      'is suspicious: denials, 210 where 200 are too many (suspicious_activity, alert id)',
    ],
  ])('says of %j what it is about', (given, text) => {
    const lines: string[] = [];
    const logger = { log: () => 0, error: () => 0, warn: (line: string) => lines.push(line) };
    new LogAlertChannel(logger).deliver({ ...alert, ...given });
    expect(lines).toEqual([`Tenant tenant (free) ${text}`]);
  });
});
