import type { PlanCatalog, PlanDefinition } from './plan-definition.js';
import type { Enforcement, QuotaKind, QuotaTerms } from './quota-terms.js';

const KINDS: readonly unknown[] = [
  'allocation',
  'consumption',
  'concurrency',
  'rate',
] satisfies readonly QuotaKind[];
const ENFORCEMENTS: readonly unknown[] = ['hard', 'soft', 'grace', 'shadow'] satisfies readonly Enforcement[];
const MOST_PERCENT = 1_000;
const MOST_WINDOW_SECONDS = 31 * 24 * 60 * 60;

/** What is wrong with the kinds a catalogue gives its limits, in words. */
export function kindProblems({ limits, kinds = {} }: PlanCatalog): string[] {
  return Object.entries(kinds).flatMap(([limit, kind]) => {
    if (!limits.includes(limit)) return [`kinds: ${limit} is not among the limits declared`];
    return KINDS.includes(kind) ? [] : [`kinds: ${limit} must be one of ${KINDS.join(', ')}`];
  });
}

/** What is wrong with the windows a catalogue gives its rates, in words. */
export function windowProblems({ limits, kinds = {}, windows = {} }: PlanCatalog): string[] {
  return Object.entries(windows).flatMap(([limit, seconds]) => {
    if (!limits.includes(limit)) return [`windows: ${limit} is not among the limits declared`];
    if (kinds[limit] !== 'rate') return [`windows: ${limit} is not of the kind rate`];
    const isWindow = isCount(seconds) && seconds >= 1 && seconds <= MOST_WINDOW_SECONDS;
    return isWindow ? [] : [`windows: ${limit} must be whole seconds from 1 to ${MOST_WINDOW_SECONDS}`];
  });
}

/** What is wrong with the terms of one plan, in words. */
export function termsProblems(plan: PlanDefinition, { limits, kinds = {} }: PlanCatalog): string[] {
  return Object.entries(plan.quotas ?? {}).flatMap(([limit, terms]) => {
    if (!limits.includes(limit)) return [`quotas: ${limit} is not among the limits declared`];
    const kind = Object.hasOwn(kinds, limit) ? kinds[limit] : undefined;
    if (kind === undefined) return [`quotas: ${limit} has no kind, so nothing counts it`];
    return (terms ? problemsOf(terms, kind) : []).map((problem) => `quotas: ${limit}: ${problem}`);
  });
}

function problemsOf(
  { enforcement = 'hard', overageCap, graceDays, alertAt, refundCap }: QuotaTerms,
  kind: QuotaKind,
): string[] {
  const problems: string[] = [];
  if (!ENFORCEMENTS.includes(enforcement))
    problems.push(`enforcement must be one of ${ENFORCEMENTS.join(', ')}`);
  if (kind === 'rate' && (enforcement === 'soft' || enforcement === 'grace'))
    problems.push('enforcement of a limit of the kind rate must be hard or shadow');
  if (overageCap !== undefined) {
    if (enforcement !== 'soft') problems.push('overageCap is for enforcement soft');
    if (!isCount(overageCap)) problems.push('overageCap must be a whole number from 0');
  }
  if (enforcement === 'grace' && graceDays === undefined)
    problems.push('graceDays is needed with enforcement grace');
  if (graceDays !== undefined) {
    if (enforcement !== 'grace') problems.push('graceDays is for enforcement grace');
    if (!isCount(graceDays) || graceDays < 1) problems.push('graceDays must be a whole number from 1');
  }
  if (alertAt !== undefined && !rises(alertAt))
    problems.push(`alertAt must be whole percents from 1 to ${MOST_PERCENT}, rising`);
  if (refundCap !== undefined) {
    if (kind !== 'consumption') problems.push('refundCap is for limits of the kind consumption');
    if (!isCount(refundCap)) problems.push('refundCap must be a whole number from 0');
  }
  return problems;
}

function rises(percents: readonly number[]): boolean {
  return percents.every(
    (percent, at) => isCount(percent) && percent > (percents[at - 1] ?? 0) && percent <= MOST_PERCENT,
  );
}

/** A number of units. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
