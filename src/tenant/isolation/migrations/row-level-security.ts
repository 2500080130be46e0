import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { quoteTable, rolesOfMigration } from './identifiers.js';
import { policiesOf, type TableTenancy } from './policies.js';

/** Whose rows the table holds, as its entity declares it. */
export interface RowLevelSecurityOptions {
  /**
   * `scoped`: every row has a tenant, as of `@TenantScoped()`. `mixed`: a row without one is everyone's to read, as
   * of `@TenantShared({ own: true })`.
   *
   * @default 'scoped'
   */
  readonly tenancy?: TableTenancy;
}

/**
 * Puts a table under row-level security: enabled and forced, one generated policy for each role, grants, and
 * `tenant_id` defaulting to the scope's tenant, so that raw SQL inserts are stamped too.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await enableRowLevelSecurity(queryRunner, 'agents');
 */
export async function enableRowLevelSecurity(
  queryRunner: QueryRunner,
  table: string,
  { tenancy = 'scoped' }: RowLevelSecurityOptions = {},
): Promise<void> {
  const roles = await rolesOfMigration(queryRunner);
  const name = quoteTable(table);
  await queryRunner.query(
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, ` +
      `ALTER COLUMN tenant_id SET DEFAULT current_setting('app.tenant_id')::uuid`,
  );
  for (const { name: policy, role, command, expression } of policiesOf(tenancy, roles)) {
    const check = command === 'ALL' ? ` WITH CHECK (${expression})` : '';
    await queryRunner.query(
      `CREATE POLICY ${pg.escapeIdentifier(policy)} ON ${name} AS PERMISSIVE FOR ${command} ` +
        `TO ${pg.escapeIdentifier(role)} USING (${expression})${check}`,
    );
  }
  const [tenantApp, reader, writer] = [roles.tenantApp, roles.platformReader, roles.platformWriter].map(
    pg.escapeIdentifier,
  );
  await queryRunner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${tenantApp}, ${writer}`);
  await queryRunner.query(`GRANT SELECT ON ${name} TO ${reader}`);
}

/**
 * The reverse of {@link enableRowLevelSecurity}. Nobody but the owner can read the table afterwards.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await disableRowLevelSecurity(queryRunner, 'agents');
 */
export async function disableRowLevelSecurity(
  queryRunner: QueryRunner,
  table: string,
  { tenancy = 'scoped' }: RowLevelSecurityOptions = {},
): Promise<void> {
  const roles = await rolesOfMigration(queryRunner);
  const name = quoteTable(table);
  for (const policy of policiesOf(tenancy, roles)) {
    await queryRunner.query(`DROP POLICY IF EXISTS ${pg.escapeIdentifier(policy.name)} ON ${name}`);
  }
  const grantees = [roles.tenantApp, roles.platformReader, roles.platformWriter]
    .map(pg.escapeIdentifier)
    .join(', ');
  await queryRunner.query(`REVOKE ALL ON ${name} FROM ${grantees}`);
  await queryRunner.query(
    `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY, ALTER COLUMN tenant_id DROP DEFAULT`,
  );
}

/**
 * Grants a table that all tenants share (`@TenantShared()`): tenants and platform readers read it, platform
 * writers write it.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await shareTable(queryRunner, 'countries');
 */
export async function shareTable(queryRunner: QueryRunner, table: string): Promise<void> {
  const roles = await rolesOfMigration(queryRunner);
  const name = quoteTable(table);
  const [tenantApp, reader, writer] = [roles.tenantApp, roles.platformReader, roles.platformWriter].map(
    pg.escapeIdentifier,
  );
  await queryRunner.query(`GRANT SELECT ON ${name} TO ${tenantApp}, ${reader}`);
  await queryRunner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${writer}`);
}
