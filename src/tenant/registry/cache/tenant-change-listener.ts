import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type LoggerService, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { isCanonicalTenantId } from '../../context/tenant-id.js';
import { runOutsideScope } from '../../context/tenant-scope.js';
import { NotificationSession } from './notification-session.js';
import type { TenantCache } from './tenant-cache.js';
import { TENANT_CHANGED_CHANNEL } from './tenant-notifications.js';

/** How often it is asked whether the server still listens for us, in milliseconds. */
const HEARTBEAT_MS = 5_000;
/** How long to wait before the first and before a late attempt to connect again, in milliseconds. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [100, 10_000];

/**
 * Hears from the database which tenant was changed, and drops the copy of it.
 *
 * What it hears is a hint and no more: whoever could forge one would only have a tenant read again. While it
 * hears nothing, because the connection is away, copies grow no older than the cache lets them anyway; connected
 * again, it drops all of them, for it may have missed anything.
 *
 * @example
 * new TenantChangeListener(process.env.DIRECT_DATABASE_URL, cache);
 */
export class TenantChangeListener implements OnModuleInit, OnApplicationShutdown {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #session: NotificationSession | undefined;
  #listening = false;
  #inOutage = false;

  /** @param url of the server itself: a pooler in between would keep the notifications to itself */
  constructor(
    private readonly url: string,
    private readonly cache: Pick<TenantCache, 'drop' | 'clear'>,
    private readonly logger: LoggerService = new Logger(TenantChangeListener.name),
  ) {}

  /** Whether changes are heard of now. */
  get listening(): boolean {
    return this.#listening;
  }

  /** Nothing waits for the connection: without it the application starts, and runs, all the same. */
  onModuleInit(): void {
    this.#running = runOutsideScope(() => this.#run());
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    this.#session?.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        // A connection that is lost as soon as it is made is a failure too.
        await this.#listen(signal, () => (failures = 0));
      } catch (error) {
        this.#lost(error);
      }
      this.#listening = false;
      this.#session?.end();
      await sleep(pauseMs(failures), undefined, { signal }).catch(() => undefined);
    }
  }

  async #listen(signal: AbortSignal, alive: () => void): Promise<never> {
    this.#session = new NotificationSession(this.url, TENANT_CHANGED_CHANNEL, (payload) =>
      this.#hear(payload),
    );
    await this.#session.start();
    // Not earlier: a change between the dropping and the listening would be missed.
    this.cache.clear();
    this.#recovered();
    for (;;) {
      await this.#session.beat(HEARTBEAT_MS, signal);
      alive();
    }
  }

  #hear(payload: string): void {
    if (isCanonicalTenantId(payload)) this.cache.drop(payload);
    else this.cache.clear();
  }

  #recovered(): void {
    this.#listening = true;
    if (this.#inOutage) this.logger.log('Changes of tenants are heard of again.');
    this.#inOutage = false;
  }

  #lost(error: unknown): void {
    if (this.#inOutage || this.#stopping.signal.aborted) return;
    this.#inOutage = true;
    // Node tells several addresses that all refuse as one error without a message.
    const { message, code } = error as Error & { code?: string };
    this.logger.warn(
      `Changes of tenants by other processes are not heard of (${message || code}); copies of tenants are ` +
        'used until their time is over. Connecting again until it works.',
    );
  }
}

/** Spread out, so that the processes of a fleet do not come back to a restarted server all at once. */
function pauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + Math.random() / 2);
}
