import { TenantMismatchError } from '../../../src/tenant/errors/isolation.errors.js';
import type { TenantDataSource } from '../../../src/tenant/isolation/orm/tenant-data-source.js';
import {
  A,
  B,
  inScopeOf,
  openNet1,
  ROWS_OF_A,
  ROWS_OF_B,
  SAME_ID,
  type Net1,
  type Rows,
} from './net1-database.js';
import { Badge, Doc, Folder, Image, Topic } from './net1-entities.js';

/** Each runs in A's scope, aimed at A's own rows (and must change them) and at B's (and must not). */
type Write = (dataSource: TenantDataSource, aim: Rows) => Promise<unknown>;

const AIMED: Record<string, Write> = {
  'update by id': (ds, { doc }) => ds.getRepository(Doc).update(doc, { title: 'new' }),
  'update by criteria': (ds, { slug }) => ds.getRepository(Doc).update({ slug }, { title: 'new' }),
  'update by the other tenant': (ds, { tenantId }) =>
    ds.getRepository(Doc).update({ tenantId }, { title: 'new' }),
  'update a relation to null': (ds, { doc }) => ds.getRepository(Doc).update(doc, { folder: null }),
  'update a relation': (ds, { doc }) =>
    ds.getRepository(Doc).update(doc, { folder: { id: ROWS_OF_A.emptyFolder } }),
  increment: (ds, { doc }) => ds.getRepository(Doc).increment({ id: doc }, 'size', 1),
  decrement: (ds, { doc }) => ds.getRepository(Doc).decrement({ id: doc }, 'size', 1),
  'delete by id': (ds, { doc }) => ds.getRepository(Doc).delete(doc),
  'delete by criteria': (ds, { slug }) => ds.getRepository(Doc).delete({ slug }),
  softDelete: (ds, { doc }) => ds.getRepository(Doc).softDelete(doc),
  restore: (ds, { gone }) => ds.getRepository(Doc).restore(gone),
  'save a part': (ds, { doc }) => ds.getRepository(Doc).save({ id: doc, title: 'new', slug: 'fresh' }),
  'save a part without listeners': (ds, { doc }) =>
    ds.getRepository(Doc).save({ id: doc, title: 'new', slug: 'fresh' }, { listeners: false }),
  'remove a stub': (ds, { doc }) => ds.getRepository(Doc).remove(Object.assign(new Doc(), { id: doc })),
  'softRemove a stub': (ds, { doc }) => ds.getRepository(Doc).softRemove({ id: doc }),
  'recover a stub': (ds, { gone }) => ds.getRepository(Doc).recover({ id: gone }),
  'qb update': (ds, { doc }) =>
    ds.createQueryBuilder().update(Doc, { title: 'new' }).where({ id: doc }).execute(),
  'qb update with OR': (ds, { doc }) =>
    ds
      .createQueryBuilder()
      .update(Doc)
      .set({ title: 'new' })
      .where('id = :doc', { doc })
      .orWhere("slug = 'same'")
      .execute(),
  'qb update of a string table': (ds, { doc }) =>
    ds.createQueryBuilder().update('doc').set({ title: 'new' }).where({ id: doc }).execute(),
  'qb update from a select': (ds, { doc }) =>
    ds.createQueryBuilder(Doc, 'doc').where({ id: doc }).update().set({ title: 'new' }).execute(),
  'qb delete': (ds, { doc }) => ds.createQueryBuilder().delete().from(Doc).whereInIds(doc).execute(),
  'qb softDelete': (ds, { doc }) =>
    ds.createQueryBuilder().softDelete().from(Doc).where({ id: doc }).execute(),
  'qb restore': (ds, { gone }) => ds.createQueryBuilder().restore().from(Doc).where({ id: gone }).execute(),
  'relation().set': (ds, { doc }) =>
    ds.createQueryBuilder().relation(Doc, 'folder').of(doc).set(ROWS_OF_A.emptyFolder),
  'relation().set null': (ds, { doc }) => ds.createQueryBuilder().relation(Doc, 'folder').of(doc).set(null),
  'relation().add': (ds, { doc }) =>
    ds.createQueryBuilder().relation(Folder, 'docs').of(ROWS_OF_A.emptyFolder).add(doc),
  'relation().remove': (ds, { doc, folder }) =>
    ds.createQueryBuilder().relation(Folder, 'docs').of(folder).remove(doc),
  'upsert by id': (ds, { doc }) =>
    ds.getRepository(Doc).upsert({ id: doc, slug: 'fresh', title: 'new' }, ['id']),
  'upsert by slug': (ds, { slug }) => ds.getRepository(Doc).upsert({ slug, title: 'new' }, ['slug']),
  'upsert by tenant and slug': (ds, { slug }) =>
    ds.getRepository(Doc).upsert({ slug, title: 'new' }, ['tenantId', 'slug']),
  'upsert, skipping equal rows': (ds, { slug }) =>
    ds
      .getRepository(Doc)
      .upsert({ slug, title: 'new' }, { conflictPaths: ['slug'], skipUpdateIfNoValuesChanged: true }),
  'upsert by constraint': (ds, { slug }) =>
    ds
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug, title: 'new' })
      .orUpdate(['title'], 'doc_slug')
      .execute(),
  'upsert with a condition': (ds, { slug }) =>
    ds
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug, title: 'new' })
      .orUpdate(['title'], ['slug'], { overwriteCondition: { where: '1=1 OR 1=1' } })
      .execute(),
  'replace the children': (ds, { folder }) =>
    ds.getRepository(Folder).save({ id: folder, name: 'new', docs: [] }),
  'take a child over': (ds, { doc }) =>
    ds
      .getRepository(Folder)
      .save({ id: ROWS_OF_A.emptyFolder, docs: [{ id: doc, slug: 'fresh', title: 'new' }] }),
  'save a child entity': (ds, { image }) =>
    ds.getRepository(Image).save({ id: image, name: 'new', alt: 'new' }),
  'update a child entity': (ds, { image }) => ds.getRepository(Image).update(image, { alt: 'new' }),
  'delete a child entity': (ds, { image }) => ds.getRepository(Image).delete({ id: image }),
  'move a tree': (ds, { topic }) => ds.getRepository(Topic).save({ id: topic, name: 'new', parent: null }),
};

