import type { Route } from '../discovery/route.js';
import { type LeakRun, OWN_REQUEST } from '../leak-run.js';
import { differences, type Facts, factsOf } from '../oracles/facts.js';
import { makeRows } from '../parties/make-rows.js';
import type { Party } from '../parties/party.js';

/** How often an answer has to change with the owner's rows before it is held against the route. */
const TIMES = 2;

/**
 * The intruder reads, the owner gets more rows, the intruder reads again: totals, "has more" and the like must be as
 * they were. An answer of the owner's that changes is its control.
 */
export async function watchCounts(run: LeakRun, reads: readonly Route[]): Promise<void> {
  const { intruder, owner } = run.parts;
  let suspected = new Map(reads.map((route): [Route, string[]] => [route, []]));
  for (let time = 0; time < TIMES && suspected.size > 0; time += 1) {
    const routes = time === 0 ? reads : [...suspected.keys()];
    const before = await readAll(run, routes, intruder);
    const again = await readAll(run, routes, intruder);
    const ofOwner = [await readAll(run, routes, owner), await readAll(run, routes, owner)] as const;
    await makeRows(run, owner, 1);
    const after = await readAll(run, routes, intruder);
    const ofOwnerAfter = await readAll(run, routes, owner);
    suspected = new Map(
      routes.flatMap((route): [Route, string[]][] => {
        const [one, other] = [ofOwner[0].get(route), ofOwner[1].get(route)];
        const [first, second, last] = [before.get(route), again.get(route), after.get(route)];
        const its = ofOwnerAfter.get(route);
        const isControl = route.params.every((param) => run.isTenantParam(param));
        if (isControl && one && other && its && differences(its, [one, other]).length > 0) run.prove(route);
        const told = first && second && last ? differences(last, [first, second]) : [];
        return told.length > 0 ? [[route, told]] : [];
      }),
    );
  }
  for (const [route, told] of suspected) {
    if (run.leaks(route)) continue;
    run.report('count', route.name, `${OWN_REQUEST}, after the other tenant got more rows`, told.join('; '));
  }
}

async function readAll(run: LeakRun, routes: readonly Route[], as: Party): Promise<Map<Route, Facts>> {
  const seen = new Map<Route, Facts>();
  for (const route of routes) {
    const { answer } = await run.ask(route, {
      way: OWN_REQUEST,
      as,
      idsOf: as,
      sample: run.sampleFor(route, as, as.canary),
    });
    seen.set(route, factsOf(answer));
  }
  return seen;
}
