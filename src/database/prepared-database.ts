/** A database that is reachable and whose schema is current. */
export interface PreparedDatabase {
  /** Logs in for tenant work. */
  readonly tenantUrl: string;
  /** Logs in for the control plane. */
  readonly controlUrl: string;
  /** Logs in as the owner; missing where migrations are run elsewhere. */
  readonly migrationUrl?: string;
  /** Stops the server when it is ours. Call it when the last connection is closed. */
  stop(): Promise<void>;
}
