import pg from 'pg';

/** One thing that has to hold about roles or privileges. */
export interface Step {
  /** Reads on after "could not": a verb and its object. */
  readonly what: string;
  /** A condition that is true when nothing is left to do. Without one the statement always runs. */
  readonly holds?: string;
  readonly sql: string;
}

/** Brings about all of it or, when the server goes away half-way, nothing. Answers with what it could not do. */
export async function performAll(admin: pg.ClientBase, steps: readonly Step[]): Promise<string[]> {
  const warnings: string[] = [];
  await admin.query('BEGIN');
  try {
    // Two at once would meet in the catalogs: "tuple concurrently updated".
    await admin.query(`SELECT pg_advisory_xact_lock(hashtext('parallax: roles'))`);
    for (const step of steps) {
      const problem = await perform(admin, step);
      if (problem !== undefined) warnings.push(problem);
    }
    await admin.query('COMMIT');
  } catch (error) {
    await admin.query('ROLLBACK');
    throw error;
  }
  return warnings;
}

/** Brings a step about. Answers with why it could not, when the server does not let this user do it. */
async function perform(admin: pg.ClientBase, step: Step): Promise<string | undefined> {
  if (await holds(admin, step)) return undefined;
  const refusal = await attempt(admin, step.sql);
  if (refusal === undefined && step.holds === undefined) return undefined;
  // PostgreSQL answers a REVOKE of what somebody else granted with success and a notice: look at the outcome.
  if (await holds(admin, step)) return undefined;
  return `could not ${step.what}: ${refusal ?? 'the server kept it as it was'}`;
}

async function holds(admin: pg.ClientBase, { holds: condition }: Step): Promise<boolean> {
  if (condition === undefined) return false;
  const { rows } = await admin.query<{ holds: boolean }>(`SELECT (${condition}) AS holds`);
  return rows[0]?.holds === true;
}

async function attempt(admin: pg.ClientBase, sql: string): Promise<string | undefined> {
  await admin.query('SAVEPOINT step');
  try {
    await admin.query(sql);
    await admin.query('RELEASE SAVEPOINT step');
    return undefined;
  } catch (error) {
    await admin.query('ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step');
    return (error as Error).message;
  }
}
