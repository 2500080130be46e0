const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Lines for a reader as they come; with `--json`, one object for a script as the last line. */
export class Report {
  readonly #json = process.argv.includes('--json');
  readonly #ratios: Record<string, number> = {};
  readonly #figures: Record<string, number | string> = {};

  constructor(private readonly bench: string) {}

  say(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  /** Above 1 is better for us. */
  ratio(name: string, value: number, detail: string): void {
    this.#ratios[name] = rounded(value, 3);
    this.say(`${name}: ${value.toFixed(2)}x (${detail})`);
  }

  figure(name: string, value: number | string, unit = ''): void {
    this.#figures[name] = typeof value === 'number' ? rounded(value, 3) : value;
    this.say(`${name}: ${typeof value === 'number' ? rounded(value, 3) : value}${unit && ` ${unit}`}`);
  }

  end(): void {
    if (this.#json)
      this.say(JSON.stringify({ bench: this.bench, ratios: this.#ratios, figures: this.#figures }));
  }
}
