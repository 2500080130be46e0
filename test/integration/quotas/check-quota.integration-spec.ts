import { randomUUID } from 'node:crypto';
import {
  PlanEntity,
  type Tenant,
  TenantEntity,
  TenantSchemaDataSource,
  TypeOrmTenantStore,
} from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { countedPlans } from '../../support/counted.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { Runs, RunsController, work } from './http-fixture.js';

interface Process {
  readonly app: FixtureApp;
  readonly control: DataSource;
}

/** Two applications on one database, as two processes are. */
describe('@CheckQuota over PostgreSQL', () => {
  let database: TestDatabase;
  let processes: [Process, Process];
  let tenant: Tenant;

  const start = async (): Promise<Process> => {
    const control = await new TenantSchemaDataSource({
      type: 'postgres',
      url: database.urls.control,
      entities: [TenantEntity, PlanEntity],
    }).initialize();
    const app = await FixtureApp.start({
      controllers: [RunsController],
      providers: [Runs],
      tenant: { plans: countedPlans, store: new TypeOrmTenantStore(control), controlPlane: control },
    });
    return { app, control };
  };
  const stop = async ({ app, control }: Process): Promise<void> => {
    await app.close();
    if (control.isInitialized) await control.destroy();
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    processes = [await start(), await start()];
  });
  beforeEach(async () => {
    tenant = await processes[0].app.tenants.createTenant(`T ${randomUUID()}`, {}, 'small');
    Object.assign(work, { act: () => 'done', begun: 0 });
  });
  afterAll(async () => {
    await Promise.all(processes.map(stop));
    await database.drop();
  });

  const send = (method: string, path: string, { app } = processes[0]) =>
    fetch(app.url + path, { method, headers: credential(memberOf(tenant)) });
  const usage = async (): Promise<string> => {
    const [row] = await database.query<{ use: string }>(
      `SELECT used || '/' || reserved AS use FROM tenant_usage WHERE tenant_id = $1 AND resource = 'maxRuns'`,
      [tenant.id],
    );
    return row?.use ?? 'none';
  };
  const fail = (): never => {
    throw new TypeError('CANARY');
  };

  it('lets through exactly as many as the plan allows, of both at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) => send('POST', '/runs', processes[at % 2])),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(10).fill(202), ...Array<number>(30).fill(429)]);
    expect([work.begun, await usage()]).toEqual([10, '10/0']);
    const left = answers.map(({ headers }) => /r=(\d+)/.exec(headers.get('ratelimit')!)?.[1]);
    expect(left).not.toContain(undefined);
  });

  it('gives failed work back as far as the plan allows, and charges it from there', async () => {
    work.act = fail;
    for (let at = 0; at < 5; at += 1) expect((await send('POST', '/runs')).status).toBe(500);
    expect(await usage()).toBe('3/0');
  });

  it('takes both of two or none, and uses up no refund by that', async () => {
    for (const status of [200, 200, 429, 429, 429]) expect((await send('GET', '/both')).status).toBe(status);
    expect(await usage()).toBe('2/0');
    work.act = fail;
    await Promise.all([send('POST', '/runs'), send('POST', '/runs')]);
    expect(await usage()).toBe('2/0');
  });

  it('answers work that was done when the store went away, and charges it when its time is over', async () => {
    const failing = await start();
    work.act = async () => {
      await failing.control.destroy();
      return 'done';
    };
    const answer = await send('POST', '/runs', failing);
    expect([answer.status, await answer.json(), await usage()]).toEqual([202, { answer: 'done' }, '0/1']);
    expect((await send('POST', '/runs', failing)).status).toBe(503);
    await stop(failing);
    await database.query(
      `UPDATE quota_reservations SET expires_at = now() - interval '1 second' WHERE tenant_id = $1`,
      [tenant.id],
    );
    work.act = () => 'done';
    expect((await send('POST', '/runs')).status).toBe(202);
    expect(await usage()).toBe('2/0');
  });
});
