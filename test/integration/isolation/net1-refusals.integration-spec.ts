import { DataSource } from 'typeorm';
import {
  StatementRefusedError,
  TenantMismatchError,
  TenantScopeMissingError,
} from '../../../src/tenant/errors/isolation.errors.js';
import { LimitReachedError } from '../../../src/tenant/errors/entitlement.errors.js';
import type { TenantDataSource } from '../../../src/tenant/isolation/orm/tenant-data-source.js';
import { A, B, inScopeOf, openNet1, ROWS_OF_A, ROWS_OF_B, type Net1 } from './net1-database.js';
import { Country, Doc, ENTITIES, Folder } from './net1-entities.js';

type Attempt = (dataSource: TenantDataSource) => Promise<unknown>;

/** What the suite of operations cannot run, since it would end the database, or does not vary. */
const REFUSED: Record<string, Attempt> = {
  'a sub-query as text behind a space': (ds) =>
    ds.createQueryBuilder(Doc, 'd').addFrom(' (SELECT * FROM doc)', 'x').getRawMany(),
  'dropDatabase()': (ds) => ds.dropDatabase(),
  'synchronize()': (ds) => ds.synchronize(),
  'runMigrations()': (ds) => ds.runMigrations(),
};

const OUT_OF_SCOPE: Record<string, Attempt> = {
  find: (ds) => ds.getRepository(Doc).find(),
  count: (ds) => ds.getRepository(Doc).count(),
  qb: (ds) => ds.createQueryBuilder(Doc, 'd').getRawMany(),
  'a join from a shared entity': (ds) =>
    ds
      .createQueryBuilder(Country, 'c')
      .leftJoinAndMapMany('c.f', Folder, 'f', 'f.country_id = c.id')
      .getMany(),
  save: (ds) => ds.getRepository(Doc).save({ slug: 'x', title: 'x' }),
  'qb insert without listeners': (ds) =>
    ds
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x' })
      .callListeners(false)
      .execute(),
  'insert naming a tenant': (ds) => ds.getRepository(Doc).insert({ slug: 'x', title: 'x', tenantId: A }),
  update: (ds) => ds.getRepository(Doc).update(ROWS_OF_A.doc, { title: 'x' }),
  delete: (ds) => ds.getRepository(Doc).delete(ROWS_OF_A.doc),
};

describe('Net 1: refusals', () => {
  let net1: Net1;

  beforeAll(async () => {
    net1 = await openNet1();
    await net1.reset();
  });
  afterAll(() => net1.close());

  it.each(Object.entries(REFUSED))('%s', async (_, attempt) => {
    const before = [await net1.hashOf(A), await net1.hashOf(B)];
    const attempted = Promise.resolve().then(() => inScopeOf(A, () => attempt(net1.dataSource)));
    await expect(attempted).rejects.toThrow(StatementRefusedError);
    expect([await net1.hashOf(A), await net1.hashOf(B)]).toEqual(before);
  });

  it.each(Object.entries(OUT_OF_SCOPE))('%s outside a scope', async (_, attempt) => {
    const before = [await net1.hashOf(A), await net1.hashOf(B)];
    await expect(attempt(net1.dataSource)).rejects.toThrow(TenantScopeMissingError);
    expect([await net1.hashOf(A), await net1.hashOf(B)]).toEqual(before);
  });

  it('lets shared entities be read outside a scope', async () => {
    expect(await net1.dataSource.getRepository(Country).find()).toHaveLength(1);
  });

  it('raises the alarm when a foreign row was loaded nevertheless', () => {
    const subscriber = net1.dataSource.subscribers.at(-1)!;
    const metadata = net1.dataSource.getMetadata(Doc);
    const load = (tenantId: string): unknown =>
      inScopeOf(A, () => subscriber.afterLoad!({ tenantId }, { metadata } as never));
    expect(() => load(B)).toThrow(TenantMismatchError);
    expect(load(A)).toBeUndefined();
  });

  it('leaves other data sources of the process as they were', async () => {
    const plain = new DataSource({ type: 'postgres', url: net1.database.urls.admin, entities: ENTITIES });
    await plain.initialize();
    try {
      expect(await plain.createQueryBuilder(Doc, 'd').getCount()).toBe(4);
      const rename = plain
        .createQueryBuilder(Doc, 'd')
        .update()
        .set({ size: 1 })
        .where({ id: ROWS_OF_B.doc });
      expect((await rename.execute()).affected).toBe(1);
      expect(plain.subscribers).toEqual([]);
    } finally {
      await plain.destroy();
    }
  });

  it('raises the limit that a trigger holds, and not a wrapped database error', async () => {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'TN001', DETAIL = '{"resource":"maxDocs","limit":3}'; END $$`;
    const error = await net1.dataSource.query(raise).catch((raised: unknown) => raised);
    expect(error).toBeInstanceOf(LimitReachedError);
    expect(error).toMatchObject({ resource: 'maxDocs', limit: 3 });
  });

  it('leaves other database errors wrapped', async () => {
    await expect(net1.dataSource.query('SELECT 1/0')).rejects.toMatchObject({
      driverError: { code: '22012' },
    });
  });
});
