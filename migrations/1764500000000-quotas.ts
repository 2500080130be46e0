import { createQuotas, dropQuotas } from '@parallax/tenant';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Quotas by period, reservations, scheduled changes of plans, and alerts. */
export class Quotas1764500000000 implements MigrationInterface {
  readonly name = 'Quotas1764500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createQuotas(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropQuotas(queryRunner);
  }
}
