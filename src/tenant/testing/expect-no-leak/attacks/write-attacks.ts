import type { Route } from '../discovery/route.js';
import { succeeded } from '../http/answer.js';
import { type LeakRun, OWN_REQUEST } from '../leak-run.js';
import type { LeakKind } from '../no-leak.report.js';
import { creatingRoutes, makeRows } from '../parties/make-rows.js';
import { foreignIds } from './foreign-ids.js';
import { foreignTenant, withoutCredentials } from './foreign-tenant.js';
import { foreignValues } from './foreign-values.js';
import { refused } from './doubts.js';
import { noIdFor } from './own-reads.js';
import type { OwnerSnapshot } from './owner-snapshot.js';
import { replayCreates } from './replayed-writes.js';
import { askTwins, type Suspicion } from './twins.js';

/** Everything on a route that writes, and each on its own: what both may do there the intruder was kept from. */
export async function attackWrites(run: LeakRun, route: Route, snapshot: OwnerSnapshot): Promise<void> {
  const { intruder, owner } = run.parts;
  if (route.method === 'DELETE') {
    await makeRows(run, intruder, 1);
    await makeRows(run, owner, 1);
  }
  const missing = run.missingParam(route, owner) ?? run.missingParam(route, intruder);
  if (missing) {
    run.doubt(route, noIdFor(missing));
    return;
  }
  const replayed = creatingRoutes(run).includes(route) ? await replayCreates(run, route) : [];
  await snapshot.take();
  const attacked = await attack(run, route);
  // What was sent may have used up the intruder's row.
  if (route.params.length > 0) await makeRows(run, intruder, 1);
  const { answer: toIntruder } = await run.ask(route, {
    way: OWN_REQUEST,
    as: intruder,
    idsOf: intruder,
    sample: run.sampleFor(route, intruder),
  });
  const changes = await snapshot.changes();
  if (changes.length > 0) {
    run.report('foreign-write', route.name, 'all that was sent to it', changes.slice(0, 3).join('; '));
  }
  settle(run, route, [...replayed, ...attacked]);
  const { answer } = await run.ask(route, {
    way: "the owner's own request",
    as: owner,
    idsOf: owner,
    sample: run.sampleFor(route, owner),
  });
  if (!succeeded(answer)) run.doubt(route, refused(owner, answer));
  else if (!succeeded(toIntruder)) run.doubt(route, refused(intruder, toIntruder));
  else run.prove(route);
}

async function attack(run: LeakRun, route: Route): Promise<(Suspicion | undefined)[]> {
  const { intruder } = run.parts;
  const suspicions: (Suspicion | undefined)[] = [];
  const all = [...foreignIds(run, route), ...foreignValues(run, route), ...foreignTenant(run, route)];
  for (const twinned of all) suspicions.push(await askTwins(run, route, twinned));
  await run.ask(route, { ...withoutCredentials(run), sample: run.sampleFor(route, intruder) });
  return suspicions;
}

/** Who is told the data itself needs no second way to learn that it is there. */
const DATA: ReadonlySet<LeakKind> = new Set<LeakKind>([
  'body',
  'header',
  'location',
  'stream',
  'error-text',
  'etag',
  'cached-answer',
  'idempotency-replay',
  'foreign-write',
]);

export function settle(run: LeakRun, route: Route, suspicions: readonly (Suspicion | undefined)[]): void {
  for (const suspicion of suspicions) {
    const isExplained = suspicion?.kind === 'existence' && run.leaks(route, DATA);
    if (suspicion && !isExplained) run.report(suspicion.kind, route.name, suspicion.way, suspicion.evidence);
  }
}
