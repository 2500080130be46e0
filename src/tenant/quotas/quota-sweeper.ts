import {
  Logger,
  type LoggerService,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { runOutsideScope } from '../context/tenant-scope.js';
import type { TenantService } from '../registry/tenant.service.js';
import type { QuotaStore } from './quota.store.js';

const INTERVAL_MS = 15_000;
const BATCH = 500;

/**
 * Resolves reservations whose time is over, and rewrites tenants whose scheduled plan has come. Both hold without it
 * already, for every call that counts; it is for those that nobody calls for any more. Processes may sweep at once.
 */
export class QuotaSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #failing = false;

  /** @param intervalMs between two sweeps, in milliseconds. @default 15000 */
  constructor(
    private readonly store: Pick<QuotaStore, 'expire'>,
    private readonly tenants: Pick<TenantService, 'applyDuePlanChanges'>,
    private readonly intervalMs = INTERVAL_MS,
    private readonly logger: LoggerService = new Logger(QuotaSweeper.name),
  ) {}

  onApplicationBootstrap(): void {
    runOutsideScope(() => this.#schedule());
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One sweep. @returns how many reservations were resolved. */
  async sweep(): Promise<number> {
    let resolved = 0;
    try {
      for (let last = BATCH; last >= BATCH && !this.#stopped; resolved += last)
        last = await this.store.expire(BATCH);
    } finally {
      await this.tenants.applyDuePlanChanges();
    }
    return resolved;
  }

  #schedule(): void {
    // Not all at one moment, of processes that were started at one.
    this.#timer = setTimeout(
      () => {
        this.#running = this.#attempt().then(() => {
          if (!this.#stopped) this.#schedule();
        });
      },
      this.intervalMs * (0.75 + Math.random() / 2),
    );
    this.#timer.unref();
  }

  async #attempt(): Promise<void> {
    try {
      await this.sweep();
      this.#failing = false;
    } catch (error) {
      // Once for an outage.
      if (!this.#failing) this.logger.warn(`Reservations could not be swept: ${(error as Error).message}`);
      this.#failing = true;
    }
  }
}
