import {
  createAllocationLimits,
  databaseRolesOf,
  disableRowLevelSecurity,
  dropAllocationLimits,
  enableRowLevelSecurity,
  enforceAllocationLimit,
  shareTable,
} from '@parallax/tenant';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tenants and their plans, credentials, the log of platform access, and the first tenant table: agents. */
export class Foundation1764000000000 implements MigrationInterface {
  readonly name = 'Foundation1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE plans (
        name text NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        price_cents integer CHECK (price_cents >= 0),
        limits jsonb NOT NULL,
        features jsonb NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (name, version)
      )`);
    await queryRunner.query(`
      CREATE TABLE tenants (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        slug varchar(50) NOT NULL,
        status text NOT NULL CHECK (status IN ('trial', 'active', 'suspended', 'deleted')),
        status_reason text,
        plan text NOT NULL,
        plan_version integer NOT NULL,
        metadata jsonb NOT NULL DEFAULT '{}',
        limits jsonb NOT NULL DEFAULT '{}',
        price_cents integer CHECK (price_cents >= 0),
        period_anchor timestamptz(3) NOT NULL,
        placement text NOT NULL DEFAULT 'shared' CHECK (placement IN ('shared')),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        deleted_at timestamptz(3),
        FOREIGN KEY (plan, plan_version) REFERENCES plans (name, version)
      )`);
    await queryRunner.query('CREATE UNIQUE INDEX tenants_slug_key ON tenants (slug)');
    await queryRunner.query('CREATE INDEX tenants_status_idx ON tenants (status)');
    await queryRunner.query('CREATE INDEX tenants_created_idx ON tenants (created_at DESC, id DESC)');

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

    await queryRunner.query(`
      CREATE TABLE platform_access_log (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        actor text NOT NULL,
        permission text NOT NULL,
        reason text NOT NULL,
        tenant_ids uuid[] NOT NULL,
        write boolean NOT NULL,
        at timestamptz(3) NOT NULL DEFAULT now()
      )`);

    await createAllocationLimits(queryRunner);

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
    await shareTable(queryRunner, 'plans');
    await this.#grantControlPlane(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await disableRowLevelSecurity(queryRunner, 'agents');
    await queryRunner.query('DROP TABLE agents');
    await dropAllocationLimits(queryRunner);
    for (const table of ['platform_access_log', 'api_keys', 'tenants', 'plans']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }

  async #grantControlPlane(queryRunner: QueryRunner): Promise<void> {
    const [{ owner }] = (await queryRunner.query('SELECT current_user AS owner')) as [{ owner: string }];
    const { control } = databaseRolesOf('owner', owner);
    const grants = [
      ['SELECT, INSERT, UPDATE', 'tenants'],
      ['SELECT, INSERT, UPDATE', 'api_keys'],
      ['SELECT, INSERT', 'plans'],
      ['SELECT, INSERT', 'platform_access_log'],
      ['SELECT', 'tenant_allocations'],
      ['SELECT', 'schema_migrations'],
    ];
    for (const [privileges, table] of grants) {
      await queryRunner.query(`GRANT ${privileges} ON ${table} TO "${control}"`);
    }
  }
}
