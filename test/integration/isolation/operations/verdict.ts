import { ROWS_OF_A, ROWS_OF_B } from '../net1-database.js';
import { observe, type Observation } from './observation.js';
import type { Net, Operation, Outcome, Place } from './operation.js';
import type { Everything, World } from './world.js';

/** The same tables, with B's rows among A's and without. */
export interface Worlds {
  readonly withB: World;
  readonly withoutB: World;
}

interface Pair {
  readonly withB: Observation;
  readonly withoutB: Observation;
}

export interface Verdict {
  readonly outcome: Outcome;
  /** How other tenants were reached, or why it did not work for own rows. */
  readonly findings: readonly string[];
}

/**
 * Judges by non-interference: whatever A does, what A is told and what A has afterwards is the same as if B had
 * no rows, and B has afterwards what B had before. That takes in counts, sums and whether something exists.
 */
export async function judge(worlds: Worlds, operation: Operation, net: Net, place: Place): Promise<Verdict> {
  const pairFor = async (aim: typeof ROWS_OF_A): Promise<Pair> => {
    const [withB, withoutB] = await Promise.all([
      observe(worlds.withB, net, place, operation, aim),
      observe(worlds.withoutB, net, place, operation, aim),
    ]);
    return { withB, withoutB };
  };
  const own = await pairFor(ROWS_OF_A);
  const seeded = await worlds.withB.seeded();
  const foreign = operation.isAimed ? await pairFor(ROWS_OF_B) : own;

  const findings = [...new Set([...leaksIn(own, seeded), ...leaksIn(foreign, seeded)])];
  if (findings.length > 0) return { outcome: 'beyond', findings };
  const { failure } = own.withB;
  if (failure === undefined) {
    const fault = faultIn(operation, own.withB, seeded);
    return fault ? { outcome: 'no effect', findings: [fault] } : { outcome: 'held', findings };
  }
  // Refused for everybody, or else something that A may do and that tells A whose the row is.
  return foreign.withB.failure === failure
    ? { outcome: failure, findings: [own.withB.answer] }
    : { outcome: 'fails', findings: [own.withB.answer, foreign.withB.answer] };
}

function leaksIn({ withB, withoutB }: Pair, seeded: Everything): string[] {
  const findings: string[] = [];
  if (withB.answer.includes(ROWS_OF_B.canary)) findings.push('the answer holds text of B');
  if (withB.log.includes(ROWS_OF_B.canary)) findings.push('the log holds text of B');
  if (withB.answer !== withoutB.answer) findings.push('the answer is another than without B');
  if (String(withB.others) !== String(seeded.others)) findings.push("others' rows changed");
  if (String(withB.own) !== String(withoutB.own)) findings.push('own rows become others than without B');
  findings.push(...withB.crossing);
  return findings;
}

/** Why what ran without an error did not do its work. */
function faultIn(
  { kind, gives }: Operation,
  { answer, own }: Observation,
  seeded: Everything,
): string | undefined {
  if (gives !== undefined) return answer === gives ? undefined : `answers ${answer}, not ${gives}`;
  const works = kind === 'read' ? answer.includes(ROWS_OF_A.canary) : String(own) !== String(seeded.own);
  return works ? undefined : `does nothing for own rows: ${answer}`;
}
