import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface DelayingProxy {
  /** The same URL, by way of this proxy. */
  through(url: string): string;
  /** How often since the last call somebody asked and waited: bursts from a client that the server answered. */
  takeTurns(): number;
  close(): Promise<void>;
}

type Side = 'client' | 'server';

/**
 * A network of its own between a client and the server `url` names: what is sent arrives `delayMs` later, in
 * the order sent. It counts turns, which is what a distance multiplies, so that a test need not look at a clock.
 */
export async function startDelayingProxy(url: string, delayMs: number): Promise<DelayingProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let turns = 0;

  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    let speaking: Side | undefined;
    const hear = (side: Side): void => {
      if (side === 'server' && speaking === 'client') turns += 1;
      speaking = side;
    };
    forward(client, server, delayMs, () => hear('client'));
    forward(server, client, delayMs, () => hear('server'));
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port: ownPort } = proxy.address() as AddressInfo;

  return {
    through: (target) => {
      const proxied = new URL(target);
      proxied.host = `127.0.0.1:${ownPort}`;
      return proxied.href;
    },
    takeTurns: () => {
      const taken = turns;
      turns = 0;
      return taken;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

/** Timers of one length fire in the order they were set, which keeps the chunks in theirs. */
function forward(from: Socket, to: Socket, delayMs: number, heard: () => void): void {
  from.setNoDelay(true);
  from.on('data', (chunk) => {
    heard();
    setTimeout(() => to.writable && to.write(chunk), delayMs);
  });
  from.on('end', () => setTimeout(() => to.end(), delayMs));
  from.on('error', () => to.destroy());
}
