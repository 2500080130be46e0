const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT_CODES;

/** The start was asked to stop. */
export class InterruptedError extends Error {
  constructor(signal: Signal) {
    super(`${signal} during the start.`);
    this.exitCode = EXIT_CODES[signal];
  }

  readonly exitCode: number;
}

/**
 * Notes a signal that comes while the process is starting, when there is nothing complete to stop yet. What has
 * started is stopped at the next step; a second signal ends the process at once, as by default.
 */
export class Interruption {
  #signal: Signal | undefined;
  readonly #note = (signal: NodeJS.Signals): void => {
    this.#signal = signal as Signal;
  };

  constructor() {
    for (const signal of Object.keys(EXIT_CODES)) process.once(signal, this.#note);
  }

  /** @throws InterruptedError when a signal has come. */
  check(): void {
    if (this.#signal) throw new InterruptedError(this.#signal);
  }

  /** From here on somebody else listens. */
  end(): void {
    for (const signal of Object.keys(EXIT_CODES)) process.off(signal, this.#note);
  }
}
