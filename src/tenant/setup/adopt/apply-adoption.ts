import type pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { AdoptionLedger, RecordedStep } from './adoption-ledger.js';
import { type AdoptionPace, DEFAULT_PACE, withAdoption } from './adoption-run.js';
import { ADOPTION_PHASES, type AdoptionPhase, type AdoptionStep } from './adoption-step.js';
import { backfillTable, type BackfillState } from './backfill-table.js';
import { planAdoption, type AdoptionTarget } from './plan-adoption.js';
import { revertStep } from './revert-adoption.js';
import { runAction } from './run-action.js';

/** What to adopt, how far, and how considerately. */
export interface ApplyAdoptionOptions extends AdoptionTarget, AdoptionPace {
  /** The last phase to carry out. @default all */
  readonly until?: AdoptionPhase;
  /** Whether to stop after one step. @default false */
  readonly one?: boolean;
}

/** What was done by this run, and what is left. */
export interface AdoptionProgress {
  readonly done: readonly string[];
  readonly left: readonly string[];
}

/**
 * Carries an adoption on: the one that is recorded, else one of the given tables. What a run that was killed left
 * half-way is gone on with.
 *
 * @throws ConfigurationError for obstacles, before anything is touched; when a lock was not to be had in time
 * @example
 * await applyAdoption(admin, { tenant: 'acme', tables: ['orders'], until: 'observe' });
 */
export async function applyAdoption(
  admin: pg.ClientBase,
  options: ApplyAdoptionOptions,
): Promise<AdoptionProgress> {
  const pace = { ...DEFAULT_PACE, ...options };
  return await withAdoption(admin, options.prefix, pace.lockTimeoutMs, async (ledger) => {
    const recorded = await recordedPlan(admin, ledger, options);
    const last = ADOPTION_PHASES.indexOf(options.until ?? 'swap');
    const due = recorded.filter(
      ({ status, step }) => status !== 'done' && ADOPTION_PHASES.indexOf(step.phase) <= last,
    );
    const now = options.one ? due.slice(0, 1) : due;
    for (const recordedStep of now) await applyStep(admin, ledger, recordedStep, pace);
    const done = now.map(({ step }) => step.id);
    const left = recorded.filter(({ status, step }) => status !== 'done' && !done.includes(step.id));
    return { done, left: left.map(({ step }) => step.id) };
  });
}

async function recordedPlan(
  admin: pg.ClientBase,
  ledger: AdoptionLedger,
  target: AdoptionTarget,
): Promise<RecordedStep[]> {
  const recorded = (await ledger.exists()) ? await ledger.load() : [];
  if (recorded.some(({ status }) => status !== 'done')) return recorded;
  if (recorded.length > 0 && target.tables === undefined) return recorded;
  const { steps, remarks } = await planAdoption(admin, target);
  const obstacles = remarks.filter(({ kind }) => kind === 'obstacle');
  if (obstacles.length > 0) {
    throw new ConfigurationError(
      `Nothing was changed. ${obstacles.map(({ table, problem, fix }) => `${table}: ${problem}. ${fix}`).join(' ')}`,
    );
  }
  await ledger.create();
  await ledger.append(steps);
  return await ledger.load();
}

async function applyStep(
  admin: pg.ClientBase,
  ledger: AdoptionLedger,
  recorded: RecordedStep,
  pace: Required<AdoptionPace>,
): Promise<void> {
  const { step } = recorded;
  let { progress } = recorded;
  if (recorded.status === 'reverting') {
    await revertStep(admin, ledger, recorded, pace);
    progress = 0;
  }
  pace.onProgress(`${step.phase}  ${step.table}: ${step.describe}`);
  if (step.backfill) {
    await backfill(admin, ledger, step, step.backfill, recorded.state, pace);
    return;
  }
  for (const [index, one] of step.up.entries()) {
    if (index < progress) continue;
    if (one.concurrently) await ledger.mark(step, 'applying', index);
    const complete = index + 1 === step.up.length;
    await runAction(admin, one, () => ledger.mark(step, complete ? 'done' : 'applying', index + 1), {
      ...pace,
      onRetry: (wait) => pace.onProgress(`  the table is in use; trying again in ${wait} ms`),
    });
  }
}

const REPORT_EVERY_MS = 1_000;

async function backfill(
  admin: pg.ClientBase,
  ledger: AdoptionLedger,
  step: AdoptionStep,
  work: NonNullable<AdoptionStep['backfill']>,
  state: unknown,
  pace: Required<AdoptionPace>,
): Promise<void> {
  const resumed = state as BackfillState | null;
  const start = { at: Date.now(), done: resumed?.done ?? 0 };
  if (resumed) pace.onProgress(`  going on after ${resumed.done} of ${resumed.total} rows`);
  let reported = start.at;
  await backfillTable(admin, work, resumed, pace, async (next) => {
    await ledger.keep(step, next);
    if (Date.now() - reported < REPORT_EVERY_MS) return;
    reported = Date.now();
    const perSecond = Math.round(((next.done - start.done) * 1000) / (reported - start.at));
    pace.onProgress(
      `  ${next.done} of ${next.total} rows, ${perSecond} rows/s, ${next.total - next.done} left`,
    );
  });
  await ledger.mark(step, 'done', 0);
}
