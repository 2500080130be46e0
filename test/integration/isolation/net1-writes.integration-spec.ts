import { TenantMismatchError } from '../../../src/tenant/errors/isolation.errors.js';
import type { TenantDataSource } from '../../../src/tenant/isolation/orm/tenant-data-source.js';
import { A, B, inScopeOf, openNet1, ROWS_OF_A, ROWS_OF_B, SAME_ID, type Net1 } from './net1-database.js';
import { Badge, Doc, Folder } from './net1-entities.js';

type Write = (dataSource: TenantDataSource) => Promise<unknown>;

/** What the suite of operations does not ask: with which error, and what exactly is written. */
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

  it('fills in the tenant of a saved entity', async () => {
    const saved = await inA((ds) => ds.getRepository(Doc).save({ slug: 'x', title: 'x' }));
    expect(saved).toMatchObject({ tenantId: A });
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
    await expect(inA(write)).rejects.toThrow(TenantMismatchError);
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
});
