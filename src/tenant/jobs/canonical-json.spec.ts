import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

/** As jsonb gives a value back: the keys of each object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reordered(part)]),
  );
}

describe(canonicalJson.name, () => {
  it('is the same whatever the order of keys, at any depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: { f: 1, e: 2 } })).toBe(
      '{"a":{"e":2,"f":1},"b":[{"c":2,"d":1}]}',
    );
  });

  it('is another for another order of items, another value or another key', () => {
    const texts = [{ a: [1, 2] }, { a: [2, 1] }, { a: [1, '2'] }, { b: [1, 2] }, { a: [1, 2], b: null }];
    expect(new Set(texts.map(canonicalJson)).size).toBe(texts.length);
  });

  it('is equal for a value and for what JSON and jsonb make of it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const stored = JSON.parse(JSON.stringify(value)) as unknown;
        expect(canonicalJson(reordered(stored))).toBe(canonicalJson(stored));
      }),
    );
  });

  it.each([
    ['a date', { at: new Date(0) }],
    ['undefined', { gone: undefined, list: [undefined] }],
    ['a key that could be a prototype', JSON.parse('{"__proto__":{"x":1},"a":2}') as unknown],
    ['keys that are numbers', { 10: 'a', 9: 'b', x: 'c' }],
    ['keys outside ASCII', { ö: 1, z: 2, '\u{1F600}': 3, '\uFF5E': 4 }],
  ])('holds %s as it comes back', (_what, value) => {
    expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(canonicalJson(value));
  });

  it.each(['1e999', '-1e999', '-0'])('refuses %s, which JSON can say and would write otherwise', (number) => {
    expect(() => canonicalJson(JSON.parse(`{"n":[${number}]}`))).toThrow(TypeError);
    expect(canonicalJson(JSON.parse('{"n":[0,null]}'))).toBe('{"n":[0,null]}');
  });

  it('does not lose a key that could be a prototype: it would be signed by nobody', () => {
    const [one, two] = ['{"__proto__":{"x":1}}', '{"__proto__":{"x":2}}'].map(
      (text) => JSON.parse(text) as unknown,
    );
    expect(canonicalJson(one)).not.toBe(canonicalJson(two));
  });
});
