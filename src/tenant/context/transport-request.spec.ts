import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { keepUpgradeRequest, rawRequestOf, transportRequestOf } from './transport-request.js';

function contextOf(type: string, ...args: unknown[]): ExecutionContext {
  const context = new ExecutionContextHost(args);
  context.setType(type);
  return context;
}

describe('the HTTP request of a call', () => {
  const raw = { url: '/', rawHeaders: [] as string[] } as IncomingMessage;
  const wrapped = { raw };

  it.each([
    ['Express', contextOf('http', raw), raw],
    ['Fastify', contextOf('http', wrapped), wrapped],
    ['GraphQL by Apollo', contextOf('graphql', {}, {}, { req: raw }), raw],
    ['GraphQL by Mercurius', contextOf('graphql', {}, {}, { reply: { request: wrapped } }), wrapped],
    ['a GraphQL subscription', contextOf('graphql', {}, {}, { extra: { request: raw } }), raw],
    ['GraphQL by a context of its own', contextOf('graphql', {}, {}, { request: raw }), raw],
    ['socket.io', contextOf('ws', { request: raw }), raw],
  ])('is found with %s, also as node:http made it', (_what, context, request) => {
    expect(transportRequestOf(context)).toBe(request);
    expect(rawRequestOf(context)).toBe(raw);
  });

  it('is itself where an application keeps its body in `raw`', () => {
    const request = { url: '/', rawHeaders: [], raw: Buffer.from('body') };
    expect(rawRequestOf(contextOf('http', request))).toBe(request);
  });

  it('is, of a client of ws, what it was told when the connection was opened', () => {
    const client = {};
    expect(rawRequestOf(contextOf('ws', client))).toBeUndefined();
    keepUpgradeRequest(client, raw);
    expect(rawRequestOf(contextOf('ws', client))).toBe(raw);
    expect(rawRequestOf(contextOf('ws', {}))).toBeUndefined();
  });

  it.each(['rpc', 'something-new'])('is none on %s', (type) => {
    expect(rawRequestOf(contextOf(type, raw))).toBeUndefined();
  });

  it('is none of a GraphQL operation that has none', () => {
    expect(rawRequestOf(contextOf('graphql', {}, {}, {}))).toBeUndefined();
  });
});
