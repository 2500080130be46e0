import { ConfigurationError } from '@parallax/tenant';

/** What a value turned into, or `undefined` when it is none of what is expected. */
export type Reader<T> = (value: string) => T | undefined;

/** Reads variables one by one, and keeps the problems until all are read. Never repeats a value: it may be a secret. */
export class Environment {
  readonly #problems: string[] = [];

  constructor(private readonly variables: NodeJS.ProcessEnv) {}

  /** Whether the variable is set to anything, good or not. */
  has(name: string): boolean {
    return Boolean(this.variables[name]?.trim());
  }

  /** The value as `read` understands it; `undefined` when the variable is unset or empty. */
  optional<T>(name: string, expected: string, read: Reader<T>): T | undefined {
    const raw = this.variables[name]?.trim();
    if (raw === undefined || raw === '') return undefined;
    const value = read(raw);
    if (value === undefined) this.report(`${name} must be ${expected}`);
    return value;
  }

  withDefault<T>(name: string, fallback: T, expected: string, read: Reader<T>): T {
    return this.optional(name, expected, read) ?? fallback;
  }

  report(problem: string): void {
    this.#problems.push(problem);
  }

  /** @throws ConfigurationError with everything that is wrong, not only the first */
  throwIfInvalid(): void {
    if (this.#problems.length === 0) return;
    const list = this.#problems.map((problem) => `\n  - ${problem}.`).join('');
    throw new ConfigurationError(
      `The configuration is not valid (.env.example explains each variable):${list}`,
    );
  }
}
