import type { Route } from '../discovery/route.js';
import { type Answer, succeeded } from '../http/answer.js';
import type { Attempt } from '../http/attempt.js';
import type { LeakRun } from '../leak-run.js';
import { differences, factsOf } from '../oracles/facts.js';

/** Another answer than nobody's would have got; it counts once it is known that nothing worse explains it. */
export interface Suspicion {
  readonly kind: 'existence' | 'foreign-reference';
  readonly way: string;
  readonly evidence: string;
}

/** An attempt, and what of it is foreign: hidden where answers are compared, and replaced in its twins. */
export interface Twinned {
  readonly attempt: Attempt;
  readonly foreign: readonly string[];
  /** The same attempt with what nobody has. */
  readonly unknown: () => { readonly attempt: Attempt; readonly foreign: readonly string[] };
}

/**
 * Sends the attempt between two twins that name what nobody has. What is the same for both twins must be the same
 * for the attempt, or it tells what the other tenant has.
 */
export async function askTwins(
  run: LeakRun,
  route: Route,
  { attempt, foreign, unknown }: Twinned,
): Promise<Suspicion | undefined> {
  const ask = async (
    each: Attempt,
    values: readonly string[],
  ): Promise<{ answer: Answer; facts: ReturnType<typeof factsOf>; found: boolean }> => {
    const { answer, signs } = await run.ask(route, each);
    return { answer, facts: factsOf(answer, values), found: signs.length > 0 };
  };
  const before = unknown();
  const first = await ask(before.attempt, before.foreign);
  const attacked = await ask(attempt, foreign);
  const after = unknown();
  const second = await ask(after.attempt, after.foreign);
  const takesBody = attempt.sample?.body !== undefined && route.method !== 'GET';
  // What it was allowed to write down is in its own rows from now on.
  if (takesBody && succeeded(attacked.answer)) run.parts.intruder.brought += foreign.join('\n');
  if (attacked.found) return undefined;
  const told = differences(attacked.facts, [first.facts, second.facts]);
  if (told.length === 0) return undefined;
  const accepted = succeeded(attacked.answer) && first.answer.status >= 400;
  return {
    kind: accepted && takesBody && attempt.way.startsWith('body') ? 'foreign-reference' : 'existence',
    way: attempt.way,
    evidence: told.slice(0, 3).join('; '),
  };
}
