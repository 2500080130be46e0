import { mergeMetadata } from './merge-metadata.js';

describe(mergeMetadata.name, () => {
  it.each([
    ['nothing given', { a: 1 }, undefined, { a: 1 }],
    ['a new key', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['another value', { a: 1 }, { a: 2 }, { a: 2 }],
    ['null', { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ['null for a key that is not there', { a: 1 }, { b: null }, { a: 1 }],
    ['undefined', { a: 1 }, { a: undefined }, { a: 1 }],
    [
      'false, 0 and an empty text',
      { a: 1, b: 1, c: 1 },
      { a: false, b: 0, c: '' },
      { a: false, b: 0, c: '' },
    ],
    ['an object, which is a value like others', { a: { x: 1 } }, { a: { y: null } }, { a: { y: null } }],
  ])('takes %s', (_, stored, changes, merged) => {
    expect(mergeMetadata(stored, changes)).toEqual(merged);
  });

  it('leaves what it was given as it was', () => {
    const [stored, changes] = [Object.freeze({ a: 1 }), Object.freeze({ a: null })];
    expect(mergeMetadata(stored, changes)).toEqual({});
  });

  it('takes a key named as the prototype for a key like others', () => {
    const hostile = JSON.parse('{"__proto__": {"admin": true}}') as Record<string, unknown>;
    const merged = mergeMetadata({}, hostile) as { admin?: unknown };
    expect(merged.admin).toBeUndefined();
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"admin":true}}');
  });
});
