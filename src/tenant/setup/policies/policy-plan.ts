import type { ScopeForm } from '../../isolation/migrations/policies.js';

/** One statement that brings a table nearer to what its entity declares. */
export interface PolicyChange {
  readonly table: string;
  readonly sql: string;
}

/** What no statement can settle without somebody's decision. */
export interface PolicyProblem {
  readonly table: string;
  readonly problem: string;
  /** False: worth knowing, and nothing that tenants reach. */
  readonly open: boolean;
}

/** How a database differs from what its entities declare. */
export interface PolicyPlan {
  /** In the order they are to be run, in one transaction. */
  readonly changes: readonly PolicyChange[];
  readonly problems: readonly PolicyProblem[];
  readonly scope: ScopeForm;
}
