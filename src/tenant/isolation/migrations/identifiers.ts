import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { type DatabaseRoles, databaseRolesOf } from '../database-roles.js';

/** `agents` or `app.agents`, quoted. */
export function quoteTable(table: string): string {
  return table.split('.').map(pg.escapeIdentifier).join('.');
}

/** Migrations run as the owner, whose name tells the names of the other roles of this database. */
export async function rolesOfMigration(queryRunner: QueryRunner): Promise<DatabaseRoles> {
  const [row] = (await queryRunner.query('SELECT current_user AS "user"')) as [{ user: string }];
  return databaseRolesOf('owner', row.user);
}

/** The schema new tables go to, quoted. */
export async function schemaOfMigration(queryRunner: QueryRunner): Promise<string> {
  const [row] = (await queryRunner.query('SELECT current_schema() AS "schema"')) as [{ schema: string }];
  return pg.escapeIdentifier(row.schema);
}
