import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  RATE_LIMIT_REDIS_OPTIONS,
  RateLimitConfigs,
  RedisRateLimitStore,
  TenantModule,
  TypeOrmTenantStore,
} from '@parallax/tenant';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

const redis = new Redis(process.env.REDIS_URL ?? '', RATE_LIMIT_REDIS_OPTIONS);
redis.on('error', () => undefined); // the event rate-limit.store.lost tells of it

@Module({
  imports: [
    TenantModule.forRootAsync({
      inject: [getDataSourceToken('control')],
      useFactory: (control: DataSource) => ({
        store: new TypeOrmTenantStore(control),
        controlPlane: control,
        rateLimits: [{ path: '/api', ...RateLimitConfigs.API_REQUESTS }],
        rateLimiter: {
          store: new RedisRateLimitStore(redis),
          localShare: 0.25, // four processes
          address: { limit: 12_000, window: 60 },
          maxConcurrent: ({ plan }) => (plan === 'free' ? 5 : 50),
        },
      }),
    }),
  ],
})
export class AppModule {}
