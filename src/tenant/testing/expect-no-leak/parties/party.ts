import type { RouteParam } from '../discovery/route.js';
import type { Answer } from '../http/answer.js';
import type { LeakRows, LeakTenant } from '../no-leak.options.js';
import { leavesOf } from '../oracles/facts.js';

/** Whose key it is in a document when its value is an id. */
const ID_KEY = /(^|\.)(id|slug|[a-z]\w*(Id|_id))$/;

/** One of the two tenants, with all that is known of it. */
export class Party {
  /** By resource or parameter: what a client would put into a path. */
  readonly ids: Record<string, string> = {};
  /** Texts of the other's that it sent and the application took: they are its own now. */
  brought = '';
  readonly #marks: Set<string>;
  readonly #seen = new Set<string>();
  #texts = 0;

  constructor(
    readonly name: 'the intruder' | 'the owner',
    readonly tenant: LeakTenant,
    readonly headers: Readonly<Record<string, string>>,
    /** In every text of its rows. */
    readonly canary: string,
  ) {
    this.#marks = new Set([canary, ...[tenant.id, tenant.slug].filter(isTelling)]);
  }

  /** A text nobody has used, with the canary. */
  nextText(): string {
    this.#texts += 1;
    return `${this.canary}-${this.#texts}`;
  }

  idFor({ name, resource }: RouteParam): string | undefined {
    return this.ids[name] ?? this.ids[resource];
  }

  take({ ids = {}, secrets = [] }: LeakRows): void {
    Object.assign(this.ids, ids);
    for (const text of [...Object.values(ids), ...secrets]) if (isTelling(text)) this.#marks.add(text);
  }

  /** Notes the ids in an answer it was given of its own. */
  learn({ json }: Answer): void {
    for (const [path, value] of leavesOf(json))
      if (ID_KEY.test(path) && isTelling(value)) this.#seen.add(value);
  }

  /** What is its alone: nothing of it may reach the other. */
  marksAgainst(other: Party): string[] {
    const shared = (text: string): boolean => other.#seen.has(text) || other.#marks.has(text);
    return [...this.#marks, ...[...this.#seen].filter((text) => !shared(text))];
  }
}

/** Whether a text can be nobody else's by chance. */
function isTelling(text: string | undefined): text is string {
  return text !== undefined && text.length >= 6 && !/^\d+$/.test(text);
}
