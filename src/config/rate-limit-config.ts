import type { Environment, Reader } from './environment.js';
import { integer } from './readers.js';

/** How many requests are taken, and where they are counted. */
export interface RateLimitConfig {
  /** URLs of Redis: one, or some nodes of a cluster. Left out, each process counts by itself. `REDIS_URL` */
  readonly redisUrls?: readonly string[];
  /** Requests of one tenant in any minute; 0 is no limit. `API_REQUESTS_PER_MINUTE` @default 6000 */
  readonly apiRequestsPerMinute: number;
  /** Requests from one address in any minute, per process; 0 is no limit. `ADDRESS_REQUESTS_PER_MINUTE` @default 12000 */
  readonly addressRequestsPerMinute: number;
}

const MOST = 1_000_000_000;

export function readRateLimitConfig(environment: Environment): RateLimitConfig {
  const redisUrls = environment.optional(
    'REDIS_URL',
    'a URL like redis://user:password@host:6379; those of several nodes of a cluster separated by commas',
    redisUrlList,
  );
  const perMinute = (name: string, fallback: number): number =>
    environment.withDefault(name, fallback, `a whole number up to ${MOST}`, integer(0, MOST));
  return {
    apiRequestsPerMinute: perMinute('API_REQUESTS_PER_MINUTE', 6_000),
    addressRequestsPerMinute: perMinute('ADDRESS_REQUESTS_PER_MINUTE', 12_000),
    ...(redisUrls && { redisUrls }),
  };
}

const redisUrlList: Reader<readonly string[]> = (value) => {
  const urls = value.split(',').map((url) => url.trim());
  return urls.every(isRedisUrl) ? urls : undefined;
};

function isRedisUrl(url: string): boolean {
  return (
    URL.canParse(url) && ['redis:', 'rediss:'].includes(new URL(url).protocol) && new URL(url).hostname !== ''
  );
}
