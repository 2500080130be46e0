import pg from 'pg';
import type { AdoptionStep } from './adoption-step.js';

/** How far a step is. `applying` and `reverting` are what a run that was cut off leaves. */
export type AdoptionStatus = 'pending' | 'applying' | 'done' | 'reverting';

/** A step with how far it is. */
export interface RecordedStep {
  readonly position: number;
  readonly step: AdoptionStep;
  readonly status: AdoptionStatus;
  /** How many actions of the present direction are committed. */
  readonly progress: number;
  /** What the backfill goes on from. */
  readonly state: unknown;
}

/**
 * The plan as it was when it was first applied, with how far it is: so that a run which was killed is gone on with,
 * and each step is taken back by statements made before anything changed.
 */
export class AdoptionLedger {
  readonly #table: string;

  constructor(
    private readonly admin: pg.ClientBase,
    controlSchema: string,
    private readonly owner: string,
  ) {
    this.#table = `${controlSchema}.tenancy_adoptions`;
  }

  async create(): Promise<void> {
    await this.admin.query(`
      CREATE TABLE IF NOT EXISTS ${this.#table} (
        position integer PRIMARY KEY,
        id text NOT NULL UNIQUE,
        phase text NOT NULL,
        step jsonb NOT NULL,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'applying', 'done', 'reverting')),
        progress integer NOT NULL DEFAULT 0,
        state jsonb,
        changed_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await this.admin.query(`ALTER TABLE ${this.#table} OWNER TO ${pg.escapeIdentifier(this.owner)}`);
  }

  async exists(): Promise<boolean> {
    const { rows } = await this.admin.query<{ there: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS there',
      [this.#table],
    );
    return rows[0]?.there === true;
  }

  /** Records the steps that are not there yet, after those that are. */
  async append(steps: readonly AdoptionStep[]): Promise<void> {
    await this.admin.query(
      `INSERT INTO ${this.#table} (position, id, phase, step)
        SELECT (SELECT coalesce(max(position), 0) FROM ${this.#table}) + n, s ->> 'id', s ->> 'phase', s
        FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS one(s, n)
        ON CONFLICT (id) DO NOTHING`,
      [JSON.stringify(steps)],
    );
  }

  async load(): Promise<RecordedStep[]> {
    const { rows } = await this.admin.query<RecordedStep>(
      `SELECT position, step, status, progress, state FROM ${this.#table} ORDER BY position`,
    );
    return rows;
  }

  async mark(step: AdoptionStep, status: AdoptionStatus, progress: number): Promise<void> {
    await this.admin.query(
      `UPDATE ${this.#table} SET status = $2, progress = $3, changed_at = now() WHERE id = $1`,
      [step.id, status, progress],
    );
  }

  async keep(step: AdoptionStep, state: unknown): Promise<void> {
    await this.admin.query(
      `UPDATE ${this.#table} SET status = 'applying', state = $2, changed_at = now() WHERE id = $1`,
      [step.id, JSON.stringify(state)],
    );
  }

  /** Takes the record away once nothing of it is left in the database. */
  async forget(): Promise<void> {
    await this.admin.query(`DROP TABLE ${this.#table}`);
  }
}
