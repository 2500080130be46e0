import pg from 'pg';
import { SCOPE_SEARCH_PATH, scopeFunctionBody } from '../migrations/signed-scope.js';

/** An expression of a policy without what PostgreSQL adds and drops when it prints one. */
export const normal = (expression: string): string =>
  `regexp_replace(${expression}, '\\mAS tenant_scope\\M|\\m\\w+\\.(?=tenant_scope)|::text\\M|[\\s()]', '', 'gi')`;

/** As psql takes it; whoever looks, with or without rights on the schema. */
export const nameOf = (schema: string, name: string): string =>
  `CASE WHEN ${schema} = 'public' THEN quote_ident(${name}) ELSE format('%I.%I', ${schema}, ${name}) END`;

/** The roles statements of tenants and of platform work run as. */
export const ACTING = `('tenantApp', 'platformReader', 'platformWriter')`;

/** What an extension brought is its author's to judge. */
const ours = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** Where a schema has to be filled in, quoted. */
const SCHEMA = '$schema';

const words = (text: string): string => `regexp_replace(${text}, '\\s+', ' ', 'g')`;

const SCOPE_BODY = `replace(${pg.escapeLiteral(scopeFunctionBody(SCHEMA))}, '${SCHEMA}', '"' || replace(function.schema, '"', '""') || '"')`;

/**
 * What the rules look at, as common table expressions. `$1` is the text of a JSON object: `roles` (name by kind),
 * `policies` (what row-level security should consist of) and `engine`.
 */
