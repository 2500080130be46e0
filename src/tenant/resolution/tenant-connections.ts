import type { IncomingMessage } from 'node:http';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { scopeOfCall } from '../context/call-scope.js';
import { runInScope, runOutsideScope } from '../context/tenant-scope.js';
import { keepUpgradeRequest } from '../context/transport-request.js';
import { TenantScopeMissingError } from '../errors/isolation.errors.js';
import { logInternalError } from '../errors/log-internal-error.js';
import { TenantNotFoundError, TenantSuspendedError } from '../errors/request.errors.js';
import { TenantError } from '../errors/tenant.error.js';
import { TenantCache } from '../registry/cache/tenant-cache.js';
import { assertMayAct } from '../registry/tenant-context.loader.js';
import { connectionContext } from './connection-context.js';
import { isClosed, onceClosed, refuseClient, type SocketClient } from './socket-client.js';
import { TenantGuard } from './tenant.guard.js';

/** How often the tenants of open connections are looked at again, in milliseconds. */
const RECHECK_MS = 5_000;
const RECHECKS_AT_ONCE = 10;

/** What `TenantConnections.enter` cannot find out by itself. */
export interface ConnectionOptions {
  /**
   * What opened the connection. \@nestjs/platform-ws passes it to `handleConnection`; a client of socket.io has it
   * with it.
   */
  readonly request?: IncomingMessage | undefined;
  /** The gateway itself, so that `@PlatformOnly`, `@TenantOptional` and `@TenantResolvers` on it count here too. */
  readonly gateway?: object;
}

/**
 * Tenants of WebSocket connections. NestJS runs no guard before `handleConnection`, so a gateway asks here; each
 * message is checked again by TenantGuard. A connection whose tenant is suspended or deleted is closed, also when
 * it only listens. Who is calling is for the option `principal` to find out: what throws in `handleConnection`
 * itself ends the process.
 *
 * @example
 * \@WebSocketGateway()
 * export class NotesGateway implements OnGatewayConnection {
 *   constructor(private readonly connections: TenantConnections) {}
 *
 *   handleConnection(client: Socket, request?: IncomingMessage) {
 *     const join = () => client.join(getTenantContext().tenantId);
 *     return this.connections.enter(client, join, { request, gateway: this });
 *   }
 * }
 */
@Injectable()
export class TenantConnections implements OnApplicationShutdown {
  /** Clients that were let in and are still there, with their tenants' ids. */
  readonly #open = new Map<SocketClient, string>();
  readonly #logger = new Logger(TenantConnections.name);
  #timer: NodeJS.Timeout | undefined;
  #rechecking = false;

  constructor(
    private readonly guard: TenantGuard,
    private readonly cache: TenantCache,
  ) {}

  /**
   * Lets a client in as TenantGuard would, and runs `fn` in its tenant's scope. Who may not come in is told the
   * error's code and disconnected; it does not throw, since NestJS would let that end the process.
   *
   * @returns what `fn` returned; undefined when the client was refused, or `fn` failed.
   */
  async enter<T>(
    client: SocketClient,
    fn: () => T | Promise<T>,
    { request, gateway }: ConnectionOptions = {},
  ): Promise<T | undefined> {
    try {
      if (request) keepUpgradeRequest(client, request);
      onceClosed(client, () => this.#open.delete(client));
      const context = connectionContext(client, gateway);
      await runOutsideScope(() => this.guard.canActivate(context));
      const scope = scopeOfCall(context);
      if (!scope) throw new TenantScopeMissingError('A connection was opened');
      if (isClosed(client)) return undefined;
      if (scope.tenant) this.#watch(client, scope.tenant.tenantId);
      return await runInScope(scope, fn);
    } catch (error) {
      if (!(error instanceof TenantError)) this.#logger.error(error);
      logInternalError(error, this.#logger);
      this.#refuse(client, error instanceof TenantError ? error : undefined);
      return undefined;
    }
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #watch(client: SocketClient, tenantId: string): void {
    this.#open.set(client, tenantId);
    this.#timer ??= runOutsideScope(() => setInterval(() => void this.#recheckOnce(), RECHECK_MS).unref());
  }

  /** A round that takes longer than the time between two is not joined by the next one. */
  async #recheckOnce(): Promise<void> {
    if (this.#rechecking) return;
    this.#rechecking = true;
    const waiting = new Set(this.#open.values()).values();
    const worker = async (): Promise<void> => {
      for (const tenantId of waiting) await this.#recheck(tenantId);
    };
    await Promise.all(Array.from({ length: RECHECKS_AT_ONCE }, worker));
    this.#rechecking = false;
  }

  async #recheck(tenantId: string): Promise<void> {
    const refusal = await this.#refusalOf(tenantId);
    if (!refusal) return;
    for (const [client, its] of this.#open) if (its === tenantId) this.#refuse(client, refusal);
  }

  /** Nobody waits for a round, nor NestJS for `enter`: a client that throws must not end the process. */
  #refuse(client: SocketClient, error: TenantError | undefined): void {
    this.#open.delete(client);
    try {
      refuseClient(client, error);
    } catch (failure) {
      this.#logger.error(failure);
    }
  }

  /** While nobody can say, connections stay: closing them all would bring them all back at once. */
  async #refusalOf(tenantId: string): Promise<TenantError | undefined> {
    try {
      const tenant = await this.cache.find({ id: tenantId });
      if (!tenant) return new TenantNotFoundError();
      assertMayAct(tenant);
      return undefined;
    } catch (error) {
      return error instanceof TenantSuspendedError || error instanceof TenantNotFoundError
        ? error
        : undefined;
    }
  }
}
