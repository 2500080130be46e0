import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { bindResponse } from './bind-response.js';
import { currentScope, runInScope, TenantScope } from './tenant-scope.js';

describe(bindResponse.name, () => {
  it('has listeners run in the scope, whoever the event comes from', () => {
    const [own, foreign] = [new TenantScope(undefined), new TenantScope(undefined)];
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    bindResponse(response, own);
    const seen: unknown[] = [];
    response.on('drain', (...args: unknown[]) => seen.push(currentScope(), ...args));
    expect(runInScope(foreign, () => response.emit('drain', 1, 2))).toBe(true);
    expect(seen).toEqual([own, 1, 2]);
    expect(response.emit('nobody listens')).toBe(false);
  });
});
