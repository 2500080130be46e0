import { type Answer, isEventStream, isStream } from '../http/answer.js';
import type { LeakKind } from '../no-leak.report.js';

/** Something of another tenant's, seen where it should not be. */
export interface Sign {
  readonly kind: LeakKind;
  readonly evidence: string;
}

/** The marks found in a text, those left out that were sent along. */
export function marksIn(text: string, marks: Iterable<string>, sent: string): string[] {
  return [...marks].filter((mark) => text.includes(mark) && !sent.includes(mark));
}

/** Everything of the other tenant's in an answer. */
export function signsIn(answer: Answer, marks: Iterable<string>, sent: string): Sign[] {
  const all = [...marks];
  const inHeaders = Object.entries(answer.headers).flatMap(([name, value]) =>
    marksIn(value, all, sent).map((mark) => ({
      kind: kindOfHeader(name),
      evidence: `${mark} in the header ${name}`,
    })),
  );
  const inBody = marksIn(answer.text, all, sent).map((mark) => ({
    kind: kindOfBody(answer),
    evidence: `${excerpt(answer.text, mark)} with status ${answer.status}`,
  }));
  return [...inHeaders, ...inBody];
}

function kindOfHeader(name: string): LeakKind {
  return name === 'location' || name === 'etag' ? name : 'header';
}

function kindOfBody(answer: Answer): LeakKind {
  if (answer.status >= 400) return 'error-text';
  if (isEventStream(answer)) return 'sse';
  return isStream(answer) ? 'stream' : 'body';
}

/** The mark and a little round it. */
export function excerpt(text: string, mark: string): string {
  const at = text.indexOf(mark);
  const from = Math.max(0, at - 30);
  const to = at + mark.length + 30;
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
}
