import type { IncomingMessage } from 'node:http';
import { ADAPTERS, startEdgeApp, type EdgeApp } from '../../test/support/edge-app.js';
import { requestIdOf, requestUrn } from './request-id.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function requestWith(id?: string): IncomingMessage {
  return { headers: { ...(id !== undefined && { 'x-request-id': id }) } } as unknown as IncomingMessage;
}

describe(requestIdOf.name, () => {
  it.each([['abcdefgh'], ['A-b_C9-0'], ['x'.repeat(64)]])('keeps %s', (id) => {
    expect(requestIdOf(requestWith(id))).toBe(id);
  });

  it.each([
    [undefined],
    [''],
    ['short'],
    ['x'.repeat(65)],
    ['spaces in it'],
    ['semi;colon'],
    ['a, b-c-d-e'],
    ['ünïcode-id'],
  ])('replaces %j', (id) => {
    expect(requestIdOf(requestWith(id))).toMatch(UUID);
  });

  it('says the same of the same request', () => {
    const request = requestWith();
    expect(requestIdOf(request)).toBe(requestIdOf(request));
    expect(requestIdOf(requestWith())).not.toBe(requestIdOf(request));
  });
});

describe(requestUrn.name, () => {
  it('is a URI for either kind of id', () => {
    expect(requestUrn('0198c0de-0000-7000-8000-000000000001')).toBe(
      'urn:uuid:0198c0de-0000-7000-8000-000000000001',
    );
    expect(requestUrn('my_request-1')).toBe('urn:request:my_request-1');
  });
});

describe.each(ADAPTERS)('request ids on %s', (adapter) => {
  let edge: EdgeApp;

  beforeAll(async () => {
    edge = await startEdgeApp(adapter);
  });

  afterAll(() => edge.close());

  it('goes from the header to the handler, the log and the answer', async () => {
    const response = await fetch(`${edge.url}/request`, { headers: { 'x-request-id': 'from-the-client' } });
    expect(response.headers.get('x-request-id')).toBe('from-the-client');
    expect(await response.json()).toEqual({ requestId: 'from-the-client' });
    expect(await edge.logged('from-the-client')).toMatchObject([
      { msg: 'request', requestId: 'from-the-client' },
    ]);
  });

  it('stays with a request whose body arrives late, beside others', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const id = `request-${String(index).padStart(4, '0')}`;
        const response = await fetch(`${edge.url}/request`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-request-id': id },
          body: slowly('{"a":', '1}'),
          duplex: 'half',
        });
        return [id, ((await response.json()) as { requestId: unknown }).requestId];
      }),
    );
    for (const [sent, seen] of answers) expect(seen).toBe(sent);
  });

  it('is in the answer to what has no route, and in its body', async () => {
    const response = await fetch(`${edge.url}/nowhere`, { headers: { 'x-request-id': 'looking-around' } });
    expect(response.headers.get('x-request-id')).toBe('looking-around');
    expect(await response.json()).toMatchObject({ instance: 'urn:request:looking-around' });
  });
});

function slowly(...parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const part = parts.shift();
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (part === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(part));
    },
  });
}
