import {
  type BeforeApplicationShutdown,
  Logger,
  type LoggerService,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { isCanonicalTenantId } from '../../context/tenant-id.js';
import { runOutsideScope } from '../../context/tenant-scope.js';
import type { ActivityAlert } from './activity-alert.js';
import { writeActivityAlerts } from './write-activity-alerts.js';

const INTERVAL_MS = 5_000;
const WRITTEN_AT_ONCE = 500;
/** Alerts that are not written yet; a database that is away must not cost the process its memory. */
const MOST_PENDING = 10_000;
/** How long the process waits for the last of them when it stops. */
const STOP_GRACE_MS = 3_000;

interface Pending extends Omit<ActivityAlert, 'used'> {
  used: number;
}

/**
 * Alerts on their way to the database: kept in memory, where adding one costs nothing, and written every few seconds.
 * When that fails they are kept, and written later. A process that is killed loses those of the last few seconds.
 *
 * @example
 * const alerts = new ActivityAlerts(controlPlane); // in a worker without NestJS
 * alerts.onApplicationBootstrap();
 * const violations = new ViolationRecorder(alerts);
 */
export class ActivityAlerts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pending = new Map<string, Pending>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;
  #failing = false;
  #isFull = false;

  /** @param intervalMs between two writings, in milliseconds. @default 5000 */
  constructor(
    private readonly controlPlane: DataSource,
    private readonly intervalMs = INTERVAL_MS,
    private readonly logger: LoggerService = new Logger('TenantAlert'),
  ) {}

  onApplicationBootstrap(): void {
    runOutsideScope(() => this.#schedule());
  }

  /** Writes what there is, for a few seconds at most. Later, connections of the application may be closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    let grace: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (grace = setTimeout(resolve, STOP_GRACE_MS)));
    await Promise.race([this.#writeAll(), patience]);
    clearTimeout(grace);
  }

  /** What is pending for the same time is one alert, that of the first; only calls refused by a rate limit add up. */
  add(alert: ActivityAlert): void {
    const { rule, tenantId, resource, periodStart } = alert;
    const key = `${rule} ${tenantId} ${periodStart} ${resource}`;
    const known = this.#pending.get(key);
    if (known) known.used += rule === 'rate_limit_exceeded' ? alert.used : 0;
    else if (!isWritable(alert)) return;
    else if (this.#pending.size < MOST_PENDING) this.#pending.set(key, { ...alert });
    else this.#full();
  }

  /** Writes what there is now. @throws what the database does; what is not written is kept. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #write(): Promise<void> {
    const pending = [...this.#pending];
    for (let from = 0; from < pending.length; from += WRITTEN_AT_ONCE) {
      const batch = pending.slice(from, from + WRITTEN_AT_ONCE);
      const written = batch.map(([, { used }]) => used);
      await writeActivityAlerts(
        this.controlPlane,
        batch.map(([, alert]) => alert),
      );
      batch.forEach(([key, alert], index) => {
        alert.used -= written[index] ?? 0;
        if (alert.used === 0) this.#pending.delete(key);
      });
    }
    this.#isFull = false;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      void this.#attempt().then(() => {
        if (!this.#stopped) this.#schedule();
      });
    }, this.intervalMs).unref();
  }

  /** One writing may be under way, without what came since it began. */
  async #writeAll(): Promise<void> {
    await this.#attempt();
    if (this.#pending.size > 0) await this.#attempt();
  }

  async #attempt(): Promise<void> {
    try {
      await this.flush();
      this.#failing = false;
    } catch (error) {
      // Once for an outage. Node tells several addresses that all refuse as one error without a message.
      const { message, code } = error as Error & { code?: string };
      if (!this.#failing) this.logger.warn(`Alerts could not be written, and are kept: ${message || code}`);
      this.#failing = true;
    }
  }

  #full(): void {
    if (!this.#isFull)
      this.logger.warn(`More than ${MOST_PENDING} alerts wait to be written. The rest is lost.`);
    this.#isFull = true;
  }
}

/** One that the database refuses would hold up all others. */
function isWritable({ tenantId, limit, used }: ActivityAlert): boolean {
  return isCanonicalTenantId(tenantId) && Number.isSafeInteger(limit) && Number.isSafeInteger(used);
}
