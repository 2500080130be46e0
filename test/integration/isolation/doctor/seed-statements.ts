export const TABLE = `CREATE TABLE extra (tenant_id uuid NOT NULL DEFAULT current_setting('app.tenant_id')::uuid, id uuid NOT NULL,
  other uuid, body jsonb, PRIMARY KEY (tenant_id, id))`;
export const TENANTS_OWN = `tenant_id = current_setting('app.tenant_id')::uuid`;

/** A table of tenants as enableRowLevelSecurity makes it. */
export const scoped = (table: string): string[] => [
  `ALTER TABLE ${table} OWNER TO $owner`,
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY own ON ${table} TO $tenantApp USING (${TENANTS_OWN})`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO $tenantApp`,
];

/** A table with shared rows, as enableRowLevelSecurity makes it. */
export const MIXED = [
  `CREATE TABLE mixed (id uuid PRIMARY KEY, tenant_id uuid DEFAULT current_setting('app.tenant_id')::uuid)`,
  ...scoped('mixed'),
  'CREATE POLICY shared ON mixed FOR SELECT TO $tenantApp USING (tenant_id IS NULL)',
];

export const policy = (name: string, rest: string): string => `CREATE POLICY ${name} ON agents ${rest}`;
export const OTHER = `'10000000-0000-4000-8000-000000000001'`;

/** A row to be found by who reads without a tenant. */
export const ROW = [
  `INSERT INTO plans (name, version, limits, features) VALUES ('free', 99, '{"maxAgents": null}', '{}')`,
  `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor) VALUES (${OTHER}, 'x', 'x', 'active', 'free', 99, now())`,
  `INSERT INTO agents (tenant_id, name) VALUES (${OTHER}, 'CANARY')`,
];

export const definer = (name: string, rest = 'SET search_path = pg_catalog, pg_temp'): string[] => [
  `CREATE FUNCTION ${name}() RETURNS int LANGUAGE sql SECURITY DEFINER ${rest} AS 'SELECT 1'`,
  `ALTER FUNCTION ${name}() OWNER TO $owner`,
];

/** A signed scope as createSignedScope makes it, but for what is given. */
export const signedBy = (body: string, searchPath = 'pg_catalog, pg_temp'): string[] => [
  'CREATE TABLE tenant_scope_keys (place smallint, inner_key bytea, outer_key bytea)',
  'ALTER TABLE tenant_scope_keys OWNER TO $owner',
  `CREATE FUNCTION public.tenant_scope() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = ${searchPath} AS $function$${body}$function$`,
  'ALTER FUNCTION tenant_scope() OWNER TO $owner',
  'REVOKE EXECUTE ON FUNCTION tenant_scope() FROM PUBLIC',
  'GRANT EXECUTE ON FUNCTION tenant_scope() TO $tenantApp',
  alterPolicy('tenant_id = (SELECT tenant_scope())'),
];

export function dropPolicies(): string[] {
  return [
    `DO $$ DECLARE p text; BEGIN FOR p IN SELECT polname FROM pg_policy WHERE polrelid = 'agents'::regclass LOOP
    EXECUTE format('DROP POLICY %I ON agents', p); END LOOP; END $$`,
  ];
}

export function alterPolicy(using: string, check = using): string {
  const quoted = `USING (${using}) WITH CHECK (${check})`.replaceAll("'", "''");
  return `DO $$ DECLARE p text := (SELECT polname FROM pg_policy WHERE polrelid = 'agents'::regclass AND polname LIKE 'tenant\\_app\\_%');
    BEGIN EXECUTE format('ALTER POLICY %I ON agents ${quoted}', p); END $$`;
}

/** The catalog in which Citus keeps where tables are, as far as the rules look. Citus itself cannot be had here. */
export function placed(rows: string): string[] {
  return [
    'SET LOCAL allow_system_table_mods = on',
    'CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char", colocationid int)',
    `INSERT INTO pg_catalog.pg_dist_partition VALUES ${rows}`,
  ];
}
