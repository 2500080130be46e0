import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { Readiness } from './health/readiness.js';

@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process runs and its event loop turns. Asks nobody: a restart would not bring a database back. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** What the process needs is there, and it is not about to stop. */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    await this.readiness.verify();
    return { status: 'ok' };
  }
}
