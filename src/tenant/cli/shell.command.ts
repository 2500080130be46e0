import { userInfo } from 'node:os';
import { DataSource } from 'typeorm';
import { ScopeSigner } from '../isolation/client/scope-signer.js';
import { databaseRolesOf } from '../isolation/database-roles.js';
import { scopeFormOf } from '../isolation/migrations/signed-scope.js';
import { PlatformWorker } from '../isolation/platform-worker.js';
import type { Tenant } from '../registry/tenant.js';
import { TenantEntity } from '../registry/tenant.entity.js';
import { TypeOrmTenantStore } from '../registry/typeorm-tenant.store.js';
import { ExitCode, UsageError } from './command.js';
import { findTenant } from './find-tenant.js';
import type { Subcommand } from './program.js';
import { runTenantPsql } from './tenant-psql.js';

const HELP = `
Opens psql inside one tenant: it sees what the tenant's own requests see, under row-level security, and nothing else.

Usage: tenancy shell --tenant TENANT --reason WHY [options] [-- PSQL_ARGUMENTS]

  --tenant TENANT  its id or slug; suspended and deleted ones too
  --reason WHY     kept in platform_access_log, with who you are on this machine, before psql starts
  --write          lets rows be changed; without it, the session is read only
  -h, --help

DATABASE_URL is the login that serves tenants (DIRECT_DATABASE_URL goes first with its host and port, where the other
is a pooler), CONTROL_DATABASE_URL that of the control plane. Needs psql.

SCOPE_KEY is needed where the scope is signed: the session is then good for twelve hours.

It guards against mistakes, not against you: who has the URLs can open any tenant.

Example: tenancy shell --tenant acme --reason "ticket 4711" -- -c 'SELECT count(*) FROM agents'

Exit codes: 0 psql ended well; 1 it did not, or could not start; 2 called wrongly.
`;

export const shellCommand: Subcommand = {
  summary: 'opens psql inside one tenant, read only unless --write',
  help: HELP,
  options: {
    tenant: { type: 'string', short: 't' },
    reason: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
  async run({ positionals, values }, { env }) {
    const write = values.write === true;
    const reference = given(values.tenant, 'Say which: --tenant <id or slug>.');
    const reason = given(values.reason, 'Say why: --reason "ticket 4711".');
    const url = given(env.DATABASE_URL, 'DATABASE_URL is not set.');
    const control = given(env.CONTROL_DATABASE_URL, 'CONTROL_DATABASE_URL is not set.');

    const { tenant, isSigned } = await enter(control, reference, reason, write);
    const proof = isSigned ? proofOf(tenant, env.SCOPE_KEY) : undefined;
    const code = await runTenantPsql({
      url: directly(url, env.DIRECT_DATABASE_URL),
      settings: settingsFor(tenant, url, write, proof),
      prompt: `${tenant.slug} (${write ? 'WRITE' : 'read only'})`,
      args: positionals,
    });
    return {
      code: code === 0 ? ExitCode.Done : ExitCode.Failed,
      json: { tenantId: tenant.id, psql: code },
      lines: [],
    };
  },
};

function given(value: unknown, otherwise: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new UsageError(otherwise);
}

/** Finds the tenant, and logs that somebody goes in before anybody does. */
async function enter(
  url: string,
  reference: string,
  reason: string,
  write: boolean,
): Promise<{ tenant: Tenant; isSigned: boolean }> {
  const control = await new DataSource({ type: 'postgres', url, entities: [TenantEntity] }).initialize();
  try {
    const tenant = await findTenant(new TypeOrmTenantStore(control), reference);
    const work = {
      permission: 'tenants:shell',
      reason: `${reason} (tenancy shell, ${userInfo().username})`,
      tenantIds: [tenant.id],
      write,
    };
    const isSigned = (await scopeFormOf(control.createQueryRunner())) === 'signed';
    await new PlatformWorker(control).run('process', work, () => Promise.resolve());
    return { tenant, isSigned };
  } finally {
    await control.destroy();
  }
}

const SESSION_S = 12 * 60 * 60;

function proofOf({ id }: Tenant, key: string | undefined): string {
  const scopeKey = given(
    key,
    'The scope of this database is signed: set SCOPE_KEY to the key the application has.',
  );
  return new ScopeSigner(scopeKey, SESSION_S).proofOf(id);
}

function settingsFor(
  { id }: Tenant,
  url: string,
  write: boolean,
  proof: string | undefined,
): Record<string, string> {
  return {
    role: databaseRolesOf('login', decodeURIComponent(new URL(url).username)).tenantApp,
    'app.tenant_id': id,
    ...(proof !== undefined && { 'app.tenant_proof': proof }),
    ...(!write && { default_transaction_read_only: 'on' }),
  };
}

/** A pooler would refuse settings given as the session starts, or share the session. */
function directly(url: string, direct: string | undefined): string {
  if (!direct) return url;
  const server = new URL(url);
  const { hostname, port } = new URL(direct);
  Object.assign(server, { hostname, port });
  return server.href;
}
