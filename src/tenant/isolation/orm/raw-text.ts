import { LRUCache } from 'lru-cache';
import { StatementRefusedError } from '../../errors/isolation.errors.js';

/**
 * What can make the end of a piece of SQL mean something else than it looks like. A backslash before a quote is
 * among them: whether it escapes the quote is up to the kind of literal and to a server setting.
 */
const TOKEN = /'(?:[^'\\]|''|\\(?!'))*'|"(?:[^"]|"")*"|--|\/\*|\\'|\$[\w\u0080-\uffff]*\$|['"();]/g;

/** Texts found to stand by themselves: what an application renders, it renders again and again. */
const known = new LRUCache<string, true>({
  max: 2_000,
  maxSize: 1_000_000,
  sizeCalculation: (_, text) => text.length + 1,
});

const END_OF_COMMENT = '*/';

/**
 * Refuses a piece of SQL that could close the parentheses it will stand in, such as `1=1) OR (1=1`.
 *
 * @throws StatementRefusedError
 */
export function assertSelfContained(text: string): void {
  if (known.get(text)) return;
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (!isQuoted(token)) throw notSelfContained(`it holds ${token}`);
    if (depth < 0) throw notSelfContained('it closes a parenthesis it did not open');
  }
  if (depth > 0) throw notSelfContained('it leaves a parenthesis open');
  known.set(text, true);
}

/**
 * Refuses a comment that ends before its end: taking end marks out, as TypeORM does, can put one together.
 *
 * @throws StatementRefusedError
 */
export function assertOneComment(comment: string): void {
  if (comment.trimEnd().slice(0, -END_OF_COMMENT.length).includes(END_OF_COMMENT)) {
    throw new StatementRefusedError('a comment ends before its end. Keep comment marks out of it.');
  }
}

function isQuoted(token: string): boolean {
  return token.length > 1 && (token.startsWith("'") || token.startsWith('"'));
}

function notSelfContained(why: string): StatementRefusedError {
  return new StatementRefusedError(
    `a condition is not SQL that stands by itself (${why}). Pass values as parameters, and keep comments out.`,
  );
}
