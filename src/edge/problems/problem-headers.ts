import { PROBLEM_CONTENT_TYPE, type Problem } from './problem.js';

/** Describe what was going to be sent instead. */
export const REPLACED_HEADERS = [
  'Content-Length',
  'Content-Encoding',
  'Content-Disposition',
  'ETag',
  'Last-Modified',
] as const;

/** What RFC 9110 and RFC 6585 want beside the body of a refusal. */
export function problemHeaders(problem: Problem): Record<string, string> {
  const { status, retryAfter } = problem;
  return {
    'Content-Type': PROBLEM_CONTENT_TYPE,
    'Cache-Control': 'no-store',
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(typeof retryAfter === 'number'
      ? { 'Retry-After': String(retryAfter) }
      : status === 503 && { 'Retry-After': '5' }),
  };
}
