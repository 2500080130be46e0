import { Inject, Injectable, Logger } from '@nestjs/common';
import { UnavailableError } from '@parallax/tenant';
import { HEALTH_CHECKS, type HealthCheck } from './health-check.js';
import { withinTime } from './within-time.js';

const CHECK_TIMEOUT_MS = 2_000;

/** Whether this process should be sent requests. */
@Injectable()
export class Readiness {
  readonly #logger = new Logger(Readiness.name);
  #draining = false;

  constructor(@Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[]) {}

  /** From here on the process is not ready: it is about to stop. */
  drain(): void {
    this.#draining = true;
  }

  /** @throws UnavailableError naming the checks that failed, and nothing of why. */
  async verify(): Promise<void> {
    if (this.#draining) throw notReady(['shutdown']);
    const failed = await Promise.all(this.checks.map((check) => this.#nameWhenFailing(check)));
    const names = failed.filter((name) => name !== undefined);
    if (names.length > 0) throw notReady(names);
  }

  async #nameWhenFailing(check: HealthCheck): Promise<string | undefined> {
    try {
      await withinTime(CHECK_TIMEOUT_MS, () => check.check());
      return undefined;
    } catch (error) {
      this.#logger.warn({ msg: 'health check failed', check: check.name, err: error });
      return check.name;
    }
  }
}

function notReady(checks: string[]): UnavailableError {
  const detail = `Not ready: ${checks.join(', ')}.`;
  return new UnavailableError(detail, { detail, extensions: { checks } });
}
