import type { PathRateLimit } from './rate-limit.js';

export const RATE_LIMIT_SETTINGS = Symbol('@parallax/tenant:rate-limit-settings');

/** What the module was told of limits on paths. */
export interface RateLimitSettings {
  readonly paths: readonly PathRateLimit[];
}
