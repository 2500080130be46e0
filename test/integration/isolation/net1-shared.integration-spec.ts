import { StatementRefusedError, TenantMismatchError } from '../../../src/tenant/errors/isolation.errors.js';
import {
  A,
  B,
  COUNTRY,
  inScopeOf,
  openNet1,
  ROWS_OF_A,
  ROWS_OF_B,
  SHARED_TEMPLATE,
  type Net1,
} from './net1-database.js';
import { Country, Doc, Folder, Template } from './net1-entities.js';

describe('Net 1: shared and mixed entities', () => {
  let net1: Net1;

  beforeAll(async () => {
    net1 = await openNet1();
  });
  beforeEach(() => net1.reset());
  afterAll(() => net1.close());

  const templates = () => net1.dataSource.getRepository(Template);
  const nameInDatabase = async (id: string): Promise<string | undefined> => {
    const [row] = await net1.database.query<{ name: string }>('SELECT name FROM template WHERE id = $1', [
      id,
    ]);
    return row?.name;
  };

  describe('@TenantShared()', () => {
    it('is read by every tenant, in joins, too', async () => {
      for (const tenant of [A, B]) {
        await inScopeOf(tenant, async () => {
          expect(await net1.dataSource.getRepository(Country).find()).toEqual([COUNTRY]);
          const folders = await net1.dataSource.getRepository(Folder).find({ relations: { country: true } });
          expect(folders.map(({ country }) => country?.name)).toContain(COUNTRY.name);
        });
      }
    });

    it('is not written through relations', async () => {
      const rename = inScopeOf(A, () =>
        net1.dataSource.getRepository(Country).save({ id: COUNTRY.id, name: 'Dystopia' }),
      );
      await expect(rename).rejects.toThrow(StatementRefusedError);
    });
  });

  describe('@TenantShared({ own: true })', () => {
    it("reads own and shared rows, never another tenant's", async () => {
      const found = await inScopeOf(A, () => templates().find({ order: { name: 'ASC' } }));
      expect(found.map(({ id }) => id).sort()).toEqual([ROWS_OF_A.template, SHARED_TEMPLATE.id].sort());
      expect(await inScopeOf(A, () => templates().findOneBy({ id: ROWS_OF_B.template }))).toBeNull();
      expect(await inScopeOf(A, () => templates().count())).toBe(2);
    });

    it('is not widened by an OR of the caller', async () => {
      const found = await inScopeOf(A, () =>
        net1.dataSource.createQueryBuilder(Template, 't').where('1=0').orWhere('1=1').getMany(),
      );
      expect(found).toHaveLength(2);
    });

    it('does not widen what is read next to it', async () => {
      const rows = await inScopeOf(A, () =>
        net1.dataSource
          .createQueryBuilder()
          .select(['d.title', 't.name'])
          .from(Doc, 'd')
          .addFrom(Template, 't')
          .getRawMany(),
      );
      expect(rows).toHaveLength(2 * 2);
      expect(JSON.stringify(rows)).not.toContain(ROWS_OF_B.canary);
    });

    it('stamps new rows', async () => {
      const saved = await inScopeOf(A, () => templates().save({ name: 'mine' }));
      expect(saved.tenantId).toBe(A);
    });

    it.each([
      ['another tenant', B],
      ['all', null],
    ])('lets nobody insert a row of %s', async (_, tenantId) => {
      await expect(inScopeOf(A, () => templates().insert({ name: 'x', tenantId }))).rejects.toThrow(
        TenantMismatchError,
      );
      const quietly = inScopeOf(A, () =>
        net1.dataSource
          .createQueryBuilder()
          .insert()
          .into(Template)
          .values({ name: 'x', tenantId })
          .callListeners(false)
          .execute(),
      );
      await expect(quietly).rejects.toThrow(TenantMismatchError);
    });

    it.each([
      ['own', ROWS_OF_A.template, 1],
      ["another tenant's", ROWS_OF_B.template, 0],
      ['shared', SHARED_TEMPLATE.id, 0],
    ])('updates and deletes only own rows: %s', async (_, id, affected) => {
      await inScopeOf(A, async () => {
        expect((await templates().update(id, { name: 'new' })).affected).toBe(affected);
        expect((await templates().delete(id)).affected).toBe(affected);
      });
      expect((await nameInDatabase(id)) === undefined).toBe(affected === 1);
    });

    it('does not save a shared row that was loaded', async () => {
      const shared = await inScopeOf(A, () => templates().findOneByOrFail({ id: SHARED_TEMPLATE.id }));
      await expect(
        inScopeOf(A, () => templates().save(Object.assign(shared, { name: 'new' }))),
      ).rejects.toThrow(TenantMismatchError);
    });

    it.each([
      ['own', ROWS_OF_A.template, 'new'],
      ["another tenant's", ROWS_OF_B.template, `${ROWS_OF_B.canary} template`],
      ['shared', SHARED_TEMPLATE.id, SHARED_TEMPLATE.name],
    ])('upserts by id only own rows: %s', async (_, id, name) => {
      await inScopeOf(A, () => templates().upsert({ id, name: 'new' }, ['id']));
      expect(await nameInDatabase(id)).toBe(name);
    });

    it.each([
      ["another tenant's", ROWS_OF_B.template, `${ROWS_OF_B.canary} template`],
      ['shared', SHARED_TEMPLATE.id, SHARED_TEMPLATE.name],
    ])('does not let a condition of the caller widen an upsert: %s', async (_, id, name) => {
      await inScopeOf(A, () =>
        net1.dataSource
          .createQueryBuilder()
          .insert()
          .into(Template)
          .values({ id, name: 'new' })
          .orUpdate(['name'], ['id'], { overwriteCondition: { where: '1=0 OR 1=1' } })
          .execute(),
      );
      expect(await nameInDatabase(id)).toBe(name);
    });

    it('upserts by a unique name next to the row of that name of all', async () => {
      await inScopeOf(A, () => templates().upsert({ name: SHARED_TEMPLATE.name }, ['name']));
      expect(await inScopeOf(A, () => templates().countBy({ name: SHARED_TEMPLATE.name }))).toBe(2);
      expect(await inScopeOf(B, () => templates().countBy({ name: SHARED_TEMPLATE.name }))).toBe(1);
    });
  });
});
