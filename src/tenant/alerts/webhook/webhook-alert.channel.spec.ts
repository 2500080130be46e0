import { randomBytes, randomUUID } from 'node:crypto';
import { startWebhookReceiver, type WebhookReceiver } from '../../../../test/support/webhook-receiver.js';
import { AlertDeliveryError } from '../../errors/alert.errors.js';
import type { Alert } from '../alert.js';
import { alertNotification } from './alert-notification.js';
import { verifyWebhook } from './verify-webhook.js';
import { WebhookAlertChannel } from './webhook-alert.channel.js';

const [current, former] = [32, 24].map((bytes) => `whsec_${randomBytes(bytes).toString('base64')}`) as [
  string,
  string,
];
const alert: Alert = {
  id: randomUUID(),
  rule: 'plan_limit_approaching',
  tenantId: randomUUID(),
  resource: 'maxExecutions',
  threshold: 80,
  limit: 1_000,
  used: 803,
  periodStart: new Date('2026-01-31T10:00:00Z'),
  plan: 'free',
  raisedAt: new Date('2026-02-03T12:34:56.789Z'),
};
const patience = (): AbortSignal => new AbortController().signal;

describe(WebhookAlertChannel.name, () => {
  let receiver: WebhookReceiver;
  beforeEach(async () => (receiver = await startWebhookReceiver()));
  afterEach(() => receiver.close());

  const deliver = (signal = patience()): Promise<void> =>
    new WebhookAlertChannel({ url: receiver.url, secrets: [current, former] }).deliver(alert, signal);
  const failure = async (signal?: AbortSignal): Promise<AlertDeliveryError> => {
    const error: unknown = await deliver(signal).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AlertDeliveryError);
    return error as AlertDeliveryError;
  };

  it('posts what the receiver can read and check, by either secret', async () => {
    await deliver();
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    expect(JSON.parse(body)).toEqual({
      id: alert.id,
      type: 'tenant.plan_limit_approaching',
      tenantId: alert.tenantId,
      resource: 'maxExecutions',
      threshold: 80,
      limit: 1_000,
      used: 803,
      periodStart: '2026-01-31T10:00:00.000Z',
      plan: 'free',
      raisedAt: '2026-02-03T12:34:56.789Z',
    });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': alert.id });
    for (const secret of [current, former]) {
      expect(verifyWebhook(headers, body, [secret])).toEqual(alertNotification(alert));
    }
  });

  it('can be told another way, under the id that has there', async () => {
    const channel = new WebhookAlertChannel({
      url: receiver.url,
      secrets: [current],
      name: 'pager',
      present: ({ used }) => ({ id: 'alr_1', used }),
    });
    await channel.deliver({ ...alert, periodStart: null }, patience());
    expect(channel.name).toBe('pager');
    expect(receiver.received[0]).toMatchObject({
      headers: { 'webhook-id': 'alr_1' },
      body: '{"id":"alr_1","used":803}',
    });
  });

  it.each([200, 201, 202, 204, 299])('takes %i for a delivery', async (status) => {
    receiver.answer = () => ({ status });
    await deliver();
  });

  it.each([
    [301, 60_000],
    [400, 60_000],
    [401, 60_000],
    [404, 60_000],
    [410, 60_000],
    [408, undefined],
    [425, undefined],
    [429, undefined],
    [500, undefined],
    [503, undefined],
  ])('takes %i for a failure, to be tried again not before %p ms', async (status, retryAfterMs) => {
    receiver.answer = () => ({ status, body: 'secret things' });
    expect(await failure()).toMatchObject({ message: `The receiver answered ${status}.`, retryAfterMs });
  });

  it('follows no redirect', async () => {
    const elsewhere = await startWebhookReceiver();
    receiver.answer = () => ({ status: 307, headers: { location: elsewhere.url } });
    try {
      expect((await failure()).message).toContain('307');
      expect(elsewhere.received).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });

  it('understands when it is asked to wait', async () => {
    const asked = async (value: string): Promise<number | undefined> => {
      receiver.answer = () => ({ status: 429, headers: { 'retry-after': value } });
      return (await failure()).retryAfterMs;
    };
    expect(await asked('120')).toBe(120_000);
    expect(await asked(new Date(Date.now() + 3_600_000).toUTCString())).toBeGreaterThan(3_000_000);
    expect(await asked('Wed, 21 Oct 2015 07:28:00 GMT')).toBeUndefined();
    expect(await asked('soon')).toBeUndefined();
    expect(await asked('-1')).toBeUndefined();
  });

  it('gives up when it is told to', async () => {
    receiver.answer = () => undefined;
    const impatience = new AbortController();
    const given = failure(impatience.signal);
    impatience.abort(new AlertDeliveryError('There was no answer within 10 ms.'));
    expect((await given).message).toBe('There was no answer within 10 ms.');
  });

  it('tells who could not be reached by a code, and not by its URL', async () => {
    await receiver.close();
    expect((await failure()).message).toBe('The receiver could not be reached (ECONNREFUSED).');
  });

  it.each([
    '',
    'ops.example.com',
    'ftp://ops.example.com',
    'https://user:pass@ops.example.com',
    'https://u@x',
  ])('refuses the URL %j by the name of the channel', (url) => {
    expect(() => new WebhookAlertChannel({ url, secrets: [current], name: 'pager' })).toThrow(
      /alert channel pager must be an http or https URL/,
    );
  });

  it('refuses a secret that is none, and none at all', () => {
    const make = (secrets: string[]) => new WebhookAlertChannel({ url: receiver.url, secrets });
    expect(() => make(['hunter2'])).toThrow(/secret of the alert channel webhook must be whsec_/);
    expect(() => make([])).toThrow(/secret of the alert channel webhook needs at least one/);
  });
});
