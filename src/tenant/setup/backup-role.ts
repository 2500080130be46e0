import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseRoles } from '../isolation/database-roles.js';
import { scramVerifier } from './scram-verifier.js';
import { performAll, type Step } from './step.js';

const { escapeIdentifier, escapeLiteral } = pg;

/** Whose backups, and the password to take them with. */
export interface SetupBackupRoleOptions {
  /** What the names of the roles start with. @default 'parallax' */
  readonly prefix?: string;
  /** Of ASCII characters; set anew at each run. @default a random one */
  readonly password?: string;
}

/** The role, and what is left to do. */
export interface SetupBackupRoleResult {
  readonly role: string;
  readonly password: string;
  /** What the server did not let this administrator do, each with the reason. Empty for a superuser. */
  readonly warnings: readonly string[];
}

/**
 * Creates the role `<prefix>_backup`, which reads every row of the database `admin` is connected to, and writes none:
 * `pg_dump` refuses to run as a role that row-level security binds, because it would leave rows out. Run
 * {@link setupRoles} before. Running it again repairs what was changed.
 *
 * @throws ConfigurationError for a prefix that is none
 * @example
 * const { role, password } = await setupBackupRole(admin, { prefix: 'app' });
 */
export async function setupBackupRole(
  admin: pg.ClientBase,
  { prefix = 'parallax', password = randomBytes(24).toString('base64url') }: SetupBackupRoleOptions = {},
): Promise<SetupBackupRoleResult> {
  const { owner, backup: role } = { ...databaseRoles(prefix), backup: `${prefix}_backup` };
  const { rows } = await admin.query<{ database: string }>('SELECT current_database() AS database');
  const database = rows[0]?.database ?? '';
  const warnings = await performAll(admin, [
    ...roleSteps(role, password),
    ...grantSteps(role, owner, database),
  ]);
  return { role, password, warnings };
}

function roleSteps(role: string, password: string): Step[] {
  const name = escapeIdentifier(role);
  const attributes = 'LOGIN NOINHERIT BYPASSRLS NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION';
  const found = `FROM pg_roles WHERE rolname = ${escapeLiteral(role)}`;
  return [
    {
      what: `create role ${role}`,
      holds: `EXISTS (SELECT ${found})`,
      sql: `CREATE ROLE ${name} ${attributes}`,
    },
    {
      what: `make role ${role} ${attributes}`,
      holds: `EXISTS (SELECT ${found} AND rolcanlogin AND rolbypassrls AND NOT (rolinherit OR rolsuper OR rolcreaterole
        OR rolcreatedb OR rolreplication))`,
      sql: `ALTER ROLE ${name} ${attributes}`,
    },
    {
      what: `set the password of role ${role}`,
      sql: `ALTER ROLE ${name} PASSWORD ${escapeLiteral(scramVerifier(password))}`,
    },
    {
      what: `make role ${role} read only`,
      sql: `ALTER ROLE ${name} SET default_transaction_read_only = on`,
    },
  ];
}

/** What there is now, and what later migrations add: those run as the owner. */
function grantSteps(role: string, owner: string, database: string): Step[] {
  const name = escapeIdentifier(role);
  const forOwner = `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(owner)} GRANT`;
  return [
    {
      what: `let role ${role} connect to database ${database}`,
      sql: `GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${name}`,
    },
    {
      what: `let role ${role} read all tables`,
      sql: `DO $$ DECLARE schema text; BEGIN
        FOR schema IN SELECT quote_ident(nspname) FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
          EXECUTE format('GRANT USAGE ON SCHEMA %s TO ${name}', schema);
          EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %s TO ${name}', schema);
          EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %s TO ${name}', schema);
        END LOOP; END $$`,
    },
    ...['USAGE ON SCHEMAS', 'SELECT ON TABLES', 'SELECT ON SEQUENCES'].map((privilege) => ({
      what: `let role ${role} read what later migrations make (${privilege})`,
      sql: `${forOwner} ${privilege} TO ${name}`,
    })),
    {
      // The first thing pg_dump does is to empty the search path by it.
      what: `let role ${role} call set_config`,
      sql: `GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO ${name}`,
    },
  ];
}
