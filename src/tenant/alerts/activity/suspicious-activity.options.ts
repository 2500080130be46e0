import { ConfigurationError } from '../../errors/isolation.errors.js';

/** What is watched, by the name that events and alerts have for it. */
export type SuspiciousActivityRule = 'denials' | 'foreign_ids' | 'failed_credentials' | 'unusual_usage';

/** How much is suspicious. */
export interface ActivityThreshold {
  /** From how many on. */
  readonly count: number;
  /** Within how many seconds. */
  readonly windowSeconds: number;
}

/** Which use of a tenant is not its usual one. */
export interface UnusualUsage {
  /** More calls in this hour than so many times the median of the 24 hours before. */
  readonly factor: number;
  /** And at least so many calls. */
  readonly calls: number;
  /** Of so many whole hours at least this process has to know, from 1 to 24. */
  readonly hours: number;
}

/** What is suspicious of tenants and client addresses. `false` watches nothing of it. */
export interface SuspiciousActivityOptions {
  readonly rules?: {
    /** Calls that a limit or a permission refused. @default \{ count: 100, windowSeconds: 300 \} */
    readonly denials?: ActivityThreshold | false;
    /** Names of what is not there, or another tenant's. @default \{ count: 20, windowSeconds: 300 \} */
    readonly foreign_ids?: ActivityThreshold | false;
    /** Credentials that do not hold. @default \{ count: 20, windowSeconds: 300 \} */
    readonly failed_credentials?: ActivityThreshold | false;
    /** Far more calls than the tenant's own. @default \{ factor: 10, calls: 1000, hours: 6 \} */
    readonly unusual_usage?: UnusualUsage | false;
  };
  /**
   * How long a tenant has one alert for each rule, whatever else it does. Begins at multiples of it since 1970.
   *
   * @default 3600
   */
  readonly coolDownSeconds?: number;
}

export interface CompleteSuspiciousActivityOptions {
  readonly rules: Required<NonNullable<SuspiciousActivityOptions['rules']>>;
  readonly coolDownSeconds: number;
}

const DEFAULTS: CompleteSuspiciousActivityOptions = {
  rules: {
    denials: { count: 100, windowSeconds: 300 },
    foreign_ids: { count: 20, windowSeconds: 300 },
    failed_credentials: { count: 20, windowSeconds: 300 },
    unusual_usage: { factor: 10, calls: 1_000, hours: 6 },
  },
  coolDownSeconds: 3_600,
};

const MOST = 1_000_000_000;
const DAY_SECONDS = 86_400;

/** @throws ConfigurationError naming the option that cannot be. */
export function completeSuspiciousActivityOptions({
  rules = {},
  coolDownSeconds = DEFAULTS.coolDownSeconds,
}: SuspiciousActivityOptions): CompleteSuspiciousActivityOptions {
  assertWhole('coolDownSeconds', coolDownSeconds, 60, 7 * DAY_SECONDS);
  const { unusual_usage: unusual, ...counted } = { ...DEFAULTS.rules, ...rules };
  if (unusual) {
    assertWhole('rules.unusual_usage.factor', unusual.factor, 1, MOST);
    assertWhole('rules.unusual_usage.calls', unusual.calls, 1, MOST);
    assertWhole('rules.unusual_usage.hours', unusual.hours, 1, 24);
  }
  for (const [name, threshold] of Object.entries(counted)) {
    if (!Object.hasOwn(DEFAULTS.rules, name))
      throw new ConfigurationError(
        `suspiciousActivity.rules.${name} is none: there are ${Object.keys(DEFAULTS.rules).join(', ')}.`,
      );
    if (!threshold) continue;
    assertWhole(`rules.${name}.count`, threshold.count, 1, MOST);
    assertWhole(`rules.${name}.windowSeconds`, threshold.windowSeconds, 1, DAY_SECONDS);
  }
  return { rules: { ...counted, unusual_usage: unusual }, coolDownSeconds };
}

function assertWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new ConfigurationError(
    `The option suspiciousActivity.${name} is a whole number from ${least} to ${most}, not ${String(value)}.`,
  );
}
