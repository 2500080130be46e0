import { ConfigurationError } from '../../errors/isolation.errors.js';

/** For how long copies of tenants are used, and how many are kept. */
export interface TenantCacheOptions {
  /**
   * For how long a tenant that was read is not read again, in milliseconds, counted from when that reading began.
   * How soon a suspension holds when nobody is told of it. 0 keeps no copies.
   *
   * @default 5000
   */
  readonly ttlMs?: number;
  /**
   * How old a copy may be that is used because the store does not answer, in milliseconds, counted likewise. At
   * least `ttlMs`. Past it requests are refused with 503 until the store is back.
   *
   * @default 30000
   */
  readonly maxStaleMs?: number;
  /**
   * Of how many tenants copies are kept; the least recently used go first. A copy takes about 1 KiB.
   *
   * @default 10000
   */
  readonly maxTenants?: number;
}

const DEFAULTS: Required<TenantCacheOptions> = { ttlMs: 5_000, maxStaleMs: 30_000, maxTenants: 10_000 };

const MOST_TENANTS = 1_000_000;

/** @throws ConfigurationError naming the option that cannot be. */
export function completeCacheOptions(options: TenantCacheOptions): Required<TenantCacheOptions> {
  const { ttlMs, maxStaleMs, maxTenants } = { ...DEFAULTS, ...given(options) };
  assertWhole('ttlMs', ttlMs, 0);
  assertWhole('maxStaleMs', maxStaleMs, ttlMs, ' (ttlMs)');
  assertWhole('maxTenants', maxTenants, 1);
  if (maxTenants > MOST_TENANTS) {
    throw new ConfigurationError(`The option cache.maxTenants is at most ${MOST_TENANTS}.`);
  }
  return { ttlMs, maxStaleMs, maxTenants };
}

function given(options: TenantCacheOptions): TenantCacheOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function assertWhole(name: keyof TenantCacheOptions, value: number, least: number, why = ''): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ConfigurationError(`The option cache.${name} is a whole number from ${least}${why}.`);
}
