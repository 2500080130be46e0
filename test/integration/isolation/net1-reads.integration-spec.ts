import { A, B, inScopeOf, openNet1, ROWS_OF_A, ROWS_OF_B, SAME_ID, type Net1 } from './net1-database.js';
import { Doc, Folder, Memo } from './net1-entities.js';

/** What the suite of operations does not ask: what exactly is found. */
describe('Net 1: reads', () => {
  let net1: Net1;

  beforeAll(async () => {
    net1 = await openNet1();
    await net1.reset();
  });
  afterAll(() => net1.close());

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
});
