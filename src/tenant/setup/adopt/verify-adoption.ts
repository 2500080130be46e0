import pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { databaseRoles } from '../../isolation/database-roles.js';
import { policiesOf } from '../../isolation/migrations/policies.js';
import { AdoptionLedger, type RecordedStep } from './adoption-ledger.js';
import type { BackfillState } from './backfill-table.js';
import { proveForThisTransaction } from './prove-scope.js';
import { readControlSchema, readScopeForm } from './registry-facts.js';
import { END_STATE } from './end-state.js';

/** One thing that has to hold about an adopted table. */
export interface AdoptionCheck {
  readonly table: string;
  readonly check: string;
  readonly ok: boolean;
  /** What was found: figures, or what is wrong. */
  readonly found: string;
}

/**
 * Looks whether the recorded adoption is complete: keys, policies, grants, rows and their values, and what the tenant
 * and another one read.
 *
 * @throws ConfigurationError when no adoption is recorded
 * @example
 * const failed = (await verifyAdoption(admin)).filter(({ ok }) => !ok);
 */
export async function verifyAdoption(
  admin: pg.ClientBase,
  { prefix = 'parallax' }: { prefix?: string } = {},
): Promise<AdoptionCheck[]> {
  const roles = databaseRoles(prefix);
  const controlSchema = await readControlSchema(admin, roles);
  const signed = (await readScopeForm(admin, controlSchema)) === 'signed';
  const ledger = new AdoptionLedger(admin, controlSchema, roles.owner);
  const recorded = (await ledger.exists()) ? await ledger.load() : [];
  if (recorded.length === 0) throw new ConfigurationError('No adoption is recorded in this database.');
  const checks: AdoptionCheck[] = [];
  for (const backfill of recorded.filter(({ step }) => step.backfill !== undefined)) {
    const { table } = backfill.step;
    const left = recorded.filter(({ step, status }) => step.table === table && status !== 'done');
    checks.push({
      table,
      check: 'every step is done',
      ok: left.length === 0,
      found: left.length === 0 ? 'yes' : `${left.length} left, next ${left[0]?.step.id ?? ''}`,
    });
    checks.push(checksums(backfill));
    const policies = JSON.stringify(policiesOf('scoped', roles, signed ? 'signed' : 'setting'));
    const others = [...Object.values<string>({ ...roles }), `${prefix}_backup`];
    const { rows } = await admin.query<Omit<AdoptionCheck, 'table'>>(END_STATE, [
      backfill.step.backfill?.table,
      roles.owner,
      policies,
      others,
    ]);
    checks.push(
      ...rows.map((row) => ({ table, ...row })),
      ...(await reads(admin, backfill, {
        role: roles.tenantApp,
        keysIn: signed ? controlSchema : undefined,
      })),
    );
  }
  return checks;
}

function checksums({ step, state }: RecordedStep): AdoptionCheck {
  const { before, after, done } = (state ?? {}) as Partial<BackfillState>;
  return {
    table: step.table,
    check: 'the backfill changed no other column',
    ok: before !== undefined && before === after,
    found: `${done ?? 0} rows, checksum ${before ?? 'none'} before and ${after ?? 'none'} after`,
  };
}

interface Reader {
  readonly role: string;
  /** The schema of the keys, where the scope is signed. */
  readonly keysIn: string | undefined;
}

/** What the roles of the running service read, by the policies and nothing else. */
async function reads(admin: pg.ClientBase, { step }: RecordedStep, reader: Reader): Promise<AdoptionCheck[]> {
  const { table, tenantId } = step.backfill ?? { table: '', tenantId: '' };
  const { rows } = await admin.query<{ own: string; all: string; other: string }>(
    `SELECT count(*) AS all, count(*) FILTER (WHERE tenant_id = $1) AS own, gen_random_uuid() AS other FROM ${table}`,
    [tenantId],
  );
  const [{ own, all, other }] = rows as [{ own: string; all: string; other: string }];
  const seen = await countAs(admin, reader, table, tenantId);
  const foreign = await countAs(admin, reader, table, other);
  const unscoped = await countAs(admin, reader, table, undefined);
  return [
    {
      table: step.table,
      check: 'the tenant reads its rows',
      ok: seen === own,
      found: `${seen} of ${own}; the table holds ${all}`,
    },
    { table: step.table, check: 'another tenant reads none', ok: foreign === '0', found: foreign },
    {
      table: step.table,
      check: 'without a tenant nothing is read',
      // With no row at all there is none for the policy to refuse.
      ok: unscoped.startsWith('refused') || all === '0',
      found: unscoped,
    },
  ];
}

async function countAs(
  admin: pg.ClientBase,
  { role, keysIn }: Reader,
  table: string,
  tenantId: string | undefined,
): Promise<string> {
  await admin.query('BEGIN');
  try {
    if (tenantId !== undefined) {
      await admin.query(`SET LOCAL app.tenant_id = ${pg.escapeLiteral(tenantId)}`);
      if (keysIn !== undefined) await proveForThisTransaction(admin, keysIn, tenantId);
    }
    await admin.query(`SET LOCAL ROLE ${pg.escapeIdentifier(role)}`);
    const { rows } = await admin.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    return rows[0]?.count ?? '';
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  } finally {
    await admin.query('ROLLBACK');
  }
}
