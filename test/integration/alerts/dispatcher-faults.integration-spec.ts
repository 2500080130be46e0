import type { DataSource } from 'typeorm';
import { AlertOutbox } from '../../../src/tenant/alerts/alert-outbox.js';
import { eventually } from '../../support/eventually.js';
import { type FaultyProxy, startFaultyProxy } from '../../support/faulty-proxy.js';
import type { AlertDatabase } from './alert-database.js';
import { Dispatchers } from './dispatchers.js';

const NAMES = ['recording'];
const LEASE_MS = 600_000;

describe('A dispatcher of alerts', () => {
  let dispatchers: Dispatchers;
  let database: AlertDatabase;

  beforeAll(async () => {
    dispatchers = await Dispatchers.create();
    ({ database } = dispatchers);
  });
  afterAll(() => dispatchers.drop());
  afterEach(() => dispatchers.reset());

  const through = (proxy: FaultyProxy): Promise<DataSource> =>
    database.connect(2, proxy.through(database.database.urls.control));

  describe('whose like was killed', () => {
    /** What a process leaves behind that is killed right after it took up an alert. */
    const claimedByTheDead = async (): Promise<string> => {
      const id = await database.raise();
      const dead = new AlertOutbox(dispatchers.control);
      await dead.enqueue(NAMES, 10);
      expect(await dead.claim(NAMES, 10, LEASE_MS)).toMatchObject([{ alert: { id }, attempt: 1 }]);
      return id;
    };

    it('waits until the lease of the other is over, and then delivers the same alert', async () => {
      const id = await claimedByTheDead();
      dispatchers.start();
      const next = await database.raise();
      await dispatchers.delivered(next);
      expect(dispatchers.channel.ids).toEqual([next]);
      expect(await dispatchers.first(id)).toMatchObject({ leased: true, attempts: 1 });
      await database.endLeases();
      await dispatchers.delivered(id);
      expect(dispatchers.channel.ids).toEqual([next, id]);
      expect(await dispatchers.first(id)).toMatchObject({ attempts: 2 });
    });

    it('gives up an alert that killed all who touched it, without touching it', async () => {
      const id = await claimedByTheDead();
      await database.database.query('UPDATE tenant_alert_deliveries SET attempts = 25');
      await database.endLeases();
      dispatchers.start();
      await eventually('it was given up', async () => (await dispatchers.first(id))?.failed === true);
      expect(dispatchers.channel.ids).toEqual([]);
      expect(await dispatchers.first(id)).toMatchObject({
        last_error: expect.stringContaining('process ended') as string,
      });
      expect(dispatchers.lines).toEqual([expect.stringMatching(/^error: .* given up/)]);
    });

    it('is not contradicted by one that was only slow', async () => {
      const id = await database.raise();
      const outbox = new AlertOutbox(dispatchers.control);
      await outbox.enqueue(NAMES, 10);
      const [slow] = await outbox.claim(NAMES, 10, LEASE_MS);
      expect(await outbox.claim(NAMES, 10, LEASE_MS)).toEqual([]);
      await database.endLeases();
      const [quick] = await outbox.claim(NAMES, 10, LEASE_MS);
      const failure = { reason: 'no answer', retryInMs: 0, gaveUp: true };
      expect(await outbox.failed(slow!, failure)).toBe(false);
      expect(await dispatchers.first(id)).toMatchObject({ leased: true, failed: false, last_error: null });
      // But what was delivered was, whoever did it.
      await outbox.delivered(slow!);
      expect(await dispatchers.first(id)).toMatchObject({ leased: false, delivered: true });
      expect(await outbox.failed(quick!, failure)).toBe(false);
      expect(await dispatchers.first(id)).toMatchObject({ delivered: true, failed: false });
    });
  });

  describe('without its database', () => {
    it('says so once, goes on, and says when it works again', async () => {
      const proxy = await startFaultyProxy(database.database.urls.control);
      const control = await through(proxy);
      const dispatcher = dispatchers.start({ controlPlane: control });
      await dispatchers.delivered(await database.raise());

      await proxy.cut();
      await eventually('it is said', () => dispatchers.lines.length > 0);
      const id = await database.raise();
      await new Promise((resolve) => setTimeout(resolve, 100)); // many rounds
      expect(dispatchers.lines).toEqual([
        expect.stringMatching(/^warn: Alerts are not delivered \(.+\)\. Trying again/),
      ]);
      expect(dispatchers.channel.ids).not.toContain(id);

      await proxy.mend();
      await dispatchers.delivered(id);
      await eventually('it is said', () => dispatchers.lines.length > 1);
      expect(dispatchers.lines).toEqual([expect.stringMatching(/^warn/), 'log: Alerts are delivered again.']);
      await dispatcher.beforeApplicationShutdown();
      await control.destroy();
      await proxy.close();
    });

    it('delivers again what it could not write down, with the same id', async () => {
      const proxy = await startFaultyProxy(database.database.urls.control);
      const control = await through(proxy);
      dispatchers.channel.behave = () => proxy.cut();
      const dispatcher = dispatchers.start({ controlPlane: control });
      const id = await database.raise();
      await eventually('it came', () => dispatchers.channel.ids.length === 1);
      await eventually('it is said', () => dispatchers.lines.length > 0);
      dispatchers.channel.behave = () => undefined;
      await proxy.mend();
      await dispatchers.delivered(await database.raise());
      expect(await dispatchers.first(id)).toMatchObject({ delivered: false, leased: true });
      await database.endLeases();
      await dispatchers.delivered(id);
      expect(dispatchers.channel.ids.filter((each) => each === id)).toEqual([id, id]);
      await dispatcher.beforeApplicationShutdown();
      await control.destroy();
      await proxy.close();
    });

    it('stops all the same', async () => {
      const proxy = await startFaultyProxy(database.database.urls.control);
      const control = await through(proxy);
      const dispatcher = dispatchers.start({ controlPlane: control });
      await proxy.cut();
      await eventually('it is said', () => dispatchers.lines.length > 0);
      await dispatcher.beforeApplicationShutdown();
      await control.destroy();
    });
  });

  describe('that stops', () => {
    it('waits for what is under way, and takes up nothing more', async () => {
      let finish: () => void = () => undefined;
      dispatchers.channel.behave = () => new Promise<void>((resolve) => (finish = resolve));
      const dispatcher = dispatchers.start();
      const id = await database.raise();
      await eventually('it is under way', () => dispatchers.channel.ids.length === 1);
      let hasStopped = false;
      const stopped = dispatcher.beforeApplicationShutdown().then(() => (hasStopped = true));
      const later = await database.raise();
      expect(hasStopped).toBe(false);
      finish();
      await stopped;
      expect(await dispatchers.first(id)).toMatchObject({ delivered: true });
      expect(await database.deliveries(later)).toEqual([]);
    });

    it('does not wait for ever', async () => {
      let reason: unknown;
      dispatchers.channel.behave = (_, signal) =>
        new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason)));
      const dispatcher = dispatchers.start({ timeoutMs: 600_000 });
      const id = await database.raise();
      await eventually('it is under way', () => dispatchers.channel.ids.length === 1);
      await dispatcher.beforeApplicationShutdown();
      expect(reason).toMatchObject({ message: expect.stringContaining('process stopped') as string });
      expect(await dispatchers.first(id)).toMatchObject({
        delivered: false,
        leased: false,
        failed: false,
        attempts: 1,
      });
      dispatchers.channel.behave = () => undefined;
      dispatchers.start();
      await dispatchers.delivered(id);
    });
  });
});
