import { randomBytes } from 'node:crypto';
import { freePort } from '../../src/database/embedded/free-port.js';
import { ADAPTERS, type Answer, TestBackend, type TestTenant } from '../support/backend.js';

const wrongKey = (): string => randomBytes(32).toString('base64url');
const from = (address: string): { headers: Record<string, string> } => ({
  headers: { 'x-forwarded-for': address },
});

describe.each(ADAPTERS)('rate limits of the backend on %s', (adapter) => {
  let backend: TestBackend;
  let acme: TestTenant;
  afterEach(() => backend.stop());

  const start = async (environment: Record<string, string>): Promise<void> => {
    backend = await TestBackend.start({ adapter, environment });
    acme = await backend.createTenant('Acme');
  };
  const list = (key: string, given = {}): Promise<Answer> =>
    backend.call('GET', '/api/agents', { key, ...given });

  it('refuse who guesses keys, and nobody else, be it from the same address', async () => {
    await start({ TRUST_PROXY: 'true' });
    const attempts: number[] = [];
    for (let attempt = 0; attempt < 21; attempt += 1)
      attempts.push((await list(wrongKey(), from('203.0.113.1'))).status);
    expect(attempts).toEqual([...Array<number>(20).fill(401), 429]);
    expect((await list(acme.key, from('203.0.113.1'))).status).toBe(200);
    expect((await list(wrongKey(), from('203.0.113.2'))).status).toBe(401);
  });

  it('hold a tenant to its requests', async () => {
    await start({ API_REQUESTS_PER_MINUTE: '2' });
    const other = await backend.createTenant('Other');
    const answers = [await list(acme.key), await list(acme.key), await list(acme.key)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]!.body).toMatchObject({ code: 'RATE_LIMITED', resource: 'api-requests' });
    expect((await list(other.key)).status).toBe(200);
  });

  it('hold an address to its requests, whoever it is', async () => {
    await start({ ADDRESS_REQUESTS_PER_MINUTE: '5' }); // two of them made the tenant
    const answers = [
      await list(acme.key),
      await list(wrongKey()),
      await list(acme.key),
      await list(acme.key),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 429]);
  });

  it('without Redis refuse what nobody can count, and let in who has a key', async () => {
    await start({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    expect(await list(wrongKey())).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    const { status, headers } = await list(acme.key);
    expect([status, headers.get('ratelimit')]).toEqual([
      200,
      expect.stringMatching(/"api-requests";r=2999;/) as unknown,
    ]);
  });
});
