import type { Route } from '../discovery/route.js';
import { type Answer, succeeded } from '../http/answer.js';
import type { LeakRun } from '../leak-run.js';
import type { LeakKind } from '../no-leak.report.js';
import { leavesOf } from '../oracles/facts.js';
import type { OwnAnswers } from './own-reads.js';

/** What a caller sends back that it was given before: here it was given to the owner, and the intruder sends it. */
export async function replayReads(run: LeakRun, route: Route, answers: OwnAnswers): Promise<void> {
  await replayETag(run, route, answers);
  await replayCursors(run, route, answers.owner);
}

/** 304 for an ETag the intruder was not given says what the owner has. */
async function replayETag(run: LeakRun, route: Route, { intruder: own, owner }: OwnAnswers): Promise<void> {
  const { intruder, owner: other } = run.parts;
  const etag = owner.headers['etag'];
  if (etag === undefined || etag === own.headers['etag']) return;
  for (const idsOf of [intruder, other]) {
    const way = `If-None-Match with the other tenant's ETag, on ${idsOf === intruder ? 'its own' : "the other's"} path`;
    const { answer } = await run.ask(route, {
      way,
      as: intruder,
      idsOf,
      paramOf: (param) => (run.isTenantParam(param) ? intruder.tenant.id : undefined),
      sample: run.sampleFor(route, intruder),
      headers: { 'if-none-match': etag },
    });
    // Who is given the row itself may well be told that it has not changed.
    if (answer.status === 304 && !run.leaks(route, DATA))
      run.report('etag', route.name, way, `304 for ${etag}`);
  }
}

const DATA: ReadonlySet<LeakKind> = new Set<LeakKind>(['body', 'stream', 'cached-answer']);

const CURSOR_KEY = /(cursor|page_?token|continuation|next_?page|next_?token|after)$/i;

/** A list's second page, as the owner was told where it is. */
async function replayCursors(run: LeakRun, route: Route, plain: Answer): Promise<void> {
  const { intruder, owner } = run.parts;
  const small = await run.ask(route, {
    way: 'a page of one',
    as: owner,
    idsOf: owner,
    sample: run.sampleFor(route, owner),
    query: { limit: '1' },
  });
  const answer = succeeded(small.answer) ? small.answer : plain;
  const attempt = {
    way: "the other tenant's cursor",
    as: intruder,
    idsOf: intruder,
    sample: run.sampleFor(route, intruder),
    blames: 'cursor' as const,
  };
  for (const [key, cursor] of cursorsIn(answer)) {
    for (const name of cursorNames(route, key)) {
      await run.ask(route, { ...attempt, query: { [name]: cursor } });
      await run.ask(route, { ...attempt, query: { [name]: cursor, limit: '1' } });
    }
  }
  for (const path of linksIn(answer)) await run.ask(route, { ...attempt, path });
}

function cursorsIn({ json }: Answer): [key: string, cursor: string][] {
  return leavesOf(json)
    .map(([path, value]): [string, string] => [path.split('.').pop() ?? '', value])
    .filter(([key, value]) => CURSOR_KEY.test(key) && value !== 'null' && value !== '');
}

function cursorNames({ queryNames }: Route, key: string): Set<string> {
  const bare = key.replace(/^next_?/i, '');
  const guessed = [bare.charAt(0).toLowerCase() + bare.slice(1), 'cursor', 'after'];
  return new Set([...queryNames.filter((name) => CURSOR_KEY.test(name)), ...guessed]);
}

/** RFC 8288, and the same in the body. */
function linksIn({ headers, json }: Answer): string[] {
  const inHeader = [...(headers['link'] ?? '').matchAll(/<([^>]+)>\s*;\s*rel="?next"?/g)].map(
    ([, url]) => url,
  );
  const inBody = leavesOf(json).filter(([path]) => /(^|\.)next(\.href)?$/.test(path));
  return [...inHeader, ...inBody.map(([, url]) => url)].flatMap((url) => pathOf(url));
}

function pathOf(url: string | undefined): string[] {
  if (url === undefined || !/^(https?:\/\/|\/)/.test(url)) return [];
  const { pathname, search } = new URL(url, 'http://localhost');
  return [pathname + search];
}
