/**
 * In what a leak shows.
 *
 * | kind | what the intruder got |
 * |---|---|
 * | `body`, `header`, `location`, `stream` | the owner's data in a body, a header, Location, or a body sent in chunks |
 * | `error-text` | the owner's data in an answer of status 400 or above |
 * | `etag` | 304 for the owner's ETag, or the owner's id in an ETag |
 * | `log` | the owner's data in a log line of the intruder's request |
 * | `count` | an answer that changes when the owner gets more rows |
 * | `existence` | another answer for what the owner has than for what nobody has |
 * | `cursor` | the owner's rows for the owner's cursor |
 * | `cached-answer` | the answer given to the owner just before |
 * | `shared-cache` | an answer that shared caches may keep and give to others |
 * | `idempotency-replay` | the answer kept for the owner's Idempotency-Key |
 * | `sse`, `websocket` | the owner's data in an event stream, or in a message |
 * | `foreign-write` | a change of the owner's data |
 * | `foreign-reference` | a row of its own that points to one of the owner's |
 */
export type LeakKind =
  | 'body'
  | 'header'
  | 'location'
  | 'stream'
  | 'error-text'
  | 'etag'
  | 'log'
  | 'count'
  | 'existence'
  | 'cursor'
  | 'cached-answer'
  | 'shared-cache'
  | 'idempotency-replay'
  | 'sse'
  | 'websocket'
  | 'foreign-write'
  | 'foreign-reference';

/** One way to another tenant. */
export interface LeakFinding {
  readonly kind: LeakKind;
  /** `GET /notes/:id`, or `WS note.get`. */
  readonly route: string;
  /** What was sent. */
  readonly way: string;
  /** What was seen. */
  readonly evidence: string;
}

/** A route, and why it says nothing. */
export interface UnprovedRoute {
  readonly route: string;
  readonly reason: string;
}

/** What a run saw. */
export interface NoLeakReport {
  readonly findings: readonly LeakFinding[];
  /** Routes that let both tenants in, each to its own. */
  readonly proved: readonly string[];
  readonly unproved: readonly UnprovedRoute[];
  readonly excluded: readonly UnprovedRoute[];
  /** How many requests were sent. */
  readonly requests: number;
}

/** The report in lines, as the error of expectNoLeak has it. */
export function formatReport({ findings, proved, unproved, excluded, requests }: NoLeakReport): string {
  const head =
    `${counted(findings.length, 'leak')}, ${counted(proved.length, 'route')} proved, ` +
    `${unproved.length} not proved, ${excluded.length} excluded, ${counted(requests, 'request')}`;
  return [
    head,
    ...findings.flatMap(({ kind, route, way, evidence }) => [
      `  ${kind.padEnd(20)}${route}`,
      `${' '.repeat(22)}sent: ${way}`,
      `${' '.repeat(22)}seen: ${evidence}`,
    ]),
    ...unproved.flatMap(({ route, reason }) => [
      `  ${'not proved'.padEnd(20)}${route}`,
      `${' '.repeat(22)}${reason}`,
    ]),
  ].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
