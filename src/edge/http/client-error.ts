import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { problemDocument } from '../problems/problem-document.js';
import { problemHeaders } from '../problems/problem-headers.js';
import { statusProblem } from '../problems/status-problem.js';
import { REQUEST_ID_HEADER } from '../request-id.js';

const logger = new Logger('Access');

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** Where Node keeps the response in progress on a connection; its own default handler reads it too. */
type ServerSocket = Duplex & { readonly _httpMessage?: ServerResponse | null };

/** Answers what Node could not parse as HTTP. The bytes are in the error, credentials and all: they are not logged. */
export function answerClientError(error: NodeJS.ErrnoException, socket: ServerSocket): void {
  const { code = 'unknown' } = error;
  if (code !== 'ECONNRESET' && socket.writable && socket._httpMessage?.headersSent !== true) {
    const problem = statusProblem(STATUS_BY_CODE[code] ?? 400);
    const requestId = randomUUID();
    logger.log({ msg: 'unreadable request', requestId, status: problem.status, reason: code });
    socket.write(
      rawResponse(problem.status, problemHeaders(problem), problemDocument(problem, requestId), requestId),
    );
  }
  socket.destroy();
}

function rawResponse(
  status: number,
  headers: Readonly<Record<string, string>>,
  document: object,
  requestId: string,
): string {
  const body = JSON.stringify(document);
  const lines = Object.entries({
    ...headers,
    [REQUEST_ID_HEADER]: requestId,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
