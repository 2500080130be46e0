/** A principal named a tenant that it may not enter. Its caller was told that there is no such tenant. */
export interface AccessRefusedEvent {
  /** The tenant that was named. uuid */
  readonly tenantId: string;
  /** Who named it. */
  readonly principalId: string | undefined;
  /** The tenant this one belongs to, where it has one. uuid */
  readonly principalTenantId?: string | undefined;
  /** The client's, where it is known. */
  readonly address?: string | undefined;
  readonly at: Date;
}

/**
 * More of something than is usual came from one tenant or client address within a while, counted by this process.
 * Sent again when it had fallen below half and came back, and once in each cool-down for as long as it goes on.
 */
export interface SuspiciousActivityEvent {
  /** uuid; undefined where it comes from an address, and nobody knows of which tenant. */
  readonly tenantId: string | undefined;
  readonly rule: 'denials' | 'foreign_ids' | 'failed_credentials' | 'unusual_usage';
  /** How much came within `windowSeconds`. */
  readonly count: number;
  /** From how much on it is suspicious. */
  readonly threshold: number;
  readonly windowSeconds: number;
  /** The client's, where it is known; of denials by a limit without a tenant whoever it counts, such as `principal:1`. */
  readonly address?: string | undefined;
  readonly at: Date;
}
