import { randomUUID } from 'node:crypto';
import { TenantEvents } from '../../events/tenant-events.js';
import type { SuspiciousActivityEvent } from '../../events/security.events.js';
import type { ActivityAlert } from './activity-alert.js';
import { SuspiciousActivity } from './suspicious-activity.js';
import type { SuspiciousActivityOptions } from './suspicious-activity.options.js';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const TEN = Date.parse('2026-03-01T10:00:00Z');
const tenantId = randomUUID();
const address = '192.0.2.7';

/** As one process has it. */
function watch(options?: SuspiciousActivityOptions, { recorded = true } = {}) {
  const told: SuspiciousActivityEvent[] = [];
  const alerts: ActivityAlert[] = [];
  const lines: string[] = [];
  const events = new TenantEvents();
  events.on('tenant.suspicious-activity', (event) => told.push(event));
  const clock = { now: TEN };
  const logger = { log: () => 0, error: () => 0, warn: (line: string) => lines.push(line) };
  const activity = new SuspiciousActivity(
    events,
    recorded ? { add: (alert) => alerts.push(alert) } : undefined,
    options,
    () => clock.now,
    logger,
  );
  return { activity, events, told, alerts, lines, clock };
}

const refusal = {
  subject: tenantId,
  policy: 'p',
  limit: 1,
  windowSeconds: 60,
  cost: 1,
  retryAfterMs: 1,
  enforcement: 'hard' as const,
  at: new Date(),
};

