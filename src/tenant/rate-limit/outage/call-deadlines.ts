import { runOutsideScope } from '../../context/tenant-scope.js';

interface Waiting {
  readonly deadline: number;
  readonly giveUp: () => void;
}

/** A store did not answer in time. What it was asked may have been done. */
export class StoreTimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`The store of the rate limits did not answer within ${timeoutMs} ms.`);
    this.name = StoreTimeoutError.name;
  }
}

/**
 * Lets no call take longer than a time that is the same for all, so that they come due in the order they began: one
 * timer at a time, for the oldest, which keeps no process alive.
 */
export class CallDeadlines {
  readonly #waiting = new Set<Waiting>();
  #isArmed = false;

  constructor(private readonly timeoutMs: number) {}

  /** @throws StoreTimeoutError when it takes too long; otherwise as the call */
  limit<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        deadline: performance.now() + this.timeoutMs,
        giveUp: () => reject(new StoreTimeoutError(this.timeoutMs)),
      };
      this.#waiting.add(waiting);
      this.#arm(this.timeoutMs);
      call.then(
        (value) => {
          this.#waiting.delete(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  #arm(ms: number): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    // After a pause of this process answers that have arrived are read before any call is given up.
    runOutsideScope(() => setTimeout(() => setImmediate(() => this.#check()), ms).unref());
  }

  #check(): void {
    this.#isArmed = false;
    const now = performance.now();
    for (const waiting of this.#waiting) {
      if (waiting.deadline > now) {
        this.#arm(waiting.deadline - now);
        return;
      }
      this.#waiting.delete(waiting);
      waiting.giveUp();
    }
  }
}
