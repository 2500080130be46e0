import { ConfigurationError } from '../../errors/isolation.errors.js';
import { completeCacheOptions, type TenantCacheOptions } from './tenant-cache.options.js';

describe(completeCacheOptions.name, () => {
  it('has defaults', () => {
    expect(completeCacheOptions({})).toEqual({ ttlMs: 5_000, maxStaleMs: 30_000, maxTenants: 10_000 });
  });

  it.each<TenantCacheOptions>([
    { ttlMs: 0 },
    { ttlMs: 0, maxStaleMs: 0 },
    { ttlMs: 40_000, maxStaleMs: 40_000 },
    { maxTenants: 1 },
  ])('takes %j', (options) => {
    expect(completeCacheOptions(options)).toMatchObject(options);
  });

  it.each<[string, TenantCacheOptions]>([
    ['ttlMs', { ttlMs: -1 }],
    ['ttlMs', { ttlMs: 0.5 }],
    ['ttlMs', { ttlMs: NaN }],
    ['ttlMs', { ttlMs: Infinity, maxStaleMs: Infinity }],
    ['ttlMs', { ttlMs: '5' as unknown as number }],
    ['maxStaleMs', { maxStaleMs: 4_999 }],
    ['maxStaleMs', { ttlMs: 30_001 }],
    ['maxTenants', { maxTenants: 0 }],
    ['maxTenants', { maxTenants: 1_000_001 }],
  ])('refuses by the name of the option: %s of %j', (name, options) => {
    expect(() => completeCacheOptions(options)).toThrow(ConfigurationError);
    expect(() => completeCacheOptions(options)).toThrow(new RegExp(`cache\\.${name} `));
  });
});
