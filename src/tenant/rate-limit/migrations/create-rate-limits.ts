import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { rolesOfMigration, schemaOfMigration } from '../../isolation/migrations/identifiers.js';
import { rateLimitStateFunctions } from './rate-limit-state.functions.js';
import { createRateLimitTable } from './rate-limit-table.js';
import { rateLimitTakeFunction } from './rate-limit-take.function.js';

const functionsOf = (schema: string): readonly string[] => [
  ...rateLimitStateFunctions(schema),
  rateLimitTakeFunction(schema),
];

/**
 * Creates what `PostgresRateLimitStore` needs: the table `rate_limit_counters`, which is not logged, and the functions
 * that count. Only the control plane's role may use them; tenants' roles reach none of it.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * async up(queryRunner: QueryRunner): Promise<void> {
 *   await createRateLimits(queryRunner);
 * }
 */
export async function createRateLimits(queryRunner: QueryRunner): Promise<void> {
  const { control } = await rolesOfMigration(queryRunner);
  await createRateLimitTable(queryRunner);
  for (const definition of functionsOf(await schemaOfMigration(queryRunner))) {
    await queryRunner.query(definition);
    const name = nameOf(definition);
    await queryRunner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);
    await queryRunner.query(`GRANT EXECUTE ON FUNCTION ${name} TO ${pg.escapeIdentifier(control)}`);
  }
}

/**
 * The reverse of {@link createRateLimits}: what was used of rate limits is forgotten.
 *
 * @example
 * await dropRateLimits(queryRunner);
 */
export async function dropRateLimits(queryRunner: QueryRunner): Promise<void> {
  const definitions = functionsOf(await schemaOfMigration(queryRunner));
  for (const definition of [...definitions].reverse())
    await queryRunner.query(`DROP FUNCTION ${nameOf(definition)}`);
  await queryRunner.query('DROP TABLE rate_limit_counters');
}

const nameOf = (definition: string): string => /\.(\w+)\(/.exec(definition)?.[1] ?? '';
