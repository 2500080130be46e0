import type { QueryRunner } from 'typeorm';
import type { Policy } from '../../isolation/migrations/policies.js';
import { normal } from '../../isolation/doctor/facts.js';

/** A policy as the database has it. */
export interface StoredPolicy {
  readonly name: string;
  readonly roles: readonly string[];
  readonly command: string;
  readonly permissive: boolean;
  /** Without what PostgreSQL adds and drops when it prints one. */
  readonly sees: string | null;
  readonly writes: string | null;
}

/** What row-level security and the grants of a table or view are. */
export interface TableState {
  readonly schema: string;
  readonly name: string;
  /** As `relkind` of pg_class. */
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'f';
  readonly partition: boolean;
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly invoker: boolean;
  readonly hasTenant: boolean;
  /** Normalized; null: none. */
  readonly tenantDefault: string | null;
  readonly policies: readonly StoredPolicy[];
  /** Privileges by role, `PUBLIC` among them; the owner's are left out. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
}

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relispartition AS partition,
    c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
    coalesce(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false) AS invoker,
    a.attnum IS NOT NULL AS "hasTenant", ${normal('pg_get_expr(d.adbin, d.adrelid)')} AS "tenantDefault",
    coalesce((SELECT json_agg(json_build_object('name', p.polname, 'permissive', p.polpermissive,
      'command', CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' ELSE 'WRITE' END,
      'roles', ARRAY(SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r)::text END FROM unnest(p.polroles) r),
      'sees', ${normal('pg_get_expr(p.polqual, p.polrelid)')},
      'writes', ${normal('pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid)')}) ORDER BY p.polname)
      FROM pg_policy p WHERE p.polrelid = c.oid), '[]') AS policies,
    coalesce((SELECT json_object_agg(role, privileges) FROM (
      SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee)::text END AS role,
        array_agg(DISTINCT g.privilege_type::text) AS privileges
      FROM aclexplode(c.relacl) g WHERE g.grantee <> c.relowner GROUP BY 1) granted), '{}') AS grants
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend e
      WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY 1, 2`;

/** Every table and view of the database but those of extensions. */
export async function tableStates(queryRunner: QueryRunner): Promise<TableState[]> {
  return (await queryRunner.query(TABLES)) as TableState[];
}

/** Generated policies by what they mean, as {@link StoredPolicy} has them: a tampered one may keep its name. */
export async function normalized(
  queryRunner: QueryRunner,
  policies: readonly Policy[],
): Promise<ReadonlyMap<Policy, string>> {
  const rows = (await queryRunner.query(
    `SELECT ${normal('expression')} AS meaning FROM unnest($1::text[]) WITH ORDINALITY AS e(expression, at) ORDER BY at`,
    [policies.map(({ expression }) => expression)],
  )) as { meaning: string }[];
  return new Map(policies.map((policy, at) => [policy, rows[at]?.meaning ?? '']));
}
