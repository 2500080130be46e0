import { ACTING } from '../facts.js';
import { type CatalogRule, columns } from '../rule.js';

/** Granted to more than the scope needs: tables, schemas, the database, and what new tables get. */
export const GRANT_RULES: readonly CatalogRule[] = [
  {
    id: 'login-reaches-table',
    severity: 'error',
    danger: 'A statement that forgot its scope is answered instead of refused.',
    fix: 'REVOKE it from the login: statements of tenants run as the role of the scope.',
    find: `SELECT ${columns(
      'role.kind',
      'relation.name',
      `role.name || ' reaches ' || relation.name || ' without a tenant''s scope'`,
      `format('REVOKE ALL ON %s FROM %I', relation.name, role.name)`,
    )} FROM (SELECT DISTINCT oid, grantee FROM granted) g JOIN relation USING (oid) JOIN role ON role.oid = g.grantee
      WHERE role.kind = 'login' OR role.kind = 'control' AND relation.rls`,
  },
  {
    id: 'granted-to-public',
    severity: 'error',
    danger: 'PUBLIC is every role, the logins included.',
    fix: 'REVOKE it from PUBLIC.',
    find: `SELECT ${columns(
      'NULL',
      'relation.name',
      `'PUBLIC reaches ' || relation.name || ' without a tenant''s scope'`,
      `format('REVOKE ALL ON %s FROM PUBLIC', relation.name)`,
    )} FROM (SELECT DISTINCT oid FROM granted WHERE grantee = 0) g JOIN relation USING (oid)`,
  },
  {
    id: 'privilege-outside-rls',
    severity: 'error',
    danger: 'Row-level security does not apply to TRUNCATE, REFERENCES, TRIGGER and MAINTAIN.',
    fix: 'REVOKE them; tenants need SELECT, INSERT, UPDATE and DELETE.',
    find: `SELECT ${columns(
      'role.kind',
      'relation.name',
      `role.name || ' ' || CASE WHEN g.privilege = 'TRUNCATE' THEN 'truncates ' ELSE 'has ' || g.privilege || ' on ' END
        || relation.name || ', to which row-level security does not apply'`,
      `format('REVOKE %s ON %s FROM %I', g.privilege, relation.name, role.name)`,
    )} FROM granted g JOIN relation USING (oid) JOIN role ON role.oid = g.grantee
      WHERE role.kind IN ${ACTING} AND g.privilege IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')`,
  },
  {
    id: 'creates-in-schema',
    severity: 'error',
    danger:
      'Who may create in a schema can put a table or function in front of another, or leave data that has no tenant.',
    fix: 'REVOKE CREATE ON SCHEMA, also from PUBLIC.',
    find: `SELECT ${columns('role.kind', "'schema ' || n.nspname", `role.name || ' creates in schema ' || n.nspname`)}
      FROM role, pg_namespace n WHERE role.kind <> 'owner' AND n.nspname !~ '^(pg_|information_schema)'
        AND has_schema_privilege(role.oid, n.oid, 'CREATE')`,
  },
  {
    id: 'temporary-tables',
    severity: 'error',
    danger: 'A temporary table stays on the pooled connection, where the next tenant meets it.',
    fix: 'REVOKE TEMPORARY ON DATABASE, also from PUBLIC; `npx tenancy setup` does.',
    find: `SELECT ${columns(
      'role.kind',
      'role.name',
      `role.name || ' makes temporary tables, which stay on the connection'`,
    )} FROM role WHERE role.kind IN ${ACTING} AND has_database_privilege(role.oid, current_database(), 'TEMP')`,
  },
  {
    id: 'default-privileges',
    severity: 'error',
    danger: 'A new table is handed out before it has row-level security.',
    fix: 'ALTER DEFAULT PRIVILEGES … REVOKE; enableRowLevelSecurity() and shareTable() grant what is needed.',
    find: `SELECT ${columns(
      'role.kind',
      'pg_get_userbyid(d.defaclrole)',
      `'new tables of ' || pg_get_userbyid(d.defaclrole) || ' are granted to ' || coalesce(role.name, 'PUBLIC')`,
      `format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON TABLES FROM %s', pg_get_userbyid(d.defaclrole),
        (SELECT format(' IN SCHEMA %I', nspname) FROM pg_namespace n WHERE n.oid = d.defaclnamespace),
        coalesce(quote_ident(role.name), 'PUBLIC'))`,
    )} FROM pg_default_acl d CROSS JOIN (SELECT DISTINCT d.oid AS acl, a.grantee FROM pg_default_acl d, aclexplode(d.defaclacl) a) g
        LEFT JOIN role ON role.oid = g.grantee AND role.kind <> 'owner'
      WHERE g.acl = d.oid AND d.defaclobjtype = 'r' AND (role.oid IS NOT NULL OR g.grantee = 0)`,
  },
];
