import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADAPTERS, fault, startEdgeApp, type EdgeApp } from '../../test/support/edge-app.js';
import { shutDownOnSignal, type ShutdownOptions } from './shutdown.js';

/** Stands in for the process: a signal is an event, and exiting is one too. */
class FakeHost extends EventEmitter {
  exit(code?: number | string | null): never {
    this.emit('exit', code);
    return undefined as never;
  }
}

describe.each(ADAPTERS)('shutting down on %s', (adapter) => {
  let edge: EdgeApp;
  let host: FakeHost;
  let steps: string[];

  beforeEach(async () => {
    edge = await startEdgeApp(adapter);
    host = new FakeHost();
    steps = [];
  });

  function arm(options: Partial<ShutdownOptions> = {}): Promise<unknown[]> {
    shutDownOnSignal(edge.app, {
      graceMs: 5_000,
      readiness: { drain: () => steps.push('not ready') },
      cleanup: [() => steps.push('first'), () => Promise.resolve(steps.push('second'))],
      host: host as unknown as NonNullable<ShutdownOptions['host']>,
      ...options,
    });
    return once(host, 'exit');
  }

  it.each(['SIGTERM', 'SIGINT'])('ends in order on %s', async (signal) => {
    const exit = arm();
    host.emit(signal);
    expect(await exit).toEqual([0]);
    expect(steps).toEqual(['not ready', 'first', 'second']);
    await expect(fetch(`${edge.url}/request`)).rejects.toThrow();
  });

  it('finishes requests in flight, and takes no new ones', async () => {
    const finish = deferred();
    const begun = deferred();
    fault.act = async () => {
      begun.resolve();
      await finish.promise;
      return { finished: true };
    };
    const answer = fetch(`${edge.url}/fault/1`);
    await begun.promise;
    const exit = arm();
    host.emit('SIGTERM');
    await sleep(100);
    await expect(fetch(`${edge.url}/request`)).rejects.toThrow();
    expect(steps).toEqual(['not ready']);
    finish.resolve();
    expect(await (await answer).json()).toEqual({ finished: true });
    expect(await exit).toEqual([0]);
  });

  it('cuts off what takes longer than the grace period', async () => {
    fault.act = () => new Promise(() => undefined);
    const answer = fetch(`${edge.url}/fault/1`).catch(() => 'cut off');
    await sleep(100);
    const exit = arm({ graceMs: 50 });
    host.emit('SIGTERM');
    expect(await answer).toBe('cut off');
    expect(await exit).toEqual([0]);
    expect(steps).toEqual(['not ready', 'first', 'second']);
  });

  it('does not wait for a connection on which nobody asks for anything', async () => {
    const socket = connect(edge.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    await sleep(50);
    const exit = arm({ graceMs: 60_000 });
    host.emit('SIGTERM');
    expect(await exit).toEqual([0]);
  });

  it('goes on after a clean-up that fails, and says so in the exit status', async () => {
    const exit = arm({
      cleanup: [
        () => {
          throw new Error('broken');
        },
        () => steps.push('second'),
      ],
    });
    host.emit('SIGTERM');
    expect(await exit).toEqual([1]);
    expect(steps).toEqual(['not ready', 'second']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('exits at once on a second signal, %s', async (signal, status) => {
    fault.act = () => new Promise(() => undefined);
    const answer = fetch(`${edge.url}/fault/1`).catch(() => 'cut off');
    await sleep(100);
    const exit = arm({ graceMs: 200 });
    host.emit('SIGTERM');
    host.emit(signal);
    expect(await exit).toEqual([status]);
    expect(steps).toEqual(['not ready']);
    expect(await once(host, 'exit')).toEqual([0]);
    expect(await answer).toBe('cut off');
  });
});

function deferred(): { promise: Promise<unknown>; resolve: (value?: unknown) => void } {
  let resolve: (value?: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((settle) => (resolve = settle));
  return { promise, resolve };
}