export const FACTS = `
  given AS (SELECT $1::jsonb AS given),
  version AS (SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name),
  citus AS (SELECT given ->> 'engine' IS NOT DISTINCT FROM 'citus' OR EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS present FROM given),
  -- Every role of this database that exists.
  anybody AS (
    SELECT r.*, key AS kind, rolname::text AS name
    FROM given, jsonb_each_text(given -> 'roles') JOIN pg_roles r ON r.rolname = value
  ),
  -- A superuser is a member of, and may reach, everything: other rules would only repeat it.
  role AS (SELECT * FROM anybody WHERE NOT rolsuper),
  relation AS (
    SELECT c.oid, ${nameOf('n.nspname', 'c.relname')} AS name, c.relname::text, c.relkind AS kind, c.relowner AS owner, c.reloptions AS options,
      c.relrowsecurity AS rls, c.relforcerowsecurity AS forced, a.attnum AS tenant, a.attnotnull AS required,
      format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS filled,
      EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) AS child,
      c.relacl, c.relnamespace
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND ${ours('pg_class', 'c.oid')}
  ),
  -- Who was granted what on which relation, by table or by column; grantee 0 is PUBLIC.
  granted AS (
    SELECT relation.oid, a.grantee, a.privilege_type AS privilege
      FROM relation, aclexplode(relation.relacl) a WHERE a.grantee <> relation.owner
    UNION
    SELECT relation.oid, a.grantee, a.privilege_type
      FROM relation JOIN pg_attribute c ON c.attrelid = relation.oid, aclexplode(c.attacl) a
      WHERE c.attacl IS NOT NULL AND NOT c.attisdropped AND a.grantee <> relation.owner
  ),
  policy AS (
    SELECT p.oid, p.polrelid AS relation, p.polname::text AS name, p.polroles AS roles, p.polpermissive AS permissive,
      CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' ELSE 'WRITE' END AS command,
      pg_get_expr(p.polqual, p.polrelid) AS shown,
      ${normal('pg_get_expr(p.polqual, p.polrelid)')} AS sees,
      ${normal('pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid)')} AS writes
    FROM pg_policy p
  ),
  expected AS (
    SELECT e.role, r.oid AS role_oid, e.command, ${normal('e.expression')} AS expression
    FROM given, jsonb_to_recordset(given -> 'policies') AS e(role text, command text, expression text)
      JOIN pg_roles r ON r.rolname = e.role
  ),
  -- By what a policy means, not by its name: the name of a tampered one can stay.
  generated AS (
    SELECT DISTINCT policy.oid, policy.relation, expected.role_oid FROM policy JOIN expected
      ON policy.roles = ARRAY[expected.role_oid] AND policy.command = expected.command AND policy.permissive
        AND policy.sees = expected.expression
        AND (policy.command = 'SELECT' OR policy.writes = expected.expression)
  ),
  -- Tables with rows of tenants. One whose tenant may be missing, and is then everybody's, is mixed.
  scoped AS (
    SELECT relation.*, EXISTS (
      SELECT FROM policy JOIN role ON policy.roles = ARRAY[role.oid] AND role.kind = 'tenantApp'
      WHERE policy.relation = relation.oid AND policy.command = 'SELECT' AND policy.sees = 'tenant_idISNULL') AS mixed
    FROM relation WHERE kind IN ('r', 'p') AND rls
  ),
  function AS (
    SELECT p.oid, n.nspname::text AS schema, ${nameOf('n.nspname', 'p.proname')} || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name, p.proname::text, p.proowner AS owner, p.prosecdef AS definer,
      p.proconfig AS config, p.prorettype AS returns, p.pronargs AS arguments, p.provolatile AS volatility,
      coalesce(p.proacl, acldefault('f', p.proowner)) AS acl, p.prosrc AS source
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ${ours('pg_proc', 'p.oid')}
  ),
  -- What createSignedScope() makes, and nothing that only looks like it.
  scope_function AS (
    SELECT function.oid FROM function JOIN role ON role.oid = function.owner AND role.kind = 'owner'
    WHERE function.proname = 'tenant_scope' AND arguments = 0 AND returns = 'uuid'::regtype AND volatility = 's' AND definer
      AND config = ARRAY['search_path=${SCOPE_SEARCH_PATH}'] AND ${words('source')} = ${words(SCOPE_BODY)}
  ),
  -- Whether each policy of tenants is one, and whether it asks that function.
  signing AS (
    SELECT policy.oid, EXISTS (SELECT FROM generated WHERE generated.oid = policy.oid) AND EXISTS (
      SELECT FROM pg_depend d JOIN scope_function f ON d.refobjid = f.oid AND d.refclassid = 'pg_proc'::regclass
      WHERE d.classid = 'pg_policy'::regclass AND d.objid = policy.oid) AS signed
    FROM policy JOIN scoped ON scoped.oid = policy.relation
      JOIN role ON policy.roles = ARRAY[role.oid] AND role.kind = 'tenantApp'
    WHERE policy.command = 'ALL'
  ),
  -- Which relations a view reads, through other views too.
  reads AS (
    WITH RECURSIVE direct AS (
      SELECT DISTINCT w.ev_class AS view, d.refobjid AS relation
      FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
      WHERE w.ev_class IN (SELECT oid FROM relation WHERE kind IN ('v', 'm'))
    ), nested AS (
      SELECT view, relation FROM direct
      UNION SELECT nested.view, direct.relation FROM nested JOIN direct ON direct.view = nested.relation
    )
    SELECT view, relation FROM nested
  ),
  key AS (
    SELECT scoped.oid AS relation, scoped.name AS table_name, scoped.mixed, i.indexrelid AS oid, i.indisunique AS is_unique,
      i.indisprimary AS is_primary, c.relname::text AS name, m.amname AS method,
      scoped.tenant = ANY (i.indkey[0:i.indnkeyatts - 1]) AS holds_tenant,
      i.indkey[0] = scoped.tenant AS led_by_tenant
    FROM scoped JOIN pg_index i ON i.indrelid = scoped.oid JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_am m ON m.oid = c.relam
  ),
  foreign_key AS (
    SELECT c.oid, c.conname::text AS name, c.conrelid AS relation, source.name AS table_name, source.rls AS from_scoped,
      target.name AS target, target.oid AS target_oid, target.rls AS to_scoped,
      EXISTS (SELECT FROM scoped WHERE scoped.oid = target.oid AND mixed) AS to_mixed,
      EXISTS (SELECT FROM unnest(c.conkey, c.confkey) AS pair(own, other)
        WHERE own = source.tenant AND other = target.tenant) AS holds_tenant,
      c.confdeltype IN ('n', 'd') AND (c.confdelsetcols IS NULL OR c.confdelsetcols = '{}' OR source.tenant = ANY (c.confdelsetcols))
        OR c.confupdtype IN ('n', 'd') AS clears,
      source.tenant = ANY (c.conkey) AS has_own_tenant, c.confdeltype AS on_delete
    FROM pg_constraint c JOIN relation source ON source.oid = c.conrelid JOIN relation target ON target.oid = c.confrelid
    WHERE c.contype = 'f'
  )`;
