import { isDate } from 'node:util/types';

/** Object.freeze does not keep a date from being set. */
class FrozenDate extends Date {}

for (const name of Object.getOwnPropertyNames(Date.prototype).filter((method) => method.startsWith('set'))) {
  Object.defineProperty(FrozenDate.prototype, name, {
    value: () => {
      throw new TypeError('This date is shared and cannot be changed; make one of your own: new Date(date).');
    },
  });
}

/**
 * A copy, all the way down, that nobody can change: of JSON and dates, which is what a tenant is made of.
 *
 * @example frozenCopy({ metadata: { tags: ['a'] } }).metadata.tags.push('b') // throws a TypeError
 */
export function frozenCopy<T>(value: T): T {
  return copyOf(value) as T;
}

function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isDate(value)) return Object.freeze(new FrozenDate(value));
  if (Array.isArray(value)) return Object.freeze(value.map(copyOf));
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member)])),
  );
}
