import { randomUUID } from 'node:crypto';
import { enableRowLevelSecurity, enforceAllocationLimit } from '@parallax/tenant';
import { DataSource } from 'typeorm';
import {
  type AllocationToReconcile,
  reconcileAllocation,
} from '../../../src/tenant/quotas/reconcile-allocation.js';
import { inScopeOf } from '../../support/notes.js';
import { AllocationWorld, both, migrate } from './allocation/world.js';

describe(reconcileAllocation.name, () => {
  let world: AllocationWorld;
  let controlPlane: DataSource;
  beforeAll(async () => {
    world = await AllocationWorld.open();
    controlPlane = await new DataSource({
      type: 'postgres',
      url: world.database.urls.control,
      poolSize: 3,
    }).initialize();
  });
  afterAll(async () => {
    await controlPlane.destroy();
    await world.close();
  });

  const reconcile = (tenantId: string, options: Partial<AllocationToReconcile> = {}) =>
    reconcileAllocation(controlPlane, { tenantId, resource: 'maxBytes', ...options });
  const drift = (before: number, after: number): object => ({
    periodStart: null,
    before: { used: before, reserved: 0 },
    after: { used: after, reserved: 0 },
  });
  const setCounter = (tenant: string, used: number): Promise<unknown> =>
    world.admin(`UPDATE tenant_allocations SET used = $2 WHERE tenant_id = $1 AND resource = 'maxBytes'`, [
      tenant,
      used,
    ]);
  /** Rows that nothing counted when they came. */
  const addOld = async (tenant: string, sizes: readonly (number | null)[]): Promise<void> => {
    await world.admin('ALTER TABLE files DISABLE TRIGGER USER');
    await world.admin('INSERT INTO files (tenant_id, size_bytes) SELECT $1, unnest($2::bigint[])', [
      tenant,
      sizes,
    ]);
    await world.admin('ALTER TABLE files ENABLE TRIGGER USER');
  };

  it.each([0, 950])('sets right a counter that says %d, and no other', async (wrong) => {
    const [tenant, other] = [await world.tenant(), await world.tenant()];
    for (const each of [tenant, other]) await world.file(each, 400);
    for (const each of [tenant, other]) await setCounter(each, wrong);
    expect(await reconcile(tenant)).toEqual({ tenantId: tenant, resource: 'maxBytes', ...drift(wrong, 400) });
    expect(await reconcile(tenant)).toMatchObject(drift(400, 400));
    expect(await world.counted(tenant)).toEqual(both(400));
    expect((await world.counted(other)).used).toBe(wrong);
    await world.file(tenant, 600);
  });

  it('only looks, where it is told to', async () => {
    const tenant = await world.tenant();
    await world.file(tenant, 400);
    await setCounter(tenant, 7);
    expect(await reconcile(tenant, { dryRun: true })).toMatchObject(drift(7, 400));
    expect((await world.counted(tenant)).used).toBe(7);
  });

  it('counts rows that are older than their trigger, and takes null and negative ones for none', async () => {
    const tenant = await world.tenant();
    await addOld(tenant, [300, null, -50, 20]);
    expect(await reconcile(tenant, { dryRun: true })).toMatchObject(drift(0, 320));
    expect(await world.admin('SELECT FROM tenant_allocations WHERE tenant_id = $1', [tenant])).toEqual([]);
    expect(await reconcile(tenant)).toMatchObject(drift(0, 320));
    expect(await reconcile(tenant, { resource: 'maxFiles' })).toMatchObject(drift(0, 4));
    await world.run(tenant, 'DELETE FROM files');
    expect((await world.counted(tenant)).used).toBe(0);
  });

  it('counts every table of a limit, a partitioned one and the rows of no child', async () => {
    const tenant = await world.tenant({ overrides: { maxThings: null } });
    await migrate(world.database, async (runner) => {
      await runner.query('CREATE TABLE one (tenant_id uuid NOT NULL, n int)');
      await runner.query('CREATE TABLE child () INHERITS (one)');
      await runner.query('CREATE TABLE two (tenant_id uuid NOT NULL, n int) PARTITION BY RANGE (n)');
      await runner.query('CREATE TABLE two_a PARTITION OF two FOR VALUES FROM (0) TO (10)');
      await runner.query('CREATE TABLE two_b PARTITION OF two FOR VALUES FROM (10) TO (20)');
      for (const table of ['one', 'two']) {
        await enforceAllocationLimit(runner, table, 'maxThings');
        await enableRowLevelSecurity(runner, table);
      }
    });
    await world.run(tenant, 'INSERT INTO one (n) VALUES (1)');
    await world.run(tenant, 'INSERT INTO two (n) VALUES (1), (2), (11)');
    await world.run(tenant, 'UPDATE two SET n = 12 WHERE n = 1'); // to the other partition
    await world.admin('INSERT INTO child (tenant_id, n) VALUES ($1, 1)', [tenant]);
    expect(await reconcile(tenant, { resource: 'maxThings' })).toMatchObject(drift(4, 4));
    await world.admin('DROP TABLE two');
    expect(await reconcile(tenant, { resource: 'maxThings' })).toMatchObject(drift(4, 1));
    await world.admin('DROP TABLE child, one');
    expect(await reconcile(tenant, { resource: 'maxThings' })).toMatchObject(drift(1, 0));
  });

  it('logs that rows of the tenant were counted', async () => {
    const tenant = await world.tenant();
    await reconcile(tenant);
    expect(
      await world.admin(
        'SELECT actor, permission, reason, write FROM platform_access_log WHERE tenant_ids = $1',
        [[tenant]],
      ),
    ).toEqual([
      { actor: 'process', permission: 'quotas:reconcile', reason: 'count what uses maxBytes', write: false },
    ]);
  });

  it('refuses where it would take a table for empty whose rows it cannot see', async () => {
    const tenant = await world.tenant();
    await world.file(tenant, 400);
    const reader = world.database.roles.platformReader;
    const [policy] = await world.admin<{ name: string }>(
      `SELECT polname AS name FROM pg_policy WHERE polrelid = 'files'::regclass AND polroles = ARRAY[$1::regrole::oid]`,
      [reader],
    );
    const alter = (to: string): Promise<unknown> =>
      world.admin(`ALTER POLICY "${policy!.name}" ON files TO ${to}`);
    await alter(world.database.roles.owner);
    try {
      await expect(reconcile(tenant)).rejects.toThrow(
        /cannot read files, whose rows count against maxBytes.*policies apply/,
      );
      expect(await world.counted(tenant)).toEqual(both(400));
      await expect(reconcile(tenant, { resource: 'maxAgents' })).resolves.toMatchObject(drift(0, 0));
    } finally {
      await alter(reader);
    }
    await expect(reconcile(tenant)).resolves.toMatchObject(drift(400, 400));
  });

  it.each(['no uuid', randomUUID(), 'deleted'])('knows no tenant %s', async (given) => {
    const tenant = given === 'deleted' ? await world.tenant() : given;
    if (given === 'deleted')
      await world.admin(`UPDATE tenants SET status = 'deleted' WHERE id = $1`, [tenant]);
    await expect(reconcile(tenant)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    expect(await world.admin('SELECT FROM tenant_allocations WHERE tenant_id::text = $1', [tenant])).toEqual(
      [],
    );
  });

  describe('while others write', () => {
    const WRITES = [
      ...[1, 2, 3].map(
        (rows) => `INSERT INTO files (size_bytes) SELECT n FROM generate_series(1, ${rows}) n`,
      ),
      'UPDATE files SET size_bytes = size_bytes * 2 % 97 WHERE id IN (SELECT id FROM files ORDER BY random() LIMIT 2)',
      'DELETE FROM files WHERE id IN (SELECT id FROM files ORDER BY random() LIMIT 4)',
    ];

    it('is exact, however often', async () => {
      const tenant = await world.tenant({ limit: null });
      let writing = true;
      const writers = Array.from({ length: 5 }, async (_, writer) => {
        for (let round = 0; writing; round += 1) await world.run(tenant, WRITES[(writer + round) % 5]!);
      });
      let setRight = 0;
      try {
        while (setRight < 12) {
          await world.admin(
            `UPDATE tenant_allocations SET used = greatest(0, used + (random() * 100 - 50)::int)
             WHERE tenant_id = $1 AND resource = 'maxBytes'`,
            [tenant],
          );
          const { before, after } = await reconcile(tenant);
          if (before.used !== after.used) setRight += 1;
          const seen = await reconcile(tenant, { dryRun: true });
          expect(seen.before).toEqual(seen.after);
        }
      } finally {
        writing = false;
        await Promise.all(writers);
      }
      const { bytes, used } = await world.counted(tenant);
      expect(used).toBe(bytes);
    });

    it('waits for nobody where nothing is wrong', async () => {
      const tenant = await world.tenant();
      await world.file(tenant, 100);
      await inScopeOf(tenant, async () => {
        const client = await world.pool.connect();
        await client.query('BEGIN');
        await client.query('INSERT INTO files (size_bytes) VALUES (7)');
        expect(await reconcile(tenant)).toMatchObject(drift(100, 100));
        await client.query('COMMIT');
        client.release();
      });
      expect(await world.counted(tenant)).toEqual(both(107));
    });

    it('waits for who deletes a row that is older than its counter', async () => {
      const tenant = await world.tenant();
      await addOld(tenant, [100, 200, 300]);
      await inScopeOf(tenant, async () => {
        const client = await world.pool.connect();
        await client.query('BEGIN');
        await client.query('DELETE FROM files WHERE size_bytes = 300');
        const reconciled = reconcile(tenant);
        await world.somebodyWaits();
        await client.query('COMMIT');
        client.release();
        await reconciled;
      });
      expect(await world.counted(tenant)).toEqual(both(300));
    });
  });
});
