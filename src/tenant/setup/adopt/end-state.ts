import { normal } from '../../isolation/doctor/facts.js';

/** What the catalog has to say of an adopted table ($1), its owner ($2), policies ($3, as JSON) and who may hold grants ($4). */
export const END_STATE = `
WITH t AS (SELECT c.*, a.attnum AS tenant, a.attnotnull, coalesce(pg_get_expr(d.adbin, d.adrelid), 'none') AS filled
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.oid = $1::regclass),
  led_by_none AS (SELECT string_agg(i.indexrelid::regclass::text, ', ') AS names FROM pg_index i, t
    WHERE i.indrelid = t.oid AND i.indisunique AND (i.indkey[0] <> t.tenant OR NOT i.indisvalid)),
  keys AS (SELECT string_agg(c.conname, ', ') AS names FROM pg_constraint c JOIN t ON c.conrelid = t.oid
    WHERE NOT c.convalidated OR (c.contype = 'f' AND c.conkey[1] <> t.tenant AND EXISTS (SELECT FROM pg_attribute a
      WHERE a.attrelid = c.confrelid AND a.attname = 'tenant_id' AND a.attnotnull AND NOT a.attisdropped))),
  expected AS (SELECT * FROM jsonb_to_recordset($3) AS e(name text, role text, command text, expression text)),
  policies AS (SELECT p.polname::text AS name, EXISTS (SELECT FROM expected e
      WHERE e.name = p.polname AND p.polpermissive AND p.polroles = ARRAY[to_regrole(quote_ident(e.role))::oid]
        AND CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' END = e.command
        AND ${normal('pg_get_expr(p.polqual, p.polrelid)')} = ${normal('e.expression')}
        AND ${normal('pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid)')} = ${normal('e.expression')}) AS generated
    FROM pg_policy p, t WHERE p.polrelid = t.oid),
  foreigners AS (SELECT string_agg(DISTINCT coalesce(r.rolname, 'public'), ', ') AS names
    FROM t, aclexplode(t.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
    WHERE coalesce(r.rolname, 'public') <> ALL ($4::text[])),
  leftovers AS (SELECT string_agg(g.tgname, ', ') AS names FROM pg_trigger g, t
    WHERE g.tgrelid = t.oid AND g.tgname LIKE 'tenancy\\_%')
SELECT 'tenant_id is required' AS check, coalesce(attnotnull, false) AS ok, coalesce(attnotnull::text, 'no column') AS found
  FROM t
UNION ALL SELECT 'tenant_id defaults to the scope', filled LIKE '%current_setting(%app.tenant_id%)::uuid%', filled FROM t
UNION ALL SELECT 'the primary key leads with tenant_id',
  EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary AND i.indkey[0] = t.tenant), '' FROM t
UNION ALL SELECT 'every unique key leads with tenant_id and is valid', names IS NULL, coalesce(names, '') FROM led_by_none
UNION ALL SELECT 'every foreign key to a tenant''s table leads with tenant_id and is valid', names IS NULL,
  coalesce(names, '') FROM keys
UNION ALL SELECT 'row-level security is enabled and forced', relrowsecurity AND relforcerowsecurity, '' FROM t
UNION ALL SELECT 'the policies are the generated ones',
  bool_and(generated) IS TRUE AND count(*) = (SELECT count(*) FROM expected),
  coalesce(string_agg(name || CASE WHEN generated THEN '' ELSE ' (another meaning)' END, ', ' ORDER BY name), 'none')
  FROM policies
UNION ALL SELECT 'the owner owns it', pg_get_userbyid(relowner) = $2, pg_get_userbyid(relowner) FROM t
UNION ALL SELECT 'nobody else holds a privilege', names IS NULL, coalesce(names, '') FROM foreigners
UNION ALL SELECT 'nothing of the adoption is left on it', names IS NULL, coalesce(names, '') FROM leftovers`;
