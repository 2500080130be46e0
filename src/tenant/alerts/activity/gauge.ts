/** How much there was of something lately, from one tenant or address. */
export interface Gauge {
  /** How long is lately. */
  readonly windowSeconds: number;
  /** How much there was. */
  readonly count: number;
  /** From how much on it is suspicious. */
  readonly threshold: number;
  /** The time has come to be `now`, in milliseconds; it may have been set back. Before anything is read or added. */
  advance(now: number): void;
  add(count: number): void;
}
