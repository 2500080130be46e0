import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be broken in the two ways a network breaks. */
export interface FaultyProxy {
  /** The same URL, by way of this proxy. */
  through(url: string): string;
  /** What is sent on the connections there are now vanishes, either way; they stay open. New ones work. */
  swallow(): void;
  /** Ends all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Takes new connections again after {@link cut}. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** @param alter what arrives instead of what the server sent */
export async function startFaultyProxy(
  url: string,
  alter: (fromServer: Buffer) => Buffer = (chunk) => chunk,
): Promise<FaultyProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => client.write(alter(chunk)));
    for (const [side, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(side);
      side.on('error', () => undefined);
      side.on('close', () => {
        sockets.delete(side);
        other.destroy();
      });
    }
  });
  await listen(proxy, 0);
  const { port: ownPort } = proxy.address() as AddressInfo;

  const cut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!proxy.listening) return;
    proxy.close();
    await once(proxy, 'close');
  };
  return {
    through: (target) => {
      const proxied = new URL(target);
      proxied.host = `127.0.0.1:${ownPort}`;
      return proxied.href;
    },
    swallow: () => {
      for (const socket of sockets) socket.removeAllListeners('data').resume();
    },
    cut,
    mend: () => listen(proxy, ownPort),
    close: cut,
  };
}

async function listen(proxy: Server, port: number): Promise<void> {
  proxy.listen(port, '127.0.0.1');
  await once(proxy, 'listening');
}
