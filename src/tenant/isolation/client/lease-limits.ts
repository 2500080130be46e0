import { ConfigurationError } from '../../errors/isolation.errors.js';

/** How the connections of a pool are shared out among tenants. */
export interface LeaseLimitOptions {
  /**
   * So many connections one tenant may hold at once, from 1 to `max`. The others stay for other tenants, however slow
   * its statements are.
   *
   * @default four fifths of `max`, at least 1: 8 of 10
   */
  readonly maxPerTenant?: number;
  /**
   * So many calls may wait for a connection, of all tenants together, from 0. Further ones are refused at once: they
   * would only wait until their time is up. Whoever has none waiting may wait all the same, until there are twice as many.
   *
   * @default 100 times `max`
   */
  readonly maxWaiting?: number;
  /**
   * So many calls of one tenant may wait for a connection, from 0 to `maxWaiting`.
   *
   * @default half of `maxWaiting`
   */
  readonly maxWaitingPerTenant?: number;
}

export type LeaseLimits = Readonly<Record<'max' | keyof LeaseLimitOptions, number>>;

const SHARE = 0.8;
/** At 100 ms a statement, who comes last waits 10 s: as long as the pool lets anybody wait. */
const WAITING_PER_CONNECTION = 100;

/** @throws ConfigurationError naming the first option that is no whole number in its range. */
export function leaseLimitsOf(max: number, options: LeaseLimitOptions): LeaseLimits {
  const {
    maxPerTenant = Math.max(1, Math.floor(max * SHARE)),
    maxWaiting = max * WAITING_PER_CONNECTION,
    maxWaitingPerTenant = Math.ceil(maxWaiting / 2),
  } = options;
  assertWithin('max', max, 1);
  assertWithin('maxPerTenant', maxPerTenant, 1, ['max', max]);
  assertWithin('maxWaiting', maxWaiting, 0);
  assertWithin('maxWaitingPerTenant', maxWaitingPerTenant, 0, ['maxWaiting', maxWaiting]);
  return { max, maxPerTenant, maxWaiting, maxWaitingPerTenant };
}

function assertWithin(
  option: string,
  value: number,
  least: number,
  [name, most]: [name: string | undefined, most: number] = [undefined, Number.MAX_SAFE_INTEGER],
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = name === undefined ? `of at least ${least}` : `from ${least} to ${most}, which is ${name}`;
  throw new ConfigurationError(`${option} of TenantPool is ${value}; set a whole number ${range}.`);
}
