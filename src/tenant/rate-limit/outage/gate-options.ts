import { ConfigurationError } from '../../errors/isolation.errors.js';

/** What happens when the store of the rate limits does not answer. */
export interface GateOptions {
  /** Milliseconds the store has for an answer: a whole number from 1 to 1,000. @default 100 */
  readonly timeoutMs?: number;
  /** Milliseconds from one attempt to the next while it is away: a whole number from 1 to 60,000. @default 1000 */
  readonly retryMs?: number;
  /**
   * The share of each limit this process allows meanwhile, above 0 and at most 1. With as many processes as its
   * inverse they allow the limit together. @default 0.5
   */
  readonly localShare?: number;
  /** Called once for each outage, when it begins. Must not throw. */
  readonly onLost?: (error: unknown) => void;
  /** Called once for each outage, when the store answered again. Must not throw. */
  readonly onRestored?: (outageMs: number) => void;
}

/** Milliseconds: nobody waits longer for a limit. */
export const MAX_TIMEOUT_MS = 1_000;

/** The options with their defaults. @throws ConfigurationError for one that is out of its range */
export function checkedGateOptions({
  timeoutMs = 100,
  retryMs = 1_000,
  localShare = 0.5,
  ...events
}: GateOptions): GateOptions & Required<Pick<GateOptions, 'timeoutMs' | 'retryMs' | 'localShare'>> {
  assertWhole('timeoutMs', timeoutMs, MAX_TIMEOUT_MS);
  assertWhole('retryMs', retryMs, 60_000);
  if (!(localShare > 0 && localShare <= 1))
    throw new ConfigurationError(`localShare is a number above 0 and at most 1, not ${localShare}.`);
  return { timeoutMs, retryMs, localShare, ...events };
}

function assertWhole(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new ConfigurationError(`${name} is a whole number of milliseconds from 1 to ${max}, not ${value}.`);
}
