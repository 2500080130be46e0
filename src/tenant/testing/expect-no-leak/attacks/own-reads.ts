import type { Route } from '../discovery/route.js';
import { type Answer, succeeded } from '../http/answer.js';
import type { Attempt } from '../http/attempt.js';
import { type LeakRun, OWN_REQUEST } from '../leak-run.js';
import { marksIn } from '../oracles/marks.js';
import type { Party } from '../parties/party.js';
import { noneOfIts, refused } from './doubts.js';

/** What each of the two was answered to a plain request of its own. */
export interface OwnAnswers {
  readonly intruder: Answer;
  readonly owner: Answer;
}

interface OwnRead {
  readonly answer: Answer;
  /** What in the answer is nobody else's, and was not sent. */
  readonly own: readonly string[];
}

/**
 * Each reads its own, in turns: what one was answered must not come to the other. Both have to see their own data:
 * what nobody is shown, and what is kept from one who is not let in at all, proves nothing.
 */
export async function readOwn(run: LeakRun, route: Route): Promise<OwnAnswers | undefined> {
  const { intruder, owner } = run.parts;
  const missing = run.missingParam(route, owner) ?? run.missingParam(route, intruder);
  if (missing) {
    run.doubt(route, noIdFor(missing));
    return undefined;
  }
  let previous = '';
  const read = async (as: Party, other: Party): Promise<OwnRead> => {
    const attempt: Attempt = {
      way: `${OWN_REQUEST}, after one of the other tenant`,
      as,
      idsOf: as,
      sample: run.sampleFor(route, as),
      mutual: true,
      blames: ({ text }) =>
        text === previous && marksIn(text, as.marksAgainst(other), '').length === 0
          ? 'cached-answer'
          : undefined,
    };
    const { answer, signs } = await run.ask(route, attempt);
    previous = answer.text;
    if (signs.length === 0) as.learn(answer);
    const everything = [answer.text, ...Object.values(answer.headers)].join('\n');
    const sent = run.sentBesidesCredentials(route, attempt);
    return { answer, own: marksIn(everything, as.marksAgainst(other), sent) };
  };
  const [one, two] = [await read(intruder, owner), await read(owner, intruder)];
  const ofIntruder: BothReads = [one, await read(intruder, owner)];
  const ofOwner: BothReads = [two, await read(owner, intruder)];
  judge(run, route, ofIntruder, ofOwner);
  return { intruder: ofIntruder[1].answer, owner: ofOwner[0].answer };
}

type BothReads = readonly [OwnRead, OwnRead];

function judge(run: LeakRun, route: Route, ofIntruder: BothReads, ofOwner: BothReads): void {
  const { intruder, owner } = run.parts;
  const [{ answer }] = ofOwner;
  if (!succeeded(answer)) {
    run.doubt(route, refused(owner, answer));
    return;
  }
  if (!showsItsOwn(ofOwner)) return;
  if (isSharable(answer, owner.headers)) {
    const { 'cache-control': control = 'none', vary = 'none' } = answer.headers;
    run.report('shared-cache', route.name, OWN_REQUEST, `Cache-Control: ${control}; Vary: ${vary}`);
  }
  const [{ answer: toIntruder }] = ofIntruder;
  if (!succeeded(toIntruder)) run.doubt(route, refused(intruder, toIntruder));
  else if (!showsItsOwn(ofIntruder)) run.doubt(route, noneOfIts(intruder, 'was told nothing of its own'));
  else run.prove(route);
}

/** Both times: an id made for the answer alone is in one of them only. */
function showsItsOwn([first, second]: BothReads): boolean {
  return first.own.some((mark) => second.own.includes(mark));
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
