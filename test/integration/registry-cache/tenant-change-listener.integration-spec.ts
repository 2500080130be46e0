import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import {
  PLAN_CATALOG,
  PlanEntity,
  type Tenant,
  TenantCache,
  TenantEntity,
  TenantPool,
  TenantSchemaDataSource,
  TenantService,
  TypeOrmTenantStore,
} from '@parallax/tenant';
import { TenantChangeListener } from '../../../src/tenant/registry/cache/tenant-change-listener.js';
import { synchronizePlans } from '../../../src/tenant/plans/synchronize-plans.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type FaultyProxy, startFaultyProxy } from '../../support/faulty-proxy.js';
import { inScopeOf } from '../../support/notes.js';

/** So long that whatever is seen sooner was told. */
const PATIENT = { ttlMs: 600_000, maxStaleMs: 600_000 };

describe(TenantChangeListener.name, () => {
  let database: TestDatabase;
  let control: DataSource;
  let tenants: TenantService;
  let proxy: FaultyProxy;
  let cache: TenantCache;
  let listener: TenantChangeListener;
  let lines: string[];
  let acme: Tenant;
  let other: Tenant;

  const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const written = {
    log: (line: string) => void lines.push(`log: ${line}`),
    warn: (line: string) => void lines.push(`warn: ${line}`),
    error: (line: string) => void lines.push(`error: ${line}`),
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    control = await new TenantSchemaDataSource({
      type: 'postgres',
      url: database.urls.control,
      entities: [TenantEntity, PlanEntity],
      poolSize: 2,
    }).initialize();
    await synchronizePlans(control, PLAN_CATALOG);
    tenants = new TenantService(new TypeOrmTenantStore(control), silent);
  });
  afterAll(async () => {
    await control.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    lines = [];
    const unique = randomUUID().slice(0, 8);
    acme = await tenants.createTenant(`Acme ${unique}`, {}, 'starter');
    other = await tenants.createTenant(`Other ${unique}`, {}, 'starter');
    cache = new TenantCache(new TypeOrmTenantStore(control), PATIENT, silent);
    proxy = await startFaultyProxy(database.urls.control);
    listener = new TenantChangeListener(proxy.through(database.urls.control), cache, written);
  });
  afterEach(async () => {
    await listener.onApplicationShutdown();
    await proxy.close();
  });

  const start = async (): Promise<void> => {
    listener.onModuleInit();
    await eventually('listening', () => listener.listening);
    await known();
  };
  /** Copies of both tenants are kept. */
  const known = async (): Promise<void> => {
    for (const { id } of [acme, other]) expect(await cache.find({ id })).toMatchObject({ status: 'active' });
    expect(cache.stats().entries).toBe(2);
  };
  const seesSuspension = async (): Promise<boolean> =>
    (await cache.find({ id: acme.id }))?.status === 'suspended';
  const suspend = (): Promise<unknown> =>
    database.query(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [acme.id]);
  /** One statement on a connection of its own. */
  const as = async (url: string, sql: string, values: unknown[] = []): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql, values).finally(() => client.end());
  };

  describe('is told by the database', () => {
    beforeEach(start);

    it('of an update by whatever client, and drops that tenant only', async () => {
      await as(database.urls.migration, `UPDATE tenants SET status = 'suspended' WHERE id = $1`, [acme.id]);
      await eventually('the suspension is seen', seesSuspension);
      const { hits } = cache.stats();
      await cache.find({ id: other.id });
      expect(cache.stats().hits).toBe(hits + 1);
    });

    it('of a change by another process', async () => {
      await tenants.suspendTenant(acme.id, 'unpaid');
      await eventually('the suspension is seen', seesSuspension);
    });

    it('of a change by a role that may not notify', async () => {
      const { login } = database.roles;
      await database.query(`GRANT SELECT, UPDATE ON tenants TO ${login}`);
      await expect(as(database.urls.tenant, `SELECT pg_notify('x', '')`)).rejects.toMatchObject({
        code: '42501',
      });
      await as(database.urls.tenant, `UPDATE tenants SET status = 'suspended' WHERE id = $1`, [acme.id]);
      await database.query(`REVOKE ALL ON tenants FROM ${login}`);
      await eventually('the suspension is seen', seesSuspension);
    });

    it('of a row deleted by hand', async () => {
      await database.query('DELETE FROM tenants WHERE id = $1', [acme.id]);
      await eventually('it is unknown', async () => (await cache.find({ id: acme.id })) === undefined);
    });

    it('of nothing that was rolled back, and of no sign-up', async () => {
      await as(database.urls.migration, `BEGIN; UPDATE tenants SET status = 'suspended'; ROLLBACK`);
      await tenants.createTenant(`New ${randomUUID().slice(0, 8)}`);
      await tenants.suspendTenant(other.id, 'unpaid');
      await eventually('what came after was heard of', () => cache.stats().entries === 1);
      expect(await cache.find({ id: acme.id })).toMatchObject({ status: 'active' });
      expect(cache.stats().misses).toBe(2);
    });
  });

  describe('takes what it is told for a hint', () => {
    beforeEach(start);

    it('that the role of tenants cannot give', async () => {
      const pool = new TenantPool({ connectionString: database.urls.tenant, max: 1 });
      const notify = (sql: string): Promise<unknown> => inScopeOf(acme.id, () => pool.query(sql));
      await expect(notify(`SELECT pg_notify('tenant_changed', '${other.id}')`)).rejects.toMatchObject({
        code: '42501',
      });
      await expect(notify(`NOTIFY tenant_changed, '${other.id}'`)).rejects.toMatchObject({
        code: 'STATEMENT_REFUSED',
      });
      await expect(notify(`SELECT tenant_changed()`)).rejects.toMatchObject({ code: '42501' });
      await pool.end();
      await known();
    });

    it.each(['control', 'tenant'] as const)(
      'and that, forged by the login %s, has it read again',
      async (by) => {
        await suspend();
        await eventually('the suspension is seen', seesSuspension);
        const { misses } = cache.stats();
        await as(database.urls[by], `NOTIFY tenant_changed, '${acme.id}'`);
        await eventually('it was dropped', () => cache.stats().entries === 1);
        expect(await seesSuspension()).toBe(true);
        expect(cache.stats().misses).toBe(misses + 1);
      },
    );

    it.each([
      ['nothing', ''],
      ['no id', 'x'],
      ['an id and more', `${randomUUID()}'; DROP TABLE tenants`],
      ['an id in another spelling', randomUUID().toUpperCase()],
      ['very much', 'x'.repeat(7_999)],
    ])('and, told %s, drops everything', async (_, payload) => {
      await as(database.urls.control, 'SELECT pg_notify($1, $2)', ['tenant_changed', payload]);
      await eventually('all were dropped', () => cache.stats().entries === 0);
      await known();
    });

    it('and does not care for other channels', async () => {
      await as(database.urls.control, 'SELECT pg_notify($1, $2)', ['status', other.id]);
      await suspend();
      await eventually('the suspension is seen', seesSuspension);
      expect(cache.stats().entries).toBe(2);
    });
  });

  describe('misses nothing', () => {
    it('that was changed while its session was being ended', async () => {
      await start();
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'tenant changes' AND datname = current_database()`,
      );
      await suspend();
      await eventually('the suspension is seen', seesSuspension);
      await eventually('listening again', () => listener.listening);
      expect(lines).toEqual([
        expect.stringMatching(/^warn: Changes of tenants .* not heard of/),
        'log: Changes of tenants are heard of again.',
      ]);
    });

    it('that was changed while the server could not be reached', async () => {
      await start();
      await proxy.cut();
      await suspend();
      await eventually('it is noticed', () => !listener.listening);
      expect(await seesSuspension()).toBe(false);
      await proxy.mend();
      await eventually('the suspension is seen', seesSuspension);
      expect(lines).toHaveLength(2);
    });

    it('that was changed while packets vanished on a connection that stayed open', async () => {
      await start();
      proxy.swallow();
      await suspend();
      expect(await seesSuspension()).toBe(false);
      await eventually('the suspension is seen', seesSuspension);
      expect(lines).toEqual([expect.stringContaining('timeout'), expect.stringContaining('again')]);
    });
  });

  describe('starts and stops', () => {
    it('without the server, and listens when it is there', async () => {
      await proxy.cut();
      listener.onModuleInit();
      await eventually('it is said', () => lines.length === 1);
      expect(lines[0]).toMatch(/ECONNREFUSED/);
      await proxy.mend();
      await eventually('listening', () => listener.listening);
      expect(lines).toHaveLength(2);
    });

    it('with a URL that is none, without harm', async () => {
      const lost = new TenantChangeListener('postgres://%zz', cache, written);
      lost.onModuleInit();
      await eventually('it is said', () => lines.length === 1);
      await lost.onApplicationShutdown();
    });

    it('not listening by way of a pooler, whose sessions are not the one it speaks to', async () => {
      const pooler = await startFaultyProxy(database.urls.control, withOtherProcessId);
      const pooled = new TenantChangeListener(pooler.through(database.urls.control), cache, written);
      pooled.onModuleInit();
      await eventually('it is said', () => lines.length === 1);
      expect(lines[0]).toMatch(/pooler.*listenUrl/);
      expect(pooled.listening).toBe(false);
      await pooled.onApplicationShutdown();
      await pooler.close();
    });

    it('leaving no session behind, also while the server does not answer', async () => {
      await start();
      await listener.onApplicationShutdown();
      await eventually('the session is gone', async () => {
        const rows = await database.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'tenant changes' AND datname = current_database()`,
        );
        return rows.length === 0;
      });
      listener = new TenantChangeListener(proxy.through(database.urls.control), cache, written);
      await start();
      proxy.swallow();
      await listener.onApplicationShutdown();
      expect(lines).toEqual([]);
    });
  });
});

/** As poolers do, it tells each client a process id of its own making (BackendKeyData). */
function withOtherProcessId(fromServer: Buffer): Buffer {
  const at = fromServer.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at !== -1) fromServer.writeInt32BE(1, at + 5);
  return fromServer;
}
