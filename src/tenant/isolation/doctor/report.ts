import type { FindingSeverity } from './rule.js';

/** One thing that is wrong. */
export interface IsolationFinding {
  /** The id of its {@link IsolationRule}. */
  readonly rule: string;
  readonly severity: FindingSeverity;
  /** The table, role, function, … it is about. */
  readonly object: string;
  readonly problem: string;
  readonly danger: string;
  readonly fix: string;
  /** The owner's statement that mends it, where that cannot break anything. */
  readonly remedy?: string;
}

/** What was found, and what was looked at. */
export interface IsolationReport {
  /** As the server gives it, such as `18.5`. */
  readonly serverVersion: string;
  readonly database: string;
  readonly findings: readonly IsolationFinding[];
  /** Each table tenants reach, with the nets that hold it. */
  readonly tables: readonly TableCoverage[];
  /**
   * Why SQL injected into a statement cannot pick another tenant: `revoked`: the role of the scope may not call
   * set_config. `signed`: the policies verify a proof. `none`: nothing keeps it from that.
   */
  readonly forgery: 'revoked' | 'signed' | 'revoked and signed' | 'none';
  /** Whether rows were asked for without a tenant. Takes the serving login, or a superuser. */
  readonly canaryRead: boolean;
}

/** Which nets hold a table. */
export interface TableCoverage {
  readonly table: string;
  /** Whose rows it holds: of one tenant each, some shared by all, or all shared by all. */
  readonly tenancy: 'scoped' | 'mixed' | 'shared';
  /** The entity that declares it; without a data source nothing is known. */
  readonly entity?: string;
  /** Whether TypeORM statements on it carry the tenant. `unknown` without a data source. */
  readonly typeorm: 'held' | 'open' | 'unknown';
  /** Whether PostgreSQL holds it: no error was found on the table. Tenants may only read a shared one. */
  readonly rowLevelSecurity: 'held' | 'open' | 'read-only';
}
