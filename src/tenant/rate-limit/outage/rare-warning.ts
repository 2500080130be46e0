import { Logger } from '@nestjs/common';

const PAUSE_MS = 60_000;

/** Something each of many calls may have to say: it is logged once a minute. */
export class RareWarning {
  readonly #logger: Logger;
  #nextAt = 0;

  constructor(context: string) {
    this.#logger = new Logger(context);
  }

  warn(message: string): void {
    const now = performance.now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + PAUSE_MS;
    this.#logger.warn(message);
  }
}
