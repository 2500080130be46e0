import { ConfigurationError } from '../../errors/isolation.errors.js';
import type { CountedPolicy } from '../rate-limit.store.js';
import { assertPrefix, counterKey } from './counter-key.js';

const policy = (name: string): CountedPolicy => ({
  name,
  algorithm: 'sliding-window',
  limit: 1,
  windowMs: 60_000,
  burst: 1,
});

/** What Redis Cluster hashes: what is between the first brace and the next closing one. */
const tagOf = (key: string): string | undefined => /^[^{]*\{([^}]+)\}/.exec(key)?.[1];

describe(counterKey.name, () => {
  it('reads as what it counts', () => {
    expect(counterKey('ratelimit:', 'a-tenant', policy('requests'))).toBe(
      'ratelimit:{a-tenant}:requests:sliding-window:60000',
    );
  });

  it.each(['a', '}', '{', '{}', 'a}:b', '{b}', ':', '%7D', ' ', '*'])(
    'has the subject %p for its tag, and nobody else the same',
    (subject) => {
      const [one, other] = ['requests', '{other}'].map((name) => counterKey('p:', subject, policy(name)));
      expect(tagOf(one!)).toBe(tagOf(other!));
      expect(decodeURIComponent(tagOf(one!)!)).toBe(subject);
    },
  );

  it('is another one for whatever differs', () => {
    const names = ['a', 'a:b', 'a}', '{a', 'a%3Ab', 'a b', 'A'];
    const keys = names.flatMap((subject) => names.map((name) => counterKey('p:', subject, policy(name))));
    expect(new Set(keys).size).toBe(names.length ** 2);
  });

  it.each(['{a}:', 'a}', 'a b', 'ü', 'x'.repeat(101)])('refuses the prefix %p', (prefix) => {
    expect(() => assertPrefix(prefix)).toThrow(ConfigurationError);
  });

  it.each(['', 'app:rates:', 'x'.repeat(100)])('takes the prefix %p', (prefix) => {
    expect(() => assertPrefix(prefix)).not.toThrow();
  });
});
