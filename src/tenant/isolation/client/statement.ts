/** What a statement is to the scoped client. */
export type Statement =
  /** Reads or writes rows: runs as the tenant's role. */
  | { readonly kind: 'data' }
  /** Opens a transaction; `text` has no trailing semicolon. */
  | { readonly kind: 'begin'; readonly text: string }
  /** Ends a transaction or handles a savepoint. */
  | { readonly kind: 'control' }
  /** Chooses the mode of the transaction it is in. */
  | { readonly kind: 'mode' }
  | { readonly kind: 'refused'; readonly reason: string };

const MODE = String.raw`(?:isolation\s+level\s+(?:serializable|repeatable\s+read|read\s+committed|read\s+uncommitted)|read\s+(?:only|write)|(?:not\s+)?deferrable)`;
const MODES = String.raw`${MODE}(?:\s*,?\s+${MODE})*`;
const NAME = String.raw`(?:[a-z_][a-z0-9_$]*|"(?:[^"\0]|"")+")`;
const WORK = String.raw`(?:\s+(?:work|transaction))?`;

const BEGIN = new RegExp(String.raw`^(?:begin${WORK}|start\s+transaction)(?:\s+${MODES})?$`, 'i');
const SET_TRANSACTION = new RegExp(String.raw`^set\s+transaction\s+${MODES}$`, 'i');
const CONTROL = new RegExp(
  String.raw`^(?:(?:commit|end|rollback|abort)${WORK}` +
    String.raw`|savepoint\s+${NAME}|release\s+(?:savepoint\s+)?${NAME}` +
    String.raw`|rollback${WORK}\s+to\s+(?:savepoint\s+)?${NAME})$`,
  'i',
);

const DATA = new Set(['select', 'insert', 'update', 'delete', 'merge', 'with', 'values']);
const TRANSACTION = new Set(['begin', 'start', 'commit', 'end', 'rollback', 'abort', 'savepoint', 'release']);
const EXPLAIN_PREFIX = /^explain\s*(?:\((?!\s*(?:select|with|values)\b)[^()]*\)|(?:analyze|verbose)\b\s*)*/i;

/** What PostgreSQL's lexer skips (scan.l): fewer characters than JavaScript calls white space. */
const SKIPPED = /[ \t\n\r\f\v(]/;
/** A carriage return ends a line comment too: what follows it is a statement to the server. */
const LINE_END = /[\n\r]/g;

/**
 * Tells a statement by its first word, comments aside. Only what reads and writes rows passes: whatever
 * could change the role or the setting, outlive the statement or reach another session does not.
 */
export function classifyStatement(text: string): Statement {
  const body = withoutLeadingComments(text);
  const word = firstWord(body);
  if (DATA.has(word)) return { kind: 'data' };
  if (word === 'explain') return classifyExplained(body);
  if (TRANSACTION.has(word)) return classifyTransaction(body);
  if (word === 'set' && SET_TRANSACTION.test(withoutSemicolon(body))) return { kind: 'mode' };
  const reason = word
    ? `${word.toUpperCase()} is not among the statements a tenant may run.`
    : 'it is empty.';
  return { kind: 'refused', reason };
}

function classifyExplained(body: string): Statement {
  const rest = body.replace(EXPLAIN_PREFIX, '');
  const options = body.slice('explain'.length, body.length - rest.length);
  // Quoted, a name can be spelled in ways that a search for it does not find.
  if (/[^a-z0-9_,()\s]/i.test(options) || /analy[sz]e/i.test(options)) {
    return {
      kind: 'refused',
      reason:
        'EXPLAIN ANALYZE counts the rows of others, which the policy removed; EXPLAIN passes, with plain options.',
    };
  }
  return DATA.has(firstWord(withoutLeadingComments(rest)))
    ? { kind: 'data' }
    : { kind: 'refused', reason: 'EXPLAIN is for statements that read or write rows.' };
}

function classifyTransaction(body: string): Statement {
  const text = withoutSemicolon(body);
  if (BEGIN.test(text)) return { kind: 'begin', text };
  if (CONTROL.test(text)) return { kind: 'control' };
  return { kind: 'refused', reason: 'only the plain forms of transaction control are allowed.' };
}

function firstWord(text: string): string {
  return (/^[a-z]+/i.exec(text)?.[0] ?? '').toLowerCase();
}

function withoutSemicolon(text: string): string {
  return text.replace(/[\s;]+$/, '');
}

/** Block comments nest in PostgreSQL, which no regular expression follows. */
function withoutLeadingComments(text: string): string {
  let at = 0;
  for (;;) {
    while (SKIPPED.test(text.charAt(at))) at += 1;
    if (text.startsWith('--', at)) {
      LINE_END.lastIndex = at;
      at = LINE_END.test(text) ? LINE_END.lastIndex : text.length;
    } else if (text.startsWith('/*', at)) {
      at = endOfBlockComment(text, at);
    } else {
      return text.slice(at);
    }
  }
}

function endOfBlockComment(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    if (text.startsWith('/*', at)) depth += 1;
    else if (text.startsWith('*/', at)) depth -= 1;
    else {
      at += 1;
      continue;
    }
    at += 2;
  } while (depth > 0 && at < text.length);
  return at;
}
