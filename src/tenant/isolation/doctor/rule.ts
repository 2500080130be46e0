/** `error`: rows of tenants can meet. `warning`: one protection is missing, others hold. `hint`: worth knowing. */
export type FindingSeverity = 'error' | 'warning' | 'hint';

/** One thing that has to hold about a database for tenants to be kept apart in it. */
export interface IsolationRule {
  /** Stable: scripts and suppressions name it. */
  readonly id: string;
  readonly severity: FindingSeverity;
  /** What could happen. */
  readonly danger: string;
  /** What to do about it. */
  readonly fix: string;
}

/**
 * A rule over the catalogs: a SELECT over {@link FACTS} with the columns
 * `subject`, the kind of role it is about (null: the database, whoever logs in);
 * `object`, what is wrong, as psql takes its name;
 * `problem`, a sentence about it; and
 * `remedy`, the owner's statement that mends it, where that cannot break anything (else null).
 */
export interface CatalogRule extends IsolationRule {
  readonly find: string;
}

/** Any rule as text columns for PostgreSQL: one type each, so that they can stand in one UNION. */
export const columns = (subject: string, object: string, problem: string, remedy = 'NULL'): string =>
  `${subject}::text AS subject, ${object}::text AS object, ${problem}::text AS problem, ${remedy}::text AS remedy`;
