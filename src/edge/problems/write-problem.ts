import type { IncomingMessage, ServerResponse } from 'node:http';
import { REQUEST_ID_HEADER, requestIdOf } from '../request-id.js';
import type { Problem } from './problem.js';
import { problemDocument } from './problem-document.js';
import { problemHeaders } from './problem-headers.js';

/** Answers with a problem where no framework is at hand. A response that has begun is cut off instead. */
export function writeProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy();
    return;
  }
  const requestId = requestIdOf(request);
  const body = JSON.stringify(problemDocument(problem, requestId));
  response.writeHead(problem.status, {
    ...problemHeaders(problem),
    [REQUEST_ID_HEADER]: requestId,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
