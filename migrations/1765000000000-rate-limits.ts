import { createRateLimits, dropRateLimits } from '@parallax/tenant';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rate limits that all processes share. */
export class RateLimits1765000000000 implements MigrationInterface {
  readonly name = 'RateLimits1765000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createRateLimits(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropRateLimits(queryRunner);
  }
}
