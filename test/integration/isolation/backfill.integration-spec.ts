import { DataSource, type QueryRunner } from 'typeorm';
import { backfill, ConfigurationError, enableRowLevelSecurity } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createNotes, NOTES_EACH, TENANTS } from '../../support/notes.js';

const ALL = TENANTS.length * NOTES_EACH;
const MARK = `UPDATE note SET title = title || ' marked'`;
const tables = ['note'];

describe(backfill.name, () => {
  let database: TestDatabase;
  let migration: DataSource;
  let queryRunner: QueryRunner;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    migration = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
    queryRunner = migration.createQueryRunner();
    await queryRunner.query('CREATE TABLE tally (tenant_id uuid PRIMARY KEY, notes bigint NOT NULL)');
    await enableRowLevelSecurity(queryRunner, 'tally');
  });
  afterAll(async () => {
    await queryRunner.release();
    await migration.destroy();
    await database.drop();
  });
  afterEach(async () => {
    expect(await forced()).toEqual({ note: true, tally: true });
    await database.query(`UPDATE note SET title = replace(title, ' marked', '')`);
    await database.query('TRUNCATE tally');
  });

  const forced = async (): Promise<Record<string, boolean>> => {
    const rows = await database.query<{ name: string; forced: boolean }>(
      `SELECT relname AS name, relforcerowsecurity AND relrowsecurity AS forced FROM pg_class
       WHERE relname IN ('note', 'tally')`,
    );
    return Object.fromEntries(rows.map(({ name, forced: is }) => [name, is]));
  };
  const marked = async (): Promise<number> =>
    (await database.query(`SELECT FROM note WHERE title LIKE '% marked'`)).length;

  it('touches the rows of all tenants, where a plain statement of the owner touches none', async () => {
    const plain = await queryRunner.query(MARK, [], true);
    expect([plain.affected, await marked()]).toEqual([0, 0]);
    expect(await backfill(queryRunner, { tables, expectAtLeast: ALL }, MARK)).toBe(ALL);
    expect(await marked()).toBe(ALL);
  });

  it('takes parameters', async () => {
    const one = `${MARK} WHERE tenant_id = $1`;
    expect(await backfill(queryRunner, { tables }, one, [TENANTS[0]])).toBe(NOTES_EACH);
  });

  it('reads one table across tenants and writes another', async () => {
    const fill = 'INSERT INTO tally SELECT tenant_id, count(*) FROM note GROUP BY tenant_id';
    await expect(backfill(queryRunner, { tables: ['tally'] }, fill)).rejects.toThrow(/touched 0 rows/);
    expect(await backfill(queryRunner, { tables: ['note', 'tally'] }, fill)).toBe(TENANTS.length);
    expect(await database.query('SELECT FROM tally')).toHaveLength(TENANTS.length);
  });

  it('takes everything back when fewer rows were touched than expected', async () => {
    const tooFew = backfill(queryRunner, { tables, expectAtLeast: ALL + 1 }, MARK);
    await expect(tooFew).rejects.toThrow(ConfigurationError);
    await expect(tooFew).rejects.toThrow(`touched ${ALL} rows, expected at least ${ALL + 1}`);
    expect(await marked()).toBe(0);
  });

  it('expects a row unless told that there may be none', async () => {
    const none = `${MARK} WHERE false`;
    await expect(backfill(queryRunner, { tables }, none)).rejects.toThrow(/pass expectAtLeast: 0/);
    expect(await backfill(queryRunner, { tables, expectAtLeast: 0 }, none)).toBe(0);
  });

  it('takes everything back when the statement fails', async () => {
    await expect(backfill(queryRunner, { tables }, `${MARK} WHERE 1/0 = 1`)).rejects.toThrow(
      'division by zero',
    );
    expect(queryRunner.isTransactionActive).toBe(false);
    expect(await marked()).toBe(0);
  });

  it('is part of the transaction of a migration', async () => {
    await queryRunner.startTransaction();
    expect(await backfill(queryRunner, { tables }, MARK)).toBe(ALL);
    expect((await queryRunner.query(MARK, [], true)).affected).toBe(0);
    await expect(backfill(queryRunner, { tables }, 'SELECT 1/0')).rejects.toThrow('division by zero');
    await queryRunner.rollbackTransaction();
    expect(await marked()).toBe(0);

    await queryRunner.startTransaction();
    await backfill(queryRunner, { tables }, MARK);
    await queryRunner.commitTransaction();
    expect(await marked()).toBe(ALL);
  });
});
