import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { runWithRequestLog, type RequestLog } from './request-log.js';

const logger = new Logger('Access');

/** Express keeps the route it matched on the request itself. */
type MaybeRouted = IncomingMessage & { readonly route?: { readonly path?: unknown } };

/** Writes one line once the response is done with, whichever way it ended. */
export function logWhenClosed(log: RequestLog, request: MaybeRouted, response: ServerResponse): void {
  const startedAt = performance.now();
  response.once('close', () => {
    const path = request.route?.path;
    // The event fires in the socket's context, not the request's.
    runWithRequestLog(log, () =>
      logger.log({
        msg: 'request',
        method: request.method,
        route: log.route ?? (typeof path === 'string' ? path : undefined),
        status: response.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        code: log.code,
        ...(!response.writableFinished && { aborted: true }),
      }),
    );
  });
}
