import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { openScopeOfCall } from '../context/call-scope.js';
import type { TenantContext } from '../context/tenant-context.js';
import type { TenantRuntime } from '../context/tenant-runtime.js';
import { getTenantContext, tryGetTenantContext } from '../context/tenant-scope.js';
import { StatementRefusedError } from '../errors/isolation.errors.js';
import { TenantNotFoundError, UnauthenticatedError, UnavailableError } from '../errors/request.errors.js';
import type { TenantCache } from '../registry/cache/tenant-cache.js';
import type { TenantStatus } from '../registry/tenant.js';
import type { SocketClient } from './socket-client.js';
import { TenantConnections } from './tenant-connections.js';
import type { TenantGuard } from './tenant.guard.js';

const ID = 'aaaaaaaa-0000-4000-8000-000000000000';
const acme: TenantContext = { tenantId: ID, tenantSlug: 'acme', plan: 'free', limits: {}, features: {} };

class FakeWs extends EventEmitter {
  readyState = 1;
  readonly closes: [number?, string?][] = [];

  close(code?: number, reason?: string): void {
    this.closes.push([code, reason]);
  }

  /** As when the other end has left. */
  leave(): void {
    this.readyState = 3;
    this.emit('close');
  }
}

class FakeIo extends EventEmitter {
  disconnected = false;
  readonly told: unknown[] = [];

  override emit(event: string, ...args: unknown[]): boolean {
    if (event === 'exception') this.told.push(args[0]);
    return super.emit(event, ...args);
  }

  disconnect(): void {
    this.disconnected = true;
    super.emit('disconnect');
  }
}

