import type { IncomingMessage } from 'node:http';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { scopeOfCall } from '../context/call-scope.js';
import { runInScope, runOutsideScope } from '../context/tenant-scope.js';
import { keepUpgradeRequest } from '../context/transport-request.js';
import { TenantScopeMissingError } from '../errors/isolation.errors.js';
import { TenantNotFoundError } from '../errors/request.errors.js';
import { TenantError } from '../errors/tenant.error.js';
import { TenantCache } from '../registry/cache/tenant-cache.js';
import { assertMayAct } from '../registry/tenant-context.loader.js';
import { connectionContext } from './connection-context.js';
import { isClosed, onceClosed, refuseClient, type SocketClient } from './socket-client.js';
import { TenantGuard } from './tenant.guard.js';

/** How often the tenants of open connections are looked at again, in milliseconds. */
const RECHECK_MS = 5_000;

/**
 * Tenants of WebSocket connections. NestJS runs no guard before `handleConnection`, so a gateway asks here; each
 * message is checked again by TenantGuard. A connection whose tenant is suspended or deleted is closed, also when
 * it only listens.
 *
 * @example
 * \@WebSocketGateway()
 * export class NotesGateway implements OnGatewayConnection {
 *   constructor(private readonly connections: TenantConnections) {}
 *
 *   handleConnection(client: Socket, request?: IncomingMessage) {
 *     return this.connections.enter(client, () => client.join(getTenantContext().tenantId), request);
 *   }
 * }
 */
@Injectable()
export class TenantConnections implements OnApplicationShutdown {
  /** Clients that were let in and are still there, with their tenants' ids. */
  readonly #open = new Map<SocketClient, string>();
  readonly #logger = new Logger(TenantConnections.name);
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly guard: TenantGuard,
    private readonly cache: TenantCache,
  ) {}

  /**
   * Lets a client in as TenantGuard would, and runs `fn` in its tenant's scope. Who may not come in is told the
   * error's code and disconnected; it does not throw, since NestJS would let that end the process.
   *
   * @param request what opened the connection; \@nestjs/platform-ws passes it to `handleConnection`, a client of
   *   socket.io has it with it.
   * @returns what `fn` returned; undefined when the client was refused, or `fn` failed.
   */
  async enter<T>(
    client: SocketClient,
    fn: () => T | Promise<T>,
    request?: IncomingMessage,
  ): Promise<T | undefined> {
    if (request) keepUpgradeRequest(client, request);
    onceClosed(client, () => this.#open.delete(client));
    try {
      const context = connectionContext(client);
      await runOutsideScope(() => this.guard.canActivate(context));
      const scope = scopeOfCall(context);
      if (!scope) throw new TenantScopeMissingError('A connection was opened');
      if (isClosed(client)) return undefined;
      if (scope.tenant) this.#watch(client, scope.tenant.tenantId);
      return await runInScope(scope, fn);
    } catch (error) {
      if (!(error instanceof TenantError)) this.#logger.error(error);
      refuseClient(client, error instanceof TenantError ? error : undefined);
      return undefined;
    }
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #watch(client: SocketClient, tenantId: string): void {
    this.#open.set(client, tenantId);
    this.#timer ??= runOutsideScope(() => setInterval(() => void this.#recheck(), RECHECK_MS).unref());
  }

  async #recheck(): Promise<void> {
    for (const tenantId of new Set(this.#open.values())) {
      const refusal = await this.#refusalOf(tenantId);
      if (!refusal) continue;
      for (const [client, its] of this.#open) if (its === tenantId) refuseClient(client, refusal);
    }
  }

  async #refusalOf(tenantId: string): Promise<TenantError | undefined> {
    try {
      const tenant = await this.cache.find({ id: tenantId });
      if (!tenant) return new TenantNotFoundError();
      assertMayAct(tenant);
      return undefined;
    } catch (error) {
      return error instanceof TenantError ? error : undefined;
    }
  }
}
