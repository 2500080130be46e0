import type { RateLimitStoreFixture } from '@parallax/tenant/testing';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { RedisRateLimitStore } from '../../../../src/tenant/rate-limit/redis-rate-limit.store.js';
import {
  RATE_LIMIT_REDIS_OPTIONS,
  type RateLimitRedisClient,
} from '../../../../src/tenant/rate-limit/redis/redis-client.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { RedisServer } from '../../../support/redis-server.js';
import { eventually } from '../../../support/eventually.js';

/** For a client that has all the time it needs: on a busy machine a slow answer is no outage. */
export const UNHURRIED = { ...RATE_LIMIT_REDIS_OPTIONS, commandTimeout: 30_000 };

/** A client that fails fast, ready for its first command: without a queue it refuses before. */
export async function connect(
  port: number,
  options: RedisOptions = RATE_LIMIT_REDIS_OPTIONS,
): Promise<Redis> {
  const redis = new Redis(port, '127.0.0.1', options);
  redis.on('error', () => undefined);
  await eventually('Redis is connected', () => redis.status === 'ready');
  return redis;
}

export async function connectToCluster(
  { nodes }: RedisCluster,
  redisOptions: RedisOptions = RATE_LIMIT_REDIS_OPTIONS,
): Promise<Cluster> {
  const cluster = new Cluster(nodes, { enableOfflineQueue: false, redisOptions });
  cluster.on('error', () => undefined);
  await eventually('the cluster is connected', () => cluster.status === 'ready');
  return cluster;
}

/** The client as one that the store takes. */
export function unhurried(client: Redis | Cluster): RateLimitRedisClient {
  return {
    evalsha: (...args) => client.evalsha(...args),
    eval: (...args) => client.eval(...args),
    del: (...keys) => client.del(...keys),
    options: RATE_LIMIT_REDIS_OPTIONS,
  };
}

/** A store in Redis and the clock it goes by. */
export class RedisRateLimitFixture implements RateLimitStoreFixture {
  readonly store: RedisRateLimitStore;
  #now = 0;

  private constructor(
    client: RateLimitRedisClient,
    private readonly end: () => Promise<void>,
  ) {
    this.store = new RedisRateLimitStore(client, { now: () => this.#now });
  }

  static async onOneServer(): Promise<RedisRateLimitFixture> {
    const server = await RedisServer.start();
    const redis = await connect(server.port, UNHURRIED);
    return new RedisRateLimitFixture(unhurried(redis), async () => {
      redis.disconnect();
      await server.stop();
    });
  }

  static async onCluster(): Promise<RedisRateLimitFixture> {
    const servers = await RedisCluster.start();
    const cluster = await connectToCluster(servers, UNHURRIED);
    return new RedisRateLimitFixture(unhurried(cluster), async () => {
      cluster.disconnect();
      await servers.stop();
    });
  }

  moveTo(now: number): void {
    this.#now = now;
  }

  close(): Promise<void> {
    return this.end();
  }
}
