import type { Route } from '../discovery/route.js';
import type { LeakRun } from '../leak-run.js';
import { foreignIds } from './foreign-ids.js';
import { foreignTenant, withoutCredentials } from './foreign-tenant.js';
import { foreignValues } from './foreign-values.js';
import type { OwnAnswers } from './own-reads.js';
import { replayReads } from './replayed-reads.js';
import { askTwins, type Suspicion } from './twins.js';
import { settle } from './write-attacks.js';

/** Everything on a route that reads. */
export async function attackReads(run: LeakRun, route: Route, answers: OwnAnswers): Promise<void> {
  const { intruder, owner } = run.parts;
  const suspicions: (Suspicion | undefined)[] = [];
  const all = [...foreignIds(run, route), ...foreignValues(run, route), ...foreignTenant(run, route)];
  for (const twinned of all) suspicions.push(await askTwins(run, route, twinned));
  await run.ask(route, { ...withoutCredentials(run), sample: run.sampleFor(route, intruder) });
  await run.ask(route, {
    way: "the other tenant's ids and query",
    as: intruder,
    idsOf: intruder,
    sample: {
      ...run.sampleFor(route, intruder),
      query: run.sampleFor(route, owner, owner.canary)?.query ?? {},
    },
  });
  await replayReads(run, route, answers);
  settle(run, route, suspicions);
}
