import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware, Optional } from '@nestjs/common';
import { currentScope } from '../context/tenant-scope.js';
import { clientAddress } from './client-address.js';
import type { RateLimit } from './rate-limit.js';
import { rateLimited } from './rate-limited.js';
import { checkedSubject } from './rate-limit-subject.js';
import type { RateLimiter } from './rate-limiter.js';

export const ADDRESS_LIMIT = Symbol('@parallax/tenant:address-limit');

/** A limit by client address, and what counts it: always this process's memory, so that a flood costs nobody else. */
export interface AddressLimit {
  readonly limit: RateLimit;
  readonly limiter: RateLimiter;
}

/**
 * Holds each client address to a limit before anything is looked up for it, so that a flood of calls without a credential
 * costs no question to a database. TenantModule applies it to every route.
 */
@Injectable()
export class AddressLimitMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  constructor(@Optional() @Inject(ADDRESS_LIMIT) private readonly given: AddressLimit | undefined) {}

  async use(request: IncomingMessage, _response: ServerResponse, next: () => void): Promise<void> {
    if (this.given) {
      const { limiter, limit } = this.given;
      const address = clientAddress(request) ?? 'unknown';
      const decision = await limiter.tryConsumeAs(checkedSubject(`address:${address}`), [limit]);
      if (!decision.allowed) {
        const error = rateLimited(decision);
        currentScope()?.answer?.refuse(error.retryAfter, error.retryable);
        throw error;
      }
    }
    next();
  }
}
