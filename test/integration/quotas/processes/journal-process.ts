import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { QuotaExceededError, ReservationExpiredError } from '../../../../src/tenant/errors/quota.errors.js';
import { ConnectionLostError, UnavailableError } from '../../../../src/tenant/errors/request.errors.js';
import type { QuotaManager } from '../../../../src/tenant/quotas/quota.manager.js';
import { type Begun, Journal, JournalReading } from './journal.js';
import { openQuotas } from './measured-plan.js';

/** After so many answers it says that it is at work. */
const AT_WORK = 30;
const RESOURCES = ['maxRuns', 'maxTokens'];

/** Each of its callers makes one call after another, of one kind, and writes down what it was told. */
class JournalProcess {
  #answers = 0;
  #calls = 0;
  #isStopped = false;

  constructor(
    private readonly quotas: QuotaManager,
    private readonly tenantId: string,
    private readonly journal: Journal,
  ) {}

  stop(): void {
    this.#isStopped = true;
  }

  /** @param cutOff what an earlier process had begun under a key: it is asked again first. */
  async run(cutOff: readonly Begun[]): Promise<void> {
    await Promise.all(cutOff.map((call) => this.#keyed(call)));
    await Promise.all(
      RESOURCES.flatMap((resource) => [
        this.#repeat(resource, false, (call) => this.#consume(call)),
        this.#repeat(resource, true, (call) => this.#keyed(call)),
        this.#repeat(resource, false, (call) => this.#reserve(call)),
      ]),
    );
  }

  async #repeat(resource: string, isKeyed: boolean, make: (call: Begun) => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      const call = { id: randomUUID(), resource, units: 1 + (this.#calls++ % 3), isKeyed };
      this.journal.begin(call);
      await make(call);
      this.#answers += 1;
      if (this.#answers === AT_WORK) process.stdout.write('at work\n');
    }
  }

  async #consume({ id, resource, units }: Begun): Promise<void> {
    const { tenantId } = this;
    await this.#told(id, async () => {
      await this.quotas.consumeQuota(resource, units, { tenantId });
      return units;
    });
  }

  async #keyed({ id, resource, units }: Begun): Promise<void> {
    const { tenantId } = this;
    await this.#told(id, async () => {
      await answered(() => this.quotas.consumeQuota(resource, units, { tenantId, idempotencyKey: id }));
      return units;
    });
  }

  async #reserve({ id, resource, units }: Begun): Promise<void> {
    const { tenantId } = this;
    await this.#told(id, async () => {
      const inFlight = units > 1;
      const reservation = await this.quotas.reserveQuota(resource, units, {
        tenantId,
        inFlight,
        ttlSeconds: 5,
      });
      // Of three, one is charged less than it held.
      return (await answered(() => reservation.commit(units > 2 ? 2 : units))).charged;
    });
  }

  /** Writes down what was charged, or that nobody knows. */
  async #told(id: string, call: () => Promise<number>): Promise<void> {
    try {
      this.journal.end({ id, charged: await call() });
    } catch (error) {
      if (error instanceof ConnectionLostError) this.journal.end({ id, isLost: true });
      else if (error instanceof ReservationExpiredError) this.journal.end({ id, charged: error.charged });
      else if (error instanceof QuotaExceededError || error instanceof UnavailableError)
        this.journal.end({ id, charged: 0 });
      else throw error;
      await sleep(10); // no haste while nothing is to be had
    }
  }
}

/** What may be said twice is said until there is an answer. */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      await sleep(50);
    }
  }
}

async function main([url = '', tenantId = '', path = '']: string[]): Promise<void> {
  const { control, quotas } = await openQuotas(url);
  const cutOff = new JournalReading([path]).open.filter(({ isKeyed }) => isKeyed);
  const journal = new Journal(path);
  const callers = new JournalProcess(quotas, tenantId, journal);
  void once(process.stdin.resume(), 'end').then(() => callers.stop());
  await callers.run(cutOff);
  journal.close();
  await control.destroy();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
