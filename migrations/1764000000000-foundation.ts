import {
  createControlPlane,
  disableRowLevelSecurity,
  dropControlPlane,
  enableRowLevelSecurity,
  enforceAllocationLimit,
  grantToControlPlane,
} from '@parallax/tenant';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The control plane, credentials, and the first tenant table: agents. */
export class Foundation1764000000000 implements MigrationInterface {
  readonly name = 'Foundation1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await createControlPlane(queryRunner);
    // A start without the owner's URL asks whether migrations are pending.
    await grantToControlPlane(queryRunner, 'schema_migrations', ['SELECT']);

    await queryRunner.query(`
      CREATE TABLE api_keys (
        id uuid PRIMARY KEY,
        tenant_id uuid REFERENCES tenants (id),
        name text NOT NULL,
        role text NOT NULL,
        permissions text[] NOT NULL DEFAULT '{}',
        key_hash bytea NOT NULL UNIQUE,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        revoked_at timestamptz(3)
      )`);
    await queryRunner.query('CREATE INDEX api_keys_tenant_idx ON api_keys (tenant_id)');
    await grantToControlPlane(queryRunner, 'api_keys', ['SELECT', 'INSERT', 'UPDATE']);

    await queryRunner.query(`
      CREATE TABLE agents (
        tenant_id uuid NOT NULL,
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name text NOT NULL,
        endpoint text,
        capabilities text[] NOT NULL DEFAULT '{}',
        metadata jsonb NOT NULL DEFAULT '{}',
        status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused')),
        last_active_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      )`);
    await queryRunner.query(
      'CREATE INDEX agents_tenant_created_idx ON agents (tenant_id, created_at DESC, id DESC)',
    );
    await enforceAllocationLimit(queryRunner, 'agents', 'maxAgents');
    await enableRowLevelSecurity(queryRunner, 'agents');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await disableRowLevelSecurity(queryRunner, 'agents');
    await queryRunner.query('DROP TABLE agents');
    await queryRunner.query('DROP TABLE api_keys');
    await dropControlPlane(queryRunner);
  }
}
