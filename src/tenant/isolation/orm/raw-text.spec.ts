import { StatementRefusedError } from '../../errors/isolation.errors.js';
import { assertOneComment, assertSelfContained } from './raw-text.js';

describe(assertSelfContained.name, () => {
  it.each([
    'd.title = :title',
    "(a = 1 OR (b = ':)' AND c = '))'))",
    "note = 'it''s (open'",
    '"odd("."name" IS NULL',
    '"odd""(name" IS NULL',
    "path LIKE '50\\%' OR path ~ '^\\d+$'",
    "data @> '{\"a\": [1]}'::jsonb AND tags ?| array['x']",
    'a - -1 > b / 2',
    'EXISTS (SELECT 1 FROM "doc" "d" WHERE "d"."tenant_id" = :__tenant)',
    '',
  ])('takes %s', (text) => {
    expect(() => assertSelfContained(text)).not.toThrow();
  });

  it.each([
    '1=1) OR (1=1',
    '(1=1',
    ') OR (',
    '1=1 -- ',
    '1=1 /* */',
    '1=1; DROP TABLE doc',
    "title = 'open",
    'title = "open',
    "title = 'a' '",
    "title = E'\\') OR (1=1'",
    "title = E'\\'' = x) OR (1=1 OR 'a'='a'",
    "title = E'a\\\\' OR 1=1) OR (1=1",
    'title = $$ ) $$',
    'title = $tag$ ) OR ( $tag$',
    'title = $été$ ) OR ( $été$',
  ])('refuses %s', (text) => {
    expect(() => assertSelfContained(text)).toThrow(StatementRefusedError);
  });
});

describe(assertOneComment.name, () => {
  it.each(['', '/* request 7 */ ', '/* a * b / c */ '])('takes "%s"', (comment) => {
    expect(() => assertOneComment(comment)).not.toThrow();
  });

  it.each(['/* */ SELECT 1 --*/ ', '/* a */ b */ '])('refuses "%s"', (comment) => {
    expect(() => assertOneComment(comment)).toThrow(StatementRefusedError);
  });
});
