import { once } from 'node:events';
import { connect } from 'node:net';
import { ADAPTERS, type Call, TestBackend, type TestTenant } from '../support/backend.js';

const DEEP = 50_000;

describe.each(ADAPTERS)('what must be refused, on %s', (adapter) => {
  let backend: TestBackend;
  let a: TestTenant;
  let b: TestTenant;

  beforeAll(async () => {
    backend = await TestBackend.start({ adapter });
    a = await backend.createTenant('Acme', 'starter');
    b = await backend.createTenant('Globex', 'starter');
  });
  afterAll(() => backend.stop());

  const agents = async (): Promise<number> =>
    (await backend.database.query<{ n: number }>('SELECT count(*)::int AS n FROM agents'))[0]!.n;

  /** Every refusal: nothing written, nothing told, the process alive and correct for both tenants. */
  afterEach(async () => {
    expect(await agents()).toBe(0);
    for (const { key } of [a, b]) {
      const { status, body } = await backend.call('GET', '/api/agents', { key });
      expect([status, body]).toEqual([200, { data: [], nextCursor: null }]);
    }
  });

  const expectProblem = async (
    method: string,
    path: string,
    call: Call,
    [status, code]: readonly [number, string],
  ): Promise<void> => {
    const answer = await backend.call(method, path, call);
    expect([answer.status, answer.body?.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      status,
      title: expect.any(String),
      instance: expect.stringMatching(/^urn:/),
    });
    expect(answer.text).not.toMatch(
      /select |insert into|"agents"|relation|constraint|node_modules|\bat [A-Z]\w+\./i,
    );
  };

  describe('a credential that', () => {
    it.each<[string, Record<string, string>]>([
      ['is missing', {}],
      ['is wrong', { authorization: `Bearer plx_tenant_${'A'.repeat(43)}` }],
      ['is empty', { authorization: 'Bearer ' }],
      ['has no token', { authorization: 'Bearer' }],
      ['is of another scheme', { authorization: 'Basic YTpi' }],
      ['is not ASCII', { authorization: 'Bearer cl\u00e9' }],
      ['is far too long', { authorization: `Bearer ${'A'.repeat(4000)}` }],
    ])('%s', async (_, headers) => {
      for (const path of ['/api/agents', `/api/tenants/${a.id}/agents`, '/admin/tenants', '/api/tenant']) {
        await expectProblem('GET', path, { headers }, [401, 'UNAUTHENTICATED']);
      }
      await expectProblem('POST', '/api/agents', { headers, body: { name: 'x' } }, [401, 'UNAUTHENTICATED']);
    });

    it('is almost right', async () => {
      const almost = [
        a.key.slice(0, -1),
        `${a.key}A`,
        a.key.toUpperCase(),
        a.key.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      ];
      for (const key of almost) await expectProblem('GET', '/api/agents', { key }, [401, 'UNAUTHENTICATED']);
    });

    it('is sent twice', async () => {
      const answer = await raw(
        backend,
        `GET /api/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.key}\r\nAuthorization: Bearer ${b.key}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*UNAUTHENTICATED/);
    });
  });

  describe('a tenant that', () => {
    it.each<[string, string]>([
      ['is empty', ''],
      ['is 4 KB long', 'a'.repeat(4096)],
      ['is a path', '../admin'],
      ['is a wildcard', '*'],
      ['has braces', '{00000000-0000-4000-8000-000000000001}'],
      ['holds a NUL', 'acme%00'],
      ['is upper case', 'ACME'],
      ['is a prototype', '__proto__'],
    ])('%s', async (_, value) => {
      const path = `/api/agents?tenant=${value.includes('%') ? value : encodeURIComponent(value)}`;
      await expectProblem('GET', path, { key: a.key }, [400, 'TENANT_INVALID']);
      if (!value.includes('%')) {
        await expectProblem('GET', '/api/agents', { key: a.key, headers: { 'x-tenant-id': value } }, [
          400,
          'TENANT_INVALID',
        ]);
      }
    });

    it.each(['?tenant=acme&tenant=acme', '?tenant[]=acme', '?tenant[x]=acme', '?tenant%5B%5D=acme'])(
      'is more than one: %s',
      (query) => expectProblem('GET', `/api/agents${query}`, { key: a.key }, [400, 'TENANT_INVALID']),
    );

    it('is sent in two headers', async () => {
      const answer = await raw(
        backend,
        `GET /api/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${a.key}\r\nX-Tenant-ID: ${a.id}\r\nX-Tenant-ID: ${a.id}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*TENANT_INVALID/);
    });

    it('is another: by header, path, query, and by sources a proxy would set', async () => {
      for (const form of [b.id, b.slug]) {
        await expectProblem('GET', '/api/agents', { key: a.key, headers: { 'x-tenant-id': form } }, [
          404,
          'TENANT_NOT_FOUND',
        ]);
        await expectProblem('GET', `/api/tenants/${form}/agents`, { key: a.key }, [404, 'TENANT_NOT_FOUND']);
        await expectProblem('GET', `/api/agents?tenant=${form}`, { key: a.key }, [404, 'TENANT_NOT_FOUND']);
      }
      const ignored = await backend.call('GET', '/api/tenant', {
        key: a.key,
        headers: {
          'x-forwarded-host': `${b.slug}.example.com`,
          origin: `https://${b.slug}.example.com`,
          cookie: `tenant=${b.id}`,
        },
      });
      expect(ignored.body.id).toBe(a.id);
    });
  });

  describe('a body that', () => {
    const post = (body: unknown, expected: readonly [number, string], headers = {}): Promise<void> =>
      expectProblem('POST', '/api/agents', { key: a.key, body, headers }, expected);
    const INVALID = [400, 'VALIDATION_FAILED'] as const;

    it.each<[string, unknown]>([
      ['names a tenant', { name: 'x', tenantId: '00000000-0000-4000-8000-000000000001' }],
      ['names a tenant another way', { name: 'x', tenant_id: 'x' }],
      ['chooses its id', { name: 'x', id: '00000000-0000-4000-8000-000000000001' }],
      ['sets a date', { name: 'x', createdAt: '2020-01-01' }],
      ['has no name', {}],
      ['has an empty name', { name: '' }],
      ['has a long name', { name: 'x'.repeat(201) }],
      ['has a name of another type', { name: { $ne: 1 } }],
      ['holds a NUL', { name: 'a\u0000b' }],
      ['holds a NUL in metadata', { name: 'x', metadata: { a: ['\u0000'] } }],
      ['holds a NUL in a key', { name: 'x', metadata: { 'a\u0000': 1 } }],
      ['holds half a character', { name: '\ud800' }],
      ['has null capabilities', { name: 'x', capabilities: null }],
      ['has an array for metadata', { name: 'x', metadata: [] }],
      ['has a script for an endpoint', { name: 'x', endpoint: 'javascript:alert(1)' }],
      ['has a file for an endpoint', { name: 'x', endpoint: 'file:///etc/passwd' }],
      ['is an array', [{ name: 'x' }]],
    ])('%s', async (_, body) => post(body, INVALID));

    it('is null, a number or nothing', async () => {
      for (const body of ['null', '3', '""']) {
        const { status } = await backend.call('POST', '/api/agents', { key: a.key, body });
        expect(status).toBe(400);
      }
      expect((await backend.call('POST', '/api/agents', { key: a.key })).status).toBe(400);
    });

    it('is broken or hides a prototype', async () => {
      for (const body of [
        '{"name":',
        '{name:"x"}',
        '{"name":"x"}}',
        '{"__proto__":{"x":1},"name":"x"}',
        '{"name":"x","metadata":{"constructor":{"prototype":{}}}}',
      ]) {
        const answer = await backend.call('POST', '/api/agents', { key: a.key, body });
        expect(answer.status).toBe(400);
      }
      expect(({} as { x?: unknown }).x).toBeUndefined();
    });

    it('is very deep', async () => {
      const nested = `{"name":"x","metadata":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}}`;
      const answer = await backend.call('POST', '/api/agents', { key: a.key, body: nested });
      expect([400, 413]).toContain(answer.status);
      const thirty = `{"name":"x","metadata":${'{"a":'.repeat(30)}1${'}'.repeat(30)}}`;
      await post(thirty, INVALID);
    });

    it('is a megabyte', () => post({ name: 'x'.repeat(1_000_000) }, [413, 'PAYLOAD_TOO_LARGE']));

    it('is not JSON', () =>
      post('name=x', [415, 'UNSUPPORTED_MEDIA_TYPE'], {
        'content-type': 'application/x-www-form-urlencoded',
      }));
  });

  describe('a query that', () => {
    it.each([
      'limit=0',
      'limit=-1',
      'limit=101',
      'limit=1e9',
      'limit=NaN',
      'limit=1;select',
      'limit=',
      'limit=1&limit=2',
      'limit[]=1',
      'cursor=x',
      'cursor=',
      `cursor=${'x'.repeat(600)}`,
      'cursor=a&cursor=b',
      'sort=name',
      'tenantId=x',
      'limit=%00',
    ])('says %s', (query) =>
      expectProblem('GET', `/api/agents?${query}`, { key: a.key }, [400, 'VALIDATION_FAILED']),
    );
  });

  describe('an id that', () => {
    it.each([
      'x',
      'agt_',
      'agt_zzzzzzzzzzzzzzzzzzzzzzzzzz',
      '00000000-0000-4000-8000-000000000001',
      '%00',
      "'; drop table agents; --",
      'agt_' + '0'.repeat(4096),
      'tnt_01h455vb4pex5vsknk084sn02q',
    ])('is %s', async (id) => {
      const path = `/api/agents/${id.includes('%') ? id : encodeURIComponent(id)}`;
      await expectProblem('GET', path, { key: a.key }, [404, 'NOT_FOUND']);
    });
  });

  it('a path that cannot be decoded', async () => {
    await expectProblem('GET', '/api/agents/%zz', { key: a.key }, [400, 'MALFORMED_REQUEST']);
  });

  it.each([
    '/%61pi/agents',
    '//api/agents',
    '/API/AGENTS',
    '/api/agents/',
    '/api/./agents',
    '/api/agents%2f',
    '/api/agents;x=1',
  ])('a variant of a path without a key: %s', async (path) => {
    const answer = await raw(backend, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 (401|404|400) /);
  });
});

/** For what fetch would tidy up. */
async function raw(backend: TestBackend, request: string): Promise<string> {
  const { hostname, port } = new URL(backend.url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(request);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}
