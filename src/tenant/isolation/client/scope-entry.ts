import pg from 'pg';

/** What runs the statements: Citus passes settings on to its workers only when they are SET in a transaction. */
export type DatabaseEngine = 'postgres' | 'citus';

/** Whose statements follow, and as whom. */
export interface ScopeEntry {
  readonly engine: DatabaseEngine;
  readonly role: string;
  /** Canonical uuid. */
  readonly tenantId: string;
  /** That the application named the tenant, where policies ask for a proof. */
  readonly proof: string | undefined;
  /** How long the server lets a statement run, in milliseconds; undefined for its own setting. */
  readonly timeoutMs: number | undefined;
}

export interface SentStatement {
  readonly text: string;
  readonly values: readonly string[];
  /** Whether the text is the same for all tenants, and so worth a name. */
  readonly isConstant: boolean;
}

/** What a statement outside a transaction is sent between, in the same write. */
export interface Enclosing {
  readonly before: readonly SentStatement[];
  readonly after: readonly SentStatement[];
}

const PLAIN =
  "select pg_catalog.set_config('role', $1, true), pg_catalog.set_config('app.tenant_id', $2, true)";
const SIGNED = `${PLAIN}, pg_catalog.set_config('app.tenant_proof', $3, true)`;
/** The server starts its clock anew after each message it has executed, so the statement is timed by this already. */
const PLAIN_TIMED = `${PLAIN}, pg_catalog.set_config('statement_timeout', $3, true)`;
const SIGNED_TIMED = `${SIGNED}, pg_catalog.set_config('statement_timeout', $4, true)`;

/** Enters a scope for what follows up to the next Sync. */
export function enclosingOf(scope: ScopeEntry): Enclosing {
  if (scope.engine === 'citus') {
    return { before: beginning('BEGIN', scope).map(asIs), after: [asIs('COMMIT')] };
  }
  return { before: [settingsOf(scope)], after: [] };
}

function settingsOf({ role, tenantId, proof, timeoutMs }: ScopeEntry): SentStatement {
  const [plain, timed, values] =
    proof === undefined
      ? [PLAIN, PLAIN_TIMED, [role, tenantId]]
      : [SIGNED, SIGNED_TIMED, [role, tenantId, proof]];
  return timeoutMs === undefined
    ? { text: plain, values, isConstant: true }
    : { text: timed, values: [...values, String(timeoutMs)], isConstant: true };
}

/** Opens a transaction in a scope. SET and not SELECT: that would take the snapshot and forbid choosing the isolation. */
export function beginning(begin: string, scope: ScopeEntry): string[] {
  const { engine, role, tenantId, proof, timeoutMs } = scope;
  return [
    begin,
    ...(engine === 'citus' ? ["SET LOCAL citus.propagate_set_commands = 'local'"] : []),
    `SET LOCAL ROLE ${pg.escapeIdentifier(role)}`,
    `SET LOCAL app.tenant_id = ${pg.escapeLiteral(tenantId)}`,
    ...(proof === undefined ? [] : [`SET LOCAL app.tenant_proof = ${pg.escapeLiteral(proof)}`]),
    ...(timeoutMs === undefined ? [] : [`SET LOCAL statement_timeout = ${timeoutMs}`]),
  ];
}

function asIs(text: string): SentStatement {
  return { text, values: [], isConstant: false };
}
