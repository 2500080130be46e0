import { CANARY_RULE } from './canary.js';
import { ENTITY_RULES } from './entity-findings.js';
import type { CatalogRule, IsolationRule } from './rule.js';
import { CITUS_PLACEMENT_RULES, CITUS_RULES } from './rules/citus.rules.js';
import { CODE_RULES } from './rules/code.rules.js';
import { GRANT_RULES } from './rules/grant.rules.js';
import { KEY_RULES } from './rules/key.rules.js';
import { POLICY_RULES } from './rules/policy.rules.js';
import { ROLE_RULES } from './rules/role.rules.js';
import { SERVER_RULES } from './rules/server.rules.js';
import { TABLE_RULES } from './rules/table.rules.js';

/** What every database is asked, in the order it is told. */
export const CATALOG_RULES: readonly CatalogRule[] = [
  ...SERVER_RULES,
  ...ROLE_RULES,
  ...GRANT_RULES,
  ...TABLE_RULES,
  ...POLICY_RULES,
  ...KEY_RULES,
  ...CODE_RULES,
  ...CITUS_RULES,
];

/**
 * Every rule of `tenancy doctor`: its id, how grave it is, what could happen, and what to do.
 *
 * @example
 * const ids = ISOLATION_RULES.map(({ id }) => id); // to check a list of accepted findings against
 */
export const ISOLATION_RULES: readonly IsolationRule[] = [
  ...CATALOG_RULES,
  ...CITUS_PLACEMENT_RULES,
  CANARY_RULE,
  ...ENTITY_RULES,
].map(({ id, severity, danger, fix }) => ({ id, severity, danger, fix }));
