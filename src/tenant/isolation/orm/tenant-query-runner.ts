import type { QueryRunner } from 'typeorm';
import { QueryFailedError } from 'typeorm';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import { tenantErrorFrom } from './database-errors.js';

type Query = (sql: string, parameters?: unknown[], useStructuredResult?: true) => Promise<unknown>;

/**
 * Makes this query runner raise tenancy errors as they are, not wrapped in a QueryFailedError (which would hold
 * the statement and its values), and refuse to empty tables: TRUNCATE asks no policy.
 */
export function tenantQueryRunner(runner: QueryRunner): QueryRunner {
  const query: Query = runner.query.bind(runner);
  return Object.assign(runner, {
    query: (...statement: Parameters<Query>) => query(...statement).catch(rethrowUnwrapped),
    clearTable: () => refuseToEmpty('clear() empties a table for all tenants. Use deleteAll()'),
    clearDatabase: () => refuseToEmpty('dropDatabase() drops the data of all tenants. Use a migration'),
  });
}

function rethrowUnwrapped(error: unknown): never {
  throw (error instanceof QueryFailedError && tenantErrorFrom(error.driverError)) || error;
}

function refuseToEmpty(reason: string): Promise<never> {
  return Promise.reject(new StatementRefusedError(`${reason}.`));
}
