import { LRUCache } from 'lru-cache';
import type { Gauge } from './gauge.js';

/** Subjects kept: those that did nothing for longest are forgotten first. */
const MOST_SUBJECTS = 10_000;

interface Watched {
  readonly gauge: Gauge;
  /** The cool-down it was told of in, until there was less than half of it again. */
  toldIn: number | undefined;
}

/** Watches each of many subjects, and says when what one did is to be told. */
export class ActivityWatch {
  readonly #subjects = new LRUCache<string, Watched>({ max: MOST_SUBJECTS });

  /** @param open a gauge for a subject that is new */
  constructor(private readonly open: () => Gauge) {}

  /**
   * @param now milliseconds since 1970
   * @param coolDown which one it is now
   * @returns what is to be told: once until it falls below half of what is suspicious, and in each cool-down
   */
  note(subject: string, count: number, now: number, coolDown: number): Gauge | undefined {
    const watched = this.#of(subject);
    const { gauge } = watched;
    gauge.advance(now);
    if (gauge.count < gauge.threshold / 2) watched.toldIn = undefined;
    gauge.add(count);
    if (gauge.count < gauge.threshold || watched.toldIn === coolDown) return undefined;
    watched.toldIn = coolDown;
    return gauge;
  }

  #of(subject: string): Watched {
    const known = this.#subjects.get(subject);
    if (known) return known;
    const watched: Watched = { gauge: this.open(), toldIn: undefined };
    this.#subjects.set(subject, watched);
    return watched;
  }
}
