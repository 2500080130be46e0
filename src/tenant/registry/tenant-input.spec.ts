import { runInNewContext } from 'node:vm';
import { ValidationFailedError } from '../errors/request.errors.js';
import { checkedMetadata, checkedName } from './tenant-input.js';
import type { TenantMetadata } from './tenant.js';

const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const circular: Record<string, unknown> = {};
circular.self = circular;

class Contact {
  readonly email = 'ops@acme.test';
}

describe(checkedName.name, () => {
  it('trims', () => {
    expect(checkedName('  Café Müller ')).toBe('Café Müller');
    expect(checkedName('x'.repeat(200))).toHaveLength(200);
  });

  it.each(['', ' \t\n', 'x'.repeat(201), 'a\0b', 'a\ud800b'])('refuses %j', (name) => {
    expect(() => checkedName(name)).toThrow(ValidationFailedError);
  });
});

describe(checkedMetadata.name, () => {
  it.each<[string, object]>([
    ['nothing', {}],
    ['JSON of every kind', { a: null, b: true, c: 0, d: '', e: [1, [null]], f: { g: { h: '🦀' } } }],
    ['undefined, for a key left as it is', { a: undefined }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['an object of another realm', runInNewContext('({ a: { b: [1] } })') as object],
    ['a key named as the prototype', JSON.parse('{"__proto__": {"admin": true}}') as object],
    ['20 levels', nested(20)],
    ['64 KiB', { a: 'x'.repeat(65_536 - '{"a":""}'.length) }],
  ])('takes %s', (_, metadata) => {
    expect(checkedMetadata(metadata as TenantMetadata)).toBe(metadata);
  });

  it.each<[string, unknown]>([
    ['an array', []],
    ['null', null],
    ['text', 'x'],
    ['a Date', new Date()],
    ['a Map', new Map()],
    ['an object of a class', new Contact()],
    ['a Date inside', { a: new Date() }],
    ['an object of a class inside', { a: [new Contact()] }],
    ['undefined inside', { a: { b: undefined } }],
    ['a function', { a: () => 1 }],
    ['a bigint', { a: 1n }],
    ['NaN', { a: NaN }],
    ['Infinity', { a: [Infinity] }],
    ['a circle', circular],
    ['21 levels', nested(21)],
    ['a NUL', { a: 'x\0' }],
    ['a NUL in a key', { 'a\0': 1 }],
    ['half a character', { a: ['\ud800'] }],
    ['more than 64 KiB', { a: 'ü'.repeat(32_768) }],
  ])('refuses %s', (_, metadata) => {
    expect(() => checkedMetadata(metadata as TenantMetadata)).toThrow(
      /^The request is not valid\. metadata: /,
    );
  });
});
