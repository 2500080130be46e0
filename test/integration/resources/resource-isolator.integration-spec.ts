import { DataSource } from 'typeorm';
import {
  createResourceRegistry,
  dropResourceRegistry,
  InMemoryResourceStore,
  ResourceIsolator,
  type ResourceStore,
  TenantDataSource,
  TenantResourceEntity,
  TypeOrmResourceStore,
} from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { inScopeOf, TENANTS } from '../../support/notes.js';

const [A, B] = TENANTS as [string, string];
const NOT_FOUND = { code: 'NOT_FOUND', message: 'There is no such resource.' };

describe('ResourceIsolator', () => {
  let database: TestDatabase;
  let dataSource: TenantDataSource;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await asOwner(createResourceRegistry);
    dataSource = await new TenantDataSource({
      type: 'postgres',
      url: database.urls.tenant,
      entities: [TenantResourceEntity],
    }).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await asOwner(dropResourceRegistry);
    const left = await database.query(`SELECT FROM pg_class WHERE relname = 'tenant_resources'`);
    await database.drop();
    expect(left).toEqual([]);
  });

  async function asOwner(
    migrate: (queryRunner: ReturnType<DataSource['createQueryRunner']>) => Promise<void>,
  ): Promise<void> {
    const owner = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
    const queryRunner = owner.createQueryRunner();
    try {
      await migrate(queryRunner);
    } finally {
      await queryRunner.release();
      await owner.destroy();
    }
  }

  describe.each<[string, () => ResourceStore]>([
    ['in memory', () => new InMemoryResourceStore()],
    ['in PostgreSQL', () => new TypeOrmResourceStore(dataSource)],
  ])('%s', (_name, store) => {
    let resources: ResourceIsolator<'upload' | 'report'>;

    beforeEach(async () => {
      await database.query('TRUNCATE tenant_resources');
      resources = new ResourceIsolator(store());
    });

    it('answers for the tenant that created a resource, and for no other', async () => {
      await inScopeOf(A, () => resources.createResource('upload', 'plan.pdf', 'ada'));

      const found = await inScopeOf(A, () => resources.validateResourceAccess('upload', 'plan.pdf'));
      expect(found).toMatchObject({ tenantId: A, type: 'upload', id: 'plan.pdf', createdBy: 'ada' });
      expect(found.createdAt).toBeInstanceOf(Date);
      const foreign = inScopeOf(B, () => resources.validateResourceAccess('upload', 'plan.pdf'));
      await expect(foreign).rejects.toMatchObject(NOT_FOUND);
      const unknown = inScopeOf(B, () => resources.validateResourceAccess('upload', 'none.pdf'));
      await expect(unknown).rejects.toMatchObject(NOT_FOUND);
    });

    it('lets two tenants have one of the same id, and one tenant only one', async () => {
      await inScopeOf(A, () => resources.createResource('upload', 'x'));
      await inScopeOf(B, () => resources.createResource('upload', 'x'));
      await inScopeOf(A, () => resources.createResource('report', 'x'));

      const again = inScopeOf(A, () => resources.createResource('upload', 'x'));
      await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    it('admits one of many that create the same at once', async () => {
      const calls = Array.from({ length: 8 }, () =>
        inScopeOf(A, () => resources.createResource('upload', 'one')),
      );
      const settled = await Promise.allSettled(calls);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('lists own resources of a type, page by page, in the order of bytes', async () => {
      for (const id of ['b', 'a', 'B', 'ä', 'c']) {
        await inScopeOf(A, () => resources.createResource('upload', id));
      }
      await inScopeOf(A, () => resources.createResource('report', 'other'));
      await inScopeOf(B, () => resources.createResource('upload', 'foreign'));

      const idsOf = async (options?: { limit?: number; after?: string }): Promise<string[]> =>
        (await inScopeOf(A, () => resources.listResources('upload', options))).map(({ id }) => id);
      expect(await idsOf()).toEqual(['B', 'a', 'b', 'c', 'ä']);
      expect(await idsOf({ limit: 2 })).toEqual(['B', 'a']);
      expect(await idsOf({ limit: 2, after: 'a' })).toEqual(['b', 'c']);
    });

    it('deletes own resources only', async () => {
      await inScopeOf(A, () => resources.createResource('upload', 'x'));

      const foreign = inScopeOf(B, () => resources.deleteResource('upload', 'x'));
      await expect(foreign).rejects.toMatchObject(NOT_FOUND);
      await inScopeOf(A, () => resources.validateResourceAccess('upload', 'x'));
      await inScopeOf(A, () => resources.deleteResource('upload', 'x'));
      const gone = inScopeOf(A, () => resources.validateResourceAccess('upload', 'x'));
      await expect(gone).rejects.toMatchObject(NOT_FOUND);
    });

    it.each([
      ['a type of another form', 'Up load', 'x'],
      ['an empty id', 'upload', ''],
      ['an id with a line end', 'upload', 'a\nb'],
      ['half a character', 'upload', '\ud800'],
      ['an id that is too long', 'upload', 'x'.repeat(201)],
      ['an id of too many bytes', 'upload', '€'.repeat(67)],
    ])('refuses %s', async (_what, type, id) => {
      const created = inScopeOf(A, () => resources.createResource(type as 'upload', id));
      await expect(created).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    });

    it('does nothing outside a scope', async () => {
      await expect(resources.createResource('upload', 'x')).rejects.toMatchObject({
        code: 'TENANT_SCOPE_MISSING',
      });
      await expect(resources.listResources('upload')).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
      expect(() => resources.createScopedId('upload', 'x')).toThrow(
        expect.objectContaining({ code: 'TENANT_SCOPE_MISSING' }) as Error,
      );
    });

    it('gives names of at most 701 characters', () => {
      const name = (): string => resources.createScopedId('x'.repeat(63) as 'upload', '€'.repeat(66));
      expect(inScopeOf(A, name).length).toBeLessThanOrEqual(701);
    });

    it('gives one name to one resource, and reads back own names only', async () => {
      const scopedId = await inScopeOf(A, () =>
        Promise.resolve(resources.createScopedId('upload', 'a/../b')),
      );
      expect(scopedId).toBe(`${A}/upload/a~2f~2e~2e~2fb`);
      expect(inScopeOf(A, () => resources.parseScopedId(scopedId))).toEqual({ type: 'upload', id: 'a/../b' });
      const asB = (): unknown => inScopeOf(B, () => resources.parseScopedId(scopedId));
      expect(asB).toThrow(expect.objectContaining(NOT_FOUND) as Error);
    });
  });

  it('holds in the database too: a store asked for another tenant finds and changes nothing', async () => {
    const store = new TypeOrmResourceStore(dataSource);
    const resource = { tenantId: B, type: 'upload', id: 'of-b', createdBy: null, createdAt: new Date() };
    await inScopeOf(B, () => store.insert(resource));

    expect(await inScopeOf(A, () => store.find(B, 'upload', 'of-b'))).toBeUndefined();
    expect(await inScopeOf(A, () => store.list(B, { type: 'upload', limit: 10 }))).toEqual([]);
    expect(await inScopeOf(A, () => store.delete(B, 'upload', 'of-b'))).toBe(false);
    const forged = inScopeOf(A, () => store.insert({ ...resource, id: 'forged' }));
    await expect(forged).rejects.toMatchObject({ code: 'TENANT_MISMATCH' });
    expect(await inScopeOf(B, () => store.find(B, 'upload', 'of-b'))).toMatchObject({ tenantId: B });
  });
});
