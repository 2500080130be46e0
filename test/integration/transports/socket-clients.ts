import type { Principal } from '@parallax/tenant';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.js';
import { credential } from '../../support/fixture-app.js';

/** Or one that is none. */
function credentialOf(as: Principal | 'forged' | null): Record<string, string> {
  return as === 'forged' ? { 'x-test-principal': as } : credential(as);
}

/** A client of a gateway that keeps what it was told. */
export abstract class GatewayClient {
  readonly told: { readonly event: string; readonly data: unknown }[] = [];
  closed: { readonly code?: number; readonly reason: string } | undefined;

  abstract send(event: string, data?: unknown): void;
  abstract close(): void;

  of(event: string): unknown[] {
    return this.told.filter((each) => each.event === event).map(({ data }) => data);
  }

  /** What it was told under this name, once that is so much. */
  async heard(event: string, times = 1): Promise<unknown[]> {
    await eventually(`${times} × ${event}`, () => this.of(event).length >= times);
    return this.of(event);
  }

  async end(): Promise<{ readonly code?: number; readonly reason: string }> {
    await eventually('the connection is closed', () => this.closed !== undefined);
    return this.closed!;
  }
}

export class IoClient extends GatewayClient {
  readonly #socket: Socket;

  constructor(url: string, as: Principal | 'forged' | null) {
    super();
    this.#socket = io(url, { extraHeaders: credentialOf(as), reconnection: false, forceNew: true });
    this.#socket.onAny((event: string, data: unknown) => this.told.push({ event, data }));
    this.#socket.on('disconnect', (reason) => (this.closed = { reason }));
  }

  send(event: string, data: unknown = null): void {
    this.#socket.emit(event, data);
  }

  close(): void {
    this.#socket.disconnect();
  }
}

export class WsClient extends GatewayClient {
  readonly #socket: WebSocket;
  readonly #unsent: string[] = [];

  constructor(url: string, as: Principal | 'forged' | null) {
    super();
    this.#socket = new WebSocket(url.replace('http', 'ws'), { headers: credentialOf(as) });
    this.#socket.on('open', () => this.#unsent.splice(0).forEach((text) => this.#socket.send(text)));
    this.#socket.on('message', (text: Buffer) => this.told.push(JSON.parse(text.toString()) as never));
    this.#socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    this.#socket.on('error', () => undefined);
  }

  send(event: string, data: unknown = null): void {
    const text = JSON.stringify({ event, data });
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
    else this.#unsent.push(text);
  }

  close(): void {
    this.#socket.close();
  }
}
