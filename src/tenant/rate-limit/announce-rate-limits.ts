import { currentScope } from '../context/tenant-scope.js';
import type { AnswerHeaders } from '../context/answer-headers.js';
import type { RateLimitDecision } from './rate-limit-decision.js';

/** Says on the answer to the running request, where there is one, what is left of the limits it was held to. */
export function announceRateLimits(
  { limits }: RateLimitDecision,
  answer: AnswerHeaders | undefined = currentScope()?.answer,
): void {
  if (!answer) return;
  for (const { resource, limit, remaining, resetsAt, window } of limits) {
    answer.announce({ name: resource, limit, remaining, resetsAt, windowSeconds: window });
  }
}
