import { createQuotas, dropQuotas } from '@parallax/tenant';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Quotas by period, reservations, scheduled changes of plans, and alerts, which operators may read. */
export class Quotas1764500000000 implements MigrationInterface {
  readonly name = 'Quotas1764500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createQuotas(queryRunner);
    await queryRunner.query(
      `UPDATE api_keys SET permissions = array_append(permissions, 'alerts:read')
       WHERE tenant_id IS NULL AND 'tenants:read' = ANY (permissions) AND NOT 'alerts:read' = ANY (permissions)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `UPDATE api_keys SET permissions = array_remove(permissions, 'alerts:read') WHERE tenant_id IS NULL`,
    );
    await dropQuotas(queryRunner);
  }
}
