import pg from 'pg';
import type { DatabaseRoles } from '../../../isolation/database-roles.js';
import {
  createPolicy,
  dropPolicy,
  policiesOf,
  type ScopeForm,
} from '../../../isolation/migrations/policies.js';
import { action, type AdoptionStep, LOCKS } from '../adoption-step.js';
import type { TableFacts } from '../table-facts.js';
import { STAMP, stampTrigger } from './column-steps.js';
import { qualified } from './names.js';

const { escapeIdentifier, escapeLiteral } = pg;
const OBSERVE = 'tenancy_observe';

/**
 * Row-level security from here on, in full for the new roles. The roles that use the table now see everything as
 * before; the server's log tells of each statement that would have met a row it may not.
 */
export function observeStep(
  facts: TableFacts,
  functions: string,
  roles: DatabaseRoles,
  scope: ScopeForm,
): AdoptionStep {
  const name = qualified(facts.schema, facts.name);
  const table = `${facts.schema}.${facts.name}`;
  // Of both forms on the way back: the scope may be signed, and the policies replaced, in between.
  const created = (['setting', 'signed'] as const).flatMap((form) => policiesOf('scoped', roles, form));
  const [app, reader, writer] = [roles.tenantApp, roles.platformReader, roles.platformWriter].map(
    escapeIdentifier,
  );
  const sequences = facts.sequences.map((sequence) => `SEQUENCE ${sequence}`);
  return {
    id: `observe:${table}`,
    phase: 'observe',
    table,
    describe: `policies for the tenants' roles; log what of the present roles would break them`,
    lock: LOCKS.instant,
    up: [
      action(
        // Where the function is that a signed form asks.
        `SET LOCAL search_path = ${functions}`,
        ...policiesOf('scoped', roles, scope).map((policy) => createPolicy(name, policy)),
        observing(facts, functions),
        `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${app}, ${writer}`,
        `GRANT SELECT ON ${name} TO ${reader}`,
        ...sequences.map((sequence) => `GRANT USAGE ON ${sequence} TO ${app}, ${writer}`),
      ),
    ],
    down: [
      action(
        ...sequences.map((sequence) => `REVOKE USAGE ON ${sequence} FROM ${app}, ${writer}`),
        `REVOKE ALL ON ${name} FROM ${app}, ${reader}, ${writer}`,
        `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`,
        dropPolicy(name, OBSERVE),
        ...new Set(
          created.map((policy) => `DROP POLICY IF EXISTS ${escapeIdentifier(policy.name)} ON ${name}`),
        ),
      ),
    ],
  };
}

/** The end of the old roles: the table is the owner's, the new roles', and nobody else's. */
export function enforceStep(
  facts: TableFacts,
  functions: string,
  roles: DatabaseRoles,
  tenantId: string,
): AdoptionStep {
  const name = qualified(facts.schema, facts.name);
  const table = `${facts.schema}.${facts.name}`;
  const [owner, former] = [roles.owner, facts.owner].map(escapeIdentifier);
  return {
    id: `enforce:${table}`,
    phase: 'enforce',
    table,
    describe: `hand the table to ${roles.owner}; take it from ${presentRoles(facts).join(', ')}`,
    lock: LOCKS.instant,
    up: [
      action(
        dropPolicy(name, OBSERVE),
        `DROP TRIGGER ${STAMP} ON ${name}`,
        `ALTER TABLE ${name} ALTER COLUMN tenant_id SET DEFAULT current_setting('app.tenant_id')::uuid`,
        `ALTER TABLE ${name} OWNER TO ${owner}`,
        ...facts.grants.map(({ role }) => `REVOKE ALL ON ${name} FROM ${escapeIdentifier(role)}`),
      ),
    ],
    down: [
      action(
        `ALTER TABLE ${name} OWNER TO ${former}`,
        ...facts.grants.map(
          ({ role, privileges }) => `GRANT ${privileges.join(', ')} ON ${name} TO ${escapeIdentifier(role)}`,
        ),
        `ALTER TABLE ${name} ALTER COLUMN tenant_id DROP DEFAULT`,
        stampTrigger(name, functions, tenantId),
        observing(facts, functions),
      ),
    ],
  };
}

/** In this order the second sub-select runs only for a row that the first does not clear; each once a statement. */
function observing(facts: TableFacts, functions: string): string {
  const expression =
    `tenant_id IS NOT DISTINCT FROM (SELECT ${functions}.tenancy_scope()) ` +
    `OR (SELECT ${functions}.tenancy_observe(${escapeLiteral(`${facts.schema}.${facts.name}`)}))`;
  const present = presentRoles(facts).map(escapeIdentifier).join(', ');
  return (
    `CREATE POLICY ${OBSERVE} ON ${qualified(facts.schema, facts.name)} TO ${present} ` +
    `USING (${expression}) WITH CHECK (${expression})`
  );
}

function presentRoles({ owner, grants }: TableFacts): string[] {
  return [owner, ...grants.map(({ role }) => role)];
}
