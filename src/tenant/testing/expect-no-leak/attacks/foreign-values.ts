import type { Route } from '../discovery/route.js';
import type { LeakRun } from '../leak-run.js';
import type { LeakSample } from '../no-leak.options.js';
import { leavesOf } from '../oracles/facts.js';
import { unknownId } from '../oracles/unknown-id.js';
import type { Twinned } from './twins.js';

/**
 * The intruder's own sample with one of the owner's ids in it: where the samples of the two differ, and what the
 * owner has there is an id of its.
 */
export function foreignValues(run: LeakRun, route: Route): Twinned[] {
  const { intruder, owner } = run.parts;
  const own = run.sampleFor(route, intruder);
  const foreign = run.sampleFor(route, owner);
  const ofOwner = new Set([...Object.values(owner.ids), owner.tenant.id]);
  const places = own && foreign ? differing(own, foreign).filter(({ value }) => ofOwner.has(value)) : [];
  return [
    ...places.map(({ path, value }) =>
      twinned(path.replace(/^body\.?/, ''), value, (named) => withLeaf(sampleOf(run, route), path, named)),
    ),
    ...route.queryNames.flatMap((name) =>
      [...new Set(Object.values(owner.ids))].map((value) =>
        twinned(`query ${name}`, value, (named) => {
          const sample = sampleOf(run, route);
          return { ...sample, query: { ...sample.query, [name]: named } };
        }),
      ),
    ),
    ...(hasJsonBody(own) ? tenantFields(run, route, own) : []),
  ];

  function twinned(place: string, value: string, make: (named: string) => LeakSample): Twinned {
    const attempt = (named: string) => ({
      attempt: {
        way: place.startsWith('query')
          ? `the other tenant's id in the ${place}`
          : `${place}, of the other tenant`,
        as: intruder,
        idsOf: intruder,
        sample: make(named),
      },
      foreign: [named],
    });
    return { ...attempt(value), unknown: () => attempt(unknownId(value)) };
  }
}

/** Mass assignment: fields that would move a row, whether or not the route knows them. */
function tenantFields(run: LeakRun, route: Route, own: LeakSample & { readonly body: object }): Twinned[] {
  const { intruder, owner } = run.parts;
  const forms: [string, (id: string) => object][] = [
    ['tenantId', (id) => ({ tenantId: id })],
    ['tenant_id', (id) => ({ tenant_id: id })],
    ['tenant.id', (id) => ({ tenant: { id } })],
  ];
  return forms.map(([name, make]) => {
    const attempt = (id: string) => ({
      attempt: {
        way: `body: ${name} of the other tenant`,
        as: intruder,
        idsOf: intruder,
        sample: { ...own, body: { ...(sampleOf(run, route).body as object), ...make(id) } },
      },
      foreign: [id],
    });
    return { ...attempt(owner.tenant.id), unknown: () => attempt(unknownId(owner.tenant.id)) };
  });
}

function hasJsonBody(sample: LeakSample | undefined): sample is LeakSample & { readonly body: object } {
  const body = sample?.body;
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

function sampleOf(run: LeakRun, route: Route): LeakSample {
  return run.sampleFor(route, run.parts.intruder) ?? {};
}

interface Place {
  /** From the sample on: `body.body.folderId`. */
  readonly path: string;
  readonly value: string;
}

function differing(own: LeakSample, foreign: LeakSample): Place[] {
  const ofIntruder = new Map(leavesOf(own));
  return leavesOf(foreign)
    .filter(([path, value]) => ofIntruder.has(path) && ofIntruder.get(path) !== value)
    .map(([path, value]) => ({ path, value }));
}

/** A copy with one leaf replaced. */
function withLeaf(sample: LeakSample, path: string, value: string): LeakSample {
  const copy = JSON.parse(JSON.stringify(sample)) as LeakSample;
  const names = path.split('.').slice(1);
  const last = names.pop() ?? '';
  const holder = names.reduce<unknown>((at, name) => Reflect.get(at as object, name), copy);
  Reflect.set(holder as object, last, value);
  return copy;
}
