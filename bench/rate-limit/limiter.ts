/** One way to hold keys to a limit, as the ones who call it see it. */
export interface Limiter {
  isAdmitted(key: string): Promise<boolean>;
  /** What its own timer does from time to time, for a bench that does not wait that long. */
  sweep?(): void;
  close(): Promise<void> | void;
}

export interface Terms {
  /** Units in a window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

/** A new one, that has counted nothing yet. */
export type OpenLimiter = (terms: Terms) => Limiter;
