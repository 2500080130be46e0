import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';

/** A request as HTTP adapters and Passport leave it: what lies on it differs from one to the next. */
export interface TransportRequest {
  readonly raw?: IncomingMessage;
  readonly params?: Readonly<Record<string, string | undefined>>;
  /** Without the port, and with regard to the proxies the adapter was told to trust. */
  readonly hostname?: string;
  principal?: unknown;
  user?: unknown;
}

interface GraphqlContext {
  readonly req?: TransportRequest;
  readonly request?: TransportRequest;
  readonly reply?: { readonly request?: TransportRequest };
  readonly extra?: { readonly request?: TransportRequest };
}

/** The HTTP request that opened each WebSocket connection, where the client object does not hold it itself. */
const upgrades = new WeakMap<object, IncomingMessage>();

export function keepUpgradeRequest(client: object, request: IncomingMessage): void {
  upgrades.set(client, request);
}

/**
 * The HTTP request a call came with, on whichever transport: of GraphQL the request of the operation, of a
 * WebSocket message the one that opened the connection. Undefined where there is none, as in RPC.
 */
export function transportRequestOf(context: ExecutionContext): TransportRequest | undefined {
  switch (context.getType<string>()) {
    case 'http':
      return context.switchToHttp().getRequest<TransportRequest>();
    case 'graphql': {
      const { req, request, reply, extra }: GraphqlContext = context.getArgByIndex<GraphqlContext>(2);
      return req ?? request ?? reply?.request ?? extra?.request;
    }
    case 'ws': {
      const client = context.switchToWs().getClient<{ readonly request?: TransportRequest }>();
      return (upgrades.get(client) as TransportRequest | undefined) ?? client.request;
    }
    default:
      return undefined;
  }
}

/**
 * The HTTP request a call came with, as node:http made it, whichever adapter wraps it: of GraphQL the request of
 * the operation, of a WebSocket message the one that opened the connection. Undefined in RPC.
 *
 * @example
 * principal: (context) => authenticate(rawRequestOf(context)?.headers.authorization)
 */
export function rawRequestOf(context: ExecutionContext): IncomingMessage | undefined {
  const request = transportRequestOf(context);
  // Applications keep bodies under that name too.
  const raw = request?.raw;
  return raw && Array.isArray(raw.rawHeaders) ? raw : (request as IncomingMessage | undefined);
}
