import { AlertDeliveryError, AlertService } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import type { AlertDatabase } from './alert-database.js';
import { Dispatchers } from './dispatchers.js';
import { RecordingChannel } from './recording-channel.js';

describe('A dispatcher whose channel fails', () => {
  let dispatchers: Dispatchers;
  let database: AlertDatabase;

  beforeAll(async () => {
    dispatchers = await Dispatchers.create();
    ({ database } = dispatchers);
  });
  afterAll(() => dispatchers.drop());
  afterEach(() => dispatchers.reset());

  const laterThan = (retryAfterMs: number) => () => {
    throw new AlertDeliveryError('The pager is out of order.', { retryAfterMs });
  };

  it('waits, and tries again with the same id', async () => {
    dispatchers.channel.behave = laterThan(3_600_000);
    dispatchers.start();
    const id = await database.raise();
    await dispatchers.failedOnce(id);
    expect(await database.deliveries(id)).toEqual([
      {
        channel: 'recording',
        attempts: 1,
        delivered: false,
        failed: false,
        leased: false,
        due: false,
        last_error: 'The pager is out of order.',
      },
    ]);
    dispatchers.channel.behave = () => undefined;
    await dispatchers.aWhile();
    expect(dispatchers.ids).toEqual([id]);
    await database.makeDue();
    await dispatchers.delivered(id);
    expect(dispatchers.ids).toEqual([id, id]);
    expect(dispatchers.lines).toEqual([]);
  });

  it('waits longer each time, and never the same', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    try {
      dispatchers.channel.behave = laterThan(3_600_000);
      dispatchers.start();
      const id = await database.raise();
      await dispatchers.failedOnce(id);
      dispatchers.channel.behave = () => {
        throw new Error('again');
      };
      for (const [attempts, seconds] of [
        [6, 32],
        [12, 1_800],
        [20, 1_800],
      ] as const) {
        await database.database.query(
          'UPDATE tenant_alert_deliveries SET attempts = $1, last_error = NULL, next_attempt_at = clock_timestamp()',
          [attempts],
        );
        await dispatchers.failedOnce(id);
        const [row] = await database.database.query<{ wait: number }>(
          'SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 AS wait FROM tenant_alert_deliveries',
        );
        expect(row!.wait).toBeGreaterThan(seconds / 2);
        expect(row!.wait).toBeLessThanOrEqual(seconds);
      }
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('gives up after the last attempt, says so once, and begins again when asked', async () => {
    dispatchers.channel.behave = laterThan(0);
    dispatchers.start({ maxAttempts: 3 });
    const id = await database.raise();
    await eventually('it was given up', async () => {
      await database.makeDue();
      return (await database.deliveries(id))[0]?.failed === true;
    });
    await database.makeDue();
    await dispatchers.aWhile();
    expect(dispatchers.ids).toEqual([id, id, id]);
    expect(dispatchers.lines.filter((line) => line.includes(id))).toEqual([
      expect.stringMatching(
        /^error: Alert .* given up by the channel recording after 3 attempts. .*The pager is out of order\./,
      ),
    ]);

    dispatchers.channel.behave = () => undefined;
    const alerts = new AlertService(dispatchers.control);
    expect(await alerts.redeliver(id, 'another')).toEqual([]);
    expect(await alerts.redeliver(id)).toEqual(['recording']);
    await dispatchers.delivered(id);
    expect(dispatchers.ids).toEqual([id, id, id, id]);
    expect(await alerts.redeliver(id)).toEqual([]);
    expect(await database.deliveries(id)).toMatchObject([{ attempts: 1, failed: false }]);
  });

  it('records nothing of an error that could hold a secret', async () => {
    dispatchers.channel.behave = () => {
      throw Object.assign(new Error('POST https://pager/?token=s3cret'), { code: 'EPROTO' });
    };
    dispatchers.start();
    const id = await database.raise();
    await dispatchers.failedOnce(id);
    expect(await database.deliveries(id)).toMatchObject([{ last_error: 'Error (EPROTO)' }]);
    expect(dispatchers.lines.join()).not.toContain('s3cret');
  });

  it.each([
    ['fails', laterThan(3_600_000)],
    ['never answers', () => new Promise(() => undefined)],
  ])('holds up no other: one %s', async (_, behave) => {
    const broken = new RecordingChannel('broken');
    broken.behave = behave;
    const dispatcher = dispatchers.start({ channels: [broken, dispatchers.channel], timeoutMs: 600_000 });
    const ids: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      ids.push(await database.raise());
      await eventually('the other has it', () => dispatchers.channel.ids.length === ids.length);
    }
    expect(dispatchers.channel.ids).toEqual(ids);
    expect(broken.ids).toContain(ids[0]);
    await dispatcher.beforeApplicationShutdown();
  });

  it('ends an attempt that takes too long, also where the channel does not mind', async () => {
    dispatchers.channel.behave = () => new Promise(() => undefined);
    dispatchers.start({ timeoutMs: 20 });
    const id = await database.raise();
    await dispatchers.failedOnce(id);
    expect((await database.deliveries(id))[0]).toMatchObject({
      last_error: 'There was no answer within 20 ms.',
      delivered: false,
    });
  });
});
