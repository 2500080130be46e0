import { Controller, Get, Post } from '@nestjs/common';
import { RateLimit, RateLimitConfigs } from '@parallax/tenant';

@RateLimit({ resource: 'reports', limit: 100, window: 60 }) // all routes of it together
@Controller('reports')
export class ReportsController {
  @RateLimit({ resource: 'imports', limit: 20, window: 3_600, cost: 10 })
  @Post('imports')
  import(): object {
    return { accepted: true };
  }

  @RateLimit({ resource: 'searches', limit: 60, window: 60, algorithm: 'token-bucket', burst: 5 })
  @Get()
  search(): object {
    return { found: [] };
  }

  @RateLimit(RateLimitConfigs.PATTERN_EXECUTIONS) // as many as the plan says
  @Post('run')
  run(): object {
    return { started: true };
  }
}
