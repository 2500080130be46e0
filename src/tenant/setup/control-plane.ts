import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { createAllocationLimits, dropAllocationLimits } from '../isolation/migrations/allocation-limits.js';
import { quoteTable, rolesOfMigration } from '../isolation/migrations/identifiers.js';
import { shareTable } from '../isolation/migrations/row-level-security.js';
import {
  createTenantNotifications,
  dropTenantNotifications,
} from '../registry/cache/tenant-notifications.js';

/** What a role may do with the rows of a table. */
export type TablePrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

/**
 * Creates the tables the library works with: `plans`, `tenants`, the log of platform access and the counters of
 * allocation limits, with the grants of the control plane's role. Call it in an application's first migration.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * async up(queryRunner: QueryRunner): Promise<void> {
 *   await createControlPlane(queryRunner);
 *   await queryRunner.query('CREATE TABLE projects (…)');
 *   await enableRowLevelSecurity(queryRunner, 'projects');
 * }
 */
export async function createControlPlane(queryRunner: QueryRunner): Promise<void> {
  await createPlans(queryRunner);
  await createTenants(queryRunner);
  await createTenantNotifications(queryRunner);
  await createPlatformAccessLog(queryRunner);
  await createAllocationLimits(queryRunner);

  await shareTable(queryRunner, 'plans');
  await grantToControlPlane(queryRunner, 'plans', ['SELECT', 'INSERT']);
  await grantToControlPlane(queryRunner, 'tenants', ['SELECT', 'INSERT', 'UPDATE']);
  await grantToControlPlane(queryRunner, 'platform_access_log', ['SELECT', 'INSERT']);
  await grantToControlPlane(queryRunner, 'tenant_allocations', ['SELECT']);
}

/**
 * The reverse of {@link createControlPlane}. Tables that count against a limit or refer to tenants go first.
 *
 * @example
 * async down(queryRunner: QueryRunner): Promise<void> {
 *   await queryRunner.query('DROP TABLE projects');
 *   await dropControlPlane(queryRunner);
 * }
 */
export async function dropControlPlane(queryRunner: QueryRunner): Promise<void> {
  await dropAllocationLimits(queryRunner);
  await dropTenantNotifications(queryRunner);
  for (const table of ['platform_access_log', 'tenants', 'plans']) {
    await queryRunner.query(`DROP TABLE ${table}`);
  }
}

/**
 * Grants a table of the application's own control plane, such as users or API keys, to the control plane's role.
 * Tenants' code cannot reach it.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await grantToControlPlane(queryRunner, 'api_keys', ['SELECT', 'INSERT']);
 */
export async function grantToControlPlane(
  queryRunner: QueryRunner,
  table: string,
  privileges: readonly [TablePrivilege, ...TablePrivilege[]],
): Promise<void> {
  const { control } = await rolesOfMigration(queryRunner);
  await queryRunner.query(
    `GRANT ${privileges.join(', ')} ON ${quoteTable(table)} TO ${pg.escapeIdentifier(control)}`,
  );
}

async function createPlans(queryRunner: QueryRunner): Promise<void> {
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
}

async function createTenants(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    CREATE TABLE tenants (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      slug varchar(50) NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$'),
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
}

async function createPlatformAccessLog(queryRunner: QueryRunner): Promise<void> {
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
}
