import type { Seed } from './seed.js';
import { scopeFunctionBody } from '../../../../src/tenant/isolation/migrations/signed-scope.js';
import { alterPolicy, definer, signedBy } from './seed-statements.js';

export const CODE_SEEDS: readonly Seed[] = [
  {
    rule: 'view-without-security-invoker',
    object: 'v',
    seed: [
      'CREATE VIEW v AS SELECT * FROM agents',
      'ALTER VIEW v OWNER TO $owner',
      'GRANT SELECT ON v TO $tenantApp',
    ],
  },
  {
    rule: 'view-without-security-invoker',
    object: 'w',
    seed: [
      'CREATE VIEW v WITH (security_invoker) AS SELECT * FROM agents',
      'CREATE VIEW w AS SELECT * FROM v',
      'ALTER VIEW v OWNER TO $owner',
      'ALTER VIEW w OWNER TO $owner',
      'GRANT SELECT ON v, w TO $tenantApp',
    ],
  },
  {
    rule: 'materialized-view-over-tenants',
    object: 'm',
    seed: [
      'CREATE MATERIALIZED VIEW m AS SELECT * FROM agents',
      'ALTER MATERIALIZED VIEW m OWNER TO $owner',
      'GRANT SELECT ON m TO $tenantApp',
    ],
  },
  {
    rule: 'definer-search-path',
    object: 'f()',
    seed: [...definer('f', ''), 'REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC'],
  },
  { rule: 'definer-for-public', object: 'f()', seed: definer('f') },
  {
    rule: 'definer-past-rls',
    object: 'f()',
    seed: [
      ...definer('f'),
      'ALTER FUNCTION f() OWNER TO CURRENT_USER',
      'REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC',
      'GRANT EXECUTE ON FUNCTION f() TO $tenantApp',
    ],
  },
  {
    rule: 'definer-past-rls',
    object: 'tenant_count_allocation()',
    seed: ['ALTER FUNCTION tenant_count_allocation() OWNER TO CURRENT_USER'],
  },
  {
    rule: 'definer-for-tenants',
    object: 'f()',
    seed: [
      ...definer('f'),
      'REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC',
      'GRANT EXECUTE ON FUNCTION f() TO $tenantApp',
    ],
  },
  {
    rule: 'scope-function-altered',
    object: 'tenant_scope()',
    seed: [
      `CREATE FUNCTION public.tenant_scope() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $f$ SELECT current_setting('app.tenant_id')::uuid $f$`,
      'ALTER FUNCTION tenant_scope() OWNER TO $owner',
      'REVOKE EXECUTE ON FUNCTION tenant_scope() FROM PUBLIC',
      alterPolicy('tenant_id = (SELECT tenant_scope())'),
    ],
  },
  // All that a look at its shape would tell is right: only what it does is not.
  ...[
    `BEGIN /* tenant_scope_keys transaction_timestamp */ RETURN current_setting('app.tenant_id')::uuid; END`,
    scopeFunctionBody('"public"').replace("reason := 'wrong proof'", 'RETURN tenant::uuid'),
  ].map((body) => ({
    rule: 'scope-function-altered',
    object: 'tenant_scope()',
    seed: signedBy(body),
  })),
  {
    rule: 'scope-function-altered',
    object: 'tenant_scope()',
    seed: signedBy(scopeFunctionBody('"public"'), 'evil, pg_catalog, pg_temp'),
  },
  {
    rule: 'scope-key-readable',
    object: 'tenant_scope_keys',
    seed: [
      'CREATE TABLE IF NOT EXISTS tenant_scope_keys (key bytea)',
      'ALTER TABLE tenant_scope_keys OWNER TO $owner',
      'GRANT SELECT ON tenant_scope_keys TO $control',
    ],
  },
  {
    rule: 'scope-forgeable',
    object: '$tenantApp',
    seed: ['GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO $tenantApp'],
  },
  {
    rule: 'scope-forgeable',
    object: '$tenantApp',
    seed: [
      'GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO $tenantApp',
      ...signedBy(`BEGIN RETURN current_setting('app.tenant_id')::uuid; END`),
    ],
    also: ['scope-function-altered'],
  },
  ...[
    'pg_notify(text, text)',
    'pg_advisory_lock(bigint)',
    'pg_prepared_statement()',
    'set_config(text, text, boolean)',
  ].map((signature) => ({
    rule: 'session-state-functions',
    object: '$tenantApp',
    seed: [`GRANT EXECUTE ON FUNCTION ${signature} TO $tenantApp`],
  })),
  {
    rule: 'large-objects',
    object: '$tenantApp',
    seed: ['GRANT EXECUTE ON FUNCTION lo_create(oid) TO $tenantApp'],
  },
  {
    rule: 'reaches-outside',
    object: '$tenantApp',
    seed: ['GRANT EXECUTE ON FUNCTION pg_read_file(text) TO $tenantApp'],
  },
  {
    rule: 'reaches-outside',
    object: '$tenantApp',
    seed: [`CREATE FUNCTION dblink(text) RETURNS int LANGUAGE sql AS 'SELECT 1'`],
  },
  {
    rule: 'login-event-trigger',
    object: 'at_login',
    since: 17,
    seed: [
      `CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'`,
      'CREATE EVENT TRIGGER at_login ON login EXECUTE FUNCTION f()',
    ],
  },
];
