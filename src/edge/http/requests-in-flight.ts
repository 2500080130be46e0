import type { Server, ServerResponse } from 'node:http';

const counts = new WeakMap<Server, number>();

/** How many requests a guarded server has begun and not yet answered. */
export function requestsInFlight(server: Server): number {
  return counts.get(server) ?? 0;
}

export function countRequest(server: Server, response: ServerResponse): void {
  counts.set(server, requestsInFlight(server) + 1);
  response.once('close', () => counts.set(server, requestsInFlight(server) - 1));
}
