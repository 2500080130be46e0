import { ADAPTERS, startEdgeApp } from '../../test/support/edge-app.js';
import { Readiness } from './health/readiness.js';
import { withinTime } from './health/within-time.js';

describe.each(ADAPTERS)('health on %s', (adapter) => {
  async function probe(url: string): Promise<[number, Record<string, unknown>]> {
    const response = await fetch(url);
    const text = await response.text();
    expect(text).not.toContain('CANARY');
    return [response.status, JSON.parse(text) as Record<string, unknown>];
  }

  it('is ready when every check passes, and until it is about to stop', async () => {
    const edge = await startEdgeApp(adapter, {}, [{ name: 'database', check: () => Promise.resolve() }]);
    expect(await probe(`${edge.url}/health/live`)).toEqual([200, { status: 'ok' }]);
    expect(await probe(`${edge.url}/health/ready`)).toEqual([200, { status: 'ok' }]);
    edge.app.get(Readiness).drain();
    expect(await probe(`${edge.url}/health/ready`)).toMatchObject([
      503,
      { code: 'UNAVAILABLE', checks: ['shutdown'] },
    ]);
    expect(await probe(`${edge.url}/health/live`)).toEqual([200, { status: 'ok' }]);
    await edge.close();
  });

  it('names what fails, and nothing of why', async () => {
    let passing = false;
    const edge = await startEdgeApp(adapter, {}, [
      { name: 'cache', check: () => Promise.resolve() },
      {
        name: 'database',
        check: () => (passing ? Promise.resolve() : Promise.reject(new Error('CANARY at 10.0.0.1'))),
      },
      {
        name: 'queue',
        check: () => {
          if (passing) return Promise.resolve();
          throw new Error('CANARY');
        },
      },
    ]);
    expect(await probe(`${edge.url}/health/ready`)).toMatchObject([
      503,
      { code: 'UNAVAILABLE', detail: 'Not ready: database, queue.', checks: ['database', 'queue'] },
    ]);
    passing = true;
    expect(await probe(`${edge.url}/health/ready`)).toEqual([200, { status: 'ok' }]);
    await edge.close();
  });

  it('does not wait for a check that hangs', async () => {
    const edge = await startEdgeApp(adapter, {}, [
      { name: 'database', check: () => new Promise(() => undefined) },
    ]);
    expect(await probe(`${edge.url}/health/ready`)).toMatchObject([503, { checks: ['database'] }]);
    expect(await probe(`${edge.url}/health/live`)).toEqual([200, { status: 'ok' }]);
    await edge.close();
  });
});

describe(withinTime.name, () => {
  it('gives what the work gives, or why it failed', async () => {
    await expect(withinTime(1000, () => Promise.resolve('done'))).resolves.toBe('done');
    await expect(withinTime(1000, () => Promise.reject(new Error('why')))).rejects.toThrow('why');
  });

  it('stops waiting', async () => {
    await expect(withinTime(1, () => new Promise(() => undefined))).rejects.toThrow('no answer within 1 ms');
  });
});
