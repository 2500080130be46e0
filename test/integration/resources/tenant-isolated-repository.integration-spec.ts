import { TenantIsolatedRepository } from '@parallax/tenant';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { inScopeOf, TENANTS } from '../../support/notes.js';

const [A, B] = TENANTS as [string, string];

type Filter = Readonly<Record<string, unknown>>;

interface Article {
  readonly title: string;
  readonly tenant?: string;
}

/** Documents as a search engine keeps them: in a table that no net of ours knows, over a plain connection. */
class ArticleRepository extends TenantIsolatedRepository<'tenant'> {
  constructor(private readonly store: pg.Client) {
    super('tenant');
  }

  add(article: Article): Promise<unknown> {
    return this.store.query('INSERT INTO article VALUES ($1)', [this.addTenantId(article)]);
  }

  find(filter?: Filter): Promise<readonly Article[]> {
    return this.#matching([this.addTenantFilter(filter)]);
  }

  findAny(filters: readonly Filter[]): Promise<readonly Article[]> {
    return this.#matching(this.addTenantFilter(filters));
  }

  /** What somebody writes who forgot the filter. */
  async findCarelessly(): Promise<readonly Article[]> {
    return this.assertOwn(await this.#matching([{}]));
  }

  async #matching(filters: readonly object[]): Promise<readonly Article[]> {
    const { rows } = await this.store.query<{ document: Article }>(
      'SELECT document FROM article WHERE document @> ANY ($1::jsonb[]) ORDER BY document',
      [filters.map((filter) => JSON.stringify(filter))],
    );
    return rows.map(({ document }) => document);
  }
}

describe('TenantIsolatedRepository', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let articles: ArticleRepository;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    client = new pg.Client({ connectionString: database.urls.admin });
    await client.connect();
    await client.query('CREATE TABLE article (document jsonb NOT NULL)');
    articles = new ArticleRepository(client);
    await inScopeOf(A, () => articles.add({ title: 'of A' }));
    await inScopeOf(B, () => articles.add({ title: 'of B' }));
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('stamps what is written and narrows what is asked for', async () => {
    expect(await inScopeOf(A, () => articles.find())).toEqual([{ title: 'of A', tenant: A }]);
    expect(await inScopeOf(A, () => articles.find({ title: 'of A' }))).toHaveLength(1);
    expect(await inScopeOf(A, () => articles.find({ title: 'of B' }))).toEqual([]);
  });

  it('narrows each of several alternatives, and none of them to own records', async () => {
    const alternatives = [{ title: 'of A' }, { title: 'of B' }];
    expect(await inScopeOf(A, () => articles.findAny(alternatives))).toEqual([{ title: 'of A', tenant: A }]);
    expect(await inScopeOf(A, () => articles.findAny([]))).toEqual([{ title: 'of A', tenant: A }]);
  });

  it('refuses to write for, or to ask for, another tenant', async () => {
    const mismatch = expect.objectContaining({ code: 'TENANT_MISMATCH' }) as Error;
    expect(() => inScopeOf(A, () => articles.add({ title: 'x', tenant: B }))).toThrow(mismatch);
    expect(() => inScopeOf(A, () => articles.find({ tenant: B }))).toThrow(mismatch);
    expect(() => inScopeOf(A, () => articles.findAny([{ tenant: A }, { tenant: B }]))).toThrow(mismatch);
    expect(await inScopeOf(A, () => articles.find({ tenant: A }))).toHaveLength(1);
  });

  it('passes on nothing when a record that came back is another tenant’s', async () => {
    await expect(inScopeOf(A, () => articles.findCarelessly())).rejects.toMatchObject({
      code: 'TENANT_MISMATCH',
      message: expect.stringContaining('ArticleRepository was given a record') as string,
    });
  });

  it('does nothing outside a scope', () => {
    const missing = expect.objectContaining({ code: 'TENANT_SCOPE_MISSING' }) as Error;
    expect(() => articles.find()).toThrow(missing);
    expect(() => articles.add({ title: 'x' })).toThrow(missing);
  });
});
