import type { Answer } from '../http/answer.js';

/** An answer taken apart: what can be compared, by where it stands. */
export type Facts = ReadonlyMap<string, string>;

/** Of the connection and the clock, or a consequence of the rest. */
const UNTELLING = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-response-time',
]);

/** What the request named is written the same everywhere, so that its echo is no difference. */
export function factsOf({ status, headers, text, json }: Answer, sent: readonly string[] = []): Facts {
  const hide = (value: string): string =>
    sent.reduce((hidden, each) => hidden.replaceAll(each, '<sent>'), value);
  const facts = new Map([['status', String(status)]]);
  for (const [name, value] of Object.entries(headers)) {
    if (!UNTELLING.has(name)) facts.set(`header ${name}`, hide(value));
  }
  if (json === undefined) {
    for (const [at, word] of hide(text).split(/\s+/).entries()) facts.set(`word ${at}`, word);
  } else {
    for (const [path, value] of leavesOf(json)) facts.set(path, hide(value));
  }
  return facts;
}

/** Every value in a JSON document, by its path: `data.0.title`. Empty objects and arrays count as values. */
export function leavesOf(document: unknown, path = 'body'): [path: string, value: string][] {
  const entries = typeof document === 'object' && document !== null ? Object.entries(document) : [];
  return entries.length === 0
    ? [[path, typeof document === 'string' ? document : JSON.stringify(document)]]
    : entries.flatMap(([name, value]) => leavesOf(value, `${path}.${name}`));
}

/** Where `seen` differs from what is the same in both others: what differs between those says nothing. */
export function differences(seen: Facts, [one, other]: readonly [Facts, Facts]): string[] {
  return [...new Set([...seen.keys(), ...one.keys(), ...other.keys()])]
    .filter((at) => one.get(at) === other.get(at) && seen.get(at) !== one.get(at))
    .map((at) => `${at}: ${shown(seen.get(at))} instead of ${shown(one.get(at))}`);
}

function shown(value: string | undefined): string {
  if (value === undefined) return 'nothing';
  return value.length > 80 ? `${value.slice(0, 80)}…` : value;
}
