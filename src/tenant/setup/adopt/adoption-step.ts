import { createHash } from 'node:crypto';

/** The phases of an adoption, in their order. What each is for stands in docs/adopting.md. */
export const ADOPTION_PHASES = [
  'column',
  'stamp',
  'backfill',
  'not-null',
  'keys',
  'observe',
  'enforce',
  'swap',
] as const;
export type AdoptionPhase = (typeof ADOPTION_PHASES)[number];

/** Statements that succeed or fail together. */
export interface AdoptionAction {
  readonly sql: readonly string[];
  /** Runs outside a transaction, as CREATE INDEX CONCURRENTLY has to; safe to run again after it was cut off. */
  readonly concurrently?: true;
}

/** What the backfill of a table has to know; it has no fixed statements. */
export interface BackfillWork {
  /** Quoted, with its schema. */
  readonly table: string;
  readonly tenantId: string;
  readonly primaryKey: readonly { readonly name: string; readonly type: string }[];
  /** Columns whose values must come out as they went in. */
  readonly data: readonly string[];
  /** Whether the table has triggers that must not fire on it. */
  readonly withoutTriggers: boolean;
}

/** One thing that is done, recorded and can be taken back, as data. */
export interface AdoptionStep {
  /** Unique in the adoption: `<phase>:<schema.table>:<what>`. */
  readonly id: string;
  readonly phase: AdoptionPhase;
  /** `schema.table`, for people. */
  readonly table: string;
  readonly describe: string;
  /** The strongest lock it takes on the table, and for how long. */
  readonly lock: string;
  readonly up: readonly AdoptionAction[];
  readonly down: readonly AdoptionAction[];
  readonly backfill?: BackfillWork;
}

export const LOCKS = {
  instant: 'ACCESS EXCLUSIVE, an instant (catalog only)',
  both: 'ACCESS EXCLUSIVE on both tables, an instant',
  writes: 'SHARE ROW EXCLUSIVE, an instant',
  weak: 'SHARE UPDATE EXCLUSIVE: reads and writes go on',
  rows: 'the rows of one batch; rows the application holds are left for later',
} as const;

/** A name for what exists beside the original; short whatever the original is called. */
export function ownName(kind: string, ...of: readonly string[]): string {
  return `tenancy_${kind}_${createHash('sha256').update(of.join('\0')).digest('hex').slice(0, 12)}`;
}

export function action(...sql: string[]): AdoptionAction {
  return { sql };
}

/** Builds an index without blocking writers; what a run that was cut off left behind goes first. */
export function indexAction(qualifiedName: string, create: string): AdoptionAction {
  return { sql: [`DROP INDEX CONCURRENTLY IF EXISTS ${qualifiedName}`, create], concurrently: true };
}
