import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { checkConnection } from '../check-connection.js';
import { ensureDatabase } from '../ensure-database.js';
import { roleUrls } from '../role-urls.js';
import { setupRoles } from '../setup-roles.js';
import { ExitCode, UsageError, type Command, type CommandOutcome } from './command.js';

const HELP = `
Prepares a database on a PostgreSQL server (15 or newer): creates it when missing, its roles, grants and passwords,
and prints the URLs to serve it with as lines for .env.

Usage: npm run -s db:setup -- [ADMIN_URL] [options]

  ADMIN_URL          logs in as an administrator; better given as ADMIN_DATABASE_URL, which no process list shows
  --database NAME    default: the database of the URL, or "parallax" when that is "postgres" or none
  --prefix NAME      what the names of the roles start with, since roles belong to the whole server;
                     default: parallax
  --json             one JSON object instead of the lines
  -h, --help

Running it again repairs roles and grants and issues NEW passwords: update the processes that use the old ones.

Exit codes: 0 done; 1 failed; 2 called wrongly; 3 done, but the server did not allow everything (see the warnings).
`;

export const dbSetupCommand: Command = {
  help: HELP,
  options: { database: { type: 'string' }, prefix: { type: 'string', default: 'parallax' } },
  async run({ positionals, values }, io) {
    const given = positionals[0] ?? io.env.ADMIN_DATABASE_URL;
    if (!given)
      throw new UsageError(
        "Give an administrator's URL: ADMIN_DATABASE_URL=postgres://… or the first argument.",
      );
    if (positionals.length > 1) throw new UsageError('One URL is expected; there is more than one argument.');
    const server = parseUrl(given);
    const database = typeof values.database === 'string' ? values.database : defaultDatabase(server);

    await checkConnection("The administrator's URL", maintenanceUrl(server));
    const created = await ensureDatabase(maintenanceUrl(server), database);
    io.err(created ? `Created database ${database}.` : `Using database ${database}.`);

    const target = withDatabase(server, database);
    const result = await setUp(target, String(values.prefix));
    for (const warning of result.warnings) io.err(`Warning: ${warning}`);
    return {
      ...outcomeOf(result, database),
      code: result.warnings.length > 0 ? ExitCode.Attention : ExitCode.Done,
    };
  },
};

type Result = Awaited<ReturnType<typeof setUp>>;

async function setUp(url: string, prefix: string) {
  const password = (): string => randomBytes(24).toString('base64url');
  const passwords = { owner: password(), login: password(), control: password() };
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const { roles, warnings } = await setupRoles(admin, { prefix, passwords }).finally(() => admin.end());
  const { tenantUrl, controlUrl, migrationUrl } = roleUrls(url, roles, passwords);
  const urls = {
    DATABASE_URL: tenantUrl,
    CONTROL_DATABASE_URL: controlUrl,
    MIGRATION_DATABASE_URL: migrationUrl,
  };
  return { roles, warnings, urls };
}

function outcomeOf({ roles, warnings, urls }: Result, database: string): Omit<CommandOutcome, 'code'> {
  return {
    json: { database, roles, urls, warnings },
    lines: Object.entries(urls).map(([name, url]) => `${name}=${url}`),
  };
}

function parseUrl(given: string): URL {
  try {
    const url = new URL(given);
    if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') return url;
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
  return databaseOf(url) === '' ? withDatabase(url, 'postgres') : url.href;
}

function withDatabase(url: URL, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}
