import { TenantChangeListener } from '../../src/tenant/registry/cache/tenant-change-listener.js';
import { TestBackend, type TestTenant } from '../support/backend.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.js';

/** What docs/operations.md states, with as much again for a machine that is busy with other things. */
const BOUND_MS = 2 * (5_000 + 5_000);
const TRIALS_HEARD = 10;
const TRIALS_UNHEARD = 3;

describe('a tenant suspended on one instance', () => {
  let database: TestDatabase;
  let proxy: FaultyProxy;
  let here: TestBackend;
  let there: TestBackend;
  let bystander: TestTenant;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await startFaultyProxy(database.urls.control);
    here = await TestBackend.start({ database });
    const DIRECT_DATABASE_URL = proxy.through(database.urls.control);
    there = await TestBackend.start({ database, environment: { DIRECT_DATABASE_URL } });
    bystander = await here.createTenant('Bystander');
  });
  afterAll(async () => {
    await there.stop();
    await here.stop();
    await proxy.close();
    await database.drop();
  });

  const listens = (): boolean => there.app.get(TenantChangeListener).listening;
  const enter = async (backend: TestBackend, { key }: TestTenant): Promise<string> => {
    const { status, body } = await backend.call('GET', '/api/agents', { key });
    return status === 200 ? 'let in' : `${status} ${body.code}`;
  };
  const operate = async (what: string, { id }: TestTenant, body?: unknown): Promise<void> => {
    const { status, text } = await here.call('POST', `/admin/tenants/${id}/${what}`, {
      key: here.operatorKey,
      ...(body !== undefined && { body }),
    });
    if (status >= 300) throw new Error(`${what}: ${status} ${text}`);
  };

  /** How long after its suspension was answered here a tenant was let in there, in milliseconds. */
  const measure = async (tenant: TestTenant): Promise<number> => {
    expect(await enter(there, tenant)).toBe('let in');
    await operate('suspend', tenant, { reason: 'unpaid' });
    const suspendedAt = performance.now();
    expect(await enter(here, tenant)).toBe('403 TENANT_SUSPENDED');
    await eventually('it is refused there', async () => (await enter(there, tenant)) !== 'let in', BOUND_MS);
    const took = performance.now() - suspendedAt;
    expect(await enter(there, tenant)).toBe('403 TENANT_SUSPENDED');
    expect(await enter(there, bystander)).toBe('let in');
    return took;
  };
  const measureAll = async (name: string, trials: number): Promise<void> => {
    const took: number[] = [];
    for (let at = 0; at < trials; at += 1) took.push(await measure(await here.createTenant(`${name} ${at}`)));
    took.sort((a, b) => a - b);
    const [median, longest] = [took[Math.floor(trials / 2)]!, took.at(-1)!].map((ms) => Math.round(ms));
    process.stdout.write(
      `suspended on one instance, refused on the other (${name}): median ${median} ms, longest ${longest} ms of ${trials}\n`,
    );
  };

  it('is refused on the other, which hears of it', async () => {
    await eventually('it listens', listens);
    await measureAll('heard', TRIALS_HEARD);
  });

  it('is refused on the other, whose connection for hearing of it is cut', async () => {
    await proxy.cut();
    await eventually('it hears nothing', () => !listens());
    await measureAll('unheard', TRIALS_UNHEARD);
    expect(listens()).toBe(false);
    await proxy.mend();
    await eventually('it listens again', listens);
  });

  it('is let in again on the other, once reactivated', async () => {
    const tenant = await here.createTenant('Returning');
    await measure(tenant);
    await operate('reactivate', tenant);
    expect(await enter(here, tenant)).toBe('let in');
    await eventually('it is let in there', async () => (await enter(there, tenant)) === 'let in', BOUND_MS);
  });
});
