import type pg from 'pg';
import type { DatabaseRoles } from '../database-roles.js';
import { policiesOf } from '../migrations/policies.js';
import { FACTS } from './facts.js';
import type { CatalogRule } from './rule.js';
import { CITUS_RULES } from './rules/citus.rules.js';
import type { SubjectKind } from './subject.js';

/** What a rule found, before its severity is settled. */
export interface CatalogFinding {
  readonly rule: string;
  readonly subject: SubjectKind;
  readonly object: string;
  readonly problem: string;
  readonly remedy: string | null;
}

/** Which roles are looked for, by kind. One that is not known is left out, and judged by no rule. */
export type KnownRoles = Partial<DatabaseRoles>;

export interface CatalogQuestion {
  readonly roles: KnownRoles;
  /** Asks for the rules of an engine that is not there yet. */
  readonly engine?: 'citus' | undefined;
}

/** Asks every rule at once: one statement, one round trip. */
export async function findInCatalogs(
  client: pg.ClientBase,
  rules: readonly CatalogRule[],
  question: CatalogQuestion,
): Promise<CatalogFinding[]> {
  const sql = `WITH ${FACTS} ${rules.map(asked).join(' UNION ALL ')}`;
  const { rows } = await client.query<CatalogFinding>(sql, [parameter(question)]);
  const order = new Map(rules.map(({ id }, at) => [id, at]));
  return rows.sort(
    (a, b) => (order.get(a.rule) ?? 0) - (order.get(b.rule) ?? 0) || (a.problem < b.problem ? -1 : 1),
  );
}

function asked(rule: CatalogRule): string {
  const where = CITUS_RULES.includes(rule) ? ', citus WHERE citus.present' : '';
  return `SELECT '${rule.id}' AS rule, found.* FROM (${rule.find}) AS found${where}`;
}

/** The one parameter of {@link FACTS}. */
export function parameter({ roles, engine }: CatalogQuestion): string {
  return JSON.stringify({ roles, engine, policies: expectedPolicies(roles) });
}

/** With roles missing, their policies cannot be named, nor judged. */
function expectedPolicies(roles: KnownRoles): unknown[] {
  const { tenantApp = '', platformReader = '', platformWriter = '' } = roles;
  const named = { tenantApp, platformReader, platformWriter };
  return (['scoped', 'mixed'] as const).flatMap((tenancy) =>
    (['setting', 'signed'] as const).flatMap((scope) => policiesOf(tenancy, named, scope)),
  );
}
