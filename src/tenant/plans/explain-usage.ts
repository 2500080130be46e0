import type { ResourceUsage } from '../registry/tenant-usage.js';

/** How much of a limit is used, and what that means for one more. */
export interface UsageExplanation extends Pick<
  ResourceUsage,
  'used' | 'reserved' | 'remaining' | 'exhausted' | 'resetsAt'
> {
  /** One sentence: why one more is allowed or refused. */
  readonly reason: string;
  /** What would help, a sentence each; empty as long as one more is allowed. */
  readonly remedies: readonly string[];
}

/** @param availableIn the plans that allow more. */
export function explainUsage(usage: ResourceUsage, availableIn: readonly string[]): UsageExplanation {
  const { used, reserved, remaining, exhausted, resetsAt } = usage;
  return {
    used,
    reserved,
    remaining,
    exhausted,
    resetsAt,
    reason: reasonOf(usage),
    remedies: exhausted ? remediesOf(usage, availableIn) : [],
  };
}

function reasonOf(usage: ResourceUsage): string {
  const { used, reserved, limit, remaining } = usage;
  const held = reserved > 0 ? ` and ${reserved} reserved` : '';
  if (limit === null) return `${used} are used${held}, and there is no limit.`;
  const taken = `${used} of ${limit} are used${held}`;
  return remaining ? `${taken}, so ${remaining} are left.` : `${taken}; ${atTheLimit(usage)}.`;
}

function atTheLimit({ enforcement, exhausted, graceUntil }: ResourceUsage): string {
  switch (enforcement) {
    case 'hard':
      return 'the limit is hard, so one more is refused';
    case 'soft':
      return exhausted
        ? 'the limit is soft, but the overage it allows is used up, so one more is refused'
        : 'the limit is soft, so one more is allowed and counts as overage';
    case 'grace':
      if (!graceUntil) return 'one more is allowed, and begins the days of grace';
      return exhausted
        ? `the days of grace ended at ${graceUntil.toISOString()}, so one more is refused`
        : `the days of grace run until ${graceUntil.toISOString()}, so one more is allowed`;
    case 'shadow':
      return 'the limit is only watched, so one more is allowed';
  }
}

function remediesOf({ kind, resetsAt }: ResourceUsage, availableIn: readonly string[]): string[] {
  return [
    ...(kind === 'allocation' ? ['Delete what is not needed.'] : []),
    ...(kind === 'concurrency' ? ['Wait until work under way has ended.'] : []),
    ...(resetsAt ? [`Wait until ${resetsAt.toISOString()}, when use starts from 0.`] : []),
    ...(availableIn.length > 0 ? [`Move to a plan that allows more: ${availableIn.join(', ')}.`] : []),
    'Have an operator override the limit.',
  ];
}
