import {
  Body,
  Controller,
  Get,
  Global,
  type INestApplication,
  Ip,
  Module,
  type ModuleMetadata,
  Param,
  Post,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { APP_CONFIG } from '../../src/config/app-config.token.js';
import { EdgeModule } from '../../src/edge/edge.module.js';
import { HealthModule } from '../../src/edge/health.module.js';
import type { HealthCheck } from '../../src/edge/health/health-check.js';
import { configureHttp, createFastifyAdapter, type HttpOptions } from '../../src/edge/http-adapter.js';
import { ListQueryDto } from '../../src/edge/list-query.dto.js';
import { PinoLogger } from '../../src/edge/logging/pino-logger.service.js';
import { currentRequestLog } from '../../src/edge/logging/request-log.js';
import { setUpOpenApi } from '../../src/edge/openapi.js';
import { parseId } from '../../src/edge/typed-id.js';

export const ADAPTERS = ['fastify', 'express'] as const;

class PartDto {
  @IsInt()
  size!: number;
}

class ThingDto {
  @IsString()
  @MaxLength(50)
  name!: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => PartDto)
  parts?: PartDto[];

  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;
}

/** What the routes under `/fault` do; a test says so. */
export const fault: { act: () => unknown } = { act: () => undefined };

@Controller()
class EdgeTestController {
  @Post('things')
  create(@Body() thing: ThingDto): object {
    return { thing, isDto: thing instanceof ThingDto };
  }

  @Post('empty')
  empty(@Body() body: unknown): object {
    return { body: body === undefined ? 'none' : body };
  }

  @Get('things')
  list(@Query() query: ListQueryDto): ListQueryDto {
    return query;
  }

  @Get('things/:id')
  find(@Param('id', parseId('agt', 'agent')) uuid: string): object {
    return { uuid };
  }

  @Get('fault/:id')
  async fail(): Promise<unknown> {
    await sleep(1);
    return fault.act();
  }

  @Post('fault')
  async failWithBody(@Body() body: Record<string, unknown>): Promise<unknown> {
    await sleep(1);
    return { body, result: await fault.act() };
  }

  @Get('request')
  async request(): Promise<object> {
    await sleep(1);
    return { requestId: currentRequestLog()?.requestId };
  }

  @Post('request')
  async requestWithBody(@Body() body: Record<string, unknown>): Promise<object> {
    await sleep(1);
    return { body, requestId: currentRequestLog()?.requestId };
  }

  @Get('address')
  address(@Ip() ip: string): object {
    return { ip };
  }

  /** A fault after something was said on the response itself, as the library does. */
  @Get('announced')
  async announce(@Res({ passthrough: true }) response: ServerResponse | { readonly raw: ServerResponse }) {
    const raw = 'raw' in response ? response.raw : response;
    raw.setHeader('RateLimit', '"maxExecutions";r=0;t=90');
    await sleep(1);
    return fault.act();
  }

  @Get('begun')
  async begin(@Res() response: ServerResponse | { readonly raw: ServerResponse }): Promise<never> {
    const raw = 'raw' in response ? response.raw : response;
    raw.writeHead(200, { 'Content-Type': 'text/plain' });
    raw.write('begun');
    await sleep(20);
    throw new Error('CANARY after the answer has begun');
  }

  @Get('stream/:end')
  stream(@Param('end') end: string): StreamableFile {
    return new StreamableFile(Readable.from(chunks(end)), { type: 'text/csv', disposition: 'attachment' });
  }
}

async function* chunks(end: string): AsyncGenerator<Buffer> {
  if (end === 'early') throw new Error('CANARY before the first chunk');
  yield Buffer.from('a,b\n');
  for (let rest = 1000; end === 'endless' && rest > 0; rest -= 1) {
    yield Buffer.from('0,0\n');
    await sleep(5);
  }
  await sleep(20);
  if (end === 'late') throw new Error('CANARY after the first chunk');
  yield Buffer.from('1,2\n');
}

@Global()
@Module({
  providers: [{ provide: APP_CONFIG, useValue: { secretKey: 'a secret of the edge tests, 32 characters' } }],
  exports: [APP_CONFIG],
})
class EdgeTestConfigModule {}

export interface EdgeApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly port: number;
  /** Everything logged, as written. */
  readonly lines: string[];
  /** The logged lines of this level or above that are about this, once there is one. */
  logged(about: string, atLeast?: number): Promise<Record<string, unknown>[]>;
  /** Sends bytes as they are; what comes back until the server closes. */
  raw(text: string): Promise<string>;
  close(): Promise<void>;
}

/** The edge around a few routes, on a port of its own. */
export async function startEdgeApp(
  adapter: (typeof ADAPTERS)[number],
  options: HttpOptions = {},
  checks: readonly HealthCheck[] = [],
  imports: NonNullable<ModuleMetadata['imports']> = [],
): Promise<EdgeApp> {
  const lines: string[] = [];
  const module = await Test.createTestingModule({
    imports: [
      ...imports,
      EdgeTestConfigModule,
      EdgeModule,
      HealthModule.forRootAsync({ useFactory: () => checks }),
    ],
    controllers: [EdgeTestController],
  }).compile();
  const app = module.createNestApplication(
    adapter === 'fastify' ? createFastifyAdapter(options) : new ExpressAdapter(),
  );
  app.useLogger(new PinoLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }));
  configureHttp(app, options);
  setUpOpenApi(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    port,
    lines,
    logged: (about, atLeast = 0) => logged(lines, about, atLeast),
    raw: (text) => exchange(port, text),
    close: () => {
      // fetch opens connections ahead of need, and closing waits for them.
      (app.getHttpServer() as Server).closeAllConnections();
      return app.close();
    },
  };
}

/** A line is written when the response has closed, which the client may learn of earlier. */
async function logged(
  lines: readonly string[],
  about: string,
  atLeast: number,
): Promise<Record<string, unknown>[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = lines
      .filter((line) => line.includes(about))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ level }) => Number(level) >= atLeast);
    if (found.length > 0) return found;
    await sleep(10);
  }
  return [];
}

function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' || received === '') reject(error);
    });
    socket.on('close', () => resolve(received));
  });
}
