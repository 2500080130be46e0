import { ConfigurationError } from '../errors/isolation.errors.js';
import { HmacPayloadSigner } from './hmac-payload-signer.js';

const [OLD, NEW] = ['an old key of more than 32 characters', 'a new key of more than 32 characters'];

describe(HmacPayloadSigner.name, () => {
  const signer = new HmacPayloadSigner({ keys: [NEW] });

  it('verifies what it signed, and nothing else', () => {
    const signature = signer.sign('text');
    expect(signer.verify('text', signature)).toBe(true);
    expect(signer.verify('texT', signature)).toBe(false);
    for (const other of ['', 'x', signature.slice(1), `${signature}AA`, signature.toLowerCase()]) {
      expect(signer.verify('text', other)).toBe(false);
    }
  });

  it('signs by the first key and verifies by all', () => {
    const old = new HmacPayloadSigner({ keys: [OLD] });
    const between = new HmacPayloadSigner({ keys: [NEW, OLD] });
    expect(between.verify('text', old.sign('text'))).toBe(true);
    expect(signer.verify('text', between.sign('text'))).toBe(true);
    expect(old.verify('text', between.sign('text'))).toBe(false);
    expect(signer.verify('text', old.sign('text'))).toBe(false);
  });

  it('does not sign by the key itself, which the application may use for something else', async () => {
    const { createHmac } = await import('node:crypto');
    const own = createHmac('sha256', NEW).update('text').digest('base64url');
    expect(signer.verify('text', own)).toBe(false);
  });

  it.each([
    ['no key', { keys: [] }],
    ['a short key', { keys: [NEW, 'short'] }],
    ['no age', { keys: [NEW], maxAgeMs: 0 }],
    ['an age that is no number', { keys: [NEW], maxAgeMs: NaN }],
    ['an endless age', { keys: [NEW], maxAgeMs: Infinity }],
  ])('refuses %s', (_what, options) => {
    expect(() => new HmacPayloadSigner(options)).toThrow(ConfigurationError);
  });

  it('lets a payload wait for thirty days unless told otherwise', () => {
    expect(signer.maxAgeMs).toBe(30 * 24 * 60 * 60 * 1000);
    expect(new HmacPayloadSigner({ keys: [NEW], maxAgeMs: 5 }).maxAgeMs).toBe(5);
  });
});
