import type { INestApplication } from '@nestjs/common';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';

/** A gateway of the running application, and the messages it answers to. */
export interface Gateway {
  readonly name: string;
  readonly namespace: string;
  readonly path: string | undefined;
  /** 0 is the port of the application. */
  readonly port: number;
  readonly events: readonly string[];
}

/** By what the gateways are served. */
export type GatewayPlatform = 'socket.io' | 'ws';

// Of @nestjs/websockets, which an application without gateways does not have.
const IS_GATEWAY = 'websockets:is_gateway';
const OPTIONS = 'websockets:gateway_options';
const PORT = 'port';
const IS_MESSAGE = 'websockets:message_mapping';
const MESSAGE = 'message';

export function discoverGateways(app: INestApplication): Gateway[] {
  const providers = [...app.get(ModulesContainer).values()].flatMap(({ providers: each }) => [
    ...each.values(),
  ]);
  const classes = new Set(
    providers
      .map(({ metatype }) => metatype as unknown)
      .filter(
        (each): each is new () => object =>
          typeof each === 'function' && Reflect.hasMetadata(IS_GATEWAY, each),
      ),
  );
  return [...classes].map(gatewayOf);
}

/** A message by its name in reports, samples and `exclude`. */
export function messageName({ namespace }: Gateway, event: string): string {
  return `WS ${namespace === '' ? '' : `${namespace} `}${event}`;
}

/** Undefined when the gateways are served by something this cannot speak to. */
export function gatewayPlatform(app: INestApplication): GatewayPlatform | undefined {
  const adapter: unknown = app.get(ApplicationConfig).getIoAdapter();
  for (let at: unknown = adapter; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    if (at.constructor.name === 'IoAdapter') return 'socket.io';
    if (at.constructor.name === 'WsAdapter') return 'ws';
  }
  return undefined;
}

function gatewayOf(gateway: new () => object): Gateway {
  const prototype = gateway.prototype as Record<string, object>;
  const { namespace = '', path } = (Reflect.getMetadata(OPTIONS, gateway) ?? {}) as {
    namespace?: unknown;
    path?: string;
  };
  return {
    name: gateway.name,
    namespace: namespace === '' ? '' : `/${String(namespace).replace(/^\//, '')}`,
    path,
    port: (Reflect.getMetadata(PORT, gateway) ?? 0) as number,
    events: new MetadataScanner()
      .getAllMethodNames(prototype)
      .map((name) => prototype[name])
      .filter((method) => method !== undefined && Reflect.getMetadata(IS_MESSAGE, method) === true)
      .map((method) => String(Reflect.getMetadata(MESSAGE, method as object))),
  };
}
