import pg from 'pg';
import type { CatalogFinding, KnownRoles } from './catalog-findings.js';
import { nameOf } from './facts.js';
import type { IsolationRule } from './rule.js';

export const CANARY_RULE: IsolationRule = {
  id: 'canary-read',
  severity: 'error',
  danger: 'Rows were read without a tenant: whatever the catalogs say, isolation does not hold.',
  fix: 'Look at the other findings on the table. The expected answer is "permission denied", or a missing setting.',
};

interface CanaryReading {
  readonly as: 'login' | 'tenantApp';
  readonly table: string;
  /** SQLSTATE, or how many rows came. */
  readonly answer: string;
}

/**
 * Reads one row of every table under row-level security without a tenant: as the login, and as the role of the scope.
 * Each has to fail. Outside a transaction it leaves no setting behind.
 *
 * Who is not the login has to be a superuser to become it. Answers undefined when the reading was not possible.
 */
export async function readCanary(
  client: pg.ClientBase,
  { login, tenantApp }: KnownRoles,
): Promise<CatalogFinding[] | undefined> {
  if (login === undefined || tenantApp === undefined) return undefined;
  const { rows } = await client.query<{ becomes: boolean; is: boolean }>(
    `SELECT session_user = $1 AS is, rolsuper AS becomes FROM pg_roles
     WHERE rolname = session_user AND EXISTS (SELECT FROM pg_roles WHERE rolname = $1)
       AND EXISTS (SELECT FROM pg_roles WHERE rolname = $2)`,
    [login, tenantApp],
  );
  const who = rows[0];
  if (!who?.is && !who?.becomes) return undefined;
  const readings = await read(client, who.is ? undefined : login, tenantApp);
  return readings?.flatMap((reading) => judge(reading, reading.as === 'login' ? login : tenantApp));
}

/**
 * Only a row condemns. In the signed form an empty table answers with none, since the proof is never looked at; a
 * table that is locked answers with an error of its own.
 */
function judge({ as, table, answer }: CanaryReading, role: string): CatalogFinding[] {
  if (answer !== '1') return [];
  return [
    {
      rule: CANARY_RULE.id,
      subject: as,
      object: table,
      problem: `${role} read a row of ${table} without a tenant`,
      remedy: null,
    },
  ];
}

async function read(
  client: pg.ClientBase,
  become: string | undefined,
  tenantApp: string,
): Promise<CanaryReading[] | undefined> {
  const told: string[] = [];
  const listen = ({ message }: { message?: string | undefined }): void => {
    if (message?.startsWith(MARK)) told.push(message.slice(MARK.length));
  };
  client.on('notice', listen);
  try {
    await client.query(program(become, tenantApp));
  } finally {
    client.off('notice', listen);
  }
  return told[0] === undefined ? undefined : (JSON.parse(told[0]) as CanaryReading[]);
}

const MARK = 'tenancy canary: ';

/** A block can answer only by a notice; INFO reaches the client whatever it wants to hear, and no log. */
function program(become: string | undefined, tenantApp: string): string {
  const attempt = (as: CanaryReading['as']): string => `
    FOREACH subject IN ARRAY tables LOOP
      BEGIN
        EXECUTE 'SELECT FROM ' || subject || ' LIMIT 1';
        GET DIAGNOSTICS seen = ROW_COUNT;
        answer := seen::text;
      EXCEPTION WHEN OTHERS THEN answer := SQLSTATE;
      END;
      readings := readings || jsonb_build_object('as', '${as}', 'table', subject, 'answer', answer);
    END LOOP;`;
  const session =
    become === undefined ? '' : `EXECUTE 'SET LOCAL SESSION AUTHORIZATION ${pg.escapeIdentifier(become)}';`;
  return `DO $canary$ DECLARE
    tables text[] := ARRAY(SELECT ${nameOf('n.nspname', 'c.relname')} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND n.nspname !~ '^(pg_|information_schema)');
    subject text; answer text; seen bigint; readings jsonb := '[]';
  BEGIN
    EXECUTE 'SET LOCAL lock_timeout = ''1s''';
    ${session}
    ${attempt('login')}
    BEGIN
      EXECUTE 'SET LOCAL ROLE ${pg.escapeIdentifier(tenantApp)}';
      ${attempt('tenantApp')}
    EXCEPTION WHEN insufficient_privilege OR invalid_parameter_value THEN NULL;
    END;
    EXECUTE 'RESET ROLE';
    ${become === undefined ? '' : `EXECUTE 'RESET SESSION AUTHORIZATION';`}
    RAISE INFO '${MARK}%', readings;
  END $canary$`;
}
