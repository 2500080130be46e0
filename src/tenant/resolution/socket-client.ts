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

/** RFC 6455 §7.4.1 */
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** Ends a connection, with the stable code of the reason; nothing else is told about an internal error. */
export function refuseClient(client: SocketClient, error?: TenantError): void {
  if ('disconnect' in client) {
    const { code = 'INTERNAL', message = 'Internal error' } = error ?? {};
    client.emit('exception', { status: 'error', code, message });
    client.disconnect(true);
  } else {
    client.close(error ? POLICY_VIOLATION : INTERNAL_ERROR, error?.code);
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
