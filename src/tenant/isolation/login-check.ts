import { Logger } from '@nestjs/common';
import pg from 'pg';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { type DatabaseRoles, databaseRoles, databaseRolesOf } from './database-roles.js';
import { readCanary } from './doctor/canary.js';
import { findInCatalogs, type KnownRoles } from './doctor/catalog-findings.js';
import { settle } from './doctor/inspect-isolation.js';
import type { IsolationFinding } from './doctor/report.js';
import { CATALOG_RULES } from './doctor/rules.js';
import { serverOf } from './doctor/server.js';
import { SUBJECTS_OF } from './doctor/subject.js';

/** `login` serves tenants, `control` the control plane. */
export type ServingLogin = 'login' | 'control';

/** Told at each start, though not refused: nothing an application does can mend them. */
const WARNED_OF = ['scope-forgeable', 'server-below-security-floor'];

/** What a start looks at. Hints, and warnings nobody is told of, are `tenancy doctor`'s. */
const AT_START = CATALOG_RULES.filter(({ id, severity }) => severity === 'error' || WARNED_OF.includes(id));

/**
 * Checks that a serving login may do nothing to tenants' rows by itself: what it may, it may only as the role
 * of the scope, under row-level security. It asks the rules of `tenancy doctor` of severity error: for the login of
 * tenants, those on tables, policies and functions too, and it tries to read without a tenant.
 *
 * @param tenantRole the role statements of tenants run as, when it does not have the usual name
 * @throws ConfigurationError naming everything the login has too much, or too little, of.
 * @example
 * await assertLeastPrivilege('control', { connectionString: process.env.CONTROL_DATABASE_URL });
 */
export async function assertLeastPrivilege(
  kind: ServingLogin,
  config: pg.ClientConfig,
  tenantRole?: string,
): Promise<void> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    const login = client.user ?? '';
    const known = rolesOf(kind, login, tenantRole);
    const findings = await findingsOf(client, kind, { ...known, [kind]: login });
    warn(findings.filter(({ severity }) => severity === 'warning'));
    const problems = findings
      .filter(({ severity }) => severity === 'error')
      .map(({ problem }) => (problem.startsWith(`${login} `) ? problem.replace(login, 'it') : problem));
    if (known === undefined) problems.push(`it is not named "<prefix>_${kind}"`);
    if (problems.length > 0) {
      throw new ConfigurationError(
        `${login} must not serve ${kind === 'login' ? 'tenants' : 'the control plane'}: ${problems.join('; ')}. ` +
          'Use the logins that `npx tenancy setup` makes, and see `npx tenancy doctor`.',
      );
    }
  } finally {
    await client.end();
  }
}

async function findingsOf(
  client: pg.Client,
  kind: ServingLogin,
  roles: KnownRoles,
): Promise<IsolationFinding[]> {
  const server = await serverOf(client, roles);
  const inCatalogs = await findInCatalogs(client, AT_START, { roles });
  const canary = kind === 'login' ? ((await readCanary(client, roles)) ?? []) : [];
  return [...inCatalogs, ...canary]
    .filter(({ subject }) => SUBJECTS_OF[kind].includes(subject))
    .map((finding) => settle(finding, !server.local));
}

const warned = new Set<string>();

/** Once in a process, however many data sources it opens. */
function warn(findings: readonly IsolationFinding[]): void {
  const logger = new Logger('TenantLogin');
  for (const { problem, fix } of findings) {
    const warning = `${problem}. ${fix}`;
    if (!warned.has(warning)) logger.warn(warning);
    warned.add(warning);
  }
}

/** The other roles' names, told from the login's or, where that is another, from that of tenants. */
function rolesOf(kind: ServingLogin, login: string, tenantRole: string | undefined): KnownRoles | undefined {
  try {
    if (tenantRole === undefined) return databaseRolesOf(kind, login);
    return { ...namedLike(tenantRole), tenantApp: tenantRole };
  } catch {
    return undefined;
  }
}

function namedLike(tenantRole: string): DatabaseRoles | undefined {
  const [, prefix] = /^(.*)_tenant_app$/.exec(tenantRole) ?? [];
  return prefix === undefined ? undefined : databaseRoles(prefix);
}
