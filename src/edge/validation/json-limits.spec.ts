import fc from 'fast-check';
import { jsonProblem } from './json-limits.js';

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}

describe(jsonProblem.name, () => {
  it('allows 20 levels, and no more', () => {
    expect(jsonProblem(nested(20))).toBeUndefined();
    expect(jsonProblem(nested(21))).toEqual({
      field: Array(21).fill('a').join('.'),
      message: 'is nested more than 20 levels deep',
    });
  });

  it('does not recurse', () => {
    expect(jsonProblem(nested(1_000_000))).toMatchObject({ message: expect.stringContaining('levels') });
  });

  it('allows ten thousand values, and no more', () => {
    expect(jsonProblem({ list: Array(9_998).fill(0) })).toBeUndefined();
    expect(jsonProblem({ list: Array(9_999).fill(0) })).toMatchObject({
      message: expect.stringContaining('10000'),
    });
  });

  it.each([
    ['NUL', { a: ['x\0y'] }, 'a.0'],
    ['the first half of a pair', { a: '\ud83d' }, 'a'],
    ['the second half of a pair', { a: { b: 'x\udc08' } }, 'a.b'],
    ['halves the wrong way round', { a: '\udc08\ud83d' }, 'a'],
    ['NUL in a name', { a: { 'b\0': 1 } }, 'a.b?'],
    ['half a pair in a name', { '\ud83d': 1 }, '?'],
    ['a prototype', JSON.parse('{"a":{"__proto__":1}}'), 'a.__proto__'],
    ['a constructor', { constructor: 1 }, 'constructor'],
    ['the name of a method every object has', { a: { toString: 1 } }, 'a.toString'],
  ])('refuses %s', (_what, value, field) => {
    expect(jsonProblem(value)).toMatchObject({ field });
  });

  it.each([
    ['whole pairs', { '🐈': '🐈‍⬛' }],
    ['text that runs right to left', { a: 'שלום\u202e' }],
    ['line ends', { a: 'x\r\n\t' }],
    ['names of methods', { map: 1, call: 2, prototype: 3 }],
    ['an object without a prototype', Object.assign(Object.create(null), { limit: '5' })],
    ['nothing', undefined],
  ])('allows %s', (_what, value) => {
    expect(jsonProblem(value)).toBeUndefined();
  });

  it('repeats of a long or odd name only the beginning', () => {
    const { field } = jsonProblem({ [`\u001b${'n'.repeat(5000)}`]: { a: '\0' } })!;
    expect(field.length).toBeLessThan(100);
    expect(field).toMatch(/^\?n+….a$/);
  });

  it('allows whatever PostgreSQL can store', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\\u0000/.test(text));
        fc.pre(!Object.getOwnPropertyNames(Object.prototype).some((name) => text.includes(name)));
        expect(jsonProblem(value)).toBeUndefined();
      }),
    );
  });
});
