import { requestUrn } from '../request-id.js';
import type { Problem } from './problem.js';

/** The body that is sent for a problem. */
export function problemDocument(problem: Problem, requestId: string): Problem & { instance: string } {
  const { type, title, status, detail, code, ...extensions } = problem;
  return { type, title, status, detail, instance: requestUrn(requestId), code, ...extensions };
}
