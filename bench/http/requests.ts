import { MANY, uuidOf } from '../isolation/database.js';
import { Connection, wireOf } from './connection.js';
import type { StackName } from './server-options.js';
import { apiKeyOf, tenantIds } from './tenants.js';

export type HandlerName = 'empty' | 'read';

/** What each tenant asks for, in turn: one of its rows, or the handler that does nothing. */
export const wiresFor = (handler: HandlerName): Buffer[] =>
  tenantIds.map((id, at) => wireFor(handler, id, at));

/** @param row which of the tenant's rows */
export function wireFor(handler: HandlerName, tenantId: string, row = 0): Buffer {
  return wireOf({ path: pathOf(handler, row), headers: headersOf(tenantId) });
}

const pathOf = (handler: HandlerName, row: number): string =>
  handler === 'empty' ? '/empty' : `/documents/${uuidOf((row % MANY.rowsEach) + 1)}`;

const headersOf = (tenantId: string): Record<string, string> => ({
  authorization: `Bearer ${apiKeyOf(tenantId)}`,
  'x-tenant-id': tenantId,
});

/** Fails unless the stack serves what it is compared for, and refuses what the stacks with guards have to refuse. */
export async function checkStack(port: number, stack: StackName, handler: HandlerName): Promise<void> {
  const connection = await Connection.open(port);
  const [tenantId, otherId] = tenantIds as [string, string];
  const path = pathOf(handler, 0);
  const own = await connection.request(wireFor(handler, tenantId));
  const unknown = await connection.request(wireOf({ path, headers: { 'x-tenant-id': tenantId } }));
  const foreign = await connection.request(
    wireOf({ path, headers: { ...headersOf(tenantId), 'x-tenant-id': otherId } }),
  );
  connection.close();
  const isGuarded = stack !== 'bare' && stack !== 'scope';
  const hasLimit = /\n(x-)?ratelimit/.test(own.head);
  const problems = [
    own.status !== 200 && `answers ${own.status}: ${own.body}`,
    handler === 'read' &&
      !own.body.includes(`"tenantId":"${tenantId}"`) &&
      `reads something else: ${own.body}`,
    isGuarded !== (unknown.status === 401) && `answers ${unknown.status} without a key`,
    isGuarded !== foreign.status >= 403 && `answers ${foreign.status} for a tenant that is not its own`,
    hasLimit !== (stack === 'whole' || stack === 'assembled') && `says of limits: ${own.head}`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new Error(`${stack}, ${handler}: ${problems.join('; ')}.`);
}
