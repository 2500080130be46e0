/** A row as a read gives it. */
export interface SeenRow {
  readonly tenant_id: string;
  readonly title: string;
  readonly body: string;
}

/** What a row's body can be; undefined: there is no row. */
export type Body = string | undefined;
type Possible = ReadonlySet<Body>;

export interface Finding {
  readonly kind: 'wrong' | 'unscoped' | 'missing' | 'phantom' | 'lost' | 'dirty' | 'stuck';
  readonly what: string;
}

/** What is uncommitted in one transaction, which only it sees. */
export type Overlay = Map<string, Possible>;

/** What a read that is under way may find: grows with what others write meanwhile. */
export interface ReadWindow {
  readonly tenantId: string;
  readonly allowed: Map<string, Set<Body>>;
  /** Of the transaction it is read in. */
  readonly overlay: Overlay | undefined;
}

/**
 * Which rows each tenant has. A write that nobody knows the outcome of leaves a row with several possible bodies,
 * every other row has one.
 */
export class RowModel {
  readonly #rows = new Map<string, Map<string, Possible>>();
  readonly #open = new Set<ReadWindow>();
  readonly #claimed = new Set<string>();
  #next = 0;

  constructor(
    tenants: readonly string[],
    seedTitles: readonly string[],
    seedBody: (tenant: string) => string,
  ) {
    for (const tenant of tenants)
      this.#rows.set(tenant, new Map(seedTitles.map((title) => [title, new Set([seedBody(tenant)])])));
  }

  newTitle(): string {
    return `row ${(this.#next += 1)}`;
  }

  /** A row that is surely there, for one writer only, until `decided`. */
  claim(tenantId: string): { title: string; body: string } | undefined {
    for (const [title, possible] of this.#of(tenantId)) {
      const [body] = possible;
      if (possible.size !== 1 || body === undefined || this.#claimed.has(tenantId + title)) continue;
      this.#claimed.add(tenantId + title);
      return { title, body };
    }
    return undefined;
  }

  possible(tenantId: string, title: string): Possible {
    return this.#of(tenantId).get(title) ?? new Set([undefined]);
  }

  /** From now on reads may find these: all of the tenant's, or with an overlay those in its transaction. */
  set(tenantId: string, title: string, possible: Possible, overlay?: Overlay): void {
    (overlay ?? this.#of(tenantId)).set(title, possible);
    for (const window of this.#open) {
      if (window.tenantId !== tenantId || (overlay && window.overlay !== overlay)) continue;
      const allowed = window.allowed.get(title) ?? new Set([undefined]);
      window.allowed.set(title, new Set([...allowed, ...possible]));
    }
    if (possible.size === 1 && !overlay) this.#claimed.delete(tenantId + title);
  }

  openRead(tenantId: string, overlay?: Overlay): ReadWindow {
    const rows = [...this.#of(tenantId), ...(overlay ?? [])];
    const allowed = new Map(rows.map(([title, possible]) => [title, new Set(possible)]));
    const window = { tenantId, allowed, overlay };
    this.#open.add(window);
    return window;
  }

  closeRead(window: ReadWindow, rows?: readonly SeenRow[]): Finding[] {
    this.#open.delete(window);
    return rows ? judge(window, rows) : [];
  }

  /** Against all there is in the table, when nothing runs any more. */
  judgeEnd(rows: readonly SeenRow[]): Finding[] {
    return [...this.#rows.keys()].flatMap((tenantId) => {
      const own = rows.filter(({ tenant_id }) => tenant_id === tenantId);
      return this.closeRead(this.openRead(tenantId), own).map(({ kind, what }) => ({
        kind: kind === 'missing' ? ('lost' as const) : kind,
        what: `at the end: ${what}`,
      }));
    });
  }

  #of(tenantId: string): Map<string, Possible> {
    const rows = this.#rows.get(tenantId);
    if (!rows) throw new Error(`${tenantId} takes no part.`);
    return rows;
  }
}

function judge({ tenantId, allowed }: ReadWindow, rows: readonly SeenRow[]): Finding[] {
  const foreign = rows.find(({ tenant_id }) => tenant_id !== tenantId);
  if (foreign)
    return [{ kind: 'wrong', what: `tenant ${tenantId} read "${foreign.title}" of ${foreign.tenant_id}` }];
  const found = new Map(rows.map(({ title, body }) => [title, body]));
  const findings: Finding[] = [];
  for (const [title, bodies] of allowed) {
    if (bodies.has(found.get(title))) continue;
    findings.push({
      kind: found.has(title) ? 'phantom' : 'missing',
      what: `"${title}" of ${tenantId} was ${found.get(title) ?? 'not there'}, not ${[...bodies].join(' or ')}`,
    });
  }
  const unknown = rows.find(({ title }) => !allowed.has(title));
  if (unknown) findings.push({ kind: 'phantom', what: `"${unknown.title}" of ${tenantId} was there` });
  if (found.size !== rows.length) findings.push({ kind: 'phantom', what: 'a row was there twice' });
  return findings;
}
