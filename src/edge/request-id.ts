import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const REQUEST_ID_HEADER = 'X-Request-Id';

/** What a caller may choose: nothing that could mean something in a log, a URL or a shell. */
const ACCEPTABLE = /^[A-Za-z0-9_-]{8,64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const ids = new WeakMap<IncomingMessage, string>();

/** The id of a request: the caller's own when it is well-formed, else a new uuid. The same at every call. */
export function requestIdOf(request: IncomingMessage): string {
  let id = ids.get(request);
  if (id === undefined) {
    const offered = request.headers['x-request-id'];
    id = typeof offered === 'string' && ACCEPTABLE.test(offered) ? offered : randomUUID();
    ids.set(request, id);
  }
  return id;
}

/** The request id as the URI that RFC 9457 asks of `instance`. */
export function requestUrn(id: string): string {
  return UUID.test(id) ? `urn:uuid:${id}` : `urn:request:${id}`;
}
