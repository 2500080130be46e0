import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Redis as RedisClient } from 'ioredis';
import { UnreadableCounterError } from '../../../../src/tenant/rate-limit/outage/unreadable-counter.error.js';
import type { CountedPolicy } from '../../../../src/tenant/rate-limit/rate-limit.store.js';
import { RedisRateLimitStore } from '../../../../src/tenant/rate-limit/redis-rate-limit.store.js';
import {
  RATE_LIMIT_REDIS_OPTIONS,
  type RateLimitRedisClient,
} from '../../../../src/tenant/rate-limit/redis/redis-client.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { RedisServer } from '../../../support/redis-server.js';
import { connect, connectToCluster, UNHURRIED, unhurried } from './redis-rate-limit.fixture.js';

const describeWithRedis = RedisServer.isInstalled() ? describe : describe.skip;

const ALGORITHMS = ['sliding-window', 'fixed-window', 'token-bucket'] as const;
const policyOf = (algorithm: CountedPolicy['algorithm'], limit = 5, name = 'requests'): CountedPolicy => ({
  name,
  algorithm,
  limit,
  windowMs: 60_000,
  burst: limit,
});

describeWithRedis('What RedisRateLimitStore keeps', () => {
  let server: RedisServer;
  let redis: Redis;
  let store: RedisRateLimitStore;
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = await connect(server.port, UNHURRIED);
    store = new RedisRateLimitStore(unhurried(redis));
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(() => redis.flushall());

  /** How often each command ran, scripts' own calls included. */
  const commands = async (run: () => Promise<unknown>): Promise<Record<string, number>> => {
    await redis.config('RESETSTAT');
    await run();
    const stats = await redis.info('commandstats');
    return Object.fromEntries(
      [...stats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)]),
    );
  };

  const all = ALGORITHMS.map((algorithm) => ({ policy: policyOf(algorithm), cost: 1 }));

  it('is one script call for each decision, and a refusal writes nothing', async () => {
    await store.take('a', all); // the script is known now
    const granted = await commands(() => store.take('a', all));
    expect(granted).toMatchObject({ evalsha: 1, get: 3, set: 3, time: 1 });
    const refused = await commands(() =>
      store.take('a', all, 1).then(() => store.take('a', [{ ...all[0]!, cost: 9 }])),
    );
    expect(refused).toMatchObject({ evalsha: 2, get: 4, set: 3 });
    const peeked = await commands(() => store.peek('a', all));
    expect(peeked).toMatchObject({ evalsha: 1, get: 3 });
    expect(peeked.set).toBeUndefined();
  });

  it('leaves the time to live of a counter alone when it refuses', async () => {
    await store.take('a', all, 5);
    const [key] = await redis.keys('*');
    await redis.pexpire(key!, 1_000_000);
    expect((await store.take('a', all)).granted).toBe(0);
    expect(await redis.pttl(key!)).toBeGreaterThan(900_000);
  });

  it('goes of itself, a little after nothing of it counts', async () => {
    await store.take('a', all);
    const keys = await redis.keys('*');
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      const leftMs = await redis.pttl(key);
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(60_000 * (13 / 12) + 10_000);
    }
  });

  it('survives that Redis forgets the script, in the middle of everything', async () => {
    const policy = policyOf('token-bucket', 1_000);
    let admitted = 0;
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 20 }, () => store.take('b', [{ policy, cost: 1 }]));
      const flushed = redis.script('FLUSH');
      const later = Array.from({ length: 20 }, () => store.take('b', [{ policy, cost: 1 }]));
      for (const { granted } of await Promise.all([...calls, ...later])) admitted += granted;
      await flushed;
    }
    expect(admitted).toBe(800);
    const { states } = await store.peek('b', [{ policy, cost: 1 }]);
    expect(states[0]!.remaining).toBeLessThan(1_000);
  });

  describe.each(ALGORITHMS)('a key of %s that is no counter', (algorithm) => {
    const requests = [{ policy: policyOf(algorithm), cost: 1 }];
    let key: string;
    beforeEach(async () => {
      await store.take('c', requests);
      [key = ''] = await redis.keys('*');
      await redis.del(key);
    });

    it.each<[string, (at: string) => Promise<unknown>]>([
      ['a list', (at) => redis.lpush(at, 'x')],
      ['a number', (at) => redis.set(at, '17')],
      ['text', (at) => redis.set(at, 'hello')],
      ['an empty text', (at) => redis.set(at, '')],
      ['an array of text', (at) => redis.set(at, Buffer.from([0x92, 0xa1, 0x61, 0xa1, 0x61]))],
      ['an odd array', (at) => redis.set(at, Buffer.from([0x91, 0x01]))],
      ['a broken array', (at) => redis.set(at, Buffer.from([0x92, 0x01]))],
    ])('is an error and no empty counter when it is %s, until it is reset', async (_, spoil) => {
      await spoil(key);
      await expect(store.take('c', requests)).rejects.toThrow(UnreadableCounterError);
      await expect(store.peek('c', requests)).rejects.toThrow(UnreadableCounterError);
      await expect(
        store.take('c', [...requests, { policy: policyOf(algorithm, 5, 'other'), cost: 1 }]),
      ).rejects.toThrow(UnreadableCounterError);
      expect(await redis.keys('*')).toEqual([key]);
      await store.reset('c', [requests[0]!.policy]);
      expect((await store.take('c', requests)).granted).toBe(1);
    });
  });

  it('begins with the prefix it was given', async () => {
    const other = new RedisRateLimitStore(unhurried(redis), { prefix: 'app:' });
    await other.take('a', [all[0]!], 5);
    expect(await redis.keys('*')).toEqual(['app:{a}:requests:sliding-window:60000']);
    expect((await store.take('a', [all[0]!])).granted).toBe(1);
  });
});

