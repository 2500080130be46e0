import type { QueryRunner } from 'typeorm';
import { disableRowLevelSecurity, enableRowLevelSecurity } from './row-level-security.js';

/**
 * Creates `tenant_resources`, where `TypeOrmResourceStore` keeps whose a resource outside the database is.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await createResourceRegistry(queryRunner); // in a migration
 */
export async function createResourceRegistry(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    CREATE TABLE tenant_resources (
      tenant_id uuid NOT NULL,
      type text NOT NULL,
      id text COLLATE "C" NOT NULL,
      created_by text,
      created_at timestamptz(3) NOT NULL,
      PRIMARY KEY (tenant_id, type, id)
    )`);
  await enableRowLevelSecurity(queryRunner, 'tenant_resources');
}

/**
 * The reverse of {@link createResourceRegistry}.
 *
 * @example
 * await dropResourceRegistry(queryRunner);
 */
export async function dropResourceRegistry(queryRunner: QueryRunner): Promise<void> {
  await disableRowLevelSecurity(queryRunner, 'tenant_resources');
  await queryRunner.query('DROP TABLE tenant_resources');
}
