/** Picks the tenant, were it to be called from inside a statement of a tenant. */
export const SET_CONFIG = 'pg_catalog.set_config(text, text, boolean)';

/**
 * What a SELECT could leave behind on a connection, find there, or say to other sessions: the next tenant would meet it.
 */
export const SESSION_STATE_FUNCTIONS = [
  ...[
    'pg_advisory_lock',
    'pg_advisory_lock_shared',
    'pg_try_advisory_lock',
    'pg_try_advisory_lock_shared',
  ].flatMap((name) => [`pg_catalog.${name}(bigint)`, `pg_catalog.${name}(integer, integer)`]),
  'pg_catalog.pg_notify(text, text)',
  'pg_catalog.pg_export_snapshot()',
  // The view pg_prepared_statements calls it with the rights of who reads: the texts are those of other tenants too.
  'pg_catalog.pg_prepared_statement()',
];

/** Large objects belong to a role, never to a tenant, and have no policies. */
export const LARGE_OBJECT_MAKERS = [
  'pg_catalog.lo_creat(integer)',
  'pg_catalog.lo_create(oid)',
  'pg_catalog.lo_from_bytea(oid, bytea)',
  'pg_catalog.lo_import(text)',
  'pg_catalog.lo_import(text, oid)',
];
