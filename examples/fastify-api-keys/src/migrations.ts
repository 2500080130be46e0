import {
  createControlPlane,
  createQuotas,
  disableRowLevelSecurity,
  dropControlPlane,
  dropQuotas,
  enableRowLevelSecurity,
  enforceAllocationLimit,
  grantToControlPlane,
} from '@parallax/tenant';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { databaseUrl } from './environment.js';

class CreateProjects1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createControlPlane(queryRunner);
    await createQuotas(queryRunner);

    // Whose a key is, is the control plane's business: no tenant's code can read this table.
    await queryRunner.query(`
      CREATE TABLE api_keys (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        tenant_id uuid NOT NULL REFERENCES tenants (id),
        key_hash bytea NOT NULL UNIQUE
      )`);
    await grantToControlPlane(queryRunner, 'api_keys', ['SELECT', 'INSERT']);

    await queryRunner.query(`
      CREATE TABLE projects (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name text NOT NULL,
        PRIMARY KEY (tenant_id, id)
      )`);
    await enableRowLevelSecurity(queryRunner, 'projects');
    await enforceAllocationLimit(queryRunner, 'projects', 'maxProjects');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await disableRowLevelSecurity(queryRunner, 'projects');
    await queryRunner.query('DROP TABLE projects');
    await queryRunner.query('DROP TABLE api_keys');
    await dropQuotas(queryRunner);
    await dropControlPlane(queryRunner);
  }
}

/** What `typeorm migration:run` uses: it logs in as the owner of the tables, which the application never does. */
export default new DataSource({
  type: 'postgres',
  url: await databaseUrl('MIGRATION_DATABASE_URL'),
  migrations: [CreateProjects1764000000000],
  installExtensions: false,
});
