/** One of the two tenants that are set against each other. */
export interface LeakTenant {
  /** As clients write it. */
  readonly id: string;
  /** Looked for in answers: no word that one may hold by chance. */
  readonly slug?: string;
}

/** What one of the two tenants is for a sample: its canary, and what is known of its rows. */
export interface LeakSampleInput {
  /** Goes into every text the row holds: it is what is looked for in answers to the other tenant. */
  readonly canary: string;
  /** The tenant's own ids by the name of the resource: `ids.notes` is the id for `/notes/:id`. */
  readonly ids: Readonly<Record<string, string>>;
  readonly tenant: LeakTenant;
}

/** What a route needs to do its work. */
export interface LeakSample {
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was made of a tenant's rows outside the application's routes. */
export interface LeakRows {
  /** By the name of the resource, or of the parameter: `{ notes: '…' }` is the id for `/notes/:id`. */
  readonly ids?: Readonly<Record<string, string>>;
  /** Further texts nobody else may be told, such as e-mail addresses. */
  readonly secrets?: readonly string[];
}

/** What expectNoLeak cannot find out by itself; `asTenant` is always needed. */
export interface NoLeakOptions<T extends LeakTenant = LeakTenant> {
  /** The headers of a caller that belongs to the tenant. Asked once for each. */
  readonly asTenant: (
    tenant: T,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /**
   * The intruder and the owner, who do not belong together. Their plan should allow everything: a call that a limit
   * refuses proves nothing.
   *
   * @default two made by createTestTenant
   */
  readonly tenants?: readonly [T, T];
  /**
   * Makes rows for a tenant that no route can make, with the canary in their texts. Called several times for each
   * tenant, since what is deleted has to be made again.
   *
   * @default none: rows come from the routes that create
   */
  readonly seed?: (tenant: T, canary: string) => LeakRows | Promise<LeakRows>;
  /**
   * What to send, by `POST /notes` or, for a message of a gateway, `WS note.get`; `*` stands for anything. Creating
   * routes with a sample also make the rows.
   *
   * @default none: routes that need a body are not proved
   */
  readonly samples?: Readonly<Record<string, (input: LeakSampleInput) => LeakSample>>;
  /**
   * Routes that are nobody's, each with the reason; `*` stands for anything. One that matches nothing is an error.
   *
   * @default none
   */
  readonly exclude?: Readonly<Record<string, string>>;
  /**
   * What must stay as it is while the other tenant attacks: anything that can be written as JSON, such as the
   * tenant's rows as the database's superuser sees them.
   *
   * @default what the tenant's own reading routes answer
   */
  readonly snapshot?: (tenant: T) => unknown;
  /**
   * Adds log lines that go neither through NestJS's Logger nor console, stdout or stderr. Called before the first
   * request; what it returns is called after the last.
   */
  readonly observeLogs?: (record: (line: string) => void) => (() => void) | undefined;
  /**
   * What becomes of a route whose owner could not be shown to get its data: it was attacked, but that no answer held
   * anything of the owner's proves nothing. When nothing at all was proved the call fails in any case.
   *
   * @default 'fail'
   */
  readonly unproved?: 'fail' | 'report';
  /**
   * How many reading routes are attacked at once. Writing ones take turns.
   *
   * @default 4
   */
  readonly concurrency?: number;
  /**
   * Milliseconds after which routes that are left count as not proved.
   *
   * @default 120_000
   */
  readonly timeLimitMs?: number;
}
