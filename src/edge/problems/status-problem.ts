import type { Problem } from './problem.js';

const BY_STATUS: Readonly<Record<number, readonly [code: string, title: string, detail: string]>> = {
  400: ['MALFORMED_REQUEST', 'Malformed request', 'The request cannot be read.'],
  401: ['UNAUTHENTICATED', 'Authentication required', 'A valid credential is required.'],
  403: ['FORBIDDEN', 'Forbidden', 'You may not do this.'],
  404: ['NOT_FOUND', 'Not found', 'There is no such resource.'],
  405: ['METHOD_NOT_ALLOWED', 'Method not allowed', 'This resource does not have that method.'],
  406: ['NOT_ACCEPTABLE', 'Not acceptable', 'No representation matches the Accept headers.'],
  408: ['REQUEST_TIMEOUT', 'Request timeout', 'The request took too long to arrive.'],
  409: ['CONFLICT', 'Conflict', 'The request conflicts with what is stored.'],
  410: ['GONE', 'Gone', 'The resource is no longer there.'],
  412: ['PRECONDITION_FAILED', 'Precondition failed', 'A precondition of the request does not hold.'],
  413: ['PAYLOAD_TOO_LARGE', 'Payload too large', 'The request body is larger than this service accepts.'],
  414: ['URI_TOO_LONG', 'URI too long', 'The request target is longer than this service accepts.'],
  415: [
    'UNSUPPORTED_MEDIA_TYPE',
    'Unsupported media type',
    'Send the body as application/json in UTF-8, without a content encoding.',
  ],
  417: ['EXPECTATION_FAILED', 'Expectation failed', 'The Expect header asks for what is not offered.'],
  422: ['UNPROCESSABLE', 'Unprocessable', 'The request refers to something that does not exist or fit.'],
  429: ['RATE_LIMITED', 'Too many requests', 'Too many requests; try again later.'],
  431: [
    'HEADERS_TOO_LARGE',
    'Headers too large',
    'The request headers are larger than this service accepts.',
  ],
  500: ['INTERNAL', 'Internal error', 'The request could not be completed.'],
  501: ['NOT_IMPLEMENTED', 'Not implemented', 'This is not supported.'],
  503: ['UNAVAILABLE', 'Temporarily unavailable', 'A dependency is unavailable; try again shortly.'],
};

/** The problem a bare status stands for. One without an entry falls back to the plainest of its class. */
export function statusProblem(status: number): Problem {
  const known = BY_STATUS[status];
  if (known) {
    const [code, title, detail] = known;
    return { type: 'about:blank', title, status, detail, code };
  }
  return status >= 400 && status < 500 ? { ...statusProblem(400), status } : statusProblem(500);
}
