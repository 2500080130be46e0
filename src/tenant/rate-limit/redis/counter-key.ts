import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { CountedPolicy } from '../rate-limit.store.js';

/** @throws ConfigurationError for a prefix that would be a hash tag, or could not be read in a log */
export function assertPrefix(prefix: string): void {
  if (/^[!-z|~]{0,100}$/.test(prefix)) return;
  throw new ConfigurationError(
    'RedisRateLimitStore: the prefix is up to 100 printable ASCII characters without spaces and braces: what is in braces decides where Redis Cluster keeps a key.',
  );
}

/**
 * The key of a counter. All counters of a subject have its name in braces, which puts them on one node of a cluster.
 * Everything in it that could end a part is escaped.
 */
export function counterKey(
  prefix: string,
  subject: string,
  { name, algorithm, windowMs }: CountedPolicy,
): string {
  return `${prefix}{${encodeURIComponent(subject)}}:${encodeURIComponent(name)}:${algorithm}:${windowMs}`;
}
