import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { quoteTable, rolesOfMigration } from './identifiers.js';
import { createPolicy, policiesOf, type TableTenancy } from './policies.js';
import { scopeFormOf } from './signed-scope.js';

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
 * `tenant_id` defaulting to the scope's tenant, so that raw SQL inserts are stamped too. Where the scope is signed
 * ({@link createSignedScope}), tenants' policy asks for its proof.
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
  const scope = await scopeFormOf(queryRunner);
  for (const policy of policiesOf(tenancy, roles, scope)) {
    await queryRunner.query(createPolicy(name, policy));
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
  // Of both forms: the scope may have been signed after the table was made.
  const policies = (['setting', 'signed'] as const).flatMap((scope) => policiesOf(tenancy, roles, scope));
  for (const policy of policies) {
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

/**
 * The reverse of {@link shareTable}. Nobody but the owner, and who was granted the table otherwise, can read it
 * afterwards.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await unshareTable(queryRunner, 'countries');
 */
export async function unshareTable(queryRunner: QueryRunner, table: string): Promise<void> {
  const { tenantApp, platformReader, platformWriter } = await rolesOfMigration(queryRunner);
  const grantees = [tenantApp, platformReader, platformWriter].map(pg.escapeIdentifier).join(', ');
  await queryRunner.query(`REVOKE ALL ON ${quoteTable(table)} FROM ${grantees}`);
}
