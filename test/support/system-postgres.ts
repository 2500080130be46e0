import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresPrograms } from './own-postgres.js';

const ROOT = '/usr/lib/postgresql';
const OLDEST_SUPPORTED = 15;

export interface SystemPostgres {
  readonly major: number;
  readonly programs: PostgresPrograms;
}

/**
 * The oldest PostgreSQL of this machine that is supported, where Debian's packages put it. On CI there must be one:
 * a suite that is left out there proves nothing.
 */
export function systemPostgres(): SystemPostgres | undefined {
  const [major] = (existsSync(ROOT) ? readdirSync(ROOT) : [])
    .map(Number)
    .filter((found) => found >= OLDEST_SUPPORTED && existsSync(join(ROOT, String(found), 'bin', 'initdb')))
    .sort((a, b) => a - b);
  if (major !== undefined) {
    const program = (name: string): string => join(ROOT, String(major), 'bin', name);
    return { major, programs: { initdb: program('initdb'), pgCtl: program('pg_ctl') } };
  }
  if (process.env.CI) throw new Error(`There is no PostgreSQL in ${ROOT}, and CI is set.`);
  process.stderr.write(`There is no PostgreSQL in ${ROOT}: the suites that need it are skipped.\n`);
  return undefined;
}
