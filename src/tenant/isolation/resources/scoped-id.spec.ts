import { formatScopedId, parseScopedId } from './scoped-id.js';

const tenantId = 'aaaaaaaa-0000-4000-8000-000000000000';
const nameOf = (id: string, type = 'upload'): string => formatScopedId({ tenantId, type, id });

describe('A scoped id', () => {
  it.each([
    'plain',
    'a:b',
    '*',
    '?',
    '[a]',
    '{tag}',
    'a/../../b',
    '..',
    'a b',
    '~',
    '~2e',
    'ä',
    '😀',
    '%2e',
    '\\',
  ])('has nothing in it that a store gives a meaning to, and reads back: %s', (id) => {
    expect(nameOf(id)).toMatch(/^[0-9a-f-]{36}\/upload\/[A-Za-z0-9_~-]+$/);
    expect(parseScopedId(nameOf(id))).toEqual({ tenantId, type: 'upload', id });
  });

  it('differs for different resources', () => {
    const ids = ['~2e', '.', 'a/b', 'a~2fb', 'A', 'a', '%', '~25', '-', '_', ''];
    expect(new Set(ids.map((id) => nameOf(id))).size).toBe(ids.length);
    expect(nameOf('b', 'upload-a')).not.toBe(nameOf('a-b', 'upload'));
  });

  it.each([
    '',
    `${tenantId}/upload/`,
    `${tenantId}/upload`,
    `${tenantId}/Upload/x`,
    `${tenantId}/upload/x/y`,
    `${tenantId}/upload/x\n`,
    `${tenantId}/upload/~2E`,
    `${tenantId}/upload/~61`,
    `${tenantId}/upload/~ff`,
    `${tenantId}/upload/~`,
    `${tenantId}/upload/x*`,
  ])('is none that would not have been written: %j', (text) => {
    expect(parseScopedId(text)).toBeUndefined();
  });
});
