import { Controller, Get, Post, Query } from '@nestjs/common';
import {
  definePlans,
  PlatformOnly,
  RateLimit,
  RateLimitConfigs,
  RequireFeature,
  TenantOptional,
} from '@parallax/tenant';

export const plans = definePlans({
  limits: ['maxExecutionsPerMinute'],
  kinds: { maxExecutionsPerMinute: 'rate' },
  features: ['export'],
  plans: {
    free: { version: 1, priceCents: 0, limits: { maxExecutionsPerMinute: 2 }, features: [] },
    team: { version: 1, priceCents: 1_00, limits: { maxExecutionsPerMinute: null }, features: ['export'] },
  },
});

/** What the handlers wait for. */
export const gate: { open: Promise<void>; begun: number } = { open: Promise.resolve(), begun: 0 };
export const HOUR = 3_600;

@Controller('api')
export class ApiController {
  @RateLimit({ resource: 'imports', limit: 2, window: HOUR })
  @Get('imports')
  imports(): object {
    return { done: true };
  }

  @RateLimit({ resource: 'imports', limit: 2, window: HOUR })
  @Post('imports-too')
  importsToo(): object {
    return { done: true };
  }

  @RateLimit(RateLimitConfigs.PATTERN_EXECUTIONS)
  @Post('execute')
  execute(): object {
    return { done: true };
  }

  @RateLimit({ resource: 'bulk', limit: 10, window: HOUR, cost: 7 })
  @Get('bulk')
  bulk(): object {
    return { done: true };
  }

  @RateLimit({ resource: 'trial', limit: 1, window: HOUR, enforcement: 'shadow' })
  @Get('trial')
  trial(): object {
    return { done: true };
  }

  @RateLimit({ resource: 'exports', limit: 1, window: HOUR })
  @RequireFeature('export')
  @Get('exports')
  exports(): object {
    return { done: true };
  }

  @TenantOptional()
  @RateLimit({ resource: 'open', limit: 1, window: HOUR })
  @Get('open')
  open(): object {
    return { done: true };
  }

  @PlatformOnly('tenants:read')
  @RateLimit({ resource: 'platform', limit: 1, window: HOUR })
  @Get('platform')
  platform(): object {
    return { done: true };
  }

  @RateLimit({ resource: 'logins', limit: 1, window: HOUR, by: 'address' })
  @Get('by-address')
  byAddress(): object {
    return { done: true };
  }

  @Get('plain')
  plain(): object {
    return { done: true };
  }

  @Get('slow')
  async slow(@Query('fail') fail?: string): Promise<object> {
    gate.begun += 1;
    await gate.open;
    if (fail !== undefined) throw new Error('on purpose');
    return { done: true };
  }
}

@Controller('apis')
export class OtherController {
  @Get('plain')
  plain(): object {
    return { done: true };
  }
}
