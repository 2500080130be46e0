import pg from 'pg';
import type { DataSource } from 'typeorm';
import { type DatabaseRoles, databaseRoles, databaseRolesOf } from '../isolation/database-roles.js';
import { applyRemedies } from '../isolation/doctor/apply-remedies.js';
import { inspectIsolation, type InspectIsolationOptions } from '../isolation/doctor/inspect-isolation.js';
import type { IsolationReport } from '../isolation/doctor/report.js';
import { checkConnection } from '../setup/check-connection.js';
import { ExitCode, UsageError } from './command.js';
import { DATA_SOURCE_OPTION, loadDataSource } from './load-data-source.js';
import type { Subcommand } from './program.js';
import { reportLines } from './doctor-report.js';

const HELP = `
Checks what keeps tenants apart in a database: roles, grants, row-level security, keys, views, functions, the server.

Usage: tenancy doctor [URL] [options]

  URL                  any role of the database may look; default: DATABASE_URL. The login that serves tenants, and a
                       superuser, also try to read without a tenant. A superuser's needs --prefix
  --data-source PATH   a compiled module that exports the application's TenantSchemaDataSource: compares entities with
  -d                   tables, and says of each table which of the two nets holds it
  --fix                runs what mends a finding without breaking anything, in one transaction, and prints it;
                       as the owner, MIGRATION_DATABASE_URL
  --production         a server without the newest security fixes is an error, on this machine too
  --strict             warnings count as errors
  --engine citus       asks for the rules of Citus, though the extension is not there yet
  --prefix NAME        what the names of the roles start with; default: told from the URL's user
  --json               one JSON object: { findings, tables, forgery, canaryRead, fixed, … }
  -h, --help

Exit codes: 0 nothing found, or warnings and hints only; 1 failed; 2 called wrongly; 3 an error was found.
`;

export const doctorCommand: Subcommand = {
  summary: 'checks what keeps tenants apart in a database',
  help: HELP,
  options: {
    ...DATA_SOURCE_OPTION,
    fix: { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    engine: { type: 'string' },
    prefix: { type: 'string' },
  },
  async run({ positionals, values }, { env }) {
    const [url = env.DATABASE_URL, another] = positionals;
    if (!url) throw new UsageError('Give a URL: DATABASE_URL=postgres://… or the first argument.');
    if (another !== undefined) throw new UsageError('One URL is expected; there is more than one argument.');
    const { engine } = values;
    if (engine !== undefined && engine !== 'citus') throw new UsageError('--engine can only be citus.');
    const owner = values.fix === true ? env.MIGRATION_DATABASE_URL : undefined;
    if (values.fix === true && !owner)
      throw new UsageError("--fix needs the owner's MIGRATION_DATABASE_URL.");

    const options = {
      engine: engine && ('citus' as const),
      production: values.production === true,
      ...(values['data-source'] !== undefined && { dataSource: await loadDataSource(values['data-source']) }),
    };
    const inspect = (): Promise<IsolationReport> => inspectAt(url, values.prefix, options);

    const first = await inspect();
    const fixed = owner === undefined ? [] : await fix(owner, first);
    const report = fixed.length === 0 ? first : await inspect();
    return {
      code: isClean(report, values.strict === true) ? ExitCode.Done : ExitCode.Attention,
      json: { ...report, fixed },
      lines: [...fixed.map((statement) => `Fixed: ${statement}`), ...reportLines(report)],
    };
  },
};

type Options = Omit<InspectIsolationOptions, 'roles'> & { readonly dataSource?: DataSource };

async function inspectAt(url: string, prefix: unknown, options: Options): Promise<IsolationReport> {
  return withClient('The database URL', url, (client) =>
    inspectIsolation(client, { ...options, roles: rolesOf(client.user ?? '', prefix) }),
  );
}

async function fix(url: string, { findings }: IsolationReport): Promise<string[]> {
  return withClient('MIGRATION_DATABASE_URL', url, (client) => applyRemedies(client, findings));
}

function isClean({ findings }: IsolationReport, strict: boolean): boolean {
  return !findings.some(({ severity }) => severity === 'error' || (strict && severity === 'warning'));
}

function rolesOf(user: string, prefix: unknown): DatabaseRoles {
  if (typeof prefix === 'string') return databaseRoles(prefix);
  for (const kind of ['login', 'control', 'owner'] as const) {
    if (user.endsWith(`_${kind}`)) return databaseRolesOf(kind, user);
  }
  throw new UsageError(`The roles cannot be told from the user ${user}: give --prefix.`);
}

async function withClient<T>(name: string, url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  await checkConnection(name, url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
