import { RATE_LIMIT_REDIS_OPTIONS } from '@parallax/tenant';
import { Cluster, Redis } from 'ioredis';

/**
 * Begins to connect, and goes on trying for as long as it takes: a start does not wait for Redis.
 *
 * @param urls of one server, or of some nodes of a cluster, whose first one's user and password are for all.
 * @param onError told each time a connection fails, which the rate limiter finds out by itself.
 */
export function connectRedis(urls: readonly string[], onError: (error: Error) => void): Redis | Cluster {
  const [first = ''] = urls;
  const client =
    urls.length === 1
      ? new Redis(first, RATE_LIMIT_REDIS_OPTIONS)
      : new Cluster([...urls], {
          enableOfflineQueue: false,
          redisOptions: { ...RATE_LIMIT_REDIS_OPTIONS, ...credentialsOf(first) },
        });
  return client.on('error', onError);
}

function credentialsOf(url: string): object {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}
