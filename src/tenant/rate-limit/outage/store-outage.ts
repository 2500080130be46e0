import type { RateLimitRequest } from '../rate-limit.store.js';

/** A call the store did not answer. */
export interface FailedCall {
  readonly subject: string;
  readonly requests: readonly RateLimitRequest[];
}

/**
 * Whether a store is away. While it is, it is asked again from time to time what it did not answer: of a cluster,
 * another part may answer all the while.
 */
export class StoreOutage {
  #failed: FailedCall | undefined;
  #beganAt: number | undefined;
  #nextProbeAt = 0;
  #count = 0;

  /** @param retryMs from the loss, or the beginning of one probe, to the next probe */
  constructor(private readonly retryMs: number) {}

  get isRunning(): boolean {
    return this.#beganAt !== undefined;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  begin(failed: FailedCall): void {
    this.#failed = failed;
    this.#count += 1;
    this.#beganAt = performance.now();
    this.#nextProbeAt = this.#beganAt + this.retryMs;
  }

  /** What to ask the store, when it is time to. Whoever is told has to ask. */
  nextProbe(): FailedCall | undefined {
    const now = performance.now();
    if (now < this.#nextProbeAt) return undefined;
    this.#nextProbeAt = now + this.retryMs;
    return this.#failed;
  }

  /** @returns how long it took, milliseconds */
  end(): number {
    const took = performance.now() - (this.#beganAt ?? performance.now());
    this.#beganAt = undefined;
    this.#failed = undefined;
    return took;
  }
}
