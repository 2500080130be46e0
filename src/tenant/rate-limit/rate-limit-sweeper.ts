import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { runOutsideScope } from '../context/tenant-scope.js';
import type { RateLimitStore } from './rate-limit.store.js';

const EVERY_MS = 60_000;
const AT_ONCE = 10_000;

/** A store that keeps what is over until somebody removes it. */
interface SweptStore {
  /** Removes counters that count no more, at most so many. @returns how many */
  sweep(limit: number): Promise<number>;
}

/** Sweeps, while the application runs, a store that does not forget by itself. */
export class RateLimitSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(RateLimitSweeper.name);
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> | undefined;

  constructor(private readonly store: RateLimitStore | undefined) {}

  onApplicationBootstrap(): void {
    const { store } = this;
    if (!store || !isSwept(store)) return;
    this.#timer = runOutsideScope(() =>
      setInterval(() => void (this.#sweep ??= this.#once(store)), EVERY_MS),
    );
    this.#timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweep;
  }

  async #once(store: SweptStore): Promise<void> {
    try {
      let swept: number;
      do swept = await store.sweep(AT_ONCE);
      while (swept === AT_ONCE);
    } catch (error) {
      this.#logger.warn(`Rate limits that are over were not swept up: ${String(error)}`);
    } finally {
      this.#sweep = undefined;
    }
  }
}

function isSwept(store: object): store is SweptStore {
  return 'sweep' in store && typeof store.sweep === 'function';
}
