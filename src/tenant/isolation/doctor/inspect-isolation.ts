import type pg from 'pg';
import type { DataSource } from 'typeorm';
import type { DatabaseRoles } from '../database-roles.js';
import { readCanary } from './canary.js';
import { type CatalogFinding, findInCatalogs } from './catalog-findings.js';
import { coverageOf } from './coverage.js';
import { entitiesOf, findInEntities } from './entity-findings.js';
import { ISOLATION_RULES, CATALOG_RULES } from './rules.js';
import { CITUS_PLACEMENT_RULES } from './rules/citus.rules.js';
import { serverOf } from './server.js';
import type { IsolationFinding, IsolationReport } from './report.js';
import type { IsolationRule } from './rule.js';
import { findTables } from './tables.js';

/** What to look at, and how strictly. */
export interface InspectIsolationOptions {
  /** Of this database; `databaseRoles(prefix)`. */
  readonly roles: DatabaseRoles;
  /** With the application's entities, such as a TenantSchemaDataSource; need not be connected. @default row-level security only */
  readonly dataSource?: DataSource | undefined;
  /** Asks for the rules of Citus where the extension is not installed yet. @default what the database has */
  readonly engine?: 'citus' | undefined;
  /** An out-of-date server is an error, also on this machine. @default false */
  readonly production?: boolean | undefined;
}

/**
 * Checks everything the isolation of tenants rests on: roles, grants, tables, policies, keys, views, functions, the
 * server; with a data source, that entities and tables agree. Reads the catalogs, which every login may, and changes
 * nothing. The command `tenancy doctor` is made of it.
 *
 * @param client connected as any role of the database, or as an administrator
 * @throws the driver's error when the database cannot be read
 * @example
 * const { findings } = await inspectIsolation(client, { roles: databaseRoles('parallax') });
 * const errors = findings.filter(({ severity }) => severity === 'error');
 */
export async function inspectIsolation(
  client: pg.ClientBase,
  { roles, dataSource, engine, production = false }: InspectIsolationOptions,
): Promise<IsolationReport> {
  const server = await serverOf(client, roles);
  const rules = server.citus ? [...CATALOG_RULES, ...CITUS_PLACEMENT_RULES] : CATALOG_RULES;
  const question = { roles, engine };
  const inCatalogs = await findInCatalogs(client, rules, question);
  const canary = await readCanary(client, roles);
  const tables = await findTables(client, question);
  const entities = dataSource && (await entitiesOf(dataSource));
  const found = [...inCatalogs, ...(canary ?? []), ...(entities ? findInEntities(entities, tables) : [])];
  const findings = found.map((finding) => settle(finding, production || !server.local));
  return {
    serverVersion: server.version,
    database: server.database,
    findings,
    tables: coverageOf(tables, findings, entities),
    forgery: server.forgery,
    canaryRead: canary !== undefined,
  };
}

const BY_ID: ReadonlyMap<string, IsolationRule> = new Map(ISOLATION_RULES.map((rule) => [rule.id, rule]));

/** @param strict whether an out-of-date server is an error: always, but for one on this machine */
export function settle(
  { rule: id, object, problem, remedy }: CatalogFinding,
  strict: boolean,
): IsolationFinding {
  const rule = BY_ID.get(id);
  if (rule === undefined) throw new Error(`No rule ${id}.`);
  const severity = id === 'server-below-security-floor' && !strict ? 'warning' : rule.severity;
  return {
    rule: id,
    severity,
    object,
    problem,
    danger: rule.danger,
    fix: rule.fix,
    ...(remedy !== null && { remedy }),
  };
}
