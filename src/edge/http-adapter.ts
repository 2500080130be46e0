import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { createServer } from 'node:http';
import type { TrustProxy } from '../config/readers.js';
import { guardServer } from './http/guard-server.js';
import { withHttpDefaults, type HttpOptions } from './http/http-options.js';
import { openRequest } from './http/open-request.js';
import { noteInRequestLog } from './logging/note-in-request-log.js';
import { statusProblem } from './problems/status-problem.js';
import { writeProblem } from './problems/write-problem.js';
import { requestIdOf } from './request-id.js';

export { configureHttp } from './http/configure-http.js';
export type { HttpOptions } from './http/http-options.js';

/** All that fits in the headers Node accepts: an id too long to exist is a 404 of its route, not a special case. */
const MAX_PARAM_LENGTH = 16 * 1024;

/** How often Node looks for requests that take too long, in milliseconds. */
const TIMEOUT_CHECK_MS = 5_000;

class EdgeFastifyAdapter extends FastifyAdapter {
  /** The application would add parsers for a body that middleware has read before. */
  override registerParserMiddleware(): void {
    return;
  }
}

/**
 * The Fastify adapter the backend runs on. Call `configureHttp` with the same options on the application.
 *
 * @example
 * const app = await NestFactory.create<NestFastifyApplication>(AppModule, createFastifyAdapter(options));
 * configureHttp(app, options);
 */
export function createFastifyAdapter(options: HttpOptions = {}): FastifyAdapter {
  const adapter = new EdgeFastifyAdapter(serverOptions(withHttpDefaults(options)));
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => {
    done(null, (payload as { body?: unknown }).body);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    openRequest(request.raw, reply.raw, () => {
      if (!request.is404) noteInRequestLog({ route: request.routeOptions.url });
      done();
    });
  });
  return adapter;
}

function serverOptions(http: Required<HttpOptions>): FastifyServerOptions {
  const connectionsCheckingInterval = Math.min(TIMEOUT_CHECK_MS, http.headersTimeoutMs);
  return {
    trustProxy: trusted(http.trustProxy),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    genReqId: requestIdOf,
    serverFactory: (handler) => guardServer(createServer({ connectionsCheckingInterval }, handler), http),
    // Raised by the router before any hook: a URL it cannot decode.
    frameworkErrors: (_error, request, reply) => {
      openRequest(request.raw, reply.raw, () => writeProblem(request.raw, reply.raw, statusProblem(400)));
    },
  };
}

/** Given a number Fastify trusts nobody; here, as on Express, it is how many proxies stand in front. */
function trusted(proxy: TrustProxy): boolean | string[] | ((address: string, hop: number) => boolean) {
  if (typeof proxy === 'number') return (_address, hop) => hop < proxy;
  return typeof proxy === 'boolean' ? proxy : [...proxy];
}
