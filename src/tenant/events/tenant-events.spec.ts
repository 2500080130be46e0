import type { LoggerService } from '@nestjs/common';
import { type TenantEvent, type TenantEventMap, TenantEvents } from './tenant-events.js';

const created: TenantEventMap['tenant.created'] = {
  tenantId: '0190a3f0-0000-7000-8000-000000000001',
  tenantSlug: 'acme',
  status: 'trial',
  plan: 'free',
  at: new Date(0),
};

describe(TenantEvents.name, () => {
  const error = jest.fn<void, [string]>();
  const logger = { log: jest.fn(), warn: jest.fn(), error } as LoggerService;
  let events: TenantEvents;

  beforeEach(() => {
    error.mockClear();
    events = new TenantEvents(logger);
  });

  it('tells those who listen to an event, and those who listen to all, with its name', () => {
    const [one, another, any] = [jest.fn(), jest.fn(), jest.fn()];
    events.on('tenant.created', one);
    events.on('tenant.suspended', another);
    events.onAny(any);
    events.emit('tenant.created', created);
    expect(one.mock.calls).toEqual([[{ ...created, name: 'tenant.created' }]]);
    expect(any.mock.calls).toEqual(one.mock.calls);
    expect(another).not.toHaveBeenCalled();
  });

  it('tells who hears all first, such as a cache, then the others as they came, before emit returns', () => {
    const heard: string[] = [];
    events.on('tenant.created', () => heard.push('first'));
    events.on('tenant.created', () => heard.push('second'));
    events.onAny(() => heard.push('any'));
    events.emit('tenant.created', created);
    expect(heard).toEqual(['any', 'first', 'second']);
  });

  it('has nothing to say when nobody listens', () => {
    expect(() => events.emit('tenant.created', created)).not.toThrow();
  });

  it('waits for nobody', () => {
    let done = false;
    events.on('tenant.created', async () => {
      await new Promise(setImmediate);
      done = true;
    });
    events.emit('tenant.created', created);
    expect(done).toBe(false);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('CANARY');
      },
    ],
    ['rejects', () => Promise.reject(new Error('CANARY'))],
    [
      'throws a text',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what some listener may do
        throw 'CANARY';
      },
    ],
    [
      'throws what cannot be made a text',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what some listener may do
        throw Object.assign(Object.create(null) as object, { CANARY: 1 });
      },
    ],
  ])('logs a listener that %s, and tells the others all the same', async (_how, listener) => {
    const [before, after] = [jest.fn(), jest.fn()];
    events.on('tenant.created', before);
    events.on('tenant.created', listener);
    events.on('tenant.created', after);
    expect(() => events.emit('tenant.created', created)).not.toThrow();
    await new Promise(setImmediate);
    expect([before, after].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect(error.mock.calls).toHaveLength(1);
    expect(error.mock.calls[0]?.[0]).toMatch(/^A listener to tenant\.created failed: [^]*CANARY/);
  });

  it('lets no listener change what the next one hears', () => {
    const heard: TenantEvent[] = [];
    events.on('tenant.created', (event) => Object.assign(event, { plan: 'enterprise' }));
    events.on('tenant.created', (event) => heard.push(event));
    events.emit('tenant.created', created);
    expect(heard).toEqual([{ ...created, name: 'tenant.created' }]);
    expect(created.plan).toBe('free');
  });

  it('ends one subscription, though the same function has another', () => {
    const listener = jest.fn();
    const off = events.on('tenant.created', listener);
    events.on('tenant.created', listener);
    off();
    off();
    events.emit('tenant.created', created);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('ends a subscription from inside a listener, and begins one, for the next event', () => {
    const [late, other] = [jest.fn(), jest.fn()];
    const off = events.on('tenant.created', () => {
      off();
      events.on('tenant.created', late);
    });
    events.on('tenant.created', other);
    events.emit('tenant.created', created);
    expect([late, other].map(({ mock }) => mock.calls.length)).toEqual([0, 1]);
    events.emit('tenant.created', created);
    expect([late, other].map(({ mock }) => mock.calls.length)).toEqual([1, 2]);
  });

  it('may be raised by a listener', () => {
    const suspended = jest.fn();
    events.on('tenant.suspended', suspended);
    events.on('tenant.created', (event) =>
      events.emit('tenant.suspended', { ...event, status: 'suspended', reason: 'unpaid' }),
    );
    events.emit('tenant.created', created);
    expect(suspended).toHaveBeenCalledWith(
      expect.objectContaining({ name: 'tenant.suspended', reason: 'unpaid' }),
    );
  });
});
