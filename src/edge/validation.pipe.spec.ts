import { ADAPTERS, startEdgeApp, type EdgeApp } from '../../test/support/edge-app.js';
import { DEFAULT_PAGE_SIZE } from './list-query.dto.js';

interface Failure {
  code: string;
  errors: { field: string; message: string }[];
}

describe.each(ADAPTERS)('validation on %s', (adapter) => {
  let edge: EdgeApp;

  beforeAll(async () => {
    edge = await startEdgeApp(adapter);
  });

  afterAll(() => edge.close());

  async function create(body: unknown): Promise<[number, Failure]> {
    const response = await fetch(`${edge.url}/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect(text).not.toContain('CANARY');
    return [response.status, JSON.parse(text) as Failure];
  }

  async function list(query: string): Promise<[number, Failure & Record<string, unknown>]> {
    const response = await fetch(`${edge.url}/things?${query}`);
    return [response.status, (await response.json()) as Failure & Record<string, unknown>];
  }

  it('takes what the DTO describes', async () => {
    const [status] = await create({
      name: 'x',
      parts: [{ size: 1 }, { size: 2 }],
      metadata: { any: ['thing', { a: null }] },
    });
    expect(status).toBe(201);
  });

  it('names every field that is wrong, by its path, and no value', async () => {
    const [status, body] = await create({
      name: ['CANARY'],
      parts: [{ size: 1 }, { size: 'CANARY', extra: 'CANARY' }],
    });
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        { field: 'name', message: 'must be a string' },
        { field: 'parts.1.size', message: 'must be an integer number' },
        { field: 'parts.1.extra', message: 'is not a known property' },
      ]),
    );
  });

  it.each([
    ['tenantId'],
    ['tenant_id'],
    ['TenantId'],
    ['tenant'],
    ['id'],
    ['createdAt'],
    ['deletedAt'],
    ['role'],
  ])('refuses a property the DTO does not have: %s', async (name) => {
    expect(await create({ name: 'x', [name]: 'CANARY' })).toMatchObject([
      400,
      { errors: [{ field: name, message: 'is not a known property' }] },
    ]);
  });

  it('repeats only the beginning of a name that somebody made up', async () => {
    const [status, body] = await create({ name: 'x', [`${'n'.repeat(70)}CANARY`]: 1 });
    expect([status, body.errors[0]?.field]).toEqual([400, `${'n'.repeat(64)}…`]);
  });

  it('does not list more problems than anyone reads', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`p${index}`, 1]));
    expect((await create({ name: 'x', ...many }))[1].errors.length).toBeLessThanOrEqual(21);
  });

  it('requires a body where the DTO has required fields', async () => {
    const response = await fetch(`${edge.url}/things`, { method: 'POST' });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ field: 'name' }, { field: 'name' }] },
    ]);
  });

  it.each([[{ name: 'x\0y' }], [{ name: 'x', metadata: { 'a\0': 1 } }], [{ name: '\ud83d' }]])(
    'refuses what PostgreSQL could not store: %j',
    async (body) => {
      expect(await create(body)).toMatchObject([400, { code: 'VALIDATION_FAILED' }]);
    },
  );

  describe('of a list', () => {
    it.each([
      ['', { limit: DEFAULT_PAGE_SIZE }],
      ['limit=1', { limit: 1 }],
      ['limit=100', { limit: 100 }],
      ['cursor=abc.def', { limit: DEFAULT_PAGE_SIZE, cursor: 'abc.def' }],
    ])('takes %j', async (query, expected) => {
      expect(await list(query)).toEqual([200, expected]);
    });

    it.each([
      ['limit=0'],
      ['limit=101'],
      ['limit=-1'],
      ['limit=1e9'],
      ['limit=1e1'],
      ['limit=0x10'],
      ['limit=NaN'],
      ['limit=Infinity'],
      ['limit=1.5'],
      ['limit='],
      ['limit=%2010'],
      ['limit=1;select'],
      ['limit=9007199254740993'],
      ['limit=5&limit=6'],
      ['limit[]=5'],
      ['limit[$gt]=5'],
      [`cursor=${'c'.repeat(513)}`],
      ['cursor=a&cursor=b'],
      ['cursor=%00'],
      ['sort=name'],
      ['offset=5'],
      ['__proto__=5'],
    ])('refuses %s', async (query) => {
      expect(await list(query)).toMatchObject([400, { code: 'VALIDATION_FAILED' }]);
    });
  });
});
