import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Controller, Get, type MessageEvent, Param, Query, Sse, UseFilters } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import {
  CurrentTenant,
  getTenantContext,
  InMemoryTenantStore,
  rawRequestOf,
  type SocketClient,
  TenantConnections,
  TenantOptional,
} from '@parallax/tenant';
import type { NoLeakOptions } from '@parallax/tenant/testing';
import { concat, NEVER, type Observable, of } from 'rxjs';
import { type Adapter, FixtureApp } from '../../support/fixture-app.js';
import { authenticate, TenantErrorFilter } from '../transports/socket-app.js';

@Controller()
class EchoController {
  @Get('search')
  search(@Query() query: object): object {
    return { query, results: [] };
  }

  @Get('echoes/:id')
  get(@Param('id') id: string): object {
    return { id, found: false };
  }

  @Sse('echo-events')
  events(@Query('q') q: string): Observable<MessageEvent> {
    return concat(of({ data: q }), NEVER);
  }

  @Get('traced')
  traced(): object {
    return { requestId: randomUUID() };
  }

  @Get('found')
  found(@Query() query: object): object {
    return { query, results: [getTenantContext().tenantSlug] };
  }

  @Get('welcome')
  @TenantOptional()
  welcome(@CurrentTenant('tenantSlug') slug = 'nobody'): object {
    return { welcome: slug };
  }
}

@WebSocketGateway()
@UseFilters(TenantErrorFilter)
class EchoGateway implements OnGatewayConnection {
  constructor(private readonly connections: TenantConnections) {}

  async handleConnection(client: SocketClient, request?: IncomingMessage): Promise<void> {
    await this.connections.enter(client, () => undefined, { request, gateway: this });
  }

  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown): object {
    return { event: 'echoed', data };
  }

  @SubscribeMessage('find')
  find(@MessageBody() data: unknown): object {
    return { event: 'found', data: { data, results: [getTenantContext().tenantSlug] } };
  }
}

/** Routes that answer with what they were sent, or with what is made for the answer, and their twins that have data. */
export function startEchoApp(adapter: Adapter): Promise<FixtureApp> {
  return FixtureApp.start({
    adapter,
    tenant: {
      store: new InMemoryTenantStore(),
      principal: (context) => authenticate(rawRequestOf(context)),
    },
    controllers: [EchoController],
    providers: [EchoGateway],
    configure: (app) =>
      app.useWebSocketAdapter(adapter === 'express' ? new IoAdapter(app) : new WsAdapter(app)),
  });
}

/** All of it names what is the caller's own. */
export const ECHO_SAMPLES: NoLeakOptions['samples'] = {
  'GET /search': ({ canary, ids }) => ({ query: { q: canary, in: ids['echoes'] ?? 'none' } }),
  'GET /found': ({ canary }) => ({ query: { q: canary } }),
  'GET /echo-events': ({ canary }) => ({ query: { q: canary } }),
  'WS *': ({ canary }) => ({ body: { q: canary } }),
};
