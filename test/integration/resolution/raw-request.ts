import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends lines as they are, which no HTTP client would, and answers with status and body. */
export async function rawRequest(
  url: string,
  lines: readonly string[],
): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // Not ended: some servers take that for a client that has gone.
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n'), 'latin1');
  const answer = await text(socket);
  const [head = '', ...body] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body: body.join('\r\n\r\n') };
}
