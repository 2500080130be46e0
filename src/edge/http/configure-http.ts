import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { guardServer } from './guard-server.js';
import { withHttpDefaults, type HttpOptions } from './http-options.js';
import { jsonBody } from './json-body.js';
import { wellFormedUrl } from './well-formed-url.js';

interface ExpressSettings {
  disable(setting: string): void;
  set(setting: string, value: unknown): void;
}

/**
 * What every application needs before `init()` or `listen()`, on either adapter: Express is brought to behave as
 * `createFastifyAdapter` makes Fastify behave, and both get the middleware that comes before any other.
 */
export function configureHttp(app: INestApplication, options: HttpOptions = {}): void {
  const http = withHttpDefaults(options);
  if (app.getHttpAdapter().getType() === 'express') {
    configureExpress(app, http);
  }
  app.use(wellFormedUrl);
  app.use(jsonBody(http.bodyLimitBytes));
}

function configureExpress(app: INestApplication, http: Required<HttpOptions>): void {
  const adapter: { registerParserMiddleware?: () => void } = app.getHttpAdapter();
  adapter.registerParserMiddleware = () => undefined;
  const express = app.getHttpAdapter().getInstance() as ExpressSettings;
  express.disable('x-powered-by');
  express.disable('etag');
  express.set('trust proxy', http.trustProxy);
  guardServer(app.getHttpServer() as Server, http);
}
