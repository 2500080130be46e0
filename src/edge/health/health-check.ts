/** Something this process needs to answer requests. */
export interface HealthCheck {
  /** What a probe gets to read when it fails. */
  readonly name: string;
  /** Rejects when it is away. */
  check(): Promise<void>;
}

/** Injection token of the `HealthCheck[]` that readiness depends on. */
export const HEALTH_CHECKS = Symbol('HEALTH_CHECKS');
