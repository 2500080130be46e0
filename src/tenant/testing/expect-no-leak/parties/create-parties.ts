import { randomBytes } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { createTestTenant } from '../../create-test-tenant.js';
import type { LeakTenant, NoLeakOptions } from '../no-leak.options.js';
import { Party } from './party.js';

/** The two who are set against each other, with the headers by which they come in. */
export async function createParties<T extends LeakTenant>(
  app: INestApplication,
  { tenants, asTenant }: NoLeakOptions<T>,
): Promise<{ readonly intruder: Party; readonly owner: Party }> {
  const create = async (name: string): Promise<T> =>
    // Without the option `tenants` T is what createTestTenant makes.
    (await createTestTenant(app, { name })).tenant as unknown as T;
  const [a, b] = tenants ?? [await create('intruder'), await create('owner')];
  const canary = (): string => `canary-${randomBytes(5).toString('hex')}`;
  return {
    intruder: new Party('the intruder', a, lowerCased(await asTenant(a)), canary()),
    owner: new Party('the owner', b, lowerCased(await asTenant(b)), canary()),
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
