import { Brackets, Equal, In, Like, Not, Raw } from 'typeorm';
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
import { Asset, BigDoc, Doc, Folder, Image, Memo, Topic } from './net1-entities.js';

/** Each runs in A's scope, aimed at A's own rows (and must find them) and at B's (and must not). */
type Read = (dataSource: TenantDataSource, aim: Rows) => Promise<unknown>;

const BY_ID: Record<string, Read> = {
  'find where': (ds, { doc }) => ds.getRepository(Doc).find({ where: { id: doc } }),
  'find where an array': (ds, { doc, slug }) =>
    ds.getRepository(Doc).find({ where: [{ id: doc }, { slug }] }),
  'find where In': (ds, { doc }) => ds.getRepository(Doc).findBy({ id: In([doc]) }),
  'find where Raw': (ds, { doc }) =>
    ds.getRepository(Doc).findBy({ id: Raw((column) => `${column} = :doc OR 1=1`, { doc }) }),
  'find where the other tenant': (ds, { tenantId }) => ds.getRepository(Doc).findBy({ tenantId }),
  findOneBy: (ds, { doc }) => ds.getRepository(Doc).findOneBy({ id: doc }),
  findOneOrFail: (ds, { doc }) => ds.getRepository(Doc).findOneOrFail({ where: { id: doc } }),
  'findOne by relation': (ds, { folder }) =>
    ds.getRepository(Doc).findOne({ where: { folder: { id: folder } } }),
  findAndCount: (ds, { slug }) => ds.getRepository(Doc).findAndCount({ where: { slug } }),
  preload: (ds, { doc }) => ds.getRepository(Doc).preload({ id: doc }),
  'exists, then get': async (ds, { doc }) =>
    (await ds.getRepository(Doc).existsBy({ id: doc })) &&
    ds.getRepository(Doc).findOneBy({ id: Equal(doc) }),
  'eager relation': (ds, { doc }) => ds.getRepository(Memo).findBy({ doc: { id: doc } }),
  'relation().loadOne': (ds, { doc }) => ds.createQueryBuilder().relation(Doc, 'folder').of(doc).loadOne(),
  'relation().loadMany': (ds, { folder }) =>
    ds.createQueryBuilder().relation(Folder, 'docs').of(folder).loadMany(),
  'qb whereInIds': (ds, { doc }) => ds.createQueryBuilder(Doc, 'd').whereInIds([doc]).getMany(),
  'qb getRawOne': (ds, { doc }) => ds.createQueryBuilder(Doc, 'd').where('d.id = :doc', { doc }).getRawOne(),
  'qb clone': (ds, { doc }) => ds.createQueryBuilder(Doc, 'd').where('d.id = :doc', { doc }).clone().getOne(),
  'qb of a string table': (ds, { doc }) => ds.createQueryBuilder('doc', 'd').where({ id: doc }).getMany(),
  'qb brackets': (ds, { doc }) =>
    ds
      .createQueryBuilder(Doc, 'd')
      .where(new Brackets((qb) => qb.where('d.id = :doc', { doc }).orWhere('1=1')))
      .getMany(),
  'qb inner join': (ds, { folder }) =>
    ds
      .createQueryBuilder(Folder, 'f')
      .innerJoinAndSelect('f.docs', 'd')
      .where('f.id = :folder', { folder })
      .getMany(),
  'getSql, then query': (ds, { doc }) => {
    const [sql, parameters] = ds.createQueryBuilder(Doc, 'd').where({ id: doc }).getQueryAndParameters();
    return ds.query(sql, parameters);
  },
  lock: (ds, { doc }) =>
    ds.transaction((manager) =>
      manager.findOne(Doc, { where: { id: doc }, lock: { mode: 'pessimistic_write' } }),
    ),
  'a child entity': (ds, { image }) => ds.getRepository(Image).findBy({ id: image }),
  'find descendants': (ds, { topic }) =>
    ds.getTreeRepository(Topic).findDescendants(Object.assign(new Topic(), { id: topic })),
};

