import type pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { IsolationFinding } from './report.js';

/**
 * Runs the remedies of findings: all of them, in one transaction, or none.
 *
 * @param owner connected as the owner of the tables
 * @returns the statements that ran
 * @throws ConfigurationError with the statement that could not run, and why
 * @example
 * const { findings } = await inspectIsolation(owner, { roles });
 * const ran = await applyRemedies(owner, findings);
 */
export async function applyRemedies(
  owner: pg.ClientBase,
  findings: readonly IsolationFinding[],
): Promise<string[]> {
  const remedies = [...new Set(findings.flatMap(({ remedy }) => remedy ?? []))];
  if (remedies.length === 0) return [];
  await owner.query('BEGIN');
  try {
    // A table in use would make every later statement on it wait behind this one.
    await owner.query(`SET LOCAL lock_timeout = '5s'`);
    for (const remedy of remedies) await run(owner, remedy);
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK');
    throw error;
  }
  return remedies;
}

async function run(owner: pg.ClientBase, remedy: string): Promise<void> {
  try {
    await owner.query(remedy);
  } catch (error) {
    throw new ConfigurationError(`Nothing was changed: ${remedy} failed (${(error as Error).message}).`);
  }
}
