import type { Route, RouteParam } from '../discovery/route.js';
import type { Attempt } from '../http/attempt.js';
import type { LeakRun } from '../leak-run.js';
import { unknownId } from '../oracles/unknown-id.js';
import type { Twinned } from './twins.js';

/** The intruder's credentials with the other tenant named in every place a request can name one. */
export function foreignTenant(run: LeakRun, route: Route): Twinned[] {
  const { intruder, owner, sources } = run.parts;
  const { id, slug } = owner.tenant;
  const references = slug === undefined ? [id] : [id, slug];
  const attempts: [way: string, name: (reference: string) => Partial<Attempt>][] = [
    ...sources.headers.map((header): [string, (reference: string) => Partial<Attempt>] => [
      `the other tenant in the header ${header}`,
      (reference) => ({ headers: { [header]: reference } }),
    ]),
    ...sources.queries.map((query): [string, (reference: string) => Partial<Attempt>] => [
      `the other tenant in the query ${query}`,
      (reference) => ({ query: { [query]: reference } }),
    ]),
    ...route.params
      .filter((param) => run.isTenantParam(param))
      .map((param): [string, (reference: string) => Partial<Attempt>] => [
        `the other tenant in the path, as :${param.name}`,
        (reference) => ({
          paramOf: (each: RouteParam) => (each.name === param.name ? reference : undefined),
        }),
      ]),
  ];
  return [
    ...attempts.flatMap(([way, name]) => references.map((reference) => twinned(way, reference, name))),
    ...(slug === undefined ? [] : sources.domains.map((domain) => bySubdomain(slug, domain))),
  ];

  function twinned(way: string, reference: string, name: (reference: string) => Partial<Attempt>): Twinned {
    const make = (named: string) => ({
      attempt: {
        way,
        as: intruder,
        idsOf: owner,
        sample: run.sampleFor(route, intruder),
        // Where the path names a tenant and something else does too, both name the same one.
        paramOf: (param: RouteParam) => (run.isTenantParam(param) ? intruder.tenant.id : undefined),
        ...name(named),
      },
      foreign: [named],
    });
    return { ...make(reference), unknown: () => make(unknownId(reference)) };
  }

  function bySubdomain(label: string, domain: string): Twinned {
    return twinned(`the other tenant in the host *.${domain}`, label, (named) => ({
      headers: { host: `${named}.${domain}` },
    }));
  }
}

/** Nobody's credentials, with all that the other tenant is. */
export function withoutCredentials({ parts: { owner, sources } }: LeakRun): Attempt {
  const named = Object.fromEntries(sources.headers.map((header) => [header, owner.tenant.id]));
  return { way: 'no credentials, the other tenant and its ids', as: undefined, idsOf: owner, headers: named };
}
