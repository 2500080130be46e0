import type { Route, RouteParam } from '../discovery/route.js';
import type { LeakRun } from '../leak-run.js';
import { unknownId } from '../oracles/unknown-id.js';
import type { Twinned } from './twins.js';

/** The owner's ids in the path: all of them, and each among the intruder's own. */
export function foreignIds(run: LeakRun, route: Route): Twinned[] {
  const { intruder, owner } = run.parts;
  const params = route.params.filter((param) => !run.isTenantParam(param));
  if (params.length === 0) return [];
  const sets = params.length === 1 ? [params] : [params, ...params.map((param) => [param])];
  return sets.flatMap((foreignParams) => {
    const ofOwner = valuesOf(run, foreignParams);
    const twinned = (method: string, method_: { method?: string }): Twinned => {
      const make = (values: ReadonlyMap<RouteParam, string>) => ({
        attempt: {
          way: `${method} with the other tenant's ${foreignParams.map(({ name }) => `:${name}`).join(', ')}`,
          as: intruder,
          idsOf: intruder,
          paramOf: (param: RouteParam) => values.get(param),
          sample: run.sampleFor(route, intruder),
          ...method_,
        },
        foreign: [...values.values()],
      });
      const nobodys = (): ReadonlyMap<RouteParam, string> =>
        new Map([...ofOwner].map(([param, value]) => [param, unknownId(value)]));
      return { ...make(ofOwner), unknown: () => make(nobodys()) };
    };
    const asked = twinned(route.method, {});
    if (route.method !== 'GET') return [asked];
    return [asked, twinned('HEAD', { method: 'HEAD' }), twinned('OPTIONS', { method: 'OPTIONS' })];
  });

  function valuesOf(of: LeakRun, which: readonly RouteParam[]): Map<RouteParam, string> {
    return new Map(which.map((param) => [param, of.valueOf(owner, param) ?? 'none']));
  }
}
