import type { Route } from '../discovery/route.js';
import { type Answer, succeeded } from '../http/answer.js';
import { type LeakRun, type Told, OWN_REQUEST } from '../leak-run.js';
import { marksIn } from '../oracles/marks.js';
import type { Party } from '../parties/party.js';

/** What each of the two was answered to a plain request of its own. */
export interface OwnAnswers {
  readonly intruder: Answer;
  readonly owner: Answer;
}

/**
 * Each reads its own, in turns: what one was answered must not come to the other, and the owner has to see its own
 * data, or that the other does not see it proves nothing.
 */
export async function readOwn(run: LeakRun, route: Route): Promise<OwnAnswers | undefined> {
  const { intruder, owner } = run.parts;
  const missing = run.missingParam(route, owner) ?? run.missingParam(route, intruder);
  if (missing) {
    run.doubt(route, noIdFor(missing));
    return undefined;
  }
  let previous = '';
  const read = async (as: Party): Promise<Told> => {
    const told = await run.ask(route, {
      way: `${OWN_REQUEST}, after one of the other tenant`,
      as,
      idsOf: as,
      sample: run.sampleFor(route, as),
      mutual: true,
      blames: ({ text }) =>
        text === previous && marksIn(text, as.ownMarks, '').length === 0 ? 'cached-answer' : undefined,
    });
    previous = told.answer.text;
    if (told.signs.length === 0) as.learn(told.answer);
    return told;
  };
  await read(intruder);
  const { answer } = await read(owner);
  const last = await read(intruder);
  await read(owner);
  judge(run, route, answer);
  return { intruder: last.answer, owner: answer };
}

function judge(run: LeakRun, route: Route, answer: Answer): void {
  const { owner } = run.parts;
  if (!succeeded(answer)) {
    run.doubt(route, refusedOwner(answer));
    return;
  }
  const everything = answer.text + Object.values(answer.headers).join('\n');
  if (marksIn(everything, owner.ownMarks, '').length === 0) return;
  run.prove(route);
  if (isSharable(answer, owner.headers)) {
    const { 'cache-control': control = 'none', vary = 'none' } = answer.headers;
    run.report('shared-cache', route.name, OWN_REQUEST, `Cache-Control: ${control}; Vary: ${vary}`);
  }
}

/** RFC 9111 §3 and §4.1: whether a cache between may keep the answer, and give it to somebody else. */
function isSharable({ headers }: Answer, sent: Readonly<Record<string, string>>): boolean {
  const control = (headers['cache-control'] ?? '').toLowerCase();
  if (/\b(private|no-store|no-cache)\b/.test(control)) return false;
  const vary = (headers['vary'] ?? '').toLowerCase().split(/,\s*/);
  if (vary.includes('*') || Object.keys(sent).some((name) => vary.includes(name))) return false;
  if (/\b(public|s-maxage|must-revalidate)\b/.test(control)) return true;
  const mayBeKept = /\bmax-age\b/.test(control) || 'expires' in headers || 'last-modified' in headers;
  return mayBeKept && !('authorization' in sent);
}

export function noIdFor({ name, resource }: { readonly name: string; readonly resource: string }): string {
  const key = resource === '' ? name : resource;
  return `No id for :${name}. Give a sample for the route that creates it, or return ids: { ${key}: … } from seed.`;
}

export function refusedOwner({ status, text }: Answer): string {
  const needed = [400, 415, 422].includes(status) ? ' Give it what it needs in samples.' : '';
  return `Its owner was answered ${status}: ${text.slice(0, 120)}.${needed}`;
}
