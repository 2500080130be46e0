import type { Route } from '../discovery/route.js';
import type { Attempt } from '../http/attempt.js';
import type { OpenAnswer } from '../http/leak-client.js';
import { type LeakRun, OWN_REQUEST } from '../leak-run.js';
import { excerpt, marksIn } from '../oracles/marks.js';
import { makeRows } from '../parties/make-rows.js';
import { until } from '../until.js';
import type { Party } from '../parties/party.js';
import { noneOfIts } from './doubts.js';
import { noIdFor } from './own-reads.js';
import { withoutCredentials } from './foreign-tenant.js';

/** Milliseconds a stream may take to begin, and an event to arrive. */
const BEGIN_MS = 1_000;
const ARRIVE_MS = 2_000;

interface Listener {
  readonly attempt: Attempt;
  readonly sent: string;
  stream?: OpenAnswer;
  failed?: boolean;
}

/**
 * Listens as both, and lets both get rows, the owner first: when the intruder has its own event, the owner's would
 * have been there.
 */
export async function listenToEvents(run: LeakRun, route: Route): Promise<void> {
  const { intruder, owner } = run.parts;
  const missing = run.missingParam(route, owner) ?? run.missingParam(route, intruder);
  if (missing) {
    run.doubt(route, noIdFor(missing));
    return;
  }
  const own = { way: OWN_REQUEST, as: owner, idsOf: owner, sample: run.sampleFor(route, owner) };
  const listener = (attempt: Attempt): Listener => ({
    attempt,
    sent: run.sentBesidesCredentials(route, attempt),
  });
  const ofOwner = listener(own);
  const ofIntruder = listener(plainAttempt(run, route));
  const listeners = [ofIntruder, ...attemptsOn(run, route).map(listener)];
  const all = [ofOwner, ...listeners];
  for (const each of all) begin(run, route, each);
  await until(() => all.every(({ stream, failed }) => stream !== undefined || failed === true), BEGIN_MS);
  await makeRows(run, owner, 1);
  await makeRows(run, intruder, 1);
  const hearsItsOwn = ({ stream, sent }: Listener, as: Party, other: Party): boolean =>
    marksIn(stream?.received ?? '', as.marksAgainst(other), sent).length > 0;
  const ownerHears = (): boolean => hearsItsOwn(ofOwner, owner, intruder);
  const intruderHears = (): boolean => hearsItsOwn(ofIntruder, intruder, owner);
  const heard = ({ stream }: Listener, { canary }: Party): boolean =>
    stream?.received.includes(canary) === true;
  await until(() => heard(ofOwner, owner) && heard(ofIntruder, intruder), ARRIVE_MS);
  const told = 'was sent no event of its own when it got rows';
  if (!ownerHears()) run.doubt(route, noneOfIts(owner, told));
  else if (!intruderHears()) run.doubt(route, noneOfIts(intruder, told));
  else run.prove(route);
  for (const { attempt, stream } of listeners) {
    const received = stream?.received ?? '';
    for (const mark of marksIn(received, owner.marksAgainst(intruder), intruder.brought)) {
      run.report('sse', route.name, attempt.way, excerpt(received, mark));
    }
  }
  for (const { stream } of all) stream?.close();
}

function begin(run: LeakRun, route: Route, listener: Listener): void {
  run.open(route, listener.attempt).then(
    (stream) => (listener.stream = stream),
    () => (listener.failed = true),
  );
}

function plainAttempt(run: LeakRun, route: Route): Attempt {
  const { intruder } = run.parts;
  return { way: OWN_REQUEST, as: intruder, idsOf: intruder, sample: run.sampleFor(route, intruder) };
}

function attemptsOn(run: LeakRun, route: Route): Attempt[] {
  const { intruder, owner, sources } = run.parts;
  const sample = run.sampleFor(route, intruder);
  const [header = ''] = sources.headers;
  return [
    {
      way: 'the other tenant in the header',
      as: intruder,
      idsOf: owner,
      sample,
      headers: { [header]: owner.tenant.id },
    },
    {
      way: "the other tenant's ids",
      as: intruder,
      idsOf: owner,
      sample,
      paramOf: (param) => (run.isTenantParam(param) ? intruder.tenant.id : undefined),
    },
    { ...withoutCredentials(run), sample },
  ];
}