describe(TenantConnections.name, () => {
  let status: TenantStatus | 'gone' | 'unreachable' | 'unavailable' | 'silent';
  let seen: (context: ExecutionContext) => unknown;
  let lookups: number;
  let admit: () => void | Promise<void>;
  let connections: TenantConnections;

  beforeEach(() => {
    jest.useFakeTimers();
    Logger.overrideLogger(false);
    [status, lookups, admit, seen] = ['active', 0, () => undefined, () => undefined];
    const guard = {
      canActivate: async (context: ExecutionContext) => {
        seen(context);
        await admit();
        openScopeOfCall(context, {} as TenantRuntime).admit(undefined, acme);
        return true;
      },
    };
    const cache = {
      find: () => {
        lookups += 1;
        if (status === 'silent') return new Promise(() => undefined);
        if (status === 'unavailable') return Promise.reject(new UnavailableError('too old'));
        if (status === 'unreachable') return Promise.reject(new Error('no database'));
        return Promise.resolve(status === 'gone' ? undefined : { id: ID, status });
      },
    };
    connections = new TenantConnections(guard as unknown as TenantGuard, cache as unknown as TenantCache);
  });
  afterEach(() => {
    connections.onApplicationShutdown();
    jest.useRealTimers();
  });

  const enter = (client: unknown, fn: () => unknown = () => getTenantContext().tenantSlug) =>
    connections.enter(client as SocketClient, fn);
  const recheck = () => jest.advanceTimersByTimeAsync(5_000);

  it('runs what it was given in the tenant, and leaves no scope behind', async () => {
    expect(await enter(new FakeWs())).toBe('acme');
    expect(tryGetTenantContext()).toBeUndefined();
  });

  it('closes a client that is refused, with the code', async () => {
    admit = () => {
      throw new TenantNotFoundError();
    };
    const [ws, io] = [new FakeWs(), new FakeIo()];
    expect([await enter(ws), await enter(io)]).toEqual([undefined, undefined]);
    expect(ws.closes).toEqual([[1008, 'TENANT_NOT_FOUND']]);
    expect([io.told, io.disconnected]).toEqual([
      [expect.objectContaining({ code: 'TENANT_NOT_FOUND' })],
      true,
    ]);
  });

  it('closes a client when what it was given fails, and does not say why', async () => {
    const fail = (): never => {
      throw new Error('a secret of the server');
    };
    const [ws, io] = [new FakeWs(), new FakeIo()];
    expect([await enter(ws, fail), await enter(io, fail)]).toEqual([undefined, undefined]);
    expect(ws.closes).toEqual([[1011, undefined]]);
    expect(io.told).toEqual([{ status: 'error', code: 'INTERNAL', message: 'Internal error' }]);
  });

  it('tells nothing of an error that is the server’s own, and writes it to the log', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error');
    const fail = (): never => {
      throw new StatementRefusedError('SELECT * FROM secrets');
    };
    const [ws, io] = [new FakeWs(), new FakeIo()];
    await enter(ws, fail);
    await enter(io, fail);
    expect(ws.closes).toEqual([[1011, undefined]]);
    expect(io.told).toEqual([{ status: 'error', code: 'INTERNAL', message: 'Internal error' }]);
    expect(logged.mock.calls.map(([message]) => String(message))).toEqual([
      expect.stringContaining('secrets'),
      expect.stringContaining('secrets'),
    ]);
    logged.mockRestore();
  });

  it('tells who has no credential what a client may know, not what the engineer should', async () => {
    admit = () => {
      throw new UnauthenticatedError('TenantGuard found no principal.');
    };
    const io = new FakeIo();
    await enter(io);
    expect(io.told).toEqual([
      { status: 'error', code: 'UNAUTHENTICATED', message: 'A valid credential is required.' },
    ]);
  });

  it('shows the guard the gateway it is given', async () => {
    class Gateway {
      readonly name = 'notes';
    }
    const classes: unknown[] = [];
    seen = (context) => classes.push(context.getClass());
    await connections.enter(new FakeWs(), () => undefined, { gateway: new Gateway() });
    await enter(new FakeWs());
    expect(classes[0]).toBe(Gateway);
    expect(classes[1]).not.toBe(Gateway);
  });

  it('goes on when a client cannot be closed', async () => {
    const [broken, whole] = [new FakeWs(), new FakeWs()];
    broken.close = () => {
      throw new Error('gone already');
    };
    await enter(broken);
    await enter(whole);
    status = 'suspended';
    await recheck();
    expect(whole.closes).toEqual([[1008, 'TENANT_SUSPENDED']]);
    admit = () => {
      throw new TenantNotFoundError();
    };
    expect(await enter(broken)).toBeUndefined();
    [status, admit] = ['active', () => undefined];
    await enter(new FakeWs());
    lookups = 0;
    await recheck();
    expect(lookups).toBe(1);
  });

  it('does not begin a round while one is under way', async () => {
    await enter(new FakeWs());
    status = 'silent';
    await recheck();
    await recheck();
    await recheck();
    expect(lookups).toBe(1);
  });

  it('keeps clients while the copies of tenants are too old', async () => {
    const client = new FakeWs();
    await enter(client);
    status = 'unavailable';
    await recheck();
    expect(client.closes).toEqual([]);
  });

  it.each([
    ['suspended', 'TENANT_SUSPENDED'],
    ['deleted', 'TENANT_NOT_FOUND'],
    ['gone', 'TENANT_NOT_FOUND'],
  ] as const)('closes who only listens once the tenant is %s', async (now, code) => {
    const client = new FakeWs();
    await enter(client);
    await recheck();
    expect(client.closes).toEqual([]);
    status = now;
    await recheck();
    expect(client.closes).toEqual([[1008, code]]);
  });

  it('keeps clients while the registry cannot be asked', async () => {
    const client = new FakeWs();
    await enter(client);
    status = 'unreachable';
    await recheck();
    expect(client.closes).toEqual([]);
    status = 'suspended';
    await recheck();
    expect(client.closes).toHaveLength(1);
  });

  it('asks once for all clients of a tenant, and not for who has left', async () => {
    const clients = [new FakeWs(), new FakeWs(), new FakeWs()];
    for (const client of clients) await enter(client);
    await recheck();
    expect(lookups).toBe(1);
    for (const client of clients) client.leave();
    await recheck();
    expect(lookups).toBe(1);
  });

  it.each([
    ['ws', () => new FakeWs(), (client: FakeWs) => client.leave()],
    ['socket.io', () => new FakeIo(), (client: FakeIo) => client.disconnect()],
  ])('does nothing for a client of %s that leaves while it is being let in', async (_what, make, leave) => {
    const client = make();
    admit = () => leave(client as never);
    const fn = jest.fn();
    await enter(client, fn);
    status = 'suspended';
    await recheck();
    expect(fn).not.toHaveBeenCalled();
    expect(lookups).toBe(0);
  });

  it.each([
    ['ws', () => new FakeWs(), (client: FakeWs) => client.leave()],
    ['socket.io', () => new FakeIo(), (client: FakeIo) => client.disconnect()],
  ])('does nothing for a client of %s that had left before', async (_what, make, leave) => {
    const client = make();
    leave(client as never);
    const fn = jest.fn();
    await enter(client, fn);
    await recheck();
    expect(fn).not.toHaveBeenCalled();
    expect(lookups).toBe(0);
  });
});
