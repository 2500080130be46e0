import { isCertain, isRefused, type Outcome } from './outcome.js';
import type { Body, Finding, Overlay, ReadWindow, RowModel, SeenRow } from './row-model.js';

export interface Write {
  readonly title: string;
  readonly before: Body;
  readonly after: Body;
}

/** One caller on one connection: what it may see, and what of its writes is committed. */
export class Actor {
  #overlay: Overlay | undefined;
  /** Something failed in the transaction, so its COMMIT may be a rollback. */
  #tainted = false;

  constructor(
    readonly tenantId: string | null,
    private readonly model: RowModel,
    private readonly outcome: Outcome,
  ) {}

  /** What its connection is in is unknown; whoever writes with care does not go on. */
  broken = false;

  get inTransaction(): boolean {
    return this.#overlay !== undefined;
  }

  async read(ask: () => Promise<readonly SeenRow[]>, complete = true): Promise<void> {
    this.outcome.operations += 1;
    const window = this.tenantId === null ? undefined : this.model.openRead(this.tenantId, this.#overlay);
    try {
      const rows = await ask();
      if (!window)
        this.#found([{ kind: 'unscoped', what: `${rows.length} rows were read outside every scope` }]);
      else this.#found(this.#judge(window, rows, complete));
    } catch (error) {
      if (window) this.model.closeRead(window);
      this.failed(error);
    }
  }

  async write({ title, before, after }: Write, send: () => Promise<unknown>): Promise<void> {
    this.outcome.operations += 1;
    const { tenantId } = this;
    const set = (possible: Body[]): void => {
      if (tenantId !== null) this.model.set(tenantId, title, new Set(possible), this.#overlay);
    };
    set([before, after]);
    try {
      await send();
      set([after]);
      if (tenantId === null)
        this.#found([{ kind: 'unscoped', what: `"${title}" was written outside every scope` }]);
    } catch (error) {
      if (isRefused(error) || (isCertain(error) && !this.inTransaction)) set([before]);
      this.failed(error);
    }
  }

  /** What is neither a read nor a write. */
  async other(send: () => Promise<unknown>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  failed(error: unknown): void {
    this.#tainted ||= !isRefused(error);
    this.outcome.failed(error);
  }

  begun(): void {
    this.#overlay = new Map();
    this.#tainted = false;
  }

  /** COMMIT is about to be sent: others may see what was written from now on. */
  committing(): void {
    this.#publish(
      (title, possible, tenantId) => new Set([...this.model.possible(tenantId, title), ...possible]),
    );
  }

  committed(): void {
    if (!this.#tainted) this.#publish((_, possible) => possible);
    this.#overlay = undefined;
  }

  /** Nothing of it was ever committed. */
  rolledBack(): void {
    this.#publish((title, _, tenantId) => this.model.possible(tenantId, title));
    this.#overlay = undefined;
  }

  /** Nobody knows. */
  lost(): void {
    this.#overlay = undefined;
  }

  /** Runs what stands in a savepoint, which answers whether it was taken back; undefined: unknown. */
  async savepoint(body: () => Promise<boolean | undefined>): Promise<void> {
    const before = new Map(this.#overlay);
    const undone = await body();
    if (!this.#overlay || this.tenantId === null || undone === false) return;
    for (const [title, possible] of this.#overlay) {
      const earlier = before.get(title) ?? this.model.possible(this.tenantId, title);
      this.#overlay.set(title, undone ? earlier : new Set([...earlier, ...possible]));
    }
  }

  #publish(of: (title: string, possible: ReadonlySet<Body>, tenantId: string) => ReadonlySet<Body>): void {
    const { tenantId } = this;
    if (tenantId === null) return;
    for (const [title, possible] of this.#overlay ?? [])
      this.model.set(tenantId, title, of(title, possible, tenantId));
  }

  #judge(window: ReadWindow, rows: readonly SeenRow[], complete: boolean): Finding[] {
    const findings = this.model.closeRead(window, rows).filter(({ kind }) => complete || kind !== 'missing');
    if (findings.length === 0) this.outcome.right += 1;
    return findings;
  }

  #found(findings: readonly Finding[]): void {
    this.outcome.findings.push(...findings);
  }
}