describeWithRedis('RedisRateLimitStore on three masters', () => {
  let servers: RedisCluster;
  let cluster: Awaited<ReturnType<typeof connectToCluster>>;
  let store: RedisRateLimitStore;
  beforeAll(async () => {
    servers = await RedisCluster.start();
    cluster = await connectToCluster(servers, UNHURRIED);
    store = new RedisRateLimitStore(unhurried(cluster));
  });
  afterAll(async () => {
    cluster.disconnect();
    await servers.stop();
  });

  it('spreads the subjects over all masters, and keeps the counters of each on one', async () => {
    const subjects = [...Array.from({ length: 60 }, () => randomUUID()), 'a}b', '{a}b', '{}', 'a:b'];
    const requests = ['x', '{y}', 'z:z'].flatMap((name) =>
      ALGORITHMS.map((algorithm) => ({ policy: policyOf(algorithm, 5, name), cost: 1 })),
    );
    for (const subject of subjects) expect((await store.take(subject, requests)).granted).toBe(1);
    const keysOf = await Promise.all(cluster.nodes('master').map((node) => node.keys('*')));
    expect(keysOf.flat()).toHaveLength(subjects.length * requests.length);
    for (const keys of keysOf) expect(keys.length).toBeGreaterThan(0);
    for (const subject of subjects) {
      const tag = `{${encodeURIComponent(subject)}}`;
      const held = keysOf.map((keys) => keys.filter((key) => key.includes(tag)).length);
      expect(held.filter((count) => count > 0)).toEqual([requests.length]);
      await store.reset(
        subject,
        requests.map(({ policy }) => policy),
      );
      expect((await store.take(subject, requests, 10)).granted).toBe(5);
    }
  });
});

describe('A client of RedisRateLimitStore', () => {
  const clientWith = (options: object): RateLimitRedisClient =>
    new RedisClient({ lazyConnect: true, ...options });

  it('may be one that fails fast', () => {
    expect(() => new RedisRateLimitStore(clientWith(RATE_LIMIT_REDIS_OPTIONS))).not.toThrow();
    const cluster = {
      ...clientWith({}),
      options: { enableOfflineQueue: false, redisOptions: { commandTimeout: 50 } },
    };
    expect(() => new RedisRateLimitStore(cluster)).not.toThrow();
  });

  it.each<[string, object]>([
    ['queues commands', { ...RATE_LIMIT_REDIS_OPTIONS, enableOfflineQueue: true }],
    ['queues commands', {}],
    ['commandTimeout', { enableOfflineQueue: false }],
    ['commandTimeout', { enableOfflineQueue: false, commandTimeout: 1_001 }],
    ['commandTimeout', { enableOfflineQueue: false, commandTimeout: 0 }],
  ])('is refused because it %s: %p', (reason, options) => {
    expect(() => new RedisRateLimitStore(clientWith(options))).toThrow(reason);
    expect(() => new RedisRateLimitStore(clientWith(options))).toThrow('RATE_LIMIT_REDIS_OPTIONS');
  });
});
