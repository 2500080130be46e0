import type { IncomingMessage } from 'node:http';

/**
 * How many times the limit is still taken in after a refusal. A connection closed under a client that is sending is
 * reset, and the client never sees why.
 */
const GRACE_FACTOR = 8;

/** Lets the rest of a refused body run by unread, up to a point. */
export function discardBody(request: IncomingMessage, limitBytes: number): void {
  let left = limitBytes * GRACE_FACTOR;
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
}
