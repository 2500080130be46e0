import type { IncomingMessage } from 'node:http';
import { type OnModuleInit, UseFilters } from '@nestjs/common';
import {
  MessageBody,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import { getTenantContext, type SocketClient, TenantConnections } from '@parallax/tenant';
import { TenantErrorFilter } from '../../transports/socket-app.js';
import { NotesStore, shown } from './notes.store.js';
import { Plants } from './plants.js';

/** Either platform's client can be told something. */
type Client = SocketClient & { send?(text: string): void };

@WebSocketGateway()
@UseFilters(TenantErrorFilter)
export class NotesGateway implements OnGatewayConnection, OnModuleInit {
  readonly #clients = new Map<Client, string>();

  constructor(
    private readonly connections: TenantConnections,
    private readonly store: NotesStore,
    private readonly plants: Plants,
  ) {}

  onModuleInit(): void {
    this.store.created.subscribe((note) => {
      for (const [client, tenantId] of this.#clients) {
        if (tenantId === note.tenantId || this.plants.has('a broadcast to all sockets'))
          tell(client, shown(note));
      }
    });
  }

  async handleConnection(client: Client, request?: IncomingMessage): Promise<void> {
    const join = (): unknown => this.#clients.set(client, getTenantContext().tenantId);
    await this.connections.enter(client, join, { request, gateway: this });
  }

  @SubscribeMessage('note.get')
  get(@MessageBody() { id }: { readonly id: string }): unknown {
    const byId = this.plants.has('a message answered by the id alone');
    const note = this.store.notes.find((each) => each.id === id && (byId || this.store.isOwn(each)));
    return { event: 'note', data: note ? shown(note) : 'There is no such note' };
  }
}

function tell(client: Client, note: unknown): void {
  if ('disconnect' in client) client.emit('created', note);
  else client.send?.(JSON.stringify({ event: 'created', data: note }));
}
