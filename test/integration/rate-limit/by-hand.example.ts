import { Injectable } from '@nestjs/common';
import { RateLimiter, type RateLimitTerms } from '@parallax/tenant';

const INVITATIONS: RateLimitTerms = { resource: 'invitations', limit: 50, window: 3_600 };
const PER_ADDRESSEE: RateLimitTerms = { resource: 'invitations-to-one', limit: 1, window: 86_400 };

@Injectable()
export class InvitationService {
  constructor(private readonly limiter: RateLimiter) {}

  async invite(email: string): Promise<boolean> {
    const { allowed } = await this.limiter.tryConsume(PER_ADDRESSEE, { key: email }); // of this tenant
    if (allowed) await this.limiter.consume(INVITATIONS); // throws QuotaExceededError
    return allowed;
  }

  async left(): Promise<number | undefined> {
    const { limits } = await this.limiter.peek(INVITATIONS, { cost: 0 });
    return limits[0]?.remaining;
  }
}
