import type { LeakRun } from '../leak-run.js';
import { excerpt, marksIn } from '../oracles/marks.js';
import type { LogLine } from './log-watch.js';

/** What a line says of the owner on account of a request that did not come from it. */
export function findInLogs(run: LeakRun, lines: readonly LogLine[]): void {
  const { intruder, owner } = run.parts;
  const marks = owner.marksAgainst(intruder);
  for (const { text, by } of lines) {
    if (by.as === owner) continue;
    for (const mark of marksIn(text, marks, by.sent + intruder.brought)) {
      run.report('log', by.route, by.way, excerpt(text, mark));
    }
  }
}
