import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { addMetadata } from '../plans/add-metadata.js';
import { compileRateLimit } from './compiled-rate-limit.js';
import type { RateLimit as RateLimitTerms } from './rate-limit.js';
import { RATE_LIMITS } from './rate-limit-metadata.js';
import { RateLimitInterceptor } from './rate-limit.interceptor.js';

/**
 * The route, message or every one of a controller uses up a rate limit of its tenant. Given several times, on controller
 * and route or on one of them, and together with the option `rateLimits`, a call takes from all or from none. It is
 * decided by RateLimitInterceptor, so after every guard: what the plan refuses costs nothing.
 *
 * @throws QuotaExceededError (429, code RATE_LIMITED) when it is used up; UnavailableError (503) when nothing can count it
 *   and it says `onStoreError: 'closed'`; ConfigurationError, where it is written, for one that cannot be, and when the
 *   application starts for a limit of the plan that the catalogue does not have.
 * @example
 * \@RateLimit({ resource: 'imports', limit: 5, window: 60 }) \@Post('imports') import() { … }
 * \@RateLimit(RateLimitConfigs.PATTERN_EXECUTIONS) \@Post(':id/execute') execute() { … }
 */
export function RateLimit(limit: RateLimitTerms): ClassDecorator & MethodDecorator {
  compileRateLimit(limit);
  return applyDecorators(addMetadata(RATE_LIMITS, limit), UseInterceptors(RateLimitInterceptor));
}
