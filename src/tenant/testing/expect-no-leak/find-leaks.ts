import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { listenToEvents } from './attacks/event-streams.js';
import { watchCounts } from './attacks/count-attack.js';
import { OwnerSnapshot } from './attacks/owner-snapshot.js';
import { type OwnAnswers, readOwn } from './attacks/own-reads.js';
import { attackReads } from './attacks/read-attacks.js';
import { attackWrites } from './attacks/write-attacks.js';
import type { Route } from './discovery/route.js';
import { isEventStream, succeeded } from './http/answer.js';
import { LeakClient } from './http/leak-client.js';
import { reachApp } from './http/reach-app.js';
import { LeakRun, OWN_REQUEST, TimeIsUp } from './leak-run.js';
import { findInLogs } from './logs/find-in-logs.js';
import { LogWatch } from './logs/log-watch.js';
import type { LeakTenant, NoLeakOptions } from './no-leak.options.js';
import type { NoLeakReport } from './no-leak.report.js';
import { createParties } from './parties/create-parties.js';
import { makeRows } from './parties/make-rows.js';
import { tenantSources } from './parties/tenant-sources.js';
import type { Tenant } from '../../registry/tenant.js';
import { driveGateway } from './sockets/drive-gateway.js';
import { messageName } from './sockets/discover-gateways.js';
import { surfaceOf, type Surface } from './surface.js';

const CONCURRENCY = 4;
const TIME_LIMIT_MS = 120_000;

/**
 * Does what expectNoLeak does, and gives back what it saw instead of throwing.
 *
 * @throws ConfigurationError when `exclude` or `samples` name what the application does not have.
 * @example
 * const { findings, unproved } = await findLeaks(app, { asTenant: (tenant) => bearer(tokenFor(tenant.id)) });
 */
export async function findLeaks<T extends LeakTenant = Tenant>(
  app: INestApplication,
  options: NoLeakOptions<T>,
): Promise<NoLeakReport> {
  const origin = await reachApp(app);
  const surface = surfaceOf(app, options);
  const parties = await createParties(app, options);
  const client = new LeakClient(origin);
  const logs = new LogWatch(app.getHttpServer() as Server, options.observeLogs);
  const run = new LeakRun({
    client,
    logs,
    routes: surface.routes,
    sources: tenantSources(app),
    ...parties,
    // From here on tenants are only handed back to the functions that came with them.
    options: options as unknown as NoLeakOptions,
    deadline: Date.now() + (options.timeLimitMs ?? TIME_LIMIT_MS),
  });
  try {
    await attack(run, surface, origin);
  } catch (error) {
    if (!(error instanceof TimeIsUp)) throw error;
    const left = surface.names.filter((name) => !run.finished.has(name));
    for (const name of left) run.spoil({ name }, 'The time of the run was up: see timeLimitMs.');
  } finally {
    logs.stop();
    client.close();
  }
  findInLogs(run, logs.lines);
  return reportOf(run, surface);
}

/** Reading comes first: what is written changes what is read, and what is deleted cannot be read. */
async function attack(run: LeakRun, { routes, gateways, platform }: Surface, origin: URL): Promise<void> {
  const { intruder, owner, options } = run.parts;
  await makeRows(run, intruder);
  await makeRows(run, owner);
  const workers = options.concurrency ?? CONCURRENCY;
  const answers = new Map<Route, OwnAnswers>();
  await inParallel(workers, routes.filter(reads), async (route) => {
    const own = await readOwn(run, route);
    if (own) answers.set(route, own);
  });
  const plain = [...answers].filter(([, own]) => !isEventStream(own.owner));
  await inParallel(workers, plain, ([route, own]) => attackReads(run, route, own));
  const readable = plain.filter(([, own]) => succeeded(own.owner)).map(([route]) => route);
  await watchCounts(run, readable);
  run.finish(...routes.filter(reads));
  const streams = [...answers].filter(([, own]) => isEventStream(own.owner)).map(([route]) => route);
  for (const route of [...routes.filter((each) => each.isEventStream), ...streams]) {
    await listenToEvents(run, route);
    run.finish(route);
  }
  for (const { gateway, events } of gateways) {
    await driveGateway(run, { platform, origin, gateway, events });
    run.finish(...events.map((event) => ({ name: messageName(gateway, event) })));
  }
  const snapshot = new OwnerSnapshot(run, readable);
  for (const route of writesInOrder(routes)) {
    await attackWrites(run, route, snapshot);
    run.finish(route);
  }
  // What was written may have made a way to read.
  for (const route of readable) {
    const sample = run.sampleFor(route, intruder);
    await run.ask(route, {
      way: `${OWN_REQUEST}, after all it wrote`,
      as: intruder,
      idsOf: intruder,
      sample,
    });
  }
}

function reads({ method, isEventStream: isEvents }: Route): boolean {
  return !isEvents && ['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** What deletes comes last. */
function writesInOrder(routes: readonly Route[]): Route[] {
  const writes = routes.filter((route) => !reads(route) && !route.isEventStream);
  return [
    ...writes.filter(({ method }) => method !== 'DELETE'),
    ...writes.filter(({ method }) => method === 'DELETE'),
  ];
}

async function inParallel<V>(
  workers: number,
  values: readonly V[],
  work: (value: V) => Promise<void>,
): Promise<void> {
  const waiting = values.values();
  const worker = async (): Promise<void> => {
    for (const value of waiting) await work(value);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

function reportOf(run: LeakRun, { names, excluded }: Surface): NoLeakReport {
  const unproved = names
    .filter((route) => !run.proved.has(route) || run.spoiled.has(route))
    .map((route) => ({
      route,
      reason:
        run.spoiled.get(route) ??
        run.reasons.get(route) ??
        "Nothing in the answer to its owner was the owner's, and it did not change when the owner got rows. If it " +
          "is nobody's, exclude it and say so.",
    }));
  const inDoubt = new Set(unproved.map(({ route }) => route));
  return {
    findings: [...run.findings.values()],
    proved: names.filter((name) => !inDoubt.has(name)),
    unproved,
    excluded,
    requests: run.requests,
  };
}
