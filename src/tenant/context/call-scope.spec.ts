import type { ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { TenantScopeMismatchError } from '../errors/isolation.errors.js';
import { keepScope, openScopeOfCall, scopeOfCall } from './call-scope.js';
import type { TenantRuntime } from './tenant-runtime.js';
import { runInScope, TenantScope } from './tenant-scope.js';

const runtime = {} as TenantRuntime;

function contextOf(type: string, args: unknown[]): ExecutionContext {
  const context = new ExecutionContextHost(args);
  context.setType(type);
  return context;
}

describe('the scope of a call', () => {
  it('is one for all who ask about the same HTTP request, wrapped or not', () => {
    const raw = { rawHeaders: [] };
    const [express, fastify] = [contextOf('http', [raw]), contextOf('http', [{ raw }])];
    const graphql = contextOf('graphql', [{}, {}, { req: raw }, {}]);
    const scope = openScopeOfCall(express, runtime);
    expect([scopeOfCall(fastify), scopeOfCall(graphql), openScopeOfCall(fastify, runtime)]).toEqual([
      scope,
      scope,
      scope,
    ]);
    expect(scopeOfCall(contextOf('http', [{}]))).toBeUndefined();
  });

  it.each(['ws', 'rpc'])('is one for each message of a %s connection', (type) => {
    const client = { request: {} };
    const [first, second] = [
      [client, 'a'],
      [client, 'a'],
    ];
    const scope = openScopeOfCall(contextOf(type, first), runtime);
    expect(scopeOfCall(contextOf(type, first))).toBe(scope);
    expect(scopeOfCall(contextOf(type, second))).toBeUndefined();
    expect(openScopeOfCall(contextOf(type, second), runtime)).not.toBe(scope);
  });

  it('is the one the middleware kept', () => {
    const request = {};
    const scope = new TenantScope(runtime);
    keepScope(request, scope);
    expect(openScopeOfCall(contextOf('http', [request]), runtime)).toBe(scope);
    expect(runInScope(scope, () => openScopeOfCall(contextOf('http', [request]), runtime))).toBe(scope);
  });

  it('is not opened for a request that comes along in the scope of another', () => {
    const request = {};
    keepScope(request, new TenantScope(runtime));
    const open = (): unknown => openScopeOfCall(contextOf('http', [request]), runtime);
    expect(() => runInScope(new TenantScope(runtime), open)).toThrow(TenantScopeMismatchError);
  });
});
