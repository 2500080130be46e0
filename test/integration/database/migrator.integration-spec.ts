import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pendingMigrations, revertMigration, runMigrations } from '../../../src/database/migrator.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

class First1700000000001 implements MigrationInterface {
  readonly name = 'First1700000000001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE first (id int)');
    await runner.query('SELECT pg_sleep(0.3)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE first');
  }
}

class Second1700000000002 implements MigrationInterface {
  readonly name = 'Second1700000000002';
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX CONCURRENTLY first_id ON first (id)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX first_id');
  }
}

class Failing1700000000003 implements MigrationInterface {
  readonly name = 'Failing1700000000003';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half (id int)');
    await runner.query('SELECT 1 / 0');
  }
  async down(): Promise<void> {}
}

const migrations = [First1700000000001, Second1700000000002];
const names = ['First1700000000001', 'Second1700000000002'];

describe('migrator', () => {
  let database: TestDatabase;
  let url: string;

  beforeEach(async () => {
    database = await createTestDatabase({ migrated: false });
    url = database.urls.migration;
  });
  afterEach(() => database.drop());

  it('applies what is pending, tells each, and finds nothing the second time', async () => {
    const lines: string[] = [];
    expect(await pendingMigrations({ url, migrations })).toEqual(names);
    expect(await runMigrations({ url, migrations, log: (line) => lines.push(line) })).toEqual(names);
    expect(lines).toEqual(names.map((name) => expect.stringContaining(name) as string));
    expect(await pendingMigrations({ url, migrations })).toEqual([]);
    expect(await runMigrations({ url, migrations })).toEqual([]);
  });

  it('lets one of several apply while the others wait, an index built concurrently included', async () => {
    const waiting: string[] = [];
    const run = () => runMigrations({ url, migrations, log: (line) => waiting.push(line) });
    const applied = await Promise.all([run(), run(), run()]);
    expect(applied.map((some) => some.length).sort()).toEqual([0, 0, 2]);
    expect(waiting.filter((line) => line.startsWith('Another process'))).toHaveLength(2);
  });

  it('keeps what was applied before a failure, and nothing of the one that failed', async () => {
    const all = [...migrations, Failing1700000000003];
    await expect(runMigrations({ url, migrations: all })).rejects.toThrow(/division by zero/);
    expect(await pendingMigrations({ url, migrations: all })).toEqual(['Failing1700000000003']);
    expect(
      await database.query(`SELECT to_regclass('half') AS half, to_regclass('first')::text AS first`),
    ).toEqual([{ half: null, first: 'first' }]);
    await expect(runMigrations({ url, migrations })).resolves.toEqual([]); // the lock was given back
  });

  it('takes back one at a time, the last first', async () => {
    await runMigrations({ url, migrations });
    expect(await revertMigration({ url, migrations })).toBe('Second1700000000002');
    expect(await revertMigration({ url, migrations })).toBe('First1700000000001');
    expect(await revertMigration({ url, migrations })).toBeUndefined();
    expect(await database.query(`SELECT to_regclass('first') AS first`)).toEqual([{ first: null }]);
  });

  it('leaves the tables to the owner', async () => {
    await runMigrations({ url, migrations });
    expect(
      await database.query(`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`),
    ).toEqual([{ tableowner: database.roles.owner }]);
  });

  it('lets the control role ask what is pending', async () => {
    const migrated = await createTestDatabase();
    try {
      expect(await pendingMigrations({ url: migrated.urls.control })).toEqual([]);
      expect(await pendingMigrations({ url: database.urls.control, migrations })).toEqual(names);
    } finally {
      await migrated.drop();
    }
  });

  it('gives up on a table that stays locked, rather than queue everybody behind it', async () => {
    await runMigrations({ url, migrations: [First1700000000001] });
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE first');
    await expect(revertMigration({ url, migrations })).rejects.toThrow(/lock timeout/);
    await holder.end();
    expect(await revertMigration({ url, migrations })).toBe('First1700000000001');
  });
});
