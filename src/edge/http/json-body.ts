import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';
import { ValidationFailedError } from '@parallax/tenant';
import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { discardBody } from './discard-body.js';
import { readBody } from './read-body.js';

/** A request as middleware on either adapter sees it. */
type BodyRequest = IncomingMessage & { body?: unknown };
type Next = (error?: unknown) => void;

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*)?;?\s*$/i;

/**
 * Middleware that reads the one kind of body there is, a JSON object in UTF-8, into `request.body`. In place of the
 * adapters' own parsers, whose limits, refusals and error texts differ.
 */
export function jsonBody(limitBytes: number) {
  return function readJsonBody(request: BodyRequest, _response: ServerResponse, next: Next): void {
    if (!carriesBody(request)) {
      next();
      return;
    }
    if (!JSON_TYPE.test(request.headers['content-type'] ?? '') || isEncoded(request)) {
      discardBody(request, limitBytes);
      next(new UnsupportedMediaTypeException());
      return;
    }
    // The stream's events fire in the connection's context, where the request's scope is not.
    const resume = AsyncResource.bind(next);
    readBody(request, limitBytes, (error, bytes) => {
      const body = error ?? parse(bytes);
      if (body instanceof Error) {
        resume(body);
      } else {
        request.body = body;
        resume();
      }
    });
  };
}

/** A body of GET and HEAD means nothing (RFC 9110 §9.3.1) and is left unread. */
function carriesBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** A compressed body would have to be limited twice, before and after. */
function isEncoded({ headers }: IncomingMessage): boolean {
  return !['', 'identity'].includes((headers['content-encoding'] ?? '').trim().toLowerCase());
}

/** The parser's message quotes the body, so it is not kept as a cause. */
function parse(bytes: Buffer): object | Error | undefined {
  if (bytes.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return new BadRequestException();
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  return new ValidationFailedError([{ field: 'body', message: 'must be a JSON object' }]);
}
