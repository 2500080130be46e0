import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { clientAddress, RateLimitConfigs, RateLimiter, SuspiciousActivity } from '@parallax/tenant';

/**
 * Counts credentials that do not hold by the address they come from. Those that hold are never held up: guessing keys
 * from a victim's address locks nobody out.
 */
@Injectable()
export class FailedCredentials {
  constructor(private readonly modules: ModuleRef) {}

  /** @throws QuotaExceededError when too many came from there; UnavailableError when nobody can count them */
  async note(request: IncomingMessage): Promise<void> {
    const address = clientAddress(request) ?? 'unknown';
    // Looked up late: TenantModule, which has them, is made of what authenticates.
    this.modules.get(SuspiciousActivity, { strict: false }).note('failed_credentials', { address });
    await this.modules
      .get(RateLimiter, { strict: false })
      .consume(RateLimitConfigs.AUTHENTICATION_ATTEMPTS, { key: `address:${address}` });
  }
}
