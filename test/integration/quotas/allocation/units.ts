import { randomUUID } from 'node:crypto';
import { TenantPool } from '@parallax/tenant';
import { inScopeOf } from '../../../support/notes.js';
import { type AllocationWorld, both, LIMIT, migrate, refused } from './world.js';

/** The units in a column, counted by whatever changes them. */
export function units(world: () => AllocationWorld): void {
  const insert = (bytes: number | string): string => `INSERT INTO files (size_bytes) VALUES (${bytes})`;

  it('exactly the limit fits, and not one more', async () => {
    const tenant = await world().tenant();
    await world().file(tenant, 600);
    await world().file(tenant, 400);
    await expect(world().file(tenant, 1)).rejects.toMatchObject(refused(1_000));
    await world().file(tenant, 0);
    expect(await world().counted(tenant)).toEqual(both(1_000));
  });

  it('what does not fit takes nothing, and what does fit still goes in', async () => {
    const tenant = await world().tenant();
    await world().file(tenant, 600);
    await expect(world().file(tenant, 401)).rejects.toMatchObject(refused(600));
    await world().file(tenant, 400);
    expect(await world().counted(tenant)).toEqual(both(1_000));
  });

  it('null: without an end', async () => {
    const tenant = await world().tenant({ limit: null });
    await world().file(tenant, 9_000_000_000_000);
    expect(await world().counted(tenant)).toEqual(both(9_000_000_000_000));
  });

  it('up and down by updates', async () => {
    const tenant = await world().tenant();
    const name = await world().file(tenant, 600);
    const resize = (bytes: number): Promise<unknown> =>
      world().run(tenant, 'UPDATE files SET size_bytes = $2 WHERE name = $1', [name, bytes]);
    await resize(1_000);
    await expect(resize(1_001)).rejects.toMatchObject(refused(1_000));
    await resize(10);
    expect(await world().counted(tenant)).toEqual(both(10));
    await world().file(tenant, 990);
    await world().run(tenant, `UPDATE files SET name = name || ' renamed'`);
    expect(await world().counted(tenant)).toEqual(both(1_000));
  });

  it('a delete, a rollback and a savepoint give back', async () => {
    const tenant = await world().tenant();
    await world().statements(tenant, [
      ...['BEGIN', insert(100), 'SAVEPOINT s', insert(900), 'ROLLBACK TO s', insert(300), 'COMMIT'],
      ...['BEGIN', insert(600), 'UPDATE files SET size_bytes = 0', 'DELETE FROM files', 'ROLLBACK'],
    ]);
    expect(await world().counted(tenant)).toEqual(both(400));
    await world().run(tenant, 'DELETE FROM files WHERE size_bytes = 300');
    expect(await world().counted(tenant)).toEqual(both(100));
  });

  it('many rows of one statement, all or none', async () => {
    const tenant = await world().tenant();
    const many = (count: number): Promise<unknown> =>
      world().run(tenant, 'INSERT INTO files (size_bytes) SELECT 100 FROM generate_series(1, $1::int)', [
        count,
      ]);
    await expect(many(11)).rejects.toMatchObject({ code: 'TN001' });
    expect(await world().counted(tenant)).toEqual(both(0));
    await many(10);
    await world().run(tenant, 'UPDATE files SET size_bytes = size_bytes / 2');
    expect(await world().counted(tenant)).toEqual(both(500));
  });

  it('rows of one statement that give and take: by their order, and never wrongly counted', async () => {
    const tenant = await world().tenant();
    await world().file(tenant, 900, 'a');
    await world().file(tenant, 100, 'b');
    await world().run(tenant, 'UPDATE files SET size_bytes = 1000 - size_bytes');
    expect(await world().counted(tenant)).toEqual(both(1_000));
  });

  it.each([
    [
      'an upsert',
      `INSERT INTO files (name, size_bytes) VALUES ('a', 300)
      ON CONFLICT (tenant_id, name) DO UPDATE SET size_bytes = excluded.size_bytes`,
    ],
    [
      'MERGE',
      `MERGE INTO files f USING (VALUES ('a', 300)) v (name, size) ON f.name = v.name
      WHEN MATCHED THEN UPDATE SET size_bytes = v.size
      WHEN NOT MATCHED THEN INSERT (name, size_bytes) VALUES (v.name, v.size)`,
    ],
  ])('%s, by what it does', async (_, statement) => {
    const tenant = await world().tenant();
    for (let at = 0; at < 4; at += 1) await world().run(tenant, statement);
    expect(await world().counted(tenant)).toEqual(both(300));
    await world().file(tenant, 700);
    await expect(world().run(tenant, statement.replaceAll('300', '301'))).rejects.toMatchObject({
      code: 'TN001',
    });
    await world().run(tenant, statement.replaceAll('300', '299'));
    expect(await world().counted(tenant)).toEqual(both(999));
  });

  it('what a foreign key deletes or changes in cascade', async () => {
    const [tenant, folder] = [await world().tenant(), randomUUID()];
    await world().run(tenant, 'INSERT INTO folders (id) VALUES ($1)', [folder]);
    await world().run(tenant, 'INSERT INTO files (folder_id, size_bytes) VALUES ($1, 300), (NULL, 5)', [
      folder,
    ]);
    await world().run(tenant, 'UPDATE folders SET id = gen_random_uuid()');
    expect(await world().counted(tenant)).toEqual(both(305));
    await world().run(tenant, 'DELETE FROM folders');
    expect(await world().counted(tenant)).toEqual(both(5));
  });

  it('what a trigger of the application changes under the statement', async () => {
    const tenant = await world().tenant();
    await migrate(world().database, async (runner) => {
      await runner.query(`CREATE FUNCTION measure() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.size_bytes := length(NEW.name); RETURN NEW; END'`);
      await runner.query(
        `CREATE TRIGGER measure BEFORE UPDATE ON files FOR EACH ROW EXECUTE FUNCTION measure()`,
      );
    });
    try {
      await world().file(tenant, 0);
      await world().run(tenant, `UPDATE files SET name = repeat('x', 1000)`);
      expect(await world().counted(tenant)).toEqual(both(1_000));
      await expect(world().run(tenant, `UPDATE files SET name = repeat('x', 1001)`)).rejects.toMatchObject(
        refused(1_000),
      );
    } finally {
      await migrate(world().database, async (runner) => {
        await runner.query('DROP FUNCTION measure() CASCADE');
      });
    }
  });

  it('null counts nothing, and a negative number is refused', async () => {
    const tenant = await world().tenant();
    const name = await world().file(tenant, null);
    expect(await world().counted(tenant)).toEqual(both(0));
    await world().run(tenant, 'UPDATE files SET size_bytes = 1000');
    expect(await world().counted(tenant)).toEqual(both(1_000));
    await world().run(tenant, 'UPDATE files SET size_bytes = NULL');
    expect(await world().counted(tenant)).toEqual(both(0));
    const negative = { code: '23514', message: 'size_bytes may not be negative: maxBytes counts it' };
    await expect(world().file(tenant, -1)).rejects.toMatchObject(negative);
    await expect(
      world().run(tenant, 'UPDATE files SET size_bytes = -1 WHERE name = $1', [name]),
    ).rejects.toMatchObject(negative);
    expect(await world().counted(tenant)).toEqual(both(0));
  });

  it('a row that platform work moves goes from one to the other, within its limit', async () => {
    const [from, to] = [await world().tenant(), await world().tenant({ limit: 300 })];
    await world().file(from, 300);
    await world().file(from, 1);
    const writer = world().database.roles.platformWriter;
    const move = async (bytes: number): Promise<void> => {
      await world().admin(`BEGIN; SET LOCAL app.tenant_ids = '{${from},${to}}'; SET LOCAL ROLE ${writer}`);
      try {
        await world().admin('UPDATE files SET tenant_id = $1 WHERE size_bytes = $2', [to, bytes]);
        await world().admin('COMMIT');
      } catch (error) {
        await world().admin('ROLLBACK');
        throw error;
      }
    };
    await move(300);
    expect([await world().counted(from), await world().counted(to)]).toEqual([both(1), both(300)]);
    await expect(move(1)).rejects.toMatchObject(refused(300, 300));
    expect([await world().counted(from), await world().counted(to)]).toEqual([both(1), both(300)]);
  });

  it('rows from before the trigger can be deleted, and take nothing below zero', async () => {
    const tenant = await world().tenant();
    await world().admin('ALTER TABLE files DISABLE TRIGGER USER');
    await world().admin(
      `INSERT INTO files (tenant_id, name, size_bytes) VALUES ($1, 'old', 700), ($1, 'less', -50)`,
      [tenant],
    );
    await world().admin('ALTER TABLE files ENABLE TRIGGER USER');
    await world().file(tenant, 10);
    await world().run(tenant, `DELETE FROM files WHERE name = 'old'`);
    expect((await world().counted(tenant)).used).toBe(0);
    await world().run(tenant, `UPDATE files SET size_bytes = 5 WHERE name = 'less'`);
    expect((await world().counted(tenant)).used).toBe(5);
  });

  it('a column that is gone refuses, rather than count nothing', async () => {
    const tenant = await world().tenant();
    const rename = (from: string, to: string): Promise<unknown> =>
      world().admin(`ALTER TABLE files RENAME ${from} TO ${to}`);
    await world().file(tenant, 0);
    await rename('size_bytes', 'size');
    try {
      for (const statement of ['INSERT INTO files (size) VALUES (5000)', 'DELETE FROM files']) {
        await expect(world().run(tenant, statement)).rejects.toMatchObject({ code: '42703' });
      }
    } finally {
      await rename('size', 'size_bytes');
    }
    await world().file(tenant, LIMIT);
  });

  it('as much as allowed, whoever inserts, grows, shrinks and deletes at once', async () => {
    const tenant = await world().tenant();
    const other = new TenantPool({ connectionString: world().database.urls.tenant, max: 8 });
    try {
      const work = (at: number): string =>
        at % 7 === 0
          ? 'DELETE FROM files WHERE id = (SELECT id FROM files ORDER BY random() LIMIT 1)'
          : at % 5 === 0
            ? 'UPDATE files SET size_bytes = size_bytes + 13 WHERE id = (SELECT id FROM files ORDER BY random() LIMIT 1)'
            : insert(30 + (at % 40));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 160 }, (_, at) =>
          inScopeOf(tenant, () => (at % 2 ? world().pool : other).query(work(at))),
        ),
      );
      for (const outcome of outcomes.filter((each) => each.status === 'rejected'))
        expect(outcome.reason).toMatchObject({ code: 'TN001' });
      const { bytes, used } = await world().counted(tenant);
      expect(used).toBe(bytes);
      expect(bytes).toBeLessThanOrEqual(LIMIT);

      // Updates alone: who inserts takes turns at the counter of files already.
      const room = LIMIT - bytes + 20;
      await world().run(
        tenant,
        `INSERT INTO files (name, size_bytes) SELECT n, 0 FROM generate_series(1, ${room}) n`,
      );
      const ones = await Promise.allSettled(
        Array.from({ length: room }, (_, at) =>
          inScopeOf(tenant, () =>
            (at % 2 ? world().pool : other).query(`UPDATE files SET size_bytes = 1 WHERE name = '${at + 1}'`),
          ),
        ),
      );
      expect(ones.filter(({ status }) => status === 'rejected')).toHaveLength(20);
      expect(await world().counted(tenant)).toEqual(both(LIMIT));
    } finally {
      await other.end();
    }
  });
}
