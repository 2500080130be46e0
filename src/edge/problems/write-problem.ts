import type { IncomingMessage, ServerResponse } from 'node:http';
import { noteInRequestLog } from '../logging/note-in-request-log.js';
import { REQUEST_ID_HEADER, requestIdOf } from '../request-id.js';
import type { Problem } from './problem.js';
import { problemDocument } from './problem-document.js';
import { problemHeaders, REPLACED_HEADERS } from './problem-headers.js';

/** Answers with a problem where no framework is at hand. A response that has begun is cut off instead. */
export function writeProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy();
    return;
  }
  noteInRequestLog({ code: problem.code });
  const requestId = requestIdOf(request);
  for (const name of REPLACED_HEADERS) response.removeHeader(name);
  const body = JSON.stringify(problemDocument(problem, requestId));
  response.writeHead(problem.status, {
    ...problemHeaders(problem),
    [REQUEST_ID_HEADER]: requestId,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
