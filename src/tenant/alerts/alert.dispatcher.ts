import {
  type BeforeApplicationShutdown,
  Logger,
  type LoggerService,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { runOutsideScope } from '../context/tenant-scope.js';
import { AlertDeliveryError } from '../errors/alert.errors.js';
import {
  type AlertDispatcherOptions,
  channelsByName,
  completeDispatcherOptions,
} from './alert-dispatcher.options.js';
import { AlertOutbox, type ClaimedDelivery } from './alert-outbox.js';
import type { AlertChannel } from './alert.channel.js';
import { DeliveriesInFlight } from './deliveries-in-flight.js';
import { describeFailure } from './describe-failure.js';
import { retryDelayMs } from './retry-delay.js';

/** Alerts that become deliveries in one statement. */
const ENQUEUED_AT_ONCE = 100;
/** Deliveries claimed at once, and so under way at once: each has to begin while its lease is young. */
const CLAIMED_AT_ONCE = 20;
/** How much longer a lease is than an attempt: for writing down what came of it, also on a busy machine. */
const LEASE_MARGIN_MS = 20_000;
/** How long attempts under way may go on when the process stops. */
const STOP_GRACE_MS = 3_000;

/**
 * Delivers alerts: asks the control plane for those that are new or due, hands each to every channel, and writes down
 * what came of it. Any number of processes may do so at once; they share the work.
 *
 * A delivery happens at least once. It is leased, made outside any transaction, and marked afterwards; when the process
 * dies in between, another makes it again with the same alert id. What fails is tried again with growing pauses. A
 * channel that hangs or fails holds up no other.
 *
 * @throws ConfigurationError for options that cannot be
 * @example
 * const dispatcher = new AlertDispatcher(controlPlane, [new WebhookAlertChannel({ url, secrets })]);
 * dispatcher.onApplicationBootstrap(); // in a worker without NestJS
 */
export class AlertDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #outbox: AlertOutbox;
  readonly #channels: ReadonlyMap<string, AlertChannel>;
  readonly #options: Required<AlertDispatcherOptions>;
  readonly #inFlight: DeliveriesInFlight;
  /** Channels at work on what was claimed for them. */
  readonly #busy = new Map<string, Promise<void>>();
  #running: Promise<void> = Promise.resolve();
  #stopping = false;
  #inOutage = false;
  #wake: () => void = () => undefined;

  constructor(
    controlPlane: DataSource,
    channels: readonly AlertChannel[],
    options: AlertDispatcherOptions = {},
    private readonly logger: LoggerService = new Logger(AlertDispatcher.name),
  ) {
    this.#outbox = new AlertOutbox(controlPlane);
    this.#channels = channelsByName(channels);
    this.#options = completeDispatcherOptions(options);
    this.#inFlight = new DeliveriesInFlight(this.#options.timeoutMs);
  }

  /** Nothing waits for the database: without it the application starts, and runs, all the same. */
  onApplicationBootstrap(): void {
    this.#running = runOutsideScope(() => this.#run());
  }

  /** Takes up nothing more, and waits a few seconds for what is under way. The rest is for another process. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    const grace = setTimeout(() => this.#inFlight.abort(), STOP_GRACE_MS);
    await this.#running;
    await Promise.all(this.#busy.values());
    clearTimeout(grace);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      let more = false;
      try {
        more = await this.#tick();
        this.#recovered();
      } catch (error) {
        this.#lost(error);
      }
      if (!more) await this.#pause();
    }
  }

  /** @returns whether there is more of it than fitted */
  async #tick(): Promise<boolean> {
    const enqueued = await this.#outbox.enqueue([...this.#channels.keys()], ENQUEUED_AT_ONCE);
    const idle = [...this.#channels.keys()].filter((name) => !this.#busy.has(name));
    if (idle.length > 0 && !this.#stopping) {
      const leaseMs = this.#options.timeoutMs + LEASE_MARGIN_MS;
      this.#begin(await this.#outbox.claim(idle, CLAIMED_AT_ONCE, leaseMs));
    }
    return enqueued === ENQUEUED_AT_ONCE;
  }

  #begin(deliveries: readonly ClaimedDelivery[]): void {
    for (const [name, channel] of this.#channels) {
      const own = deliveries.filter((delivery) => delivery.channel === name);
      if (own.length === 0) continue;
      const work = Promise.all(own.map((delivery) => this.#deliver(channel, delivery))).then(() => {
        this.#busy.delete(name);
        this.#wake();
      });
      this.#busy.set(name, work);
    }
  }

  async #deliver(channel: AlertChannel, delivery: ClaimedDelivery): Promise<void> {
    try {
      const failure = await this.#attempt(channel, delivery);
      if (failure) await this.#failed(delivery, failure.error);
      else await this.#outbox.delivered(delivery);
    } catch (error) {
      // Nothing is written down: when the lease is over, it is made again.
      this.#lost(error);
    }
  }

  async #attempt(
    channel: AlertChannel,
    { alert, attempt }: ClaimedDelivery,
  ): Promise<{ readonly error: unknown } | undefined> {
    if (attempt > this.#options.maxAttempts) {
      return { error: new AlertDeliveryError('The process ended in the middle of the last attempt.') };
    }
    try {
      await this.#inFlight.deliver(channel, alert);
      return undefined;
    } catch (error) {
      // Not all of an error: clients hang requests on theirs, with what these are authorised by.
      const stack = error instanceof Error ? error.stack : typeof error;
      this.logger.debug?.(`Alert ${alert.id} was not delivered to ${channel.name}: ${stack}`);
      return { error };
    }
  }

  async #failed(delivery: ClaimedDelivery, error: unknown): Promise<void> {
    const { alert, channel, attempt } = delivery;
    const reason = describeFailure(error);
    const gaveUp = attempt >= this.#options.maxAttempts;
    const asked = error instanceof AlertDeliveryError ? error.retryAfterMs : undefined;
    const retryInMs = retryDelayMs(attempt, asked);
    const recorded = await this.#outbox.failed(delivery, { reason, retryInMs, gaveUp });
    if (recorded && gaveUp) {
      this.logger.error(
        `Alert ${alert.id} (${alert.rule}, ${alert.resource} of tenant ${alert.tenantId}) was given up by the channel ` +
          `${channel} after ${this.#options.maxAttempts} attempts. The last one: ${reason} ` +
          'AlertService.redeliver begins again.',
      );
    }
  }

  /** Until it is time to look again, or there is reason to. It keeps no process alive. */
  #pause(): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #recovered(): void {
    if (this.#inOutage) this.logger.log('Alerts are delivered again.');
    this.#inOutage = false;
  }

  #lost(error: unknown): void {
    if (this.#inOutage || this.#stopping) return;
    this.#inOutage = true;
    // Node tells several addresses that all refuse as one error without a message.
    const { message, code } = error as Error & { code?: string };
    this.logger.warn(`Alerts are not delivered (${message || code}). Trying again until it works.`);
  }
}
