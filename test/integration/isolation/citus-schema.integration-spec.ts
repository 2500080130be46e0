import { Logger } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { createReferenceTable, distributeTable } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

/**
 * Citus itself cannot be had where these tests run. Functions with its names record how they are called, and a row in
 * pg_extension says that it is there.
 */
const STAND_IN = [
  'CREATE TABLE calls (at serial, call text)',
  `CREATE FUNCTION create_distributed_table(name regclass, distribution text) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO calls (call) VALUES (format('distributed %s by %s', name, distribution)) $$`,
  `CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO calls (call) VALUES (format('reference %s', name)) $$`,
  `INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    VALUES (99999, 'citus', 10, 'public'::regnamespace, false, '13.0')`,
];

describe('placing tables on Citus', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let queryRunner: QueryRunner;
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    dataSource = await new DataSource({ type: 'postgres', url: database.urls.admin }).initialize();
    queryRunner = dataSource.createQueryRunner();
    await queryRunner.query('CREATE TABLE agents (tenant_id uuid NOT NULL)');
    await queryRunner.query('CREATE SCHEMA app CREATE TABLE "Odd Name" (id int)');
  });
  afterAll(async () => {
    log.mockRestore();
    await queryRunner.release();
    await dataSource.destroy();
    await database.drop();
  });
  beforeEach(() => void log.mockClear());

  it('does nothing where Citus is not, and says so', async () => {
    await expect(distributeTable(queryRunner, 'agents')).resolves.toBe(false);
    await expect(createReferenceTable(queryRunner, 'agents')).resolves.toBe(false);
    expect(log.mock.calls).toEqual(
      Array(2).fill(['Citus is not installed: table agents stays where it is.']),
    );
  });

  it('distributes by tenant, and copies shared tables, where it is', async () => {
    for (const statement of STAND_IN) await queryRunner.query(statement);
    await expect(distributeTable(queryRunner, 'agents')).resolves.toBe(true);
    await expect(createReferenceTable(queryRunner, 'app.Odd Name')).resolves.toBe(true);
    await expect(queryRunner.query('SELECT call FROM calls ORDER BY at')).resolves.toEqual([
      { call: 'distributed agents by tenant_id' },
      { call: 'reference app."Odd Name"' },
    ]);
    expect(log).not.toHaveBeenCalled();
  });
});
