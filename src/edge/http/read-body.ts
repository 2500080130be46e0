import { PayloadTooLargeException } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { discardBody } from './discard-body.js';

/** Reads the body whole. The callback gets an error when it is too large or the client went away. */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  done: (error: Error | undefined, body: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const settle = (error?: Error): void => {
    request.off('data', take).off('end', settle).off('error', settle);
    done(error, Buffer.concat(error ? [] : chunks));
  };
  const refuse = (): void => {
    settle(new PayloadTooLargeException());
    discardBody(request, limitBytes);
  };
  const take = (chunk: Buffer): void => {
    length += chunk.length;
    chunks.push(chunk);
    if (length > limitBytes) refuse();
  };
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) refuse();
  else request.on('data', take).on('end', settle).on('error', settle);
}
