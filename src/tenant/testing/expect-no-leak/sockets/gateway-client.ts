import type { Gateway, GatewayPlatform } from './discover-gateways.js';

/** A connection to a gateway that keeps all it is told. */
export interface GatewayClient {
  readonly received: readonly string[];
  /** Whether nothing more will come. */
  isClosed(): boolean;
  send(event: string, data: unknown): void;
  close(): void;
}

/** Milliseconds a connection may take. */
const CONNECT_MS = 2_000;

/** Undefined when the client's package is not installed. */
export async function connectToGateway(
  platform: GatewayPlatform,
  origin: URL,
  gateway: Gateway,
  headers: Readonly<Record<string, string>>,
): Promise<GatewayClient | undefined> {
  const url = new URL(origin);
  if (gateway.port !== 0) url.port = String(gateway.port);
  const connect = platform === 'ws' ? connectWs : connectIo;
  try {
    return await connect(url, gateway, headers);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function connectIo(
  url: URL,
  { namespace, path }: Gateway,
  headers: Readonly<Record<string, string>>,
): Promise<GatewayClient> {
  const { io } = await import('socket.io-client');
  const received: string[] = [];
  const socket = io(url.origin + namespace, {
    ...(path !== undefined && { path }),
    extraHeaders: { ...headers },
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
  });
  const take = (...told: unknown[]): number => received.push(JSON.stringify(told));
  socket.onAny(take);
  await settled((done) => socket.on('connect', done).on('connect_error', done));
  return {
    received,
    isClosed: () => !socket.connected,
    send: (event, data) => socket.emit(event, data, take),
    close: () => socket.disconnect(),
  };
}

async function connectWs(
  url: URL,
  { path = '' }: Gateway,
  headers: Readonly<Record<string, string>>,
): Promise<GatewayClient> {
  const { WebSocket } = await import('ws');
  const received: string[] = [];
  const socket = new WebSocket(new URL(path, url.origin.replace(/^http/, 'ws')), { headers: { ...headers } });
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  await settled((done) => socket.on('open', done).on('error', done));
  return {
    received,
    isClosed: () => socket.readyState > WebSocket.OPEN,
    send: (event, data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ event, data }));
    },
    close: () => socket.terminate(),
  };
}

/** Who is refused is not connected, and is told nothing either way. */
function settled(listen: (done: () => void) => unknown): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CONNECT_MS);
    listen(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
