import type { Route } from '../discovery/route.js';
import { succeeded } from '../http/answer.js';
import type { LeakRun } from '../leak-run.js';
import { factsOf } from '../oracles/facts.js';

type Seen = ReadonlyMap<string, string>;

/** Looks whether the owner's data changed while the intruder was at work. */
export class OwnerSnapshot {
  #last: Seen = new Map();
  readonly #unsteady = new Set<string>();

  constructor(
    private readonly run: LeakRun,
    private readonly reads: readonly Route[],
  ) {}

  /** To be called before the attacks whose effect is looked for. */
  async take(): Promise<void> {
    const last = await this.#see();
    if (this.#last.size === 0) {
      for (const where of changed(last, await this.#see())) this.#unsteady.add(where);
    }
    this.#last = last;
  }

  /** What is not as it was. */
  async changes(): Promise<string[]> {
    const now = await this.#see();
    return changed(this.#last, now)
      .filter((where) => !this.#unsteady.has(where))
      .map(
        (where) => `${where}: ${this.#last.get(where) ?? 'nothing'} became ${now.get(where) ?? 'nothing'}`,
      );
  }

  async #see(): Promise<Seen> {
    const { owner, options } = this.run.parts;
    if (options.snapshot)
      return new Map([['snapshot', JSON.stringify(await options.snapshot(owner.tenant))]]);
    const seen = new Map<string, string>();
    for (const route of this.reads.filter((each) => !this.run.showsOthers(each))) {
      const sample = this.run.sampleFor(route, owner, owner.canary);
      const { answer } = await this.run.ask(route, {
        way: 'a look at its own',
        as: owner,
        idsOf: owner,
        sample,
      });
      const facts = succeeded(answer) ? factsOf(answer) : new Map([['status', String(answer.status)]]);
      for (const [where, value] of facts) seen.set(`${route.name} ${where}`, value);
    }
    return seen;
  }
}

function changed(before: Seen, after: Seen): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (where) => before.get(where) !== after.get(where),
  );
}
