/** One violation, and the rule that has to name it. */
export interface Seed {
  readonly rule: string;
  /** What the object of the finding is called. */
  readonly object: string;
  /** Statements of the superuser; `$login` and the like are the names of roles. */
  readonly seed: readonly string[];
  /** Other rules of severity error that say the same from another side, and why they cannot help it. */
  readonly also?: readonly string[];
  /** The least major version that can be seeded so. */
  readonly since?: number;
  readonly engine?: 'citus';
}