describe(SuspiciousActivity.name, () => {
  it.each([
    ['denials', 100],
    ['foreign_ids', 20],
    ['failed_credentials', 20],
  ] as const)('tells of %s of a tenant from %i within five minutes on, and not before', (rule, threshold) => {
    const { activity, told, alerts, lines, clock } = watch();
    for (let each = 1; each < threshold; each += 1) {
      clock.now += (4 * MINUTE) / threshold;
      activity.note(rule, { tenantId });
    }
    expect([told, alerts]).toEqual([[], []]);
    activity.note(rule, { tenantId, address });
    expect(told).toEqual([
      {
        name: 'tenant.suspicious-activity',
        tenantId,
        rule,
        count: threshold,
        threshold,
        windowSeconds: 300,
        address,
        at: new Date(clock.now),
      },
    ]);
    expect(alerts).toEqual([
      {
        rule: 'suspicious_activity',
        tenantId,
        resource: rule,
        periodStart: TEN,
        limit: threshold,
        used: threshold,
      },
    ]);
    expect(lines).toEqual([]);
  });

  it('forgets what is older than the window', () => {
    const { activity, told, clock } = watch();
    activity.note('denials', { tenantId }, 99);
    clock.now += 5 * MINUTE;
    activity.note('denials', { tenantId }, 99);
    expect(told).toEqual([]);
    clock.now += 4 * MINUTE;
    activity.note('denials', { tenantId });
    expect(told).toMatchObject([{ count: 100 }]);
  });

  it('tells each subject and each rule apart', () => {
    const { activity, told } = watch();
    for (let each = 0; each < 40; each += 1) {
      activity.note('foreign_ids', { tenantId: randomUUID() });
      activity.note('foreign_ids', { address: `192.0.2.${each}` });
    }
    activity.note('denials', { tenantId }, 60);
    activity.note('foreign_ids', { tenantId }, 19);
    expect(told).toEqual([]);
  });

  it('tells of an address by event and log, and makes no alert of it', () => {
    const { activity, told, alerts, lines } = watch();
    activity.note('failed_credentials', { address }, 20);
    expect(told).toMatchObject([{ tenantId: undefined, address, rule: 'failed_credentials', count: 20 }]);
    expect(alerts).toEqual([]);
    expect(lines).toEqual([
      `${address} is suspicious: failed_credentials, 20 within 300 s where 20 are too many`,
    ]);
  });

  it('tells of a tenant by event and log where there is no control plane', () => {
    const { activity, told, lines } = watch({}, { recorded: false });
    activity.note('denials', { tenantId }, 100);
    expect(told).toHaveLength(1);
    expect(lines).toEqual([
      `Tenant ${tenantId} is suspicious: denials, 100 within 300 s where 100 are too many`,
    ]);
  });

  it('counts failed credentials for the address too, whatever tenants they name', () => {
    const { activity, told } = watch();
    for (let each = 0; each < 20; each += 1)
      activity.note('failed_credentials', { tenantId: randomUUID(), address });
    expect(told).toMatchObject([{ tenantId: undefined, address, count: 20 }]);
    for (let each = 0; each < 300; each += 1) activity.note('denials', { tenantId: randomUUID(), address });
    expect(told).toHaveLength(1);
  });

  it('takes what is no tenant’s id for none', () => {
    const { activity, told } = watch();
    activity.note('foreign_ids', { tenantId: tenantId.toUpperCase(), address }, 20);
    activity.note('foreign_ids', { tenantId: 'acme' }, 20);
    activity.note('foreign_ids', {}, 20);
    expect(told).toMatchObject([{ tenantId: undefined, address }]);
  });

  describe('hears', () => {
    it('of refusals by rate limits, for the tenant or whoever the limit counted', () => {
      const { events, told } = watch({ rules: { denials: { count: 2, windowSeconds: 60 } } });
      const onTrial = randomUUID();
      for (let each = 0; each < 2; each += 1) {
        events.emit('tenant.rate-limit.exceeded', { ...refusal, tenantId });
        events.emit('tenant.rate-limit.exceeded', { ...refusal, tenantId: undefined, subject: address });
        events.emit('tenant.rate-limit.exceeded', { ...refusal, tenantId: onTrial, enforcement: 'shadow' });
      }
      expect(told).toMatchObject([
        { rule: 'denials', tenantId },
        { rule: 'denials', tenantId: undefined, address },
      ]);
    });

    it('of tenants that were named and may not be entered, for whoever names them', () => {
      const { events, told } = watch();
      const refuse = (from: object): void => {
        for (let each = 0; each < 20; each += 1)
          events.emit('tenant.access.refused', {
            tenantId: randomUUID(),
            principalId: 'u',
            at: new Date(),
            ...from,
          });
      };
      refuse({ principalTenantId: tenantId, address });
      refuse({ address });
      expect(told).toMatchObject([
        { rule: 'foreign_ids', tenantId, address },
        { rule: 'foreign_ids', tenantId: undefined, address },
      ]);
      refuse({});
      expect(told).toHaveLength(2);
      // The tenant that is tried did nothing.
      refuse({ tenantId: randomUUID() });
      expect(told).toHaveLength(2);
    });
  });

  describe('tells again', () => {
    it('not while it goes on within the cool-down, and once in the next', () => {
      const { activity, told, alerts, clock } = watch();
      for (const end = TEN + 2 * HOUR; clock.now < end; clock.now += SECOND)
        activity.note('denials', { tenantId });
      expect(told.map(({ at }) => at.toISOString())).toEqual([
        '2026-03-01T10:01:39.000Z',
        '2026-03-01T11:00:00.000Z',
      ]);
      expect(alerts.map(({ periodStart }) => periodStart)).toEqual([TEN, TEN + HOUR]);
    });

    it('within the cool-down when it had fallen below half, and not when it had not', () => {
      const { activity, told, alerts, clock } = watch();
      activity.note('denials', { tenantId }, 60);
      clock.now += 4 * MINUTE;
      activity.note('denials', { tenantId }, 50);
      clock.now += 2 * MINUTE; // 50 are left
      activity.note('denials', { tenantId }, 60);
      expect(told).toHaveLength(1);
      clock.now += 10 * MINUTE;
      activity.note('denials', { tenantId }, 100);
      expect(told).toHaveLength(2);
      expect(alerts.map(({ periodStart }) => periodStart)).toEqual([TEN, TEN]);
    });

    it('after a cool-down of another length', () => {
      const { activity, alerts, clock } = watch({ coolDownSeconds: 86_400 });
      const midnight = Date.parse('2026-03-01T00:00:00Z');
      for (let hour = 0; hour < 24; hour += 1, clock.now += HOUR) activity.note('denials', { tenantId }, 100);
      expect(new Set(alerts.map(({ periodStart }) => periodStart))).toEqual(
        new Set([midnight, midnight + 24 * HOUR]),
      );
    });
  });

  it.each([-HOUR, -MINUTE, HOUR])('survives a clock that is set by %i ms', (step) => {
    const { activity, told, clock } = watch();
    activity.note('denials', { tenantId }, 60);
    clock.now += step;
    activity.note('denials', { tenantId }, 30);
    clock.now += 5 * MINUTE;
    activity.note('denials', { tenantId }, 99);
    expect(told).toEqual([]);
    activity.note('denials', { tenantId });
    expect(told).toHaveLength(1);
  });

  it('forgets the subject that did nothing for longest when there are more than ten thousand', () => {
    const { activity, told } = watch();
    const subjects = Array.from({ length: 10_001 }, (_, each) => `198.51.100.${each}`);
    for (const each of subjects) activity.note('failed_credentials', { address: each }, 19);
    activity.note('failed_credentials', { address: subjects.at(-1) });
    activity.note('failed_credentials', { address: subjects[0] });
    expect(told).toMatchObject([{ address: subjects.at(-1) }]);
  });

  it('watches nothing of what is off', () => {
    const { activity, told, events } = watch({
      rules: { denials: false, foreign_ids: false, failed_credentials: false, unusual_usage: false },
    });
    for (const rule of ['denials', 'foreign_ids', 'failed_credentials', 'unusual_usage'] as const)
      activity.note(rule, { tenantId, address }, 1_000_000);
    events.emit('tenant.rate-limit.exceeded', { ...refusal, tenantId });
    expect(told).toEqual([]);
  });

  it.each([
    [{ coolDownSeconds: 0 }, /suspiciousActivity\.coolDownSeconds is a whole number from 60/],
    [{ rules: { denials: { count: 0, windowSeconds: 60 } } }, /rules\.denials\.count .* not 0/],
    [
      { rules: { foreign_ids: { count: 1, windowSeconds: 1.5 } } },
      /rules\.foreign_ids\.windowSeconds .* not 1.5/,
    ],
    [
      { rules: { unusual_usage: { factor: 10, calls: 1, hours: 25 } } },
      /rules\.unusual_usage\.hours .* 1 to 24/,
    ],
    [{ rules: { unusual_usage: { count: 1 } } as never }, /rules\.unusual_usage\.factor/],
    [{ rules: { denial: false } as never }, /rules\.denial is none: there are denials, foreign_ids/],
  ])('refuses the options %j', (options: SuspiciousActivityOptions, message) => {
    expect(() => watch(options)).toThrow(message);
  });
});
