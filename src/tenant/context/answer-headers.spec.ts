import { once } from 'node:events';
import { createServer, get, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { AnswerHeaders } from './answer-headers.js';
import { rateLimitHeaders, type RateLimitPolicy } from './rate-limit-headers.js';

const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const month: RateLimitPolicy = {
  name: 'maxRuns',
  limit: 10,
  remaining: 4,
  resetsAt: inSeconds(-1),
  windowSeconds: 2_592_000,
};
const slots: RateLimitPolicy = {
  name: 'maxAtOnce',
  limit: 2,
  remaining: 1,
  resetsAt: null,
  windowSeconds: null,
};

describe(AnswerHeaders.name, () => {
  let response: ServerResponse;
  let answer: AnswerHeaders;

  beforeEach(() => {
    response = new ServerResponse(new IncomingMessage(new Socket()));
    answer = new AnswerHeaders(response);
  });

  it('says each limit in the order of the decisions, and of each the latest', () => {
    answer.announce(month);
    answer.announce(slots);
    answer.announce({ ...month, remaining: 3 });
    expect(response.getHeaders()).toEqual({
      'ratelimit-policy': '"maxRuns";q=10;w=2592000, "maxAtOnce";q=2;qu="concurrent-requests"',
      ratelimit: '"maxRuns";r=3;t=0, "maxAtOnce";r=1',
    });
  });

  it('says nothing of what is unlimited, and nothing once the answer has begun', () => {
    answer.announce({ ...month, limit: null, remaining: null });
    expect(response.getHeaderNames()).toEqual([]);
    response.flushHeaders();
    answer.announce(month);
    answer.refuse(5, true);
    expect(response.getHeaderNames()).toEqual([]);
  });

  it.each([
    [60, true, undefined],
    [61, true, 'false'],
    [1, false, 'false'],
  ])('says when to come back: in %i s, retryable %p', (seconds, isRetryable, shouldRetry) => {
    answer.refuse(seconds, isRetryable);
    expect([response.getHeader('retry-after'), response.getHeader('x-should-retry')]).toEqual([
      seconds,
      shouldRetry,
    ]);
  });

  it('knows that the client has left before the end, and not after it', async () => {
    const seen: boolean[] = [];
    const server: Server = createServer((_request, own) => {
      const headers = new AnswerHeaders(own);
      seen.push(headers.isAbandoned);
      own.on('close', () => seen.push(headers.isAbandoned));
      if (_request.url === '/whole') own.end('whole');
      else own.write('a part');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await (await fetch(`${url}/whole`)).text();
    const request = get(`${url}/part`, { agent: false });
    await once(request, 'response');
    request.on('error', () => undefined).destroy();
    while (seen.length < 4) await new Promise(setImmediate);
    server.closeAllConnections();
    server.close();
    expect(seen).toEqual([false, false, false, true]);
  });
});

describe(rateLimitHeaders.name, () => {
  it('keeps to what structured fields can hold', () => {
    const odd = { ...slots, name: 'ü"\\x', limit: Number.MAX_SAFE_INTEGER, remaining: -1 };
    expect(rateLimitHeaders([odd])).toEqual({
      policy: '"?\\"\\\\x";q=999999999999999;qu="concurrent-requests"',
      limit: '"?\\"\\\\x";r=0',
    });
  });

  it('rounds the wait up', () => {
    const [, wait] = /t=(\d+)/.exec(rateLimitHeaders([{ ...month, resetsAt: inSeconds(100) }]).limit) ?? [];
    expect([100, 99]).toContain(Number(wait));
  });
});
