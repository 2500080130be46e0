import { ValidationFailedError } from '@parallax/tenant';
import fc from 'fast-check';
import { CursorSigner } from './cursor.js';
import { MAX_CURSOR_LENGTH } from './list-query.dto.js';

const signer = new CursorSigner('a secret of thirty-two characters');
const scope = { tenantId: 'tenant-a', query: { list: 'agents', status: 'active', sort: 'name' } };
const position = ['2026-01-01T00:00:00.000Z', '0198c0de-0000-7000-8000-000000000001', null, 5];
const cursor = signer.sign({ ...scope, position });

describe(CursorSigner.name, () => {
  it('opens what it signed, after a restart too', () => {
    expect(signer.open(cursor, scope)).toEqual(position);
    expect(new CursorSigner('a secret of thirty-two characters').open(cursor, scope)).toEqual(position);
    expect(cursor.length).toBeLessThanOrEqual(MAX_CURSOR_LENGTH);
    expect(cursor).toMatch(/^[\w.-]+$/);
  });

  it('does not mind the order of parameters, those left out, or the size and place of the page', () => {
    const query = {
      limit: 5,
      cursor: 'x',
      sort: 'name',
      status: 'active',
      list: 'agents',
      search: undefined,
    };
    expect(signer.open(cursor, { ...scope, query })).toEqual(position);
  });

  it('can be of the platform, whose lists have no tenant', () => {
    const own = signer.sign({ query: 'tenants', position: [1] });
    expect(signer.open(own, { query: 'tenants' })).toEqual([1]);
    expect(() => signer.open<unknown>(own, { tenantId: 'tenant-a', query: 'tenants' })).toThrow(
      ValidationFailedError,
    );
  });

  it.each([
    ['another tenant', { ...scope, tenantId: 'tenant-b' }],
    ['the platform', { query: scope.query }],
    ['another filter', { ...scope, query: { ...scope.query, status: 'paused' } }],
    ['one filter less', { ...scope, query: { list: 'agents', sort: 'name' } }],
    ['one filter more', { ...scope, query: { ...scope.query, search: 'x' } }],
    ['another list', { ...scope, query: { ...scope.query, list: 'patterns' } }],
  ])('does not hold for %s', (_what, other) => {
    expect(() => signer.open<unknown>(cursor, other)).toThrow(ValidationFailedError);
  });

  it('does not hold under another secret', () => {
    expect(() => new CursorSigner('another secret of the same length').open<unknown>(cursor, scope)).toThrow(
      ValidationFailedError,
    );
  });

  it.each([
    [''],
    ['.'],
    ['x'],
    [cursor.split('.')[0]!],
    [`${cursor}x`],
    [`${cursor}=`],
    [` ${cursor}`],
    [`${cursor}.${cursor}`],
    [`.${cursor.split('.')[1]!}`],
    [`${Buffer.from('[1]').toString('base64url')}.${cursor.split('.')[1]!}`],
  ])('refuses %j', (text) => {
    expect(() => signer.open<unknown>(text, scope)).toThrow(ValidationFailedError);
  });

  it('refuses any change, and says only which parameter', () => {
    fc.assert(
      fc.property(
        fc.nat(cursor.length - 1),
        fc.constantFrom(...Array.from('ABCabc019-_.')),
        (at, character) => {
          const changed = cursor.slice(0, at) + character + cursor.slice(at + 1);
          if (Buffer.from(changed).equals(Buffer.from(cursor))) return;
          let error: unknown;
          try {
            signer.open<unknown>(changed, scope);
          } catch (thrown) {
            error = thrown;
          }
          expect(error).toMatchObject({
            errors: [{ field: 'cursor', message: 'is not a cursor of this list' }],
          });
        },
      ),
    );
  });
});
