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

    // Who may log in is the control plane's business: no tenant's code can read this table.
    await queryRunner.query(`
      CREATE TABLE users (
        email text PRIMARY KEY,
        password_hash text NOT NULL,
        tenant_ids uuid[] NOT NULL
      )`);
    await grantToControlPlane(queryRunner, 'users', ['SELECT', 'INSERT']);

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
    await queryRunner.query('DROP TABLE users');
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
