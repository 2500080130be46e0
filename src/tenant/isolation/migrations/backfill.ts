import type { QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { quoteTable } from './identifiers.js';

/** What a data statement reaches, and how it is told from one that saw no rows. */
export interface BackfillOptions {
  /** The tables the statement reads or writes across tenants. */
  readonly tables: readonly string[];
  /**
   * How many rows must at least be touched. Row-level security hides rows without an error; a data migration
   * that touched none has most likely seen none.
   *
   * @default 1
   */
  readonly expectAtLeast?: number;
}

/**
 * Runs one data statement of a migration over the rows of all tenants, by lifting FORCE ROW LEVEL SECURITY
 * from the named tables inside its own transaction. The tables are locked until it ends.
 *
 * @returns how many rows were touched.
 * @throws ConfigurationError when fewer rows than expected were touched; everything is rolled back.
 * @example
 * await backfill(queryRunner, { tables: ['agents'] }, `UPDATE agents SET status = 'active' WHERE status IS NULL`);
 */
export async function backfill(
  queryRunner: QueryRunner,
  { tables, expectAtLeast = 1 }: BackfillOptions,
  statement: string,
  parameters: unknown[] = [],
): Promise<number> {
  await queryRunner.startTransaction();
  try {
    for (const table of tables)
      await queryRunner.query(`ALTER TABLE ${quoteTable(table)} NO FORCE ROW LEVEL SECURITY`);
    const { affected } = await queryRunner.query(statement, parameters, true);
    const touched = affected ?? 0;
    if (touched < expectAtLeast) {
      throw new ConfigurationError(
        `The backfill of ${tables.join(', ')} touched ${touched} rows, expected at least ${expectAtLeast}. ` +
          'Nothing was changed. If that is right, pass expectAtLeast: 0.',
      );
    }
    for (const table of tables)
      await queryRunner.query(`ALTER TABLE ${quoteTable(table)} FORCE ROW LEVEL SECURITY`);
    await queryRunner.commitTransaction();
    return touched;
  } catch (error) {
    // The error that led here is the one to tell.
    await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}
