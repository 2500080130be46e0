import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { UnauthenticatedError } from '../../errors/request.errors.js';
import { webhookKeys, webhookSignature } from './standard-webhook.js';
import { verifyWebhook } from './verify-webhook.js';

/** The example of the specification's own libraries. */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const makeSecret = (bytes = 32): string => `whsec_${randomBytes(bytes).toString('base64')}`;

describe(verifyWebhook.name, () => {
  const headers = {
    'webhook-id': VECTOR.id,
    'webhook-timestamp': String(VECTOR.timestamp),
    'webhook-signature': VECTOR.signature,
  };
  const verify = (changed: object = {}, body: string | Uint8Array = VECTOR.body, secrets = [VECTOR.secret]) =>
    verifyWebhook<unknown>({ ...headers, ...changed }, body, secrets);

  beforeEach(() => jest.spyOn(Date, 'now').mockReturnValue(VECTOR.timestamp * 1000));
  afterEach(() => jest.restoreAllMocks());

  it('takes what other implementations sign', () => {
    expect(verify()).toEqual({ test: 2432232314 });
    expect(verify({}, Buffer.from(VECTOR.body))).toEqual({ test: 2432232314 });
    expect(verifyWebhook(new Headers(headers), VECTOR.body, [VECTOR.secret])).toEqual({ test: 2432232314 });
  });

  it('takes one of several signatures, by one of several secrets', () => {
    const others = `v1,${randomBytes(32).toString('base64')} v1a,x v1, `;
    expect(verify({ 'webhook-signature': others + VECTOR.signature })).toBeDefined();
    expect(verify({}, VECTOR.body, [makeSecret(), VECTOR.secret])).toBeDefined();
  });

  it.each([
    ['another body', {}, `${VECTOR.body} `],
    ['another id', { 'webhook-id': 'msg_2' }],
    ['another moment', { 'webhook-timestamp': String(VECTOR.timestamp + 1) }],
    ['a moment in another form', { 'webhook-timestamp': `${VECTOR.timestamp}.0` }],
    ['a signature of another version', { 'webhook-signature': VECTOR.signature.replace('v1', 'v2') }],
    ['half a signature', { 'webhook-signature': VECTOR.signature.slice(0, 20) }],
    ['an empty signature', { 'webhook-signature': 'v1,' }],
    ['no signature', { 'webhook-signature': undefined }],
    ['no id', { 'webhook-id': undefined }],
    ['no moment', { 'webhook-timestamp': undefined }],
    ['a header twice', { 'webhook-signature': [VECTOR.signature, VECTOR.signature] }],
  ])('refuses %s', (_, changed: object, body = VECTOR.body) => {
    expect(() => verify(changed, body)).toThrow(UnauthenticatedError);
  });

  it('refuses another secret', () => {
    expect(() => verify({}, VECTOR.body, [makeSecret()])).toThrow(UnauthenticatedError);
  });

  it.each([
    [-301, false],
    [-300, true],
    [300, true],
    [301, false],
  ])('that was sent %i seconds from now: %p', (seconds, taken) => {
    jest.spyOn(Date, 'now').mockReturnValue((VECTOR.timestamp - seconds) * 1000);
    if (taken) expect(verify()).toBeDefined();
    else expect(() => verify()).toThrow('five minutes');
  });

  it('refuses to check by nothing', () => {
    expect(() => verify({}, VECTOR.body, [])).toThrow(ConfigurationError);
  });
});

describe(webhookKeys.name, () => {
  it.each([[undefined], [[undefined]], ['whsec_x']])('refuses %j for a list of secrets', (given) => {
    expect(() => webhookKeys(given as never, 'ALERT_SECRET')).toThrow(/ALERT_SECRET is a list of secrets/);
  });

  it.each([24, 32, 64])('takes %i bytes', (bytes) => {
    const secret = makeSecret(bytes);
    expect(webhookKeys([secret], 'x')[0]).toHaveLength(bytes);
  });

  it.each([
    ['too short', makeSecret(23)],
    ['too long', makeSecret(65)],
    ['without a prefix', makeSecret().slice(6)],
    ['not base64', `whsec_${'*'.repeat(40)}`],
    ['base64url', `whsec_${'-_'.repeat(20)}`],
    ['empty', ''],
  ])('refuses one that is %s, and does not repeat it', (_, secret) => {
    const refused = (): unknown => webhookKeys([secret], 'ALERT_SECRET');
    expect(refused).toThrow(/^ALERT_SECRET must be whsec_/);
    if (secret !== '') expect(refused).not.toThrow(secret);
  });

  it('are those that signed', () => {
    const { secret, signature, ...message } = VECTOR;
    const [key] = webhookKeys([secret], 'x');
    expect(`v1,${webhookSignature(message, key!).toString('base64')}`).toBe(signature);
  });
});
