import type { Route, RouteParam } from './discovery/route.js';
import type { Answer } from './http/answer.js';
import type { LeakClient, OpenAnswer, Outgoing } from './http/leak-client.js';
import { type Attempt, compose } from './http/attempt.js';
import { type LogWatch, REQUEST_HEADER } from './logs/log-watch.js';
import { lookUp } from './matching.js';
import type { LeakSample, NoLeakOptions } from './no-leak.options.js';
import type { LeakFinding, LeakKind } from './no-leak.report.js';
import { type Sign, signsIn } from './oracles/marks.js';
import type { Party } from './parties/party.js';
import type { TenantSources } from './parties/tenant-sources.js';

/** How each way begins in which nothing is foreign. */
export const OWN_REQUEST = 'its own request';

/** What came of one request. */
export interface Told {
  readonly answer: Answer;
  /** What of the other tenant's was in it. */
  readonly signs: readonly Sign[];
}

/** Thrown when the time of the run is over. */
export class TimeIsUp extends Error {}

/** What the parts of a run share. */
export interface RunParts {
  readonly client: LeakClient;
  readonly logs: LogWatch;
  readonly routes: readonly Route[];
  readonly sources: TenantSources;
  readonly intruder: Party;
  readonly owner: Party;
  readonly options: NoLeakOptions;
  /** As of Date.now(). */
  readonly deadline: number;
}

/** One run: sends, looks at what comes back, and keeps what it found. */
export class LeakRun {
  readonly findings = new Map<string, LeakFinding>();
  readonly proved = new Set<string>();
  readonly reasons = new Map<string, string>();
  readonly spoiled = new Map<string, string>();
  /** Routes on which everything was tried. */
  readonly finished = new Set<string>();
  requests = 0;

  constructor(readonly parts: RunParts) {}

  async ask(route: Route, attempt: Attempt): Promise<Told> {
    const { client, intruder, owner } = this.parts;
    const { as, way } = attempt;
    const { outgoing, sent, end } = this.#begin(route, attempt);
    const answer = await client.send(outgoing).catch(noAnswer).finally(end);
    const [self, other] = as === owner ? [owner, intruder] : [intruder, owner];
    const isWatched = as !== owner || attempt.mutual === true;
    const signs = isWatched ? signsIn(answer, other.marksAgainst(self), sent + self.brought) : [];
    for (const { kind, evidence } of signs) {
      this.report(this.#blamed(route, attempt, answer, kind), route.name, way, evidence);
    }
    if (answer.status === 0 || answer.status === 429 || answer.status >= 500) {
      const told = answer.status === 0 ? `nothing (${answer.text})` : String(answer.status);
      this.spoil(route, `It answered ${told} to "${way}", which proves nothing.`);
    }
    return { answer, signs };
  }

  /** An answer without end; the caller closes it. */
  async open(route: Route, attempt: Attempt): Promise<OpenAnswer> {
    const { outgoing } = this.#begin(route, attempt);
    return this.parts.client.open(outgoing);
  }

  #begin(route: Route, attempt: Attempt): { outgoing: Outgoing; sent: string; end: () => void } {
    const { logs, deadline } = this.parts;
    if (Date.now() > deadline) throw new TimeIsUp();
    const outgoing = compose(route, attempt, this.valueOf);
    const sent = textOf(outgoing);
    const { id, end } = logs.begin({ route: route.name, way: attempt.way, as: attempt.as, sent });
    this.requests += 1;
    return { outgoing: { ...outgoing, headers: { ...outgoing.headers, [REQUEST_HEADER]: id } }, sent, end };
  }

  /** All of a request but its credentials: who is told it back was told nothing. */
  sentBesidesCredentials(route: Route, attempt: Attempt): string {
    return textOf(compose(route, { ...attempt, as: undefined }, this.valueOf));
  }

  /** The first finding of a kind on a route stands for all of them. */
  report(kind: LeakKind, route: string, way: string, evidence: string): void {
    const key = `${kind} ${route}`;
    if (!this.findings.has(key)) this.findings.set(key, { kind, route, way, evidence });
  }

  /** Whether the route is known to leak in one of these ways; left out, in any. */
  leaks(route: Pick<Route, 'name'>, kinds?: ReadonlySet<LeakKind>): boolean {
    return [...this.findings.values()].some(
      ({ route: name, kind }) => name === route.name && (kinds?.has(kind) ?? true),
    );
  }

  /** Whether a route shows its caller what others have, unasked: what they do there is not done to the caller. */
  showsOthers({ name }: Route): boolean {
    return [...this.findings.values()].some(
      ({ route, way }) => route === name && way.startsWith(OWN_REQUEST),
    );
  }

  prove(route: Pick<Route, 'name'>): void {
    this.proved.add(route.name);
  }

  finish(...routes: readonly Pick<Route, 'name'>[]): void {
    for (const { name } of routes) this.finished.add(name);
  }

  /** Whatever else was seen: of what went wrong nobody knows what it would have told. */
  spoil(route: Pick<Route, 'name'>, reason: string): void {
    if (!this.spoiled.has(route.name)) this.spoiled.set(route.name, reason);
  }

  /** The first reason is the one the others follow from. */
  doubt(route: Pick<Route, 'name'>, reason: string): void {
    if (!this.reasons.has(route.name)) this.reasons.set(route.name, reason);
  }

  sampleFor(route: Pick<Route, 'name'>, party: Party, canary = party.nextText()): LeakSample | undefined {
    const sample = lookUp(this.parts.options.samples, route.name);
    return sample?.({ canary, ids: party.ids, tenant: party.tenant });
  }

  /** The ids a route's sample asks for which the party does not have, or not yet. */
  lackingFor(route: Pick<Route, 'name'>, { ids, tenant, canary }: Party): string[] {
    const lacking = new Set<string>();
    const watched = new Proxy(ids, {
      get: (_, name) => {
        if (typeof name === 'string' && !Object.hasOwn(ids, name)) lacking.add(name);
        return Reflect.get(ids, name) as unknown;
      },
    });
    lookUp(this.parts.options.samples, route.name)?.({ canary, ids: watched, tenant });
    return [...lacking];
  }

  /** What the party itself would put there. */
  readonly valueOf = (party: Party, param: RouteParam): string | undefined =>
    party.ids[param.name] ?? (this.isTenantParam(param) ? party.tenant.id : party.idFor(param));

  isTenantParam({ name }: RouteParam): boolean {
    return this.parts.sources.params.has(name);
  }

  /** The first parameter for which the party has nothing to put there. */
  missingParam(route: Route, party: Party): RouteParam | undefined {
    return route.params.find((param) => this.valueOf(party, param) === undefined);
  }

  /** A way of its own explains a leak only where the plain request does not leak the same. */
  #blamed(route: Route, { blames }: Attempt, answer: Answer, kind: LeakKind): LeakKind {
    if (kind !== 'body' && kind !== 'stream') return kind;
    const known = [kind, 'cached-answer' as const].find((each) => this.findings.has(`${each} ${route.name}`));
    return known ?? (typeof blames === 'function' ? blames(answer) : blames) ?? kind;
  }
}

function noAnswer({ message }: Error): Answer {
  return { status: 0, headers: {}, text: message, json: undefined };
}

function textOf({ path, headers, body = '' }: Outgoing): string {
  return [decoded(path), JSON.stringify(headers), body].join('\n');
}

function decoded(path: string): string {
  try {
    return `${path}\n${decodeURIComponent(path)}`;
  } catch {
    return path;
  }
}