const WIDE: Record<string, Read> = {
  find: (ds) => ds.getRepository(Doc).find(),
  'find with deleted': (ds) =>
    ds.getRepository(Doc).find({ withDeleted: true, order: { folder: { name: 'ASC' } } }),
  'find like': (ds) => ds.getRepository(Doc).findBy({ title: Like('CANARY%') }),
  'find not': (ds) => ds.getRepository(Doc).findBy({ id: Not(SAME_ID) }),
  'take and skip over a join': (ds) =>
    ds.getRepository(Folder).find({ relations: { docs: true }, take: 5, skip: 0, order: { name: 'DESC' } }),
  'relations by join': (ds) =>
    ds.getRepository(Memo).find({ relations: { doc: { folder: { docs: true } } } }),
  'relations by query': (ds) =>
    ds.getRepository(Folder).find({ relations: { docs: { folder: true } }, relationLoadStrategy: 'query' }),
  loadRelationIds: (ds) => ds.getRepository(Memo).find({ loadRelationIds: true }),
  trees: (ds) => ds.getTreeRepository(Topic).findTrees(),
  'child entities by their parent': (ds) => ds.getRepository(Asset).find(),
  'a view': (ds) => ds.getRepository(BigDoc).find(),
  'qb getRawMany': (ds) => ds.createQueryBuilder(Doc, 'd').select('d.title', 'title').getRawMany(),
  'qb orWhere on top': (ds) => ds.createQueryBuilder(Doc, 'd').where('1=0').orWhere('1=1').getMany(),
  'qb distinctOn': (ds) => ds.createQueryBuilder(Doc, 'd').distinctOn(['d.slug']).getMany(),
  'qb join of an entity without condition': (ds) =>
    ds.createQueryBuilder(Doc, 'd').innerJoinAndMapOne('d.any', Folder, 'f', '1=1').getMany(),
  'qb join with OR': (ds) =>
    ds
      .createQueryBuilder(Doc, 'd')
      .innerJoinAndMapMany('d.any', Folder, 'f', '1=1 OR f.id = d.folderId')
      .getMany(),
  'qb join of a string table': (ds) =>
    ds.createQueryBuilder(Doc, 'd').innerJoin('folder', 'f', '1=1').addSelect('f.name', 'n').getRawMany(),
  'qb join of a sub-query': (ds) =>
    ds
      .createQueryBuilder(Doc, 'd')
      .innerJoin((qb) => qb.select('f.name', 'name').from(Folder, 'f'), 's', '1=1')
      .addSelect('s.name', 'n')
      .getRawMany(),
  'qb addFrom': (ds) =>
    ds.createQueryBuilder().select(['d.title', 'f.name']).from(Doc, 'd').addFrom(Folder, 'f').getRawMany(),
  'qb from a sub-query': (ds) =>
    ds
      .createQueryBuilder()
      .select('s.title', 't')
      .from((qb) => qb.select('d.title', 'title').from(Doc, 'd'), 's')
      .getRawMany(),
  'qb scalar sub-query': (ds) =>
    ds
      .createQueryBuilder(Folder, 'f')
      .addSelect((qb) => qb.select("string_agg(d.title, ',')").from(Doc, 'd'), 'titles')
      .getRawMany(),
  'qb whereExists': (ds) =>
    ds
      .createQueryBuilder(Folder, 'f')
      .whereExists(ds.createQueryBuilder(Doc, 'd').where('d.folder_id = f.id'))
      .getMany(),
  'qb sub-query as text of a builder': (ds) =>
    ds
      .createQueryBuilder(Folder, 'f')
      .where((qb) => `f.id IN ${qb.subQuery().select('d.folder_id').from(Doc, 'd').getQuery()}`)
      .getMany(),
  'qb common table expression': (ds) =>
    ds
      .createQueryBuilder()
      .addCommonTableExpression(ds.createQueryBuilder(Doc, 'd').select('d.title', 'title'), 'c')
      .select('c.title', 't')
      .from('c', 'c')
      .getRawMany(),
  'qb writing common table expression': (ds) =>
    ds
      .createQueryBuilder()
      .addCommonTableExpression(
        ds.createQueryBuilder().update(Doc).set({ size: 1 }).returning(['title']),
        'c',
      )
      .select('c.title', 't')
      .from('c', 'c')
      .getRawMany(),
  'qb made by another builder': (ds) =>
    ds.createQueryBuilder().update(Doc).createQueryBuilder().select('d.title').from(Doc, 'd').getRawMany(),
  stream: (ds) =>
    ds.transaction(async (manager) => {
      const rows: unknown[] = [];
      for await (const row of await manager.createQueryBuilder(Doc, 'd').stream()) rows.push(row);
      return rows;
    }),
};

