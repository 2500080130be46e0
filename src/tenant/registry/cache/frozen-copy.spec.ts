import { frozenCopy } from './frozen-copy.js';

describe(frozenCopy.name, () => {
  const value = {
    text: 'a',
    none: null,
    at: new Date('2026-01-01'),
    nested: { list: [{ deep: 1 }] },
  };
  const copy = frozenCopy(value);

  it('is equal, down to what JSON makes of it', () => {
    expect(copy).toEqual(value);
    expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
    expect(copy.at).toBeInstanceOf(Date);
    expect(new Date(copy.at).getTime()).toBe(value.at.getTime());
  });

  it.each<[string, () => unknown]>([
    ['a member', () => Object.assign(copy, { text: 'b' })],
    ['a member further down', () => Object.assign(copy.nested.list[0]!, { deep: 2 })],
    ['a list', () => copy.nested.list.push({ deep: 2 })],
    ['a date', () => copy.at.setTime(0)],
    ['a part of a date', () => copy.at.setUTCFullYear(1970)],
  ])('refuses to have %s changed', (_, change) => {
    expect(change).toThrow(TypeError);
    expect(copy).toEqual(value);
  });

  it('leaves the original to its owner', () => {
    const own = { at: new Date(0), list: [1] };
    const shared = frozenCopy(own);
    own.list.push(2);
    own.at.setTime(5);
    expect(shared).toEqual({ at: new Date(0), list: [1] });
  });

  it('takes a key called __proto__ for what it is in JSON: a key', () => {
    const metadata = JSON.parse('{"__proto__": {"admin": true}}') as Record<string, unknown>;
    expect(Object.keys(frozenCopy(metadata))).toEqual(['__proto__']);
    expect(frozenCopy(metadata).admin).toBeUndefined();
  });
});
