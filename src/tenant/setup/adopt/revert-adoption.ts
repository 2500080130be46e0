import type pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { AdoptionLedger, RecordedStep } from './adoption-ledger.js';
import { type AdoptionPace, DEFAULT_PACE, withAdoption } from './adoption-run.js';
import { ADOPTION_PHASES, type AdoptionPhase } from './adoption-step.js';
import { runAction } from './run-action.js';

/** How far back, and how considerately. */
export interface RevertAdoptionOptions extends AdoptionPace {
  /** The last phase that stays, or the id of the last step that stays; `start`: nothing does. */
  readonly to: AdoptionPhase | 'start' | (string & {});
  /** What the names of the roles start with. @default 'parallax' */
  readonly prefix?: string;
}

/**
 * Takes steps of an adoption back, the last one first, with the same bounded locks. Before phase "enforce" the former
 * roles see the rows of all tenants again.
 *
 * @returns the ids of the steps that were taken back
 * @throws ConfigurationError when nothing is recorded, `to` names no phase and no step, or two tenants hold the same key
 * @example
 * await revertAdoption(admin, { to: 'observe' });
 */
export async function revertAdoption(
  admin: pg.ClientBase,
  options: RevertAdoptionOptions,
): Promise<string[]> {
  const pace = { ...DEFAULT_PACE, ...options };
  return await withAdoption(admin, options.prefix, pace.lockTimeoutMs, async (ledger) => {
    const recorded = (await ledger.exists()) ? await ledger.load() : [];
    const keep = positionOf(recorded, options.to);
    const undone = recorded
      .filter(({ status, position }) => status !== 'pending' && position > keep)
      .reverse();
    for (const one of undone) {
      pace.onProgress(`back  ${one.step.table}: ${one.step.describe}`);
      await revertStep(admin, ledger, one, pace);
    }
    if (options.to === 'start' && recorded.length > 0) await ledger.forget();
    return undone.map(({ step }) => step.id);
  });
}

const UNIQUE_VIOLATION = '23505';

/** Takes one step back, from wherever it is. */
export async function revertStep(
  admin: pg.ClientBase,
  ledger: AdoptionLedger,
  { step, status, progress }: RecordedStep,
  pace: Required<AdoptionPace>,
): Promise<void> {
  const done = status === 'reverting' ? progress : 0;
  if (step.backfill) await ledger.keep(step, null);
  for (const [index, one] of step.down.entries()) {
    if (index < done) continue;
    if (one.concurrently) await ledger.mark(step, 'reverting', index);
    try {
      await runAction(admin, one, () => ledger.mark(step, 'reverting', index + 1), {
        ...pace,
        onRetry: (wait) => pace.onProgress(`  the table is in use; trying again in ${wait} ms`),
      });
    } catch (error) {
      if ((error as pg.DatabaseError).code !== UNIQUE_VIOLATION || index > 0) throw error;
      await ledger.mark(step, 'done', 0);
      throw new ConfigurationError(
        `"${step.id}" cannot be taken back: two tenants hold the same key of ${step.table} ` +
          `(${(error as pg.DatabaseError).detail ?? ''}). Change or delete the rows of one of them first.`,
      );
    }
  }
  await ledger.mark(step, 'pending', 0);
}

function positionOf(recorded: readonly RecordedStep[], to: string): number {
  if (to === 'start') return 0;
  const phase = ADOPTION_PHASES.findIndex((one) => one === to);
  const staying = recorded.filter(({ step }) =>
    phase >= 0 ? ADOPTION_PHASES.indexOf(step.phase) <= phase : step.id === to,
  );
  const last = staying.at(-1);
  if (last === undefined) {
    throw new ConfigurationError(
      `"${to}" is no step of the recorded adoption. Phases: start, ${ADOPTION_PHASES.join(', ')}.`,
    );
  }
  return last.position;
}
