import { TenantScope, runInScope } from '../context/tenant-scope.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { UnavailableError } from '../errors/request.errors.js';
import type { RateLimitExceededEvent } from '../events/rate-limit.events.js';
import { InMemoryRateLimitStore } from './in-memory-rate-limit.store.js';
import type { RateLimit } from './rate-limit.js';
import type { RateLimitStore } from './rate-limit.store.js';
import { RateLimiter } from './rate-limiter.js';

const tenantId = '0190a3f0-0000-7000-8000-000000000001';
const acme = { tenantId, tenantSlug: 'acme', plan: 'free', limits: { perMinute: 2 }, features: {} };
const inTenant = <T>(fn: () => T): T => runInScope(new TenantScope(undefined, acme), fn);

const limitOf = (limit: RateLimit['limit'], more: Partial<RateLimit> = {}): RateLimit => ({
  resource: 'imports',
  limit,
  window: 60,
  ...more,
});

describe(RateLimiter.name, () => {
  let told: RateLimitExceededEvent[];
  let limiter: RateLimiter;
  const on = (store: RateLimitStore): RateLimiter =>
    new RateLimiter(store, undefined, { onExceeded: (event) => told.push(event) });

  beforeEach(() => {
    told = [];
    limiter = on(new InMemoryRateLimitStore());
  });

  it('takes, looks and forgets by a key of its own, outside every scope', async () => {
    const limit = limitOf(2);
    expect(await limiter.consume(limit, { key: 'nightly' })).toMatchObject({
      allowed: true,
      retryAfter: 0,
      decidedBy: 'store',
      limits: [{ resource: 'imports', limit: 2, window: 60, cost: 1, allowed: true, remaining: 1 }],
    });
    expect(await limiter.tryConsume(limit, { key: 'nightly', cost: 2 })).toMatchObject({ allowed: false });
    expect(await limiter.tryConsume(limit, { key: 'nightly', cost: 3 })).toMatchObject({
      allowed: false,
      retryAfter: null,
    });
    expect(await limiter.peek(limit, { key: 'nightly' })).toMatchObject({ allowed: true });
    await limiter.consume(limit, { key: 'nightly' });
    await expect(limiter.consume(limit, { key: 'nightly' })).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(await limiter.tryConsume(limit, { key: 'weekly' })).toMatchObject({ allowed: true });
    await limiter.reset(limit, { key: 'nightly' });
    expect(await limiter.tryConsume(limit, { key: 'nightly' })).toMatchObject({ allowed: true });
  });

  it('never counts a key for the tenant it looks like', async () => {
    const limit = limitOf(1);
    await limiter.consume(limit, { key: tenantId });
    expect(await limiter.tryConsume(limit, { tenantId })).toMatchObject({ allowed: true });
    expect(await inTenant(() => limiter.tryConsume(limit))).toMatchObject({ allowed: false });
  });

  it('refuses a call that nobody pays for, or somebody else', async () => {
    await expect(Promise.resolve().then(() => limiter.consume(limitOf(1)))).rejects.toThrow(
      ConfigurationError,
    );
    await expect(
      inTenant(() => Promise.resolve().then(() => limiter.consume(limitOf(1), { tenantId: acme.plan }))),
    ).rejects.toThrow(ConfigurationError);
  });

  it('goes by the limit of the plan, and is none where nobody knows it', async () => {
    const taken = (limit: string): Promise<boolean> =>
      inTenant(() => limiter.tryConsume({ resource: limit, limit, window: 60 })).then(
        ({ allowed }) => allowed,
      );
    expect([await taken('perMinute'), await taken('perMinute'), await taken('perMinute')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await taken('unheardOf')).toBe(false);
  });

  it('tells of a refusal, also of a tenant that is named', async () => {
    await limiter.tryConsume(limitOf(0), { tenantId });
    expect(told).toMatchObject([
      { tenantId, policy: 'imports', limit: 0, enforcement: 'hard', retryAfterMs: null },
    ]);
  });

  it('counts a limit on trial by itself', async () => {
    const limits = [limitOf(3), limitOf(1, { enforcement: 'shadow' })];
    const answers: boolean[] = [];
    for (let call = 0; call < 4; call += 1)
      answers.push((await limiter.tryConsume(limits, { tenantId })).allowed);
    expect(answers).toEqual([true, true, true, false]);
    expect(told.map(({ policy, enforcement }) => [policy, enforcement])).toEqual([
      ['imports', 'shadow'],
      ['imports', 'shadow'],
      ['imports', 'hard'],
    ]);
  });

  it('counts what is written twice once, as the stricter of both says', async () => {
    const limits = [limitOf(5), limitOf(2, { cost: 2 })];
    expect(await limiter.tryConsume(limits, { tenantId })).toMatchObject({
      allowed: true,
      limits: [{ limit: 2, cost: 2, remaining: 0 }],
    });
  });

  it('takes a time-out within its range, and no other', () => {
    const { take, peek, reset } = new InMemoryRateLimitStore();
    const shared: RateLimitStore = { take, peek, reset };
    expect(() => new RateLimiter(shared, undefined, { timeoutMs: 1_000 })).not.toThrow();
    expect(() => new RateLimiter(shared, undefined, { timeoutMs: 1_001 })).toThrow(ConfigurationError);
  });

  it('is closed where one of the limits of a call says so, while the store is away', async () => {
    const away: RateLimitStore = {
      take: () => Promise.reject(new Error('away')),
      peek: () => Promise.reject(new Error('away')),
      reset: () => Promise.reject(new Error('away')),
    };
    const closed = limitOf(10, { onStoreError: 'closed' });
    const calls = on(away);
    expect(await calls.tryConsume(limitOf(2), { tenantId })).toMatchObject({
      allowed: true,
      decidedBy: 'local',
    });
    expect(await calls.tryConsume(limitOf(2), { tenantId })).toMatchObject({
      allowed: false,
      decidedBy: 'local',
    });
    await expect(calls.tryConsume([closed, limitOf(5)], { tenantId })).rejects.toThrow(UnavailableError);
    await expect(calls.tryConsume([closed, limitOf(5, { resource: 'other' })], { tenantId })).rejects.toThrow(
      UnavailableError,
    );
  });
});
