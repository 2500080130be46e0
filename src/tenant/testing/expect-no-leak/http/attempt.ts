import { fillPath, type Route, type RouteParam } from '../discovery/route.js';
import type { LeakSample } from '../no-leak.options.js';
import type { LeakKind } from '../no-leak.report.js';
import type { Party } from '../parties/party.js';
import type { Answer } from './answer.js';
import type { Outgoing } from './leak-client.js';

/** One request on a route: who sends it, and what is foreign in it. */
export interface Attempt {
  /** In words, for the report. */
  readonly way: string;
  /** Whose credentials it carries; undefined is nobody's. */
  readonly as: Party | undefined;
  /** Whose ids are in the path, where `paramOf` has none. */
  readonly idsOf: Party;
  readonly paramOf?: (param: RouteParam) => string | undefined;
  readonly sample?: LeakSample | undefined;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  /** The whole path and query, where somebody was told it. */
  readonly path?: string;
  /** The kind of leak when this shows data of the other's that the plain request does not. */
  readonly blames?: LeakKind | ((answer: Answer) => LeakKind | undefined);
  /** Whether the owner's answer must hold nothing of the intruder's. */
  readonly mutual?: boolean;
}

/** The request as it is sent. */
export function compose(
  route: Route,
  { as, idsOf, paramOf, sample, query, headers, method, path }: Attempt,
  valueOf: (party: Party, param: RouteParam) => string | undefined,
): Outgoing {
  const slug = (as ?? idsOf).tenant.slug ?? idsOf.tenant.id;
  const search = new URLSearchParams({ ...sample?.query, ...query }).toString();
  const filled = fillPath(route, (param) => paramOf?.(param) ?? valueOf(idsOf, param) ?? 'none');
  const { body } = sample ?? {};
  return {
    method: method ?? route.method,
    path: path ?? filled + (search === '' ? '' : `?${search}`),
    headers: {
      ...(route.host !== undefined && { host: route.host.replace(/:\w+/g, slug) }),
      ...(body !== undefined && typeof body !== 'string' && { 'content-type': 'application/json' }),
      ...route.headers,
      ...as?.headers,
      ...sample?.headers,
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}
