import type { INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { AppModule, type AppModuleOptions } from './app.module.js';
import { configureHttp, createFastifyAdapter } from './edge/http-adapter.js';
import { PinoLogger } from './edge/logging/pino-logger.service.js';
import { setUpOpenApi } from './edge/openapi.js';

/** The backend, ready to listen. It runs on Fastify; tests put it on Express too. */
export async function createApp(
  options: AppModuleOptions,
  adapter: AbstractHttpAdapter = createFastifyAdapter({ trustProxy: options.config.trustProxy }),
): Promise<INestApplication> {
  const { trustProxy, logLevel } = options.config;
  const app = await NestFactory.create(AppModule.register(options), adapter, {
    logger: new PinoLogger({ level: logLevel }),
    abortOnError: false,
  });
  configureHttp(app, { trustProxy });
  setUpOpenApi(app);
  return app;
}
