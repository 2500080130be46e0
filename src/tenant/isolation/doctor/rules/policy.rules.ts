import { ACTING } from '../facts.js';
import { type CatalogRule, columns } from '../rule.js';

/** A permissive policy adds rows to what others let through. Policies of roles outside this database add none here. */
const FOREIGN = `policy JOIN relation ON relation.oid = policy.relation
  WHERE policy.permissive AND policy.oid NOT IN (SELECT oid FROM generated)
    AND (0 = ANY (policy.roles) OR policy.roles && ARRAY(SELECT oid FROM anybody))`;

/** Both halves as text: either may be missing. */
const MEANING = `concat(policy.sees, ' ', policy.writes)`;

const TRUE = `(policy.sees ~* '^true$' OR policy.writes ~* '^true$')`;
const FLAG = `${MEANING} ~ 'current_setting''(?!app\\.tenant_ids?'')'`;
const LENIENT = `${MEANING} ~* 'current_setting''app\\.tenant_ids?'',true'`;
const RIGHT_MEANING = `EXISTS (SELECT FROM expected WHERE policy.sees = expected.expression
  AND policy.writes = expected.expression AND policy.command = expected.command)`;
const GENERATED_NAME = `policy.name ~ '^(tenant_app|tenant_shared|platform_reader|platform_writer)_[0-9a-f]{8}$'`;

/** Exactly one of the rules names a policy: the first that fits. */
const foreign = (problem: string, fits: string, ...unless: string[]): string =>
  `SELECT ${columns('NULL', 'relation.name', `'policy ' || policy.name || ' on ' || relation.name || ${problem}`)}
    FROM ${FOREIGN} AND coalesce(${fits}, false) ${unless.map((other) => `AND NOT coalesce(${other}, false)`).join(' ')}`;

const REPLACE = 'DROP it, and put the generated one in its place with `npx tenancy policies apply`.';

/** Row-level security is the generated policies and no other. */
export const POLICY_RULES: readonly CatalogRule[] = [
  {
    id: 'policy-missing',
    severity: 'error',
    danger: 'The role sees no row of the table, and whoever mends that in a hurry writes a policy too wide.',
    fix: '`npx tenancy policies apply`.',
    find: `SELECT ${columns('NULL', 'scoped.name', `scoped.name || ' has no policy for ' || role.name`)}
      FROM scoped CROSS JOIN role WHERE scoped.tenant IS NOT NULL AND role.kind IN ${ACTING}
        AND EXISTS (SELECT FROM granted g WHERE g.oid = scoped.oid AND g.grantee = role.oid)
        AND NOT EXISTS (SELECT FROM policy WHERE policy.relation = scoped.oid AND policy.permissive
          AND (policy.roles && ARRAY[role.oid, 0::oid]))`,
  },
  {
    id: 'policy-always-true',
    severity: 'error',
    danger: 'Policies are joined by OR: one that is always true shows, or takes, the rows of all tenants.',
    fix: REPLACE,
    find: foreign(`' is always true'`, TRUE),
  },
  {
    id: 'policy-flag',
    severity: 'error',
    danger: 'Any session can set a setting. Who may see more has to be another role, never a flag.',
    fix: 'DROP it; platform work is runAsPlatform(), which has policies of its own.',
    find: foreign(
      `' asks a setting that any session may change: ' || coalesce(policy.shown, '')`,
      FLAG,
      TRUE,
    ),
  },
  {
    id: 'policy-lenient',
    severity: 'error',
    danger:
      "With missing_ok a forgotten scope is no error but NULL: the bug shows as missing rows, or as somebody else's.",
    fix: REPLACE,
    find: foreign(
      `' hides a missing scope (missing_ok): ' || coalesce(policy.shown, '')`,
      LENIENT,
      TRUE,
      FLAG,
    ),
  },
  {
    id: 'policy-wrong-role',
    severity: 'error',
    danger:
      'A policy for everybody, or for the login, lets rows be seen by who did not take the role of the scope.',
    fix: REPLACE,
    find: foreign(
      `' is for ' || ARRAY(SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r)::text END FROM unnest(policy.roles) r)::text`,
      RIGHT_MEANING,
      TRUE,
      FLAG,
      LENIENT,
    ),
  },
  {
    id: 'policy-altered',
    severity: 'error',
    danger: 'It has the name of a generated policy and means something else.',
    fix: REPLACE,
    find: foreign(
      `' is not what its name says: ' || coalesce(policy.shown, '')`,
      GENERATED_NAME,
      TRUE,
      FLAG,
      LENIENT,
      RIGHT_MEANING,
    ),
  },
  {
    id: 'policy-foreign',
    severity: 'error',
    danger: 'Policies are joined by OR: each further one can only show more.',
    fix: 'DROP it, or write it AS RESTRICTIVE.',
    find: foreign(
      `' is not a generated one: ' || coalesce(policy.shown, policy.writes, '')`,
      'true',
      TRUE,
      FLAG,
      LENIENT,
      RIGHT_MEANING,
      GENERATED_NAME,
    ),
  },
];
