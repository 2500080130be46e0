import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { UseFilters } from '@nestjs/common';
import { MessageBody, type OnGatewayConnection, SubscribeMessage } from '@nestjs/websockets';
import { CurrentTenant, getTenantContext, type SocketClient, TenantConnections } from '@parallax/tenant';
import { concatMap, map, type Observable, range } from 'rxjs';
import { NotesService } from './notes-module.js';
import { TenantErrorFilter } from './socket-app.js';

export interface Answer {
  readonly event: string;
  readonly data: unknown;
}

/** The same gateway for every adapter; a subclass of it says how it is declared. */
@UseFilters(TenantErrorFilter)
export class NotesGateway implements OnGatewayConnection {
  /** The first note of each client that was let in, as its connection read it. */
  readonly entered: (string | undefined)[] = [];
  /** What `enter` waits for before it lets a client in. */
  letIn: Promise<unknown> = Promise.resolve();
  failing = false;

  constructor(
    private readonly connections: TenantConnections,
    private readonly notes: NotesService,
  ) {}

  async handleConnection(client: SocketClient, request?: IncomingMessage) {
    await this.letIn;
    await this.connections.enter(
      client,
      async () => {
        if (this.failing) throw new Error('the database of presence is away');
        this.entered.push(await this.notes.titleAt(0));
      },
      { request, gateway: this },
    );
  }

  @SubscribeMessage('titles')
  async titles(): Promise<Answer> {
    await sleep(Math.random() * 5);
    return { event: 'titles', data: await this.notes.titles() };
  }

  @SubscribeMessage('each')
  each(): Observable<Answer> {
    return range(0, 3).pipe(
      concatMap((place) => this.notes.titleAt(place)),
      map((title) => ({ event: 'each', data: [getTenantContext().tenantSlug, title] })),
    );
  }

  @SubscribeMessage('who')
  who(@CurrentTenant('tenantSlug') slug: string, @MessageBody() sent: string): Answer {
    return { event: 'who', data: [slug, getTenantContext().tenantSlug, sent] };
  }
}
