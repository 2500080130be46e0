import type { DataSource, QueryRunner } from 'typeorm';

/** Makes several that change policies at once take turns; the later ones find nothing to do. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('parallax policies', 0))`;

/** Runs work that changes policies in one transaction, which gives up on a table that stays in use for too long. */
export async function inPolicyTransaction<Result>(
  dataSource: DataSource,
  lockTimeoutMs: number,
  work: (queryRunner: QueryRunner) => Promise<Result>,
): Promise<Result> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    return await queryRunner.manager.transaction(async () => {
      await queryRunner.query(`SELECT set_config('lock_timeout', $1, true)`, [`${lockTimeoutMs}ms`]);
      await queryRunner.query(LOCK);
      return await work(queryRunner);
    });
  } finally {
    await queryRunner.release();
  }
}
