import type { DataSource } from 'typeorm';
import { type AlertChannel, AlertDispatcher, type AlertDispatcherOptions } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { AlertDatabase, type StoredDelivery } from './alert-database.js';
import { RecordingChannel, recordingLogger } from './recording-channel.js';

const PROBE = 'probe';

interface StartOptions extends AlertDispatcherOptions {
  /** @default the suite's recording channel */
  readonly channels?: readonly AlertChannel[];
  readonly controlPlane?: DataSource;
}

/** Dispatchers of one suite on a database of its own, and what they delivered. */
export class Dispatchers {
  channel = new RecordingChannel();
  /** What the dispatcher started last wrote to its log. */
  lines: string[] = [];
  #running: AlertDispatcher[] = [];

  private constructor(
    readonly database: AlertDatabase,
    readonly control: DataSource,
  ) {}

  static async create(): Promise<Dispatchers> {
    const database = await AlertDatabase.create();
    return new Dispatchers(database, await database.connect(4));
  }

  start({
    channels = [this.channel],
    controlPlane = this.control,
    ...options
  }: StartOptions = {}): AlertDispatcher {
    const { lines, logger } = recordingLogger();
    this.lines = lines;
    const dispatcher = new AlertDispatcher(controlPlane, channels, { pollMs: 5, ...options }, logger);
    dispatcher.onApplicationBootstrap();
    this.#running.push(dispatcher);
    return dispatcher;
  }

  async first(id: string): Promise<StoredDelivery | undefined> {
    return (await this.database.deliveries(id))[0];
  }

  delivered(id: string): Promise<void> {
    return eventually(`${id} is delivered`, async () => (await this.first(id))?.delivered === true);
  }

  failedOnce(id: string): Promise<void> {
    return eventually(`${id} has failed`, async () => typeof (await this.first(id))?.last_error === 'string');
  }

  /** Several rounds: something new has come through. */
  async aWhile(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      const id = await this.database.raise({ resource: PROBE });
      await eventually('the probe came through', async () => ((await this.first(id))?.attempts ?? 0) > 0);
    }
  }

  /** What came through the suite's channel, without the probes of {@link aWhile}. */
  get ids(): string[] {
    return this.channel.alerts.filter(({ resource }) => resource !== PROBE).map(({ id }) => id);
  }

  /** Between tests. */
  async reset(): Promise<void> {
    await Promise.all(this.#running.map((dispatcher) => dispatcher.beforeApplicationShutdown()));
    this.#running = [];
    this.channel = new RecordingChannel();
    await this.database.clear();
  }

  drop(): Promise<void> {
    return this.database.drop();
  }
}