describe('Net 1: reads', () => {
  let net1: Net1;

  beforeAll(async () => {
    net1 = await openNet1();
  });
  beforeEach(() => net1.reset());
  afterAll(() => net1.close());
  const inA = (read: Read, aim: Rows): Promise<string> =>
    inScopeOf(A, async () => JSON.stringify([await read(net1.dataSource, aim)]));

  it.each(Object.entries(BY_ID))('%s finds own rows', async (_, read) => {
    expect(await inA(read, ROWS_OF_A)).toContain(ROWS_OF_A.canary);
  });

  it.each(Object.entries(BY_ID))("%s finds none of B's rows", async (_, read) => {
    const found = await inA(read, ROWS_OF_B).catch(String);
    expect(found).not.toContain(ROWS_OF_B.canary);
  });

  it.each(Object.entries(WIDE))("%s finds own rows and none of B's", async (_, read) => {
    const found = await inA(read, ROWS_OF_A);
    expect(found).toContain(ROWS_OF_A.canary);
    expect(found).not.toContain(ROWS_OF_B.canary);
  });

  it("does not follow a reference of its own to B's row", async () => {
    const memo = await inScopeOf(A, () =>
      net1.dataSource.getRepository(Memo).findOneByOrFail({ id: ROWS_OF_A.memo }),
    );
    expect(memo.doc).toBeNull();
  });

  it('keeps apart rows of two tenants that have the same id', async () => {
    const read = () => net1.dataSource.getRepository(Doc).findOneByOrFail({ id: SAME_ID });
    expect((await inScopeOf(A, read)).title).toBe('CANARY-A same');
    expect((await inScopeOf(B, read)).title).toBe('CANARY-B same');
  });

  it('counts and aggregates own rows only', async () => {
    await inScopeOf(A, async () => {
      const docs = net1.dataSource.getRepository(Doc);
      expect(await docs.count()).toBe(2);
      expect(await docs.count({ withDeleted: true })).toBe(3);
      expect(await docs.countBy({ tenantId: B })).toBe(0);
      expect(await docs.sum('size')).toBe(15);
      expect(await docs.average('size')).toBe(7.5);
      expect(await docs.minimum('size')).toBe(5);
      expect(await docs.maximum('size', { tenantId: B })).toBeNull();
      expect(await docs.exists({ where: { id: ROWS_OF_B.doc } })).toBe(false);
      const builder = net1.dataSource.createQueryBuilder(Doc, 'd').where('1=0').orWhere('1=1');
      expect(await builder.getCount()).toBe(2);
      expect(await builder.getExists()).toBe(true);
      expect((await builder.getManyAndCount())[1]).toBe(2);
      expect(await builder.select('count(*)::int', 'n').getRawOne()).toEqual({ n: 2 });
    });
  });

  it('binds the tenant when a builder runs, not when it is made', async () => {
    const made = inScopeOf(A, () => {
      const docs = net1.dataSource.createQueryBuilder(Doc, 'd');
      const folders = docs.subQuery().select('f.id').from(Folder, 'f');
      return docs.where(`d.folder_id IN ${folders.getQuery()}`).setParameters(folders.getParameters());
    });
    const found = JSON.stringify(await inScopeOf(B, () => made.getMany()));
    expect(found).toContain(ROWS_OF_B.canary);
    expect(found).not.toContain(ROWS_OF_A.canary);
  });

  it('is not moved by a parameter of the same name', async () => {
    const builder = net1.dataSource.createQueryBuilder(Doc, 'd').setParameter('__tenant', B);
    expect(JSON.stringify(await inScopeOf(A, () => builder.getMany()))).not.toContain(ROWS_OF_B.canary);
  });
});
