import { currentScope } from '../context/tenant-scope.js';
import type { QuotaDecision } from './quota-decision.js';

/** Says on the answer to the running request, where there is one, what is left of a quota it was held to. */
export function announceQuota(decision: QuotaDecision): void {
  const { resource, limit, remaining, periodStart, resetsAt, enforcement } = decision;
  // Clients would slow down for a limit that is only tried out.
  if (enforcement === 'shadow') return;
  currentScope()?.answer?.announce({
    name: resource,
    limit,
    remaining,
    resetsAt,
    windowSeconds: resetsAt && periodStart && (resetsAt.getTime() - periodStart.getTime()) / 1000,
  });
}
