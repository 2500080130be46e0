import type { IncomingMessage, ServerResponse } from 'node:http';
import { logWhenClosed } from '../logging/access-log.js';
import { runWithRequestLog, type RequestLog } from '../logging/request-log.js';
import { REQUEST_ID_HEADER, requestIdOf } from '../request-id.js';

const opened = new WeakMap<IncomingMessage, RequestLog>();

/**
 * Gives a request its id, its log context and the headers every response has, then goes on inside. Happens once,
 * however many doors the request comes through: the server's own event, or a framework's injected one.
 */
export function openRequest(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  if (opened.has(request)) {
    next();
    return;
  }
  const log: RequestLog = { requestId: requestIdOf(request) };
  opened.set(request, log);
  response.setHeader(REQUEST_ID_HEADER, log.requestId);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  logWhenClosed(log, request, response);
  runWithRequestLog(log, next);
}