const EVERY_OWN_ROW: Record<string, Write> = {
  updateAll: (ds) => ds.getRepository(Doc).updateAll({ title: 'new' }),
  deleteAll: (ds) => ds.getRepository(Doc).deleteAll(),
  'qb update without where': (ds) => ds.createQueryBuilder().update(Doc).set({ title: 'new' }).execute(),
  'qb update with a true where': (ds) =>
    ds.createQueryBuilder().update(Doc).set({ size: 0 }).where('1=0').orWhere('true').execute(),
  'qb delete without where': (ds) => ds.createQueryBuilder().delete().from(Doc).execute(),
  'qb softDelete without where': (ds) => ds.createQueryBuilder().softDelete().from(Doc).execute(),
  'qb restore without where': (ds) => ds.createQueryBuilder().restore().from(Doc).execute(),
  'qb delete returning': async (ds) => {
    const { raw } = await ds.createQueryBuilder().delete().from(Doc).returning('*').execute();
    expect(JSON.stringify(raw)).not.toContain(ROWS_OF_B.canary);
  },
};

/** Inserts, with the tenant named or left out. */
type Insert = (dataSource: TenantDataSource, tenant: { tenantId?: string }) => Promise<unknown>;

const INSERTS: Record<string, Insert> = {
  save: (ds, tenant) => ds.getRepository(Doc).save({ slug: 'x', title: 'x', ...tenant }),
  'save without listeners': (ds, tenant) =>
    ds.getRepository(Doc).save({ slug: 'x', title: 'x', ...tenant }, { listeners: false }),
  insert: (ds, tenant) => ds.getRepository(Doc).insert({ slug: 'x', title: 'x', ...tenant }),
  'insert many': (ds, tenant) =>
    ds.getRepository(Doc).insert([
      { slug: 'x', title: 'x' },
      { slug: 'y', title: 'y', ...tenant },
    ]),
  upsert: (ds, tenant) => ds.getRepository(Doc).upsert({ slug: 'x', title: 'x', ...tenant }, ['slug']),
  'qb insert': (ds, tenant) =>
    ds
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x', ...tenant })
      .execute(),
  'qb insert without listeners': (ds, tenant) =>
    ds
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x', ...tenant })
      .callListeners(false)
      .execute(),
  'qb insert into a string table': (ds, tenant) =>
    ds
      .createQueryBuilder()
      .insert()
      .into('doc')
      .values({ slug: 'x', title: 'x', ...tenant })
      .callListeners(false)
      .execute(),
  'qb insert or ignore': (ds, tenant) =>
    ds
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x', ...tenant })
      .orIgnore()
      .execute(),
  'qb insert of named columns': (ds, tenant) =>
    ds
      .createQueryBuilder()
      .insert()
      .into(Doc, ['slug', 'title', 'version'])
      .values({ slug: 'x', title: 'x', version: 1, ...tenant })
      .execute(),
  cascade: (ds, tenant) =>
    ds.getRepository(Folder).save({ name: 'x', docs: [{ slug: 'x', title: 'x', ...tenant }] }),
  tree: (ds, tenant) =>
    ds
      .getRepository(Topic)
      .save({ name: 'x', children: [Object.assign(new Topic(), { name: 'y' }, tenant)] }),
};

