import type { Route } from '../discovery/route.js';
import { type Answer, succeeded } from '../http/answer.js';
import type { LeakRun } from '../leak-run.js';
import type { Party } from './party.js';

/** How many rows of each kind a tenant gets, so that a list has more than one page. */
const ROWS = 2;
/** A row may need one that is made by a later route. */
const PASSES = 3;

/** The creating routes of a run, in an order in which each finds what it needs. */
const orders = new WeakMap<LeakRun, readonly Route[]>();

/** Gives a tenant its rows, by `seed` and by the routes that create. */
export async function makeRows(run: LeakRun, party: Party, rows = ROWS): Promise<void> {
  await runSeed(run, party);
  const made = new Map<Route, number>();
  for (let pass = 0; pass < PASSES; pass += 1) {
    const order = orders.get(run) ?? creatingRoutes(run);
    const failed: Route[] = [];
    for (const route of order) {
      if ((made.get(route) ?? 0) >= rows) continue;
      if (await createOne(run, route, party)) made.set(route, (made.get(route) ?? 0) + 1);
      else failed.push(route);
    }
    orders.set(run, [...order.filter((route) => !failed.includes(route)), ...failed]);
  }
}

async function runSeed(run: LeakRun, party: Party): Promise<void> {
  const { seed } = run.parts.options;
  if (seed) party.take(await seed(party.tenant, party.nextText()));
}

async function createOne(run: LeakRun, route: Route, party: Party): Promise<boolean> {
  if (run.missingParam(route, party) || run.lackingFor(route, party).length > 0) return false;
  const { answer } = await run.ask(route, {
    way: 'a row of its own',
    as: party,
    idsOf: party,
    sample: run.sampleFor(route, party),
  });
  if (!succeeded(answer)) return false;
  const id = idIn(answer);
  const resource = lastSegment(route.path);
  if (id !== undefined && resource !== undefined) party.take({ ids: { [resource]: id } });
  party.learn(answer);
  return true;
}

/** Those that have a sample and stand where a list, or one row of it, can be read: not actions on a row. */
export function creatingRoutes(run: LeakRun): Route[] {
  const { routes } = run.parts;
  const reads = routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
  return routes.filter(
    (route) =>
      route.method === 'POST' &&
      run.sampleFor(route, run.parts.owner) !== undefined &&
      reads.some((path) => path.startsWith(route.path) && /^(\/:\w+)?$/.test(path.slice(route.path.length))),
  );
}

/** The id in what a creating route answered, or in where it says the row is. */
function idIn({ json, headers }: Answer): string | undefined {
  const { id, data } = (json ?? {}) as { id?: unknown; data?: { id?: unknown } | null };
  const told = id ?? data?.id;
  if (typeof told === 'string' || typeof told === 'number') return String(told);
  return headers['location']?.split('?')[0]?.split('/').pop();
}

function lastSegment(path: string): string | undefined {
  return path.split('/').filter(Boolean).pop();
}
