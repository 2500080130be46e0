import { Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type RateLimitStore, RedisRateLimitStore } from '@parallax/tenant';
import type { Cluster, Redis } from 'ioredis';
import type { AppConfig } from '../config/app-config.js';
import { APP_CONFIG } from '../config/app-config.token.js';
import { connectRedis } from './connect-redis.js';

/** Where rate limits are counted; null is each process for itself. */
export const RATE_LIMIT_STORE = Symbol('rate-limit-store');
const REDIS = Symbol('redis');

@Module({
  providers: [
    {
      provide: REDIS,
      inject: [APP_CONFIG],
      useFactory: ({ rateLimits: { redisUrls } }: AppConfig): Redis | Cluster | null => {
        if (!redisUrls) return null;
        const logger = new Logger('Redis');
        return connectRedis(redisUrls, (error) => logger.debug(`The connection ended: ${error.message}`));
      },
    },
    {
      provide: RATE_LIMIT_STORE,
      inject: [REDIS],
      useFactory: (redis: Redis | Cluster | null): RateLimitStore | null =>
        redis && new RedisRateLimitStore(redis),
    },
  ],
  exports: [RATE_LIMIT_STORE],
})
export class RateLimitStoreModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: Redis | Cluster | null) {}

  /** Requests are over by now. */
  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}