describe('Net 1: writes', () => {
  let net1: Net1;
  let before: { a: string; b: string };

  beforeAll(async () => {
    net1 = await openNet1();
  });
  beforeEach(async () => {
    await net1.reset();
    before = { a: await net1.hashOf(A), b: await net1.hashOf(B) };
  });
  afterAll(() => net1.close());

  const inA = <T>(work: (dataSource: TenantDataSource) => Promise<T>): Promise<T> =>
    inScopeOf(A, () => work(net1.dataSource));

  it.each(Object.entries(AIMED))('%s changes own rows', async (_, write) => {
    await inA((ds) => write(ds, ROWS_OF_A));
    expect(await net1.hashOf(A)).not.toBe(before.a);
    expect(await net1.hashOf(B)).toBe(before.b);
  });

  it.each(Object.entries(AIMED))("%s does not change B's rows", async (_, write) => {
    const answer = await inA((ds) => write(ds, ROWS_OF_B).then((result) => JSON.stringify([result]), String));
    expect(answer).not.toContain(ROWS_OF_B.canary);
    expect(await net1.hashOf(B)).toBe(before.b);
  });

  it.each(Object.entries(EVERY_OWN_ROW))('%s changes own rows only', async (_, write) => {
    await inA((ds) => write(ds, ROWS_OF_A));
    expect(await net1.hashOf(A)).not.toBe(before.a);
    expect(await net1.hashOf(B)).toBe(before.b);
  });

  it.each(Object.entries(INSERTS))('%s is stamped', async (_, insert) => {
    await inA((ds) => insert(ds, {}));
    expect(await net1.hashOf(A)).not.toBe(before.a);
    expect(await net1.hashOf(B)).toBe(before.b);
  });

  it.each(Object.entries(INSERTS))('%s may name the own tenant', async (_, insert) => {
    await inA((ds) => insert(ds, { tenantId: A }));
    expect(await net1.hashOf(A)).not.toBe(before.a);
  });

  it.each(Object.entries(INSERTS))('%s may not name another tenant', async (_, insert) => {
    await expect(inA((ds) => insert(ds, { tenantId: B }))).rejects.toThrow(TenantMismatchError);
    expect([await net1.hashOf(A), await net1.hashOf(B)]).toEqual([before.a, before.b]);
  });

  it('fills in the tenant of a saved entity', async () => {
    const saved = await inA((ds) => ds.getRepository(Doc).save({ slug: 'x', title: 'x' }));
    expect(saved).toMatchObject({ tenantId: A });
  });

  it('does not let a computed value stand for the tenant', async () => {
    const insert = inA((ds) =>
      ds
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug: 'x', title: 'x', tenantId: () => `'${B}'` })
        .callListeners(false)
        .execute(),
    );
    await expect(insert).rejects.toThrow(TenantMismatchError);
  });

  it.each<[string, Write]>([
    ['update', (ds) => ds.getRepository(Doc).update(ROWS_OF_A.doc, { tenantId: B, title: 'new' })],
    [
      'qb update',
      (ds) =>
        ds.createQueryBuilder().update(Doc).set({ tenantId: B, title: 'new' }).callListeners(false).execute(),
    ],
    [
      'qb update, computed',
      (ds) =>
        ds
          .createQueryBuilder()
          .update(Doc)
          .set({ tenantId: () => `'${B}'`, title: 'x' })
          .execute(),
    ],
    ['save', (ds) => ds.getRepository(Doc).save({ id: ROWS_OF_A.doc, tenantId: B, title: 'new' })],
    [
      "remove B's entity",
      (ds) => ds.getRepository(Doc).remove(Object.assign(new Doc(), { id: SAME_ID, tenantId: B })),
    ],
    ["softRemove B's entity", (ds) => ds.getRepository(Doc).softRemove({ id: SAME_ID, tenantId: B })],
  ])('%s refuses to change whose a row is', async (_, write) => {
    await expect(inA((ds) => write(ds, ROWS_OF_A))).rejects.toThrow(TenantMismatchError);
    expect([await net1.hashOf(A), await net1.hashOf(B)]).toEqual([before.a, before.b]);
  });

  it('unlinks children that were left out, and deletes none', async () => {
    await inA((ds) => ds.getRepository(Folder).save({ id: ROWS_OF_A.folder, docs: [] }));
    const docs = await inA((ds) => ds.getRepository(Doc).find());
    expect(docs.map(({ folderId }) => folderId)).toEqual([null, null]);
  });

  it("answers a reference to B's row as one to a row that does not exist", async () => {
    const refer = (folder: string): Promise<unknown> =>
      inA((ds) => ds.getRepository(Badge).save({ folder: { id: folder } })).catch((error: unknown) => error);
    const [foreign, unknown] = [await refer(ROWS_OF_B.folder), await refer(SAME_ID)];
    expect(foreign).toMatchObject({ driverError: { code: '23503' } });
    expect(unknown).toMatchObject({ driverError: { code: '23503' } });
  });

  it('keeps the guard of TypeORM against criteria that turn out empty', async () => {
    await expect(inA((ds) => ds.getRepository(Doc).delete({}))).rejects.toThrow('Empty criteria');
    await expect(inA((ds) => ds.createQueryBuilder().delete().from(Doc).where({}).execute())).rejects.toThrow(
      'Empty criteria',
    );
  });
});
