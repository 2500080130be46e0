import { ValidationFailedError } from '../errors/request.errors.js';
import { chosenSlug, isReservedSlug, isSlug, SLUG_MAX_LENGTH, slugFrom } from './slug.js';

describe(slugFrom.name, () => {
  it.each([
    ['Acme', 'acme'],
    ['Café Müller & Söhne', 'cafe-muller-sohne'],
    ['ÅNGSTRÖM', 'angstrom'],
    ['Trần Đình', 'tran-inh'],
    ['ﬁne №1', 'fine-no1'],
    ['  --Acme__Inc.--  ', 'acme-inc'],
    ['a/../b?c=d#e', 'a-b-c-d-e'],
    ['42', '42'],
    ['x', 'x'],
  ])('makes of %j the slug %j', (name, slug) => {
    expect(slugFrom(name)).toBe(slug);
    expect(isSlug(slug)).toBe(true);
  });

  it.each([
    ['Acme', 'ACME', 'Ａｃｍｅ', 'aCmE', 'Ac\u00ADme', 'Ac\u200Bme', 'Acme\uFE0F'],
    ['Straße', 'STRASSE', 'STRAẞE', 'straſſe'],
    ['Kelvin', '\u212Aelvin', 'ＫＥＬＶＩＮ'],
    ['Office', 'oﬃce', 'OFFICE'],
    ['Istanbul', '\u0130stanbul', '\u0131stanbul'],
    ['Café', 'Cafe\u0301', 'CAFÉ'],
    ['1st', '①st', '１ST'],
  ])('makes one slug of %s, however it is written', (name, ...others) => {
    const slug = slugFrom(name);
    for (const other of others) expect([other, slugFrom(other)]).toEqual([other, slug]);
  });

  it('cuts at 50 characters and leaves no hyphen at the end', () => {
    expect(slugFrom('a'.repeat(SLUG_MAX_LENGTH))).toBe('a'.repeat(50));
    expect(slugFrom('a'.repeat(200))).toBe('a'.repeat(50));
    expect(slugFrom(`${'a'.repeat(49)} b`)).toBe('a'.repeat(49));
    expect(slugFrom(`${'a'.repeat(48)} b`)).toBe(`${'a'.repeat(48)}-b`);
  });

  it.each(['', '   ', '---', '!?&', '日本語', '🦀', '\u0301\u0308'])(
    'refuses %j, which leaves nothing',
    (name) => {
      expect(() => slugFrom(name)).toThrow(ValidationFailedError);
      expect(() => slugFrom(name)).toThrow(/slug of its own in `slug`/);
    },
  );

  it.each(['admin', ' API ', 'Ádmin!', 'www', 'Undefined', 'tenants'])(
    'refuses %j, which is reserved',
    (name) => {
      expect(() => slugFrom(name)).toThrow(/reserved slug/);
      expect(slugFrom(`${name} 2`)).toMatch(/-2$/);
    },
  );

  it.each(['00000000-0000-4000-8000-000000000000', 'ABCDEFAB 0000 4000 8000 000000000000'])(
    'refuses %j, which reads as an id',
    (name) => {
      expect(() => slugFrom(name)).toThrow(/form of an id/);
      expect(() => slugFrom(`${name}0`)).not.toThrow();
    },
  );
});

describe(chosenSlug.name, () => {
  it.each([
    ['acme', 'acme'],
    ['ACME', 'acme'],
    ['Ａｃｍｅ-１', 'acme-1'],
    ['Straße', 'strasse'],
    ['\u212Aelvin', 'kelvin'],
  ])('takes %j as %j', (text, slug) => {
    expect(chosenSlug(text)).toBe(slug);
    expect(chosenSlug(slug)).toBe(slug);
  });

  it.each([
    '',
    ' ',
    'ac me',
    'café',
    '株式会社',
    '-acme',
    'acme-',
    'a'.repeat(51),
    'ß'.repeat(26),
    '00000000-0000-4000-8000-000000000000',
    'ADMIN',
    'ａｐｉ',
  ])('refuses %j', (text) => {
    expect(() => chosenSlug(text)).toThrow(ValidationFailedError);
    expect(() => chosenSlug(text)).toThrow(/slug: /);
  });
});

describe(isReservedSlug.name, () => {
  it('knows what would read as part of the service', () => {
    expect(['admin', 'api', 'www', 'acme', 'constructor'].map(isReservedSlug)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe(isSlug.name, () => {
  it.each(['a', 'a-b', '0', 'a--b', 'a'.repeat(50)])('takes %j', (text) => {
    expect(isSlug(text)).toBe(true);
  });

  it.each([
    '',
    '-',
    '-a',
    'a-',
    'A',
    'é',
    'a b',
    'a\n',
    'a'.repeat(51),
    '00000000-0000-4000-8000-000000000000',
  ])('refuses %j', (text) => {
    expect(isSlug(text)).toBe(false);
  });
});
