/** A place in a path that a client fills. */
export interface RouteParam {
  readonly name: string;
  /** The last fixed segment before it: `notes` in `/notes/:id`. */
  readonly resource: string;
}

/** One route of the running application. */
export interface Route {
  /** `GET /notes/:id`; of one of several versions also which. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly params: readonly RouteParam[];
  /** What has to be sent for the router to choose it. */
  readonly headers: Readonly<Record<string, string>>;
  /** The host it is at, with `:name` for what a client fills. */
  readonly host?: string;
  readonly isEventStream: boolean;
  readonly queryNames: readonly string[];
}

type Detail = Partial<Pick<Route, 'headers' | 'host' | 'isEventStream' | 'queryNames'>> & {
  readonly version?: string;
};

export function createRoute(method: string, path: string, { version, ...detail }: Detail = {}): Route {
  return {
    name: `${method} ${path}${version === undefined ? '' : ` (version ${version})`}`,
    method,
    path,
    params: paramsOf(path),
    headers: {},
    isEventStream: false,
    queryNames: [],
    ...detail,
  };
}

const PARAM = /:(\w+)(?:\([^)]*\))?\??/;
const WILDCARD = /\*\w*/;

function paramsOf(path: string): RouteParam[] {
  let resource = '';
  return path.split('/').flatMap((segment) => {
    const [, name] = PARAM.exec(segment) ?? [];
    if (name !== undefined) return [{ name, resource }];
    resource = segment;
    return [];
  });
}

/** The path with its parameters in place. */
export function fillPath({ path, params }: Route, valueOf: (param: RouteParam) => string): string {
  let next = 0;
  const segments = path.split('/').map((segment) => {
    const param = PARAM.test(segment) ? params[next++] : undefined;
    return param
      ? segment.replace(PARAM, encodeURIComponent(valueOf(param)))
      : segment.replace(WILDCARD, 'x');
  });
  return segments.join('/').replace(/[{}]/g, '');
}

export function isRead({ method }: Route): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
