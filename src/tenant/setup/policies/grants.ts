import pg from 'pg';
import type { DatabaseRoles } from '../../isolation/database-roles.js';
import type { DeclaredTable } from './declared-tables.js';
import type { TableState } from './table-state.js';

const READ = ['SELECT'];
const WRITE = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** The statements that give each role what it should have of a table, and take what it should not. */
export function grantChanges(
  name: string,
  { tenancy, view }: DeclaredTable,
  { grants }: TableState,
  roles: DatabaseRoles,
): string[] {
  const owned = tenancy !== 'shared';
  const expected: [role: string, privileges: readonly string[]][] = [
    [roles.tenantApp, owned && !view ? WRITE : READ],
    [roles.platformReader, READ],
    [roles.platformWriter, view ? READ : WRITE],
    [roles.login, []],
    ['PUBLIC', []],
    // Of a shared table the application may have granted it something itself.
    ...(owned ? [[roles.control, []] as [string, string[]]] : []),
  ];
  return expected.flatMap(([role, privileges]) => {
    const has = grants[role] ?? [];
    const missing = privileges.filter((privilege) => !has.includes(privilege));
    const excess = has.filter((privilege) => !privileges.includes(privilege));
    const grantee = role === 'PUBLIC' ? role : pg.escapeIdentifier(role);
    return [
      ...(missing.length > 0 ? [`GRANT ${missing.join(', ')} ON ${name} TO ${grantee}`] : []),
      ...(excess.length > 0 ? [`REVOKE ${excess.join(', ')} ON ${name} FROM ${grantee}`] : []),
    ];
  });
}
