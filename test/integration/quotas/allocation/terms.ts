import { type AllocationWorld, both, LIMIT, refused } from './world.js';

/** How the plan holds its tenants to the limit of an allocation. */
export function terms(world: () => AllocationWorld): void {
  const grow = (tenant: string, by: number): Promise<unknown> =>
    world().run(
      tenant,
      'UPDATE files SET size_bytes = size_bytes + $1 WHERE id = (SELECT id FROM files LIMIT 1)',
      [by],
    );
  const counter = async (tenant: string): Promise<{ over: boolean; wouldDeny: number }> => {
    const [row] = await world().admin<{ over: boolean; wouldDeny: number }>(
      `SELECT over_since IS NOT NULL AS over, would_deny::int AS "wouldDeny" FROM tenant_allocations
       WHERE tenant_id = $1 AND resource = 'maxBytes'`,
      [tenant],
    );
    return row!;
  };
  /** As if the days had passed. */
  const age = (tenant: string, days: number): Promise<unknown> =>
    world().admin(
      `UPDATE tenant_allocations SET over_since = over_since - make_interval(days => $2) WHERE tenant_id = $1`,
      [tenant, days],
    );

  describe.each([
    ['a lowered override', (tenant: string) => world().setLimit(tenant, 500)],
    [
      'a downgrade',
      async (tenant: string) => {
        await world().admin('UPDATE tenants SET plan = $2 WHERE id = $1', [tenant, await world().plan(500)]);
      },
    ],
    [
      'a downgrade whose time has come, though nobody has written it down',
      async (tenant: string) => {
        await world().admin(
          `UPDATE tenants SET scheduled_plan = $2, scheduled_plan_version = 2, scheduled_at = now() WHERE id = $1`,
          [tenant, await world().plan(500, {}, 2)],
        );
      },
    ],
  ])('over the limit after %s', (_, lower) => {
    let tenant: string;
    beforeAll(async () => {
      tenant = await world().tenant();
      await world().file(tenant, 500, 'a');
      await world().file(tenant, 400, 'b');
      await lower(tenant);
    });

    it('rows are read, changed, shrunk and deleted', async () => {
      expect(await world().run(tenant, 'SELECT FROM files')).toHaveLength(2);
      await world().run(tenant, `UPDATE files SET folder_id = NULL, size_bytes = size_bytes`);
      await world().run(tenant, `UPDATE files SET size_bytes = 300 WHERE name = 'b'`);
      expect(await world().counted(tenant)).toEqual(both(800));
    });

    it('none are made and none grow, until there is room', async () => {
      await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(800, 500));
      await expect(grow(tenant, 1)).rejects.toMatchObject(refused(800, 500));
      await world().file(tenant, 0);
      await world().run(tenant, `DELETE FROM files WHERE name = 'b'`);
      await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(500, 500));
      await world().run(tenant, `UPDATE files SET size_bytes = 499 WHERE name = 'a'`);
      await world().file(tenant, 1);
      expect(await world().counted(tenant)).toEqual(both(500));
    });
  });

  it('a change scheduled for later is none yet', async () => {
    const tenant = await world().tenant();
    await world().admin(
      `UPDATE tenants SET scheduled_plan = $2, scheduled_plan_version = 1, scheduled_at = now() + '1 hour' WHERE id = $1`,
      [tenant, await world().plan(500)],
    );
    await world().file(tenant, LIMIT);
    await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(LIMIT));
  });

  it('the limit is read by who waited for the counter, not before', async () => {
    const tenant = await world().tenant();
    await world().file(tenant, 100);
    await world().admin('BEGIN');
    await world().admin(
      `SELECT FROM tenant_allocations WHERE tenant_id = $1 AND resource = 'maxBytes' FOR UPDATE`,
      [tenant],
    );
    const waiting = world().file(tenant, 500);
    const outcome = waiting.then(
      () => 'taken',
      () => 'refused',
    );
    await world().somebodyWaits();
    await world().setLimit(tenant, 500);
    await world().admin('COMMIT');
    expect(await outcome).toBe('refused');
    await expect(waiting).rejects.toMatchObject(refused(100, 500));
  });

  it('soft: more is taken, up to its cap', async () => {
    const tenant = await world().tenant({ terms: { enforcement: 'soft', overageCap: 50 } });
    await world().file(tenant, 1_050);
    await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(1_050));
    expect(await world().counted(tenant)).toEqual(both(1_050));
  });

  it('soft without a cap: as much as one likes', async () => {
    const tenant = await world().tenant({ terms: { enforcement: 'soft' } });
    await world().file(tenant, 5_000);
    expect(await world().counted(tenant)).toEqual(both(5_000));
    expect(await counter(tenant)).toEqual({ over: true, wouldDeny: 0 });
  });

  describe('grace', () => {
    it('begins with the first unit over the limit and ends with its days', async () => {
      const tenant = await world().tenant({ terms: { enforcement: 'grace', graceDays: 3 } });
      await world().file(tenant, LIMIT);
      expect(await counter(tenant)).toMatchObject({ over: false });
      await world().file(tenant, 1);
      expect(await counter(tenant)).toMatchObject({ over: true });
      await age(tenant, 2);
      await world().file(tenant, 1);
      await age(tenant, 1);
      await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(1_002));
      await world().run(tenant, 'UPDATE files SET size_bytes = 1 WHERE size_bytes > 1');
      expect(await world().counted(tenant)).toEqual(both(3));
    });

    it('is healed by going below the limit, and begins anew', async () => {
      const tenant = await world().tenant({ terms: { enforcement: 'grace', graceDays: 3 } });
      await world().file(tenant, 1_100, 'a');
      await age(tenant, 4);
      await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(1_100));
      await world().run(tenant, `UPDATE files SET size_bytes = 900 WHERE name = 'a'`);
      await world().file(tenant, 500);
      await age(tenant, 2);
      await world().file(tenant, 1);
      expect(await world().counted(tenant)).toEqual(both(1_401));
    });

    it('is healed by a higher limit', async () => {
      const tenant = await world().tenant({ terms: { enforcement: 'grace', graceDays: 3 } });
      await world().file(tenant, 1_100);
      await age(tenant, 4);
      await world().setLimit(tenant, 2_000);
      await world().file(tenant, 100);
      expect(await counter(tenant)).toMatchObject({ over: false });
    });
  });

  it('shadow: nothing is refused, and what would have been is counted', async () => {
    const tenant = await world().tenant({ terms: { enforcement: 'shadow' } });
    await world().file(tenant, 900);
    expect(await counter(tenant)).toEqual({ over: false, wouldDeny: 0 });
    await world().file(tenant, 300);
    await world().file(tenant, 50);
    expect(await counter(tenant)).toEqual({ over: true, wouldDeny: 250 });
    expect(await world().counted(tenant)).toEqual(both(1_250));
  });

  it('shadow of what is unlimited: nothing would have been', async () => {
    const tenant = await world().tenant({ limit: null, terms: { enforcement: 'shadow' } });
    await world().file(tenant, 900);
    expect(await counter(tenant)).toEqual({ over: false, wouldDeny: 0 });
  });

  it('the terms are those of the plan, also where the limit is an override', async () => {
    const tenant = await world().tenant({ terms: { enforcement: 'soft', overageCap: 50 } });
    await world().setLimit(tenant, 100);
    await world().file(tenant, 150);
    await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(150, 100));
  });

  describe('alerts', () => {
    const at = (threshold: number, used: number, { limit = LIMIT, deliver = true } = {}): object => ({
      threshold,
      limit,
      used,
      deliver,
    });

    it('at 80 and 100 percent, each once, however often it is reached', async () => {
      const tenant = await world().tenant();
      await world().file(tenant, 799);
      expect(await world().alerts(tenant)).toEqual([]);
      await world().file(tenant, 1);
      expect(await world().alerts(tenant)).toEqual([at(80, 800)]);
      for (let again = 0; again < 3; again += 1) {
        await world().file(tenant, 200, 'last');
        await world().run(tenant, `DELETE FROM files WHERE name = 'last'`);
      }
      expect(await world().alerts(tenant)).toEqual([at(80, 800), at(100, 1_000)]);
    });

    it('of several crossed at once, the highest is delivered', async () => {
      const tenant = await world().tenant();
      await world().file(tenant, 1_000);
      expect(await world().alerts(tenant)).toEqual([at(80, 1_000, { deliver: false }), at(100, 1_000)]);
    });

    it('none for what was refused or rolled back', async () => {
      const tenant = await world().tenant();
      await expect(world().file(tenant, 1_001)).rejects.toMatchObject({ code: 'TN001' });
      await world().statements(tenant, ['BEGIN', 'INSERT INTO files (size_bytes) VALUES (900)', 'ROLLBACK']);
      expect(await world().alerts(tenant)).toEqual([]);
      await world().file(tenant, 900);
      expect(await world().alerts(tenant)).toEqual([at(80, 900)]);
    });

    it('of a limit that was raised, and of a new period, anew', async () => {
      const tenant = await world().tenant();
      await world().file(tenant, 800);
      await world().setLimit(tenant, 2_000);
      await world().file(tenant, 799);
      await world().file(tenant, 1);
      const known = [at(80, 800), at(80, 1_600, { limit: 2_000 })];
      expect(await world().alerts(tenant)).toEqual(known);
      await world().setLimit(tenant, LIMIT);
      known.push(at(100, 1_600)); // by the change: it is over the limit from now on
      await world().run(tenant, 'UPDATE files SET size_bytes = 300');
      expect(await world().alerts(tenant)).toEqual(known); // what gives back raises none
      await world().admin(
        `UPDATE tenants SET period_anchor = period_anchor - interval '1 day' WHERE id = $1`,
        [tenant],
      );
      await world().file(tenant, 1);
      expect(await world().alerts(tenant)).toEqual([...known, at(80, 901)]);
    });

    it('at the percents of the plan', async () => {
      const tenant = await world().tenant({ terms: { enforcement: 'soft', alertAt: [50, 100, 150] } });
      for (const bytes of [499, 1, 400, 100, 499, 1]) await world().file(tenant, bytes);
      expect(await world().alerts(tenant)).toEqual([at(50, 500), at(100, 1_000), at(150, 1_500)]);
      const [last] = await world().admin(
        `SELECT rule, plan, enqueued_at FROM tenant_alerts WHERE tenant_id = $1 AND threshold = 150`,
        [tenant],
      );
      expect(last).toMatchObject({ rule: 'quota_exceeded', enqueued_at: null });
    });

    it('once when many cross together', async () => {
      const tenant = await world().tenant();
      const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => world().file(tenant, 20)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
      expect(await world().alerts(tenant)).toEqual([at(80, 800), at(100, 1_000)]);
    });

    it('none of what is unlimited', async () => {
      const tenant = await world().tenant({ limit: null, terms: { enforcement: 'soft' } });
      await world().file(tenant, 900);
      expect(await world().alerts(tenant)).toEqual([]);
    });

    it('of the first unit where there should be none', async () => {
      const tenant = await world().tenant({ limit: 0, terms: { enforcement: 'soft' } });
      await world().file(tenant, 0);
      expect(await world().alerts(tenant)).toEqual([]);
      await world().file(tenant, 1);
      expect(await world().alerts(tenant)).toEqual([
        at(80, 1, { limit: 0, deliver: false }),
        at(100, 1, { limit: 0 }),
      ]);
    });
  });
}
