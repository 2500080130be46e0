import { type CatalogRule, columns } from '../rule.js';

/** Keys, foreign keys and indexes hold the tenant: PostgreSQL checks them past row-level security. */
export const KEY_RULES: readonly CatalogRule[] = [
  {
    id: 'key-without-tenant',
    severity: 'error',
    danger:
      'Uniqueness is checked over all tenants: a collision tells one tenant what another has, and blocks it.',
    fix: 'Make it (tenant_id, …). Generate the migration with TenantSchemaDataSource, which does.',
    find: `SELECT ${columns(
      'NULL',
      'table_name',
      `CASE WHEN is_primary THEN 'primary key ' ELSE 'unique key ' END || name || ' of ' || table_name || ' does not hold tenant_id'`,
    )} FROM key WHERE is_unique AND NOT holds_tenant AND NOT (mixed AND is_primary)`,
  },
  {
    id: 'exclusion-without-tenant',
    severity: 'error',
    danger: 'An exclusion constraint is checked over all tenants, as a unique key is.',
    fix: 'Add tenant_id WITH = to it (for gist: extension btree_gist).',
    find: `SELECT ${columns(
      'NULL',
      'scoped.name',
      `'exclusion constraint ' || c.conname || ' of ' || scoped.name || ' does not hold tenant_id'`,
    )} FROM scoped JOIN pg_constraint c ON c.conrelid = scoped.oid AND c.contype = 'x' AND scoped.tenant <> ALL (c.conkey)`,
  },
  {
    id: 'foreign-key-without-tenant',
    severity: 'error',
    danger:
      "A row can refer to another tenant's: it learns that it exists, blocks its deletion, or goes with it by cascade.",
    fix: 'Make it (tenant_id, …) REFERENCES … (tenant_id, …). Generate the migration with TenantSchemaDataSource, which does.',
    find: `SELECT ${columns(
      'NULL',
      'table_name',
      `'foreign key ' || name || ' of ' || table_name || ' refers to ' || target || ' without tenant_id'`,
    )} FROM foreign_key WHERE to_scoped AND NOT to_mixed AND NOT holds_tenant`,
  },
  {
    id: 'foreign-key-to-mixed',
    severity: 'hint',
    danger:
      'A foreign key by the id alone tells whether some tenant has a row with a given id; random ids make that useless.',
    fix: 'Keep ids random (uuid), and do not cascade.',
    find: `SELECT ${columns(
      'NULL',
      'table_name',
      `'foreign key ' || name || ' of ' || table_name || ' refers to ' || target || ', where rows of tenants and shared ones are'`,
    )} FROM foreign_key WHERE to_mixed AND NOT holds_tenant AND from_scoped`,
  },
  {
    id: 'foreign-key-clears-tenant',
    severity: 'error',
    danger:
      'Deleting the row it refers to would take the tenant from this one, or fails because tenant_id is required.',
    fix: 'ON DELETE SET NULL (column), naming the other columns only.',
    find: `SELECT ${columns(
      'NULL',
      'table_name',
      `'foreign key ' || name || ' of ' || table_name || ' sets tenant_id to null, or to its default, with the rest'`,
    )} FROM foreign_key WHERE from_scoped AND has_own_tenant AND clears`,
  },
  {
    id: 'index-not-led-by-tenant',
    severity: 'hint',
    danger:
      'Every statement of a tenant looks for tenant_id first: this index is walked through the rows of all tenants.',
    fix: 'Put tenant_id in front, if statements of tenants are to use it.',
    find: `SELECT ${columns(
      'NULL',
      'table_name',
      `'index ' || name || ' of ' || table_name || ' is not led by tenant_id'`,
    )} FROM key WHERE method = 'btree' AND NOT led_by_tenant AND (holds_tenant OR NOT is_unique)`,
  },
  {
    id: 'index-not-leakproof',
    severity: 'hint',
    danger:
      'Under a policy, operators that are not leakproof (ilike, trigram, full text, jsonb containment) cannot use an index.',
    fix: 'See "Limits of row-level security" in docs/doctor.md.',
    find: `SELECT ${columns(
      'NULL',
      'table_name',
      `method || ' index ' || name || ' of ' || table_name || ' is not used by statements of tenants'`,
    )} FROM key WHERE method NOT IN ('btree', 'hash', 'brin') AND EXISTS (
      SELECT FROM pg_index i CROSS JOIN unnest(i.indclass) AS class(oid) JOIN pg_opclass o ON o.oid = class.oid
        JOIN pg_amop op ON op.amopfamily = o.opcfamily JOIN pg_operator x ON x.oid = op.amopopr
        JOIN pg_proc f ON f.oid = x.oprcode WHERE i.indexrelid = key.oid AND NOT f.proleakproof)`,
  },
  {
    id: 'sequence-counts-all-tenants',
    severity: 'hint',
    danger: 'Numbers from one sequence tell a tenant how many rows all tenants make.',
    fix: 'Use gen_random_uuid(), or a number counted per tenant.',
    find: `SELECT ${columns(
      'NULL',
      'scoped.name',
      `scoped.name || '.' || a.attname || ' is numbered by a sequence over all tenants'`,
    )} FROM scoped JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = scoped.oid
        AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
      JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
      JOIN pg_attribute a ON a.attrelid = scoped.oid AND a.attnum = d.refobjsubid`,
  },
];
