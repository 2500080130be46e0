import type { Server } from 'node:http';
import { ADAPTERS, startEdgeApp, type EdgeApp } from '../../test/support/edge-app.js';

const json = { 'content-type': 'application/json' };

function post(
  edge: EdgeApp,
  body: NonNullable<RequestInit['body']> | null,
  headers: Record<string, string> = json,
  path = '/things',
) {
  return fetch(edge.url + path, {
    method: 'POST',
    headers,
    body,
    ...(body instanceof ReadableStream && { duplex: 'half' as const }),
  });
}

async function problemOf(response: Response): Promise<[number, unknown]> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(response.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  const text = await response.text();
  expect(text).not.toContain('CANARY');
  return [response.status, (JSON.parse(text) as { code: unknown }).code];
}

/** A response as it came over the wire. */
function parse(raw: string): { status: number; headers: string; body: Record<string, unknown> } {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]),
    headers: head.toLowerCase(),
    body: JSON.parse(rest.join('\r\n\r\n')) as Record<string, unknown>,
  };
}

describe.each(ADAPTERS)('HTTP on %s', (adapter) => {
  let edge: EdgeApp;

  beforeAll(async () => {
    edge = await startEdgeApp(adapter);
  });

  afterAll(() => edge.close());

  describe('bodies', () => {
    it('takes JSON in UTF-8', async () => {
      for (const type of [
        'application/json',
        'Application/JSON; charset=utf-8',
        'application/json;charset="UTF-8"',
      ]) {
        const response = await post(edge, JSON.stringify({ name: 'Zoë 🐈' }), { 'content-type': type });
        expect([type, response.status]).toEqual([type, 201]);
        expect(await response.json()).toEqual({ thing: { name: 'Zoë 🐈' }, isDto: true });
      }
    });

    it('takes a byte order mark, and the last of two equal keys', async () => {
      const response = await post(edge, '\ufeff{"name":"first","name":"last"}');
      expect(await response.json()).toMatchObject({ thing: { name: 'last' } });
    });

    it('takes no body where none is needed, whatever the content type says', async () => {
      expect(await (await post(edge, null, {}, '/empty')).json()).toEqual({ body: 'none' });
      expect(await (await post(edge, '', json, '/empty')).json()).toEqual({ body: 'none' });
    });

    it('takes one just within the limit, sent whole or in chunks', async () => {
      const body = JSON.stringify({ name: 'x', metadata: { text: 'y'.repeat(255 * 1024) } });
      expect((await post(edge, body)).status).toBe(201);
      expect((await post(edge, streamOf(body))).status).toBe(201);
    });

    it('refuses one beyond the limit, sent whole or in chunks', async () => {
      const body = JSON.stringify({ name: 'CANARY', metadata: { text: 'y'.repeat(600 * 1024) } });
      expect(await problemOf(await post(edge, body))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
      expect(await problemOf(await post(edge, streamOf(body)))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
      expect((await post(edge, '{"name":"next"}')).status).toBe(201);
    });

    it('stops reading from one who does not stop sending', async () => {
      const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
      const raw = await edge.raw(
        `POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(64)}`,
      );
      expect(raw).toContain('PAYLOAD_TOO_LARGE');
    });

    it.each([
      ['text/plain', '{"name":"CANARY"}', {}],
      ['application/x-www-form-urlencoded', 'name=CANARY', {}],
      ['multipart/form-data; boundary=x', '--x--', {}],
      ['application/json; charset=utf-16', '{"name":"CANARY"}', {}],
      ['application/json; charset=latin1', '{"name":"CANARY"}', {}],
      ['application/merge-patch+json', '{"name":"CANARY"}', {}],
      ['application/jsonx', '{"name":"CANARY"}', {}],
      ['application/json', 'compressed', { 'content-encoding': 'gzip' }],
    ])('refuses %s', async (type, body, headers) => {
      for (const sent of [body, streamOf(body)]) {
        const response = await post(edge, sent, { 'content-type': type, ...headers });
        expect(await problemOf(response)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      }
    });

    it('refuses a body without a type', async () => {
      const raw = await edge.raw(
        'POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
      );
      expect(parse(raw)).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    });

    it.each([
      ['broken JSON', '{"name": "CANARY",}'],
      ['half of it', '{"name": "CANARY'],
      ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
      ['NaN', 'NaN'],
    ])('refuses %s', async (_what, body) => {
      expect(await problemOf(await post(edge, body))).toEqual([400, 'MALFORMED_REQUEST']);
    });

    it.each([['null'], ['5'], ['"CANARY"'], ['[{"name":"CANARY"}]'], ['[]'], ['true']])(
      'refuses %s, which is not an object',
      async (body) => {
        for (const path of ['/things', '/empty']) {
          expect(await problemOf(await post(edge, body, json, path))).toEqual([400, 'VALIDATION_FAILED']);
        }
      },
    );

    it('refuses 100,000 levels without running out of stack', async () => {
      const deep = `{"name":"x","metadata":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`;
      expect(await problemOf(await post(edge, deep))).toEqual([400, 'VALIDATION_FAILED']);
      const arrays = `{"name":"x","metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
      expect(await problemOf(await post(edge, arrays))).toEqual([400, 'VALIDATION_FAILED']);
    });

    it.each([
      ['{"name":"x","__proto__":{"polluted":1}}'],
      ['{"name":"x","metadata":{"constructor":{"prototype":{"polluted":1}}}}'],
    ])('refuses %s and pollutes nothing', async (body) => {
      expect(await problemOf(await post(edge, body))).toEqual([400, 'VALIDATION_FAILED']);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });
  });

  describe('what a framework does not get to see', () => {
    it.each([['/%zz'], ['/things/%zz'], ['/things/%ff'], ['/%E0%A4%A']])('refuses %s', async (path) => {
      const { status, headers, body } = parse(
        await edge.raw(`GET ${path}?CANARY HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      );
      expect(status).toBe(400);
      expect(headers).toContain('content-type: application/problem+json');
      expect(headers).toContain(`x-request-id: ${String(body.instance).replace('urn:uuid:', '')}`);
      expect(body).toMatchObject({ code: 'MALFORMED_REQUEST' });
      expect(JSON.stringify(body)).not.toMatch(/CANARY|%/);
    });

    it.each([
      ['no HTTP', 'CANARY\r\n\r\n', 400, 'MALFORMED_REQUEST'],
      ['an unknown method', 'CANARY / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'MALFORMED_REQUEST'],
      ['a broken header', 'GET / HTTP/1.1\r\nHost: x\r\nCANARY\r\n\r\n', 400, 'MALFORMED_REQUEST'],
      [
        'two lengths',
        'POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
        400,
        'MALFORMED_REQUEST',
      ],
      [
        'a length and chunks',
        'POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        400,
        'MALFORMED_REQUEST',
      ],
      [
        'large headers',
        `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'CANARY'.repeat(5000)}\r\n\r\n`,
        431,
        'HEADERS_TOO_LARGE',
      ],
      [
        'an expectation',
        'GET / HTTP/1.1\r\nHost: x\r\nExpect: CANARY\r\nConnection: close\r\n\r\n',
        417,
        'EXPECTATION_FAILED',
      ],
    ])('answers %s', async (_what, sent, status, code) => {
      const response = parse(await edge.raw(sent));
      expect(response.status).toBe(status);
      expect(response.headers).toContain('content-type: application/problem+json');
      expect(response.headers).toMatch(/x-request-id: [0-9a-f-]{36}/);
      expect(response.body).toMatchObject({ status, code, instance: expect.stringMatching(/^urn:uuid:/) });
      expect(JSON.stringify(response)).not.toMatch(/canary/i);
      expect(edge.lines.join('')).not.toContain('CANARY');
    });

    it('answers a broken chunk in a request it is already reading', async () => {
      const raw = await edge.raw(
        'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nCANARY\r\n',
      );
      expect(parse(raw)).toMatchObject({ status: 400, body: { code: 'MALFORMED_REQUEST' } });
    });

    it('ignores a body that GET has no use for', async () => {
      const raw = await edge.raw(
        'GET /request HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nCANARY',
      );
      expect(parse(raw).status).toBe(200);
    });

    it('finds nothing under a very long parameter', async () => {
      expect(await problemOf(await fetch(`${edge.url}/things/${'a'.repeat(8000)}`))).toEqual([
        404,
        'NOT_FOUND',
      ]);
    });
  });

  it('names neither itself nor an entity tag, and lets nobody guess or keep', async () => {
    const { headers } = await fetch(`${edge.url}/request`);
    expect(headers.has('x-powered-by')).toBe(false);
    expect(headers.has('server')).toBe(false);
    expect(headers.has('etag')).toBe(false);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('answers with a problem when one more request comes in while it stops', async () => {
    const server = edge.app.getHttpServer() as Server;
    Object.defineProperty(server, 'listening', { configurable: true, value: false });
    try {
      const response = await fetch(`${edge.url}/request`);
      expect(response.headers.get('connection')).toBe('close');
      expect(await problemOf(response)).toEqual([503, 'UNAVAILABLE']);
    } finally {
      Reflect.deleteProperty(server, 'listening');
    }
  });
});

describe('HTTP on fastify alone', () => {
  it('gives injected requests the same treatment', async () => {
    const edge = await startEdgeApp('fastify');
    const fastify = edge.app.getHttpAdapter().getInstance() as {
      inject(
        request: object,
      ): Promise<{ statusCode: number; headers: Record<string, unknown>; json(): unknown }>;
    };
    const found = await fastify.inject({ method: 'POST', url: '/things', payload: { name: 'x' } });
    expect([found.statusCode, found.headers['x-request-id']]).toEqual([201, expect.any(String)]);
    const broken = await fastify.inject({ method: 'GET', url: '/%zz' });
    expect([broken.statusCode, broken.headers['x-request-id']]).toEqual([400, expect.any(String)]);
    await edge.close();
  });

  it('answers one who takes too long to send the headers', async () => {
    const edge = await startEdgeApp('fastify', { headersTimeoutMs: 50, requestTimeoutMs: 50 });
    const response = parse(await edge.raw('GET /request HTTP/1.1\r\nHost: x\r\n'));
    expect(response).toMatchObject({ status: 408, body: { code: 'REQUEST_TIMEOUT' } });
    await edge.close();
  });
});

describe.each(ADAPTERS)('forwarded headers on %s', (adapter) => {
  async function addressSeen(trustProxy: boolean | number | readonly string[]): Promise<unknown> {
    const edge = await startEdgeApp(adapter, { trustProxy });
    try {
      const response = await fetch(`${edge.url}/address`, {
        headers: { 'x-forwarded-for': '203.0.113.7, 198.51.100.9' },
      });
      return ((await response.json()) as { ip: unknown }).ip;
    } finally {
      await edge.close();
    }
  }

  it('counts as many of them as it was told to trust', async () => {
    expect(await addressSeen(false)).toBe('127.0.0.1');
    expect(await addressSeen(1)).toBe('198.51.100.9');
    expect(await addressSeen(['loopback', '198.51.100.0/24'])).toBe('203.0.113.7');
    expect(await addressSeen(['10.0.0.0/8'])).toBe('127.0.0.1');
  });
});

function streamOf(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}
