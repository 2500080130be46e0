import {
  BadRequestException,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Post,
  Query,
  Res,
  Sse,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import {
  CheckQuota,
  QuotaExceededError,
  QuotaManager,
  runWithTenantContext,
  TenantOptional,
} from '@parallax/tenant';
import { concat, NEVER, Observable, of } from 'rxjs';

/** What the routes do next, and what they did. */
export const work: { act: () => unknown; begun: number } = { act: () => 'done', begun: 0 };

@Injectable()
export class Runs {
  @CheckQuota('maxRuns')
  async run(): Promise<unknown> {
    work.begun += 1;
    return Promise.resolve(work.act());
  }

  @CheckQuota('maxTokens')
  async spend(): Promise<string> {
    return Promise.resolve('spent');
  }
}

@Controller()
export class RunsController {
  constructor(
    private readonly runs: Runs,
    private readonly quotas: QuotaManager,
  ) {}

  @Post('runs')
  @HttpCode(202)
  @CheckQuota('maxRuns', { amount: (units = '1') => Number(units) })
  async accept(@Query('units') units?: string): Promise<object> {
    return { answer: await this.runs.run(), units };
  }

  @CheckQuota('maxRuns')
  @CheckQuota('maxTokens')
  @Get('both')
  both(): Promise<object> {
    return Promise.resolve({ answer: 'both' });
  }

  @Get('slot')
  @CheckQuota('maxAtOnce')
  async slot(): Promise<object> {
    return { answer: await work.act() };
  }

  @Get('observed')
  @CheckQuota('maxRuns')
  observed(): Observable<object> {
    return of({ answer: 'observed' });
  }

  @Sse('events')
  @CheckQuota('maxRuns')
  events(): Observable<object> {
    work.begun += 1;
    return concat(of({ data: 'first' }), NEVER);
  }

  @Get('raw')
  @CheckQuota('maxRuns')
  raw(@Res() response: ServerResponse | { raw: ServerResponse }): Promise<void> {
    const raw = 'raw' in response ? response.raw : response;
    return Promise.resolve(void raw.end('raw'));
  }

  @Get('caught')
  async caught(): Promise<object> {
    try {
      return { answer: await this.runs.spend() };
    } catch (error) {
      if (error instanceof QuotaExceededError) return { answer: 'without' };
      throw error;
    }
  }

  @Get('direct')
  async direct(): Promise<object> {
    return this.quotas.consumeQuota('maxTokens');
  }

  @Get('status')
  async status(): Promise<object> {
    const { maxRuns, maxTokens, maxAtOnce } = await this.quotas.getAllQuotas();
    const use = [maxRuns, maxTokens, maxAtOnce].map((quota) => `${quota?.used}/${quota?.reserved}`);
    return { use };
  }

  @Get('as-other')
  async asOther(@Query('id') tenantId: string): Promise<object> {
    return { answer: await runWithTenantContext({ tenantId }, () => this.runs.spend()) };
  }

  @Get('wrong')
  @CheckQuota('maxRuns')
  wrong(): Promise<never> {
    throw new BadRequestException();
  }

  @TenantOptional()
  @Get('open')
  async open(): Promise<object> {
    return { answer: await this.runs.spend() };
  }
}
