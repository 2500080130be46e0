import { randomBytes } from 'node:crypto';
import type { Route } from '../discovery/route.js';
import { succeeded } from '../http/answer.js';
import type { LeakRun } from '../leak-run.js';
import { askTwins, type Suspicion } from './twins.js';

/** A create that the owner has made before: with the same Idempotency-Key, and with the same texts. */
export async function replayCreates(run: LeakRun, route: Route): Promise<(Suspicion | undefined)[]> {
  return [await replayKey(run, route), await replayTexts(run, route)];
}

async function replayKey(run: LeakRun, route: Route): Promise<Suspicion | undefined> {
  const { intruder, owner } = run.parts;
  const key = randomBytes(12).toString('hex');
  const headers = { 'idempotency-key': key };
  const { answer } = await run.ask(route, {
    way: 'an Idempotency-Key',
    as: owner,
    idsOf: owner,
    sample: run.sampleFor(route, owner),
    headers,
  });
  if (!succeeded(answer)) return undefined;
  const attempt = (value: string) => ({
    attempt: {
      way: 'an Idempotency-Key the other tenant has used',
      as: intruder,
      idsOf: intruder,
      sample: run.sampleFor(route, intruder),
      headers: { 'idempotency-key': value },
      blames: 'idempotency-replay' as const,
    },
    foreign: [value],
  });
  const fresh = (): ReturnType<typeof attempt> => attempt(randomBytes(12).toString('hex'));
  return askTwins(run, route, { ...attempt(key), unknown: fresh });
}

/** Names and slugs are unique within a tenant: that the other has one must not show. */
async function replayTexts(run: LeakRun, route: Route): Promise<Suspicion | undefined> {
  const { intruder, owner } = run.parts;
  // Neither's canary, so that it tells nothing when the intruder's own rows have it.
  const taken = unclaimed();
  const { answer } = await run.ask(route, {
    way: 'a text to be taken',
    as: owner,
    idsOf: owner,
    sample: run.sampleFor(route, owner, taken),
  });
  if (!succeeded(answer)) return undefined;
  const attempt = (text: string) => ({
    attempt: {
      way: 'body: the texts of a row the other tenant has',
      as: intruder,
      idsOf: intruder,
      sample: run.sampleFor(route, intruder, text),
    },
    foreign: [text],
  });
  const twins = { ...attempt(taken), unknown: () => attempt(unclaimed()) };
  const suspicion = await askTwins(run, route, twins);
  return suspicion && { ...suspicion, kind: 'existence' };
}

function unclaimed(): string {
  return `taken-${randomBytes(6).toString('hex')}`;
}
