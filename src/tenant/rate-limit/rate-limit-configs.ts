import type { RateLimit } from './rate-limit.js';

/**
 * Limits most services need, ready for `@RateLimit` and the option `rateLimits`. Spread one to change it.
 *
 * @example
 * rateLimits: [{ path: '/api', ...RateLimitConfigs.API_REQUESTS, limit: 'maxRequestsPerMinute' }]
 */
export const RateLimitConfigs = {
  /** 600 requests a minute of one tenant. */
  API_REQUESTS: { resource: 'api-requests', limit: 600, window: 60 },
  /** As many executions a minute as the limit `maxExecutionsPerMinute` of the plan says. */
  PATTERN_EXECUTIONS: { resource: 'pattern-executions', limit: 'maxExecutionsPerMinute', window: 60 },
  /** 300 new agents a minute of one tenant, however many it then deletes. */
  AGENT_REGISTRATIONS: { resource: 'agent-registrations', limit: 300, window: 60 },
  /** 20 failed attempts a minute from one address; refused while the store is away. */
  AUTHENTICATION_ATTEMPTS: {
    resource: 'authentication-attempts',
    limit: 20,
    window: 60,
    by: 'address',
    onStoreError: 'closed',
  },
} as const satisfies Readonly<Record<string, RateLimit>>;
