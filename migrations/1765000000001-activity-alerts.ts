import { createActivityAlerts, dropActivityAlerts } from '@parallax/tenant';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Alerts of calls that rate limits refused, and of suspicious activity. */
export class ActivityAlerts1765000000001 implements MigrationInterface {
  readonly name = 'ActivityAlerts1765000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createActivityAlerts(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropActivityAlerts(queryRunner);
  }
}
