import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { quoteTable } from './identifiers.js';

/**
 * Distributes a table by tenant where Citus is there, next to the other tables of tenants. Elsewhere it does nothing
 * and says so, so that one migration serves both. Call it on an empty table, after {@link enableRowLevelSecurity},
 * the referenced tables first.
 *
 * @returns whether Citus was there
 * @example
 * await enableRowLevelSecurity(queryRunner, 'agents');
 * await distributeTable(queryRunner, 'agents');
 */
export function distributeTable(queryRunner: QueryRunner, table: string): Promise<boolean> {
  return place(queryRunner, table, (name) => `create_distributed_table(${name}, 'tenant_id')`);
}

/**
 * Copies a table that all tenants share to every node, where Citus is there: what distributed tables may join and
 * refer to. Elsewhere it does nothing and says so.
 *
 * @returns whether Citus was there
 * @example
 * await shareTable(queryRunner, 'countries');
 * await createReferenceTable(queryRunner, 'countries');
 */
export function createReferenceTable(queryRunner: QueryRunner, table: string): Promise<boolean> {
  return place(queryRunner, table, (name) => `create_reference_table(${name})`);
}

async function place(
  queryRunner: QueryRunner,
  table: string,
  call: (name: string) => string,
): Promise<boolean> {
  const [extension] = (await queryRunner.query(
    `SELECT FROM pg_extension WHERE extname = 'citus'`,
  )) as unknown[];
  if (extension === undefined) {
    new Logger('Citus').log(`Citus is not installed: table ${table} stays where it is.`);
    return false;
  }
  await queryRunner.query(`SELECT ${call(pg.escapeLiteral(quoteTable(table)))}`);
  return true;
}
