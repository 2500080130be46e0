import type { Route } from '../discovery/route.js';
import { succeeded } from '../http/answer.js';
import type { Attempt } from '../http/attempt.js';
import { type LeakRun, OWN_REQUEST } from '../leak-run.js';
import { differences, type Facts, factsOf } from '../oracles/facts.js';
import { makeRows } from '../parties/make-rows.js';
import type { Party } from '../parties/party.js';

/** How often an answer has to change with the owner's rows before it is held against the route. */
const TIMES = 2;

/**
 * The intruder reads, the owner gets more rows, the intruder reads again: totals, "has more" and the like must be as
 * they were. Its control is that the answer of each changes with its own rows.
 */
export async function watchCounts(run: LeakRun, reads: readonly Route[]): Promise<void> {
  const { intruder, owner } = run.parts;
  let suspected = new Map(reads.map((route): [Route, string[]] => [route, []]));
  for (let time = 0; time < TIMES && suspected.size > 0; time += 1) {
    const routes = time === 0 ? reads : [...suspected.keys()];
    // The same request each time: that a new id in it is told back is no change.
    const requests = {
      ofIntruder: requestsOf(run, routes, intruder),
      ofOwner: requestsOf(run, routes, owner),
    };
    const before = await readAll(run, requests.ofIntruder);
    const again = await readAll(run, requests.ofIntruder);
    const ofOwner = [await readAll(run, requests.ofOwner), await readAll(run, requests.ofOwner)] as const;
    await makeRows(run, owner, 1);
    const after = await readAll(run, requests.ofIntruder);
    const ofOwnerAfter = await readAll(run, requests.ofOwner);
    await makeRows(run, intruder, 1);
    const ofIntruderAfter = await readAll(run, requests.ofIntruder);
    suspected = new Map(
      routes.flatMap((route): [Route, string[]][] => {
        const isControl = route.params.every((param) => run.isTenantParam(param));
        const moves =
          changes(route, ofOwnerAfter, ofOwner).length > 0 &&
          changes(route, ofIntruderAfter, [again, after]).length > 0;
        if (isControl && moves) run.prove(route);
        const told = changes(route, after, [before, again]);
        return told.length > 0 ? [[route, told]] : [];
      }),
    );
  }
  for (const [route, told] of suspected) {
    if (run.leaks(route)) continue;
    run.report('count', route.name, `${OWN_REQUEST}, after the other tenant got more rows`, told.join('; '));
  }
}

type Requests = ReadonlyMap<Route, Attempt>;
type Seen = ReadonlyMap<Route, Facts>;

function requestsOf(run: LeakRun, routes: readonly Route[], as: Party): Requests {
  return new Map(
    routes.map((route): [Route, Attempt] => {
      const sample = run.sampleFor(route, as, as.canary);
      return [route, { way: OWN_REQUEST, as, idsOf: as, sample }];
    }),
  );
}

async function readAll(run: LeakRun, requests: Requests): Promise<Seen> {
  const seen = new Map<Route, Facts>();
  for (const [route, attempt] of requests) {
    const { answer } = await run.ask(route, attempt);
    if (succeeded(answer)) seen.set(route, factsOf(answer));
  }
  return seen;
}

function changes(route: Route, after: Seen, [before, again]: readonly [Seen, Seen]): string[] {
  const [last, first, second] = [after.get(route), before.get(route), again.get(route)];
  return last && first && second ? differences(last, [first, second]) : [];
}
