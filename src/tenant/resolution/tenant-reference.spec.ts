import { parseTenantReference } from './tenant-reference.js';

const ID = 'abcdef01-2345-4678-9abc-def012345678';

describe(parseTenantReference.name, () => {
  it('reads a uuid as an id, in whatever case, and gives it in the one form used everywhere', () => {
    expect(parseTenantReference(ID)).toEqual({ id: ID });
    expect(parseTenantReference(ID.toUpperCase())).toEqual({ id: ID });
  });

  it.each(['a', '7', 'acme', 'acme-2', 'a--b', 'x'.repeat(50), ID.replaceAll('-', '')])(
    'reads %s as a slug',
    (slug) => {
      expect(parseTenantReference(slug)).toEqual({ slug });
    },
  );

  it.each([
    '',
    ' ',
    'Acme',
    'acme ',
    'acme\n',
    '-acme',
    'acme-',
    'a_b',
    'a.b',
    'a/b',
    '../acme',
    '*',
    'é',
    '__proto__',
    'null',
    'undefined',
    'x'.repeat(51),
    `{${ID}}`,
    `urn:uuid:${ID}`,
    `${ID},${ID}`,
    ID.replaceAll('-', '').toUpperCase(),
  ])('takes %j for neither', (text) => {
    expect(parseTenantReference(text)).toBeUndefined();
  });
});
