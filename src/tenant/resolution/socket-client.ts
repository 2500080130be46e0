import type { TenantError } from '../errors/tenant.error.js';

/** What is used of a client of \@nestjs/platform-socket.io or \@nestjs/platform-ws. */
export type SocketClient = SocketIoClient | WsClient;

interface SocketIoClient {
  readonly disconnected?: boolean;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(close?: boolean): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

interface WsClient {
  readonly readyState?: number;
  close(code?: number, reason?: string): void;
  once(event: 'close', listener: () => void): unknown;
}

/** The WebSocket standard, `readyState`. */
const OPEN = 1;

const INTERNAL = 500;

/** RFC 6455 §7.4.1 */
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** Ends a connection, with the stable code of the reason and what a client may know; of an internal error, neither. */
export function refuseClient(client: SocketClient, error?: TenantError): void {
  const told = error && error.getStatus() < INTERNAL ? error : undefined;
  if ('disconnect' in client) {
    const { detail = 'Internal error' } = (told?.getResponse() ?? {}) as { detail?: string };
    client.emit('exception', { status: 'error', code: told?.code ?? 'INTERNAL', message: detail });
    client.disconnect(true);
  } else {
    client.close(told ? POLICY_VIOLATION : INTERNAL_ERROR, told?.code);
  }
}

export function onceClosed(client: SocketClient, listener: () => void): void {
  if ('disconnect' in client) client.once('disconnect', listener);
  else client.once('close', listener);
}

/** Whether the connection is over, or about to be: nobody would be told of that any more. */
export function isClosed(client: SocketClient): boolean {
  return 'disconnect' in client ? client.disconnected === true : (client.readyState ?? OPEN) > OPEN;
}
