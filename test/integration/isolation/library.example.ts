import {
  disableRowLevelSecurity,
  enableRowLevelSecurity,
  enforceAllocationLimit,
  shareTable,
  unshareTable,
} from '@parallax/tenant';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateLibrary1764000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // @TenantShared(): one list for all.
    await queryRunner.query('CREATE TABLE unit (id uuid PRIMARY KEY DEFAULT gen_random_uuid())');
    await shareTable(queryRunner, 'unit');

    // @TenantShared({ own: true }): everyone's, and those a tenant adds.
    await queryRunner.query(
      'CREATE TABLE label (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid)',
    );
    await enableRowLevelSecurity(queryRunner, 'label', { tenancy: 'mixed' });

    // @TenantScoped(): keys lead with the tenant, foreign keys too.
    await queryRunner.query(`
      CREATE TABLE shelf (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await enableRowLevelSecurity(queryRunner, 'shelf');
    await enforceAllocationLimit(queryRunner, 'shelf', 'maxShelves');

    await queryRunner.query(`
      CREATE TABLE item (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        shelf_id uuid,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, shelf_id) REFERENCES shelf (tenant_id, id) ON DELETE SET NULL (shelf_id)
      )`);
    await enableRowLevelSecurity(queryRunner, 'item');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['item', 'shelf']) {
      await disableRowLevelSecurity(queryRunner, table);
      await queryRunner.query(`DROP TABLE ${table}`);
    }
    await disableRowLevelSecurity(queryRunner, 'label', { tenancy: 'mixed' });
    await queryRunner.query('DROP TABLE label');
    await unshareTable(queryRunner, 'unit');
    await queryRunner.query('DROP TABLE unit');
  }
}
