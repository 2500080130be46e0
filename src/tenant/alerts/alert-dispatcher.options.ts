import { ConfigurationError } from '../errors/isolation.errors.js';
import type { AlertChannel } from './alert.channel.js';

/** How alerts are delivered. */
export interface AlertDispatcherOptions {
  /**
   * How often it is asked for new alerts and for deliveries that are due, in milliseconds.
   *
   * @default 1000
   */
  readonly pollMs?: number;
  /**
   * How long one attempt may take, in milliseconds. It is nobody else's for twenty seconds more: so long an alert waits
   * whose process was killed.
   *
   * @default 10000
   */
  readonly timeoutMs?: number;
  /**
   * After how many failed attempts a delivery is given up. With 25 that is some seven hours after the alert.
   *
   * @default 25
   */
  readonly maxAttempts?: number;
}

const DEFAULTS: Required<AlertDispatcherOptions> = { pollMs: 1_000, timeoutMs: 10_000, maxAttempts: 25 };

const LONGEST_MS = 3_600_000;
const MOST_ATTEMPTS = 1_000;
const CHANNEL_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** @throws ConfigurationError naming the option that cannot be. */
export function completeDispatcherOptions(options: AlertDispatcherOptions): Required<AlertDispatcherOptions> {
  const pollMs = options.pollMs ?? DEFAULTS.pollMs;
  const timeoutMs = options.timeoutMs ?? DEFAULTS.timeoutMs;
  const maxAttempts = options.maxAttempts ?? DEFAULTS.maxAttempts;
  assertWhole('pollMs', pollMs, LONGEST_MS);
  assertWhole('timeoutMs', timeoutMs, LONGEST_MS);
  assertWhole('maxAttempts', maxAttempts, MOST_ATTEMPTS);
  return { pollMs, timeoutMs, maxAttempts };
}

/** @throws ConfigurationError for a name that cannot be, or that two of them have. */
export function channelsByName(channels: readonly AlertChannel[]): ReadonlyMap<string, AlertChannel> {
  const byName = new Map<string, AlertChannel>();
  for (const channel of channels) {
    if (!CHANNEL_NAME.test(channel.name)) {
      throw new ConfigurationError(
        `An alert channel is called ${JSON.stringify(channel.name)}. Its name has to be 1 to 64 lower-case letters, ` +
          'digits, "-" and "_".',
      );
    }
    if (byName.has(channel.name)) {
      throw new ConfigurationError(
        `Two alert channels are called ${channel.name}. Deliveries are recorded by name: give one another.`,
      );
    }
    byName.set(channel.name, channel);
  }
  return byName;
}

function assertWhole(name: keyof AlertDispatcherOptions, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new ConfigurationError(`The option alerts.${name} is a whole number from 1 to ${most}.`);
}
