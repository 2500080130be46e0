import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { InMemoryTenantStore, rawRequestOf, type Tenant } from '@parallax/tenant';
import type { NoLeakOptions } from '@parallax/tenant/testing';
import { type Adapter, credential, FixtureApp, memberOf } from '../../../support/fixture-app.js';
import { authenticate } from '../../transports/socket-app.js';
import { NotesController } from './notes.controller.js';
import { NotesGateway } from './notes.gateway.js';
import { NotesStore } from './notes.store.js';
import { FoldersController, OpenController, StreamsController } from './other.controllers.js';
import { type Plant, Plants } from './plants.js';

/** An application of the usual parts that keeps its tenants apart, but for what is planted. */
export function startLeakyApp(adapter: Adapter, ...planted: Plant[]): Promise<FixtureApp> {
  const plants = new Plants(planted);
  return FixtureApp.start({
    adapter,
    tenant: {
      store: new InMemoryTenantStore(),
      principal: (context) => authenticate(rawRequestOf(context)),
      ...(plants.has('a policy that lets everybody in') && {
        access: { canEnter: () => Promise.resolve(true) },
      }),
    },
    controllers: [NotesController, FoldersController, StreamsController, OpenController],
    providers: [NotesStore, NotesGateway, { provide: Plants, useValue: plants }],
    configure: (app) =>
      app.useWebSocketAdapter(adapter === 'express' ? new IoAdapter(app) : new WsAdapter(app)),
  });
}

/** All that expectNoLeak has to be told of it. */
export const LEAKY_OPTIONS: NoLeakOptions<Tenant> = {
  asTenant: (tenant) => credential(memberOf(tenant)),
  samples: {
    'POST /folders': ({ canary }) => ({ body: { name: canary } }),
    'POST /notes': ({ canary, ids }) => ({ body: { title: canary, links: [{ folderId: ids['folders'] }] } }),
    'PATCH /notes/:id': ({ canary }) => ({ body: { title: canary } }),
    'WS note.get': ({ ids }) => ({ body: { id: ids['notes'] } }),
  },
  exclude: { 'GET /open': 'says nothing of anybody' },
};
