import { ConfigurationError } from '../errors/isolation.errors.js';
import { setupDatabase } from '../setup/setup-database.js';
import { ExitCode, UsageError } from './command.js';
import type { Subcommand } from './program.js';
import { type EnvFile, openEnvFile } from './write-env-file.js';

const HELP = `
Prepares a database on a PostgreSQL server (15 or newer): creates it when missing, its roles, grants and passwords,
and prints the URLs to serve it with as lines for .env.

Usage: tenancy setup [ADMIN_URL] [options]

  ADMIN_URL          logs in as an administrator; better given as ADMIN_DATABASE_URL, which no process list shows
  --database NAME    default: the database of the URL, or "parallax" when that is "postgres" or none
  --prefix NAME      what the names of the roles start with, since roles belong to the whole server;
                     default: parallax
  --backup           makes the role that pg_dump logs in as, too, and prints BACKUP_DATABASE_URL
  --write PATH       sets the lines in that file (.env), readable by you alone, instead of printing them
  --json             one JSON object instead of the lines; with --write, it has no URLs either
  -h, --help

Running it again repairs roles and grants and issues NEW passwords: update the processes that use the old ones.

Exit codes: 0 done; 1 failed; 2 called wrongly; 3 done, but the server did not allow everything (see the warnings).
`;

export const setupCommand: Subcommand = {
  summary: 'prepares a database: roles, grants, passwords, and the URLs to serve it with',
  help: HELP,
  options: {
    database: { type: 'string' },
    prefix: { type: 'string', default: 'parallax' },
    backup: { type: 'boolean', default: false },
    // Not --env-file: Node.js 20 takes that for its own, wherever it stands.
    write: { type: 'string' },
  },
  async run({ positionals, values }, io) {
    const given = positionals[0] ?? io.env.ADMIN_DATABASE_URL;
    if (!given)
      throw new UsageError(
        "Give an administrator's URL: ADMIN_DATABASE_URL=postgres://… or the first argument.",
      );
    if (positionals.length > 1) throw new UsageError('One URL is expected; there is more than one argument.');
    const server = parseUrl(given);
    const database = typeof values.database === 'string' ? values.database : defaultDatabase(server);

    // Before the server is touched: it issues passwords that nothing but this file would keep.
    const file = typeof values.write === 'string' ? openEnvFile(values.write) : undefined;
    try {
      const { created, roles, warnings, ...urls } = await setupDatabase({
        adminUrl: maintenanceUrl(server),
        database,
        prefix: String(values.prefix),
        backup: values.backup === true,
      });
      io.err(created ? `Created database ${database}.` : `Using database ${database}.`);
      for (const warning of warnings) io.err(`Warning: ${warning}`);
      const variables = {
        DATABASE_URL: urls.tenantUrl,
        CONTROL_DATABASE_URL: urls.controlUrl,
        MIGRATION_DATABASE_URL: urls.migrationUrl,
        ...(urls.backupUrl !== undefined && { BACKUP_DATABASE_URL: urls.backupUrl }),
      };
      const code = warnings.length > 0 ? ExitCode.Attention : ExitCode.Done;
      if (file === undefined) {
        const lines = Object.entries(variables).map(([name, url]) => `${name}=${url}`);
        return { code, json: { database, roles, urls: variables, warnings }, lines };
      }
      const path = String(values.write);
      save(file, path, variables);
      const lines = [`Wrote ${Object.keys(variables).join(', ')} to ${path}.`];
      return { code, json: { database, roles, written: path, warnings }, lines };
    } finally {
      file?.discard();
    }
  },
};

function save(file: EnvFile, path: string, variables: Readonly<Record<string, string>>): void {
  try {
    file.write(variables);
  } catch (error) {
    throw new ConfigurationError(
      `The database is set up and its roles have new passwords, but ${path} could not be written: ${(error as Error).message}. ` +
        'The new passwords are lost, and the old ones no longer work. ' +
        'Run setup again, with a file that can be written or without --write: it issues new ones.',
    );
  }
}

function parseUrl(given: string): URL {
  try {
    const url = new URL(given);
    if (
      given.startsWith(`${url.protocol}//`) &&
      (url.protocol === 'postgres:' || url.protocol === 'postgresql:')
    )
      return url;
  } catch {
    // The message of URL would repeat what was given, password included.
  }
  throw new UsageError(
    "The administrator's URL is not one: it should look like postgres://user:password@host:5432/postgres.",
  );
}

const databaseOf = (url: URL): string => decodeURIComponent(url.pathname.slice(1));

function defaultDatabase(url: URL): string {
  const named = databaseOf(url);
  return named === '' || named === 'postgres' ? 'parallax' : named;
}

/** To create a database one has to be connected to another. */
function maintenanceUrl(url: URL): string {
  const server = new URL(url);
  if (databaseOf(url) === '') server.pathname = '/postgres';
  return server.href;
}
