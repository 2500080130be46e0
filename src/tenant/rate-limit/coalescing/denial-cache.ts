import { LRUCache } from 'lru-cache';
import type { PolicyState, RateLimitAnswer } from '../rate-limit.store.js';

/** Another process may have reset the limit, or a clock was set: a refusal is not believed for longer. */
const MAX_MS = 1_000;
const MAX_DENIALS = 10_000;

interface Denial {
  readonly states: readonly PolicyState[];
  readonly at: number;
  readonly until: number;
}

/** Calls that were refused a moment ago, and until when the same call would be. */
export class DenialCache {
  readonly #denials = new LRUCache<string, Denial>({ max: MAX_DENIALS });
  #generation = 0;

  /** @param now milliseconds, never back */
  constructor(private readonly now: () => number) {}

  /** Another one after each `clear`. */
  get generation(): number {
    return this.#generation;
  }

  /** The refusal, older by the time that has passed; undefined when the store has to be asked. */
  find(key: string): RateLimitAnswer | undefined {
    const denial = this.#denials.get(key);
    if (!denial) return undefined;
    const now = this.now();
    if (now < denial.until) return { granted: 0, states: aged(denial.states, now - denial.at) };
    this.#denials.delete(key);
    return undefined;
  }

  /** @param generation as it was when the store was asked: what was cleared since may have been reset */
  keep(key: string, states: readonly PolicyState[], generation: number): void {
    if (generation !== this.#generation) return;
    // It fits once it fits all of them.
    const waitMs = Math.max(0, ...states.map(({ retryMs }) => retryMs ?? MAX_MS));
    if (waitMs === 0) return;
    const at = this.now();
    this.#denials.set(key, { states, at, until: at + Math.min(waitMs, MAX_MS) });
  }

  clear(): void {
    this.#generation += 1;
    this.#denials.clear();
  }
}

function aged(states: readonly PolicyState[], ms: number): PolicyState[] {
  return states.map(({ remaining, resetMs, retryMs }) => ({
    remaining,
    // 0 would say that nothing is used.
    resetMs: resetMs === 0 ? 0 : Math.max(1, Math.ceil(resetMs - ms)),
    retryMs: retryMs === null ? null : Math.max(0, Math.ceil(retryMs - ms)),
  }));
}
