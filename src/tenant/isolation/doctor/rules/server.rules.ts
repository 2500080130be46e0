import { type CatalogRule, columns } from '../rule.js';

/**
 * The minor release of each major version from which on a cached plan no longer survives a change of role
 * (CVE-2026-14666). They were released together; later major versions came after them.
 */
const FLOORS = { 15: 19, 16: 15, 17: 11, 18: 5 } as const;

const BELOW_FLOOR = Object.entries(FLOORS)
  .map(([major, minor]) => `number / 10000 = ${major} AND number % 10000 < ${minor}`)
  .join(' OR ');

const FLOOR = `CASE number / 10000 ${Object.entries(FLOORS)
  .map(([major, minor]) => `WHEN ${major} THEN '${major}.${minor}'`)
  .join(' ')} END`;

/** The server itself. */
export const SERVER_RULES: readonly CatalogRule[] = [
  {
    id: 'server-too-old',
    severity: 'error',
    danger: 'security_invoker views and ON DELETE SET NULL (column) came with PostgreSQL 15.',
    fix: 'Upgrade to PostgreSQL 15 or newer.',
    find: `SELECT ${columns("'server'", "'server'", "'the server is older than PostgreSQL 15: ' || name")}
      FROM version WHERE number < 150000`,
  },
  {
    id: 'server-below-security-floor',
    severity: 'error',
    danger:
      'Plans cached before a change of role survive it (CVE-2026-14666), so that rows can be read with the policies of another role.',
    fix: 'Install the newest minor release and restart the server. A warning for a server on this machine, outside production.',
    find: `SELECT ${columns("'server'", "'server'", `'the server is PostgreSQL ' || name || ', below ' || ${FLOOR}`)}
      FROM version WHERE ${BELOW_FLOOR}`,
  },
];
