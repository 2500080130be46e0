import type { DataSource } from 'typeorm';
import {
  ConfigurationError,
  ConflictError,
  definePlans,
  PLAN_CATALOG,
  type PlanCatalog,
  PlanDirectory,
  PlanEntity,
  type QuotaTerms,
  TenantEntity,
  TenantSchemaDataSource,
  TenantService,
  TypeOrmTenantStore,
} from '@parallax/tenant';
import { tenantStoreContract } from '@parallax/tenant/testing';
import { synchronizePlans } from '../../../src/tenant/plans/synchronize-plans.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

let database: TestDatabase;
let control: DataSource;

const connect = (to = database): Promise<DataSource> =>
  new TenantSchemaDataSource({
    type: 'postgres',
    url: to.urls.control,
    entities: [TenantEntity, PlanEntity],
    poolSize: 5,
  }).initialize();

beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  control = await connect();
});
afterAll(async () => {
  await control.destroy();
  await database.drop();
});

describe(TypeOrmTenantStore.name, () => {
  beforeAll(() => synchronizePlans(control, PLAN_CATALOG));

  const emptyStore = async (): Promise<TypeOrmTenantStore> => {
    await database.query('DELETE FROM tenants');
    return new TypeOrmTenantStore(control);
  };
  for (const { name, run } of tenantStoreContract) it(name, async () => run(await emptyStore()));

  it('gives one name to one of 20 tenants created at once, in two processes', async () => {
    const other = await connect();
    try {
      const services = [await emptyStore(), new TypeOrmTenantStore(other)].map(
        (store) => new TenantService(store, SILENT),
      );
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, at) => services[at % 2]!.createTenant('Café Müller')),
      );
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).toHaveLength(19);
      for (const { reason } of lost) {
        expect(reason).toBeInstanceOf(ConflictError);
        expect(reason).toMatchObject({ code: 'CONFLICT' });
      }
      expect(await services[0]!.listTenants({ limit: 10 })).toMatchObject([{ slug: 'cafe-muller' }]);
    } finally {
      await other.destroy();
    }
  });

  it('answers a malformed id as an unknown one, through the service too', async () => {
    const tenants = new TenantService(await emptyStore(), SILENT);
    await expect(tenants.getTenant('nonsense')).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    await expect(tenants.suspendTenant('nonsense', 'x')).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
  });

  it('takes no plan that is not on record', async () => {
    const store = await emptyStore();
    const catalog = definePlans({
      ...PLAN_CATALOG,
      plans: { ...PLAN_CATALOG.plans, unknown: PLAN_CATALOG.plans.free },
    });
    const tenants = new TenantService(store, SILENT, new PlanDirectory(catalog));
    await expect(tenants.createTenant('Acme', {}, 'unknown')).rejects.toMatchObject({
      driverError: { code: '23503' },
    });
    await expect(tenants.createTenant('Acme', {}, 'free')).resolves.toMatchObject({ plan: 'free' });
  });
});

describe(synchronizePlans.name, () => {
  beforeEach(async () => {
    await database.query('DELETE FROM tenants');
    await database.query('DELETE FROM plans');
  });

  const catalogOf = (version: number, maxAgents: number | null, features: string[] = []): PlanCatalog =>
    definePlans({
      limits: ['maxAgents', 'maxSeats'],
      features: ['export', 'sso'],
      plans: { pro: { version, priceCents: 2900, limits: { maxAgents, maxSeats: 0 }, features } },
    });
  const onRecord = (): Promise<object[]> =>
    database.query('SELECT name, version, limits, features FROM plans ORDER BY name, version');

  it('adds what is missing, once', async () => {
    const catalog = catalogOf(1, null, ['sso', 'export']);
    const first = await synchronizePlans(control, catalog);
    expect(first).toMatchObject([{ name: 'pro', version: 1, priceCents: 2900 }]);
    expect(await synchronizePlans(control, catalog)).toEqual(first);
    expect(await onRecord()).toEqual([
      { name: 'pro', version: 1, limits: { maxAgents: null, maxSeats: 0 }, features: ['export', 'sso'] },
    ]);
  });

  it('keeps the versions sold before and answers with them', async () => {
    await synchronizePlans(control, catalogOf(1, 3));
    const known = await synchronizePlans(control, catalogOf(2, 5));
    expect(known.map(({ version }) => version).sort()).toEqual([1, 2]);
    const directory = new PlanDirectory(catalogOf(2, 5), known);
    expect(directory.entitlements('pro', 1, {}).limits).toEqual({ maxAgents: 3, maxSeats: 0 });
    expect(directory.entitlements('pro', 2, {}).limits).toEqual({ maxAgents: 5, maxSeats: 0 });
  });

  it('takes features in another order for the same', async () => {
    await synchronizePlans(control, catalogOf(1, 3, ['export', 'sso']));
    await expect(synchronizePlans(control, catalogOf(1, 3, ['sso', 'export']))).resolves.toHaveLength(1);
  });

  it.each([
    ['a limit', catalogOf(1, 4, ['sso'])],
    ['a limit, now unlimited', catalogOf(1, null, ['sso'])],
    ['a feature more', catalogOf(1, 3, ['sso', 'export'])],
    ['a feature less', catalogOf(1, 3)],
  ])('refuses an edited version, and takes the edit as a new one: %s', async (_, edited) => {
    await synchronizePlans(control, catalogOf(1, 3, ['sso']));
    const before = await onRecord();
    await expect(synchronizePlans(control, edited)).rejects.toThrow(ConfigurationError);
    await expect(synchronizePlans(control, edited)).rejects.toThrow(
      /Plan pro version 1 differs.*raise it to 2/,
    );
    expect(await onRecord()).toEqual(before);
    const raised = { ...edited, plans: { pro: { ...edited.plans.pro!, version: 2 } } };
    await expect(synchronizePlans(control, raised)).resolves.toHaveLength(2);
  });

  describe('with terms of counted limits', () => {
    const counted = (quotas?: Record<string, QuotaTerms>, version = 1): PlanCatalog => {
      const { pro } = catalogOf(version, 3).plans;
      return definePlans({
        ...catalogOf(version, 3),
        kinds: { maxAgents: 'allocation', maxSeats: 'consumption' },
        plans: { pro: { ...pro!, ...(quotas && { quotas }) } },
      });
    };
    const soft: Record<string, QuotaTerms> = {
      maxAgents: { enforcement: 'soft', overageCap: 2, alertAt: [50, 100] },
    };

    it('records them as they are, and nothing where there are none', async () => {
      await synchronizePlans(control, counted());
      await synchronizePlans(control, counted(soft, 2));
      const [first, second] = await database.query('SELECT quotas FROM plans ORDER BY version');
      expect([first, second]).toEqual([{ quotas: {} }, { quotas: soft }]);
      const known = await synchronizePlans(control, counted(undefined, 3));
      const directory = new PlanDirectory(counted(undefined, 3), known);
      expect(directory.quotaTerms('pro', 2, 'maxAgents')).toMatchObject({
        enforcement: 'soft',
        overageCap: 2,
      });
      expect(directory.quotaTerms('pro', 3, 'maxAgents')).toMatchObject({ enforcement: 'hard' });
    });

    it('takes what is said with undefined for what is left out', async () => {
      await synchronizePlans(control, counted({ maxAgents: {} }));
      const same = { maxAgents: { overageCap: undefined } } as unknown as Record<string, QuotaTerms>;
      await expect(synchronizePlans(control, counted(same))).resolves.toHaveLength(1);
    });

    it.each<[string, Record<string, QuotaTerms> | undefined]>([
      ['dropped', undefined],
      ['of another enforcement', { maxAgents: { enforcement: 'hard' } }],
      ['with another cap', { maxAgents: { ...soft.maxAgents, overageCap: 3 } }],
      ['with other alerts', { maxAgents: { ...soft.maxAgents, alertAt: [100] } }],
      ['of one limit more', { ...soft, maxSeats: {} }],
    ])('refuses terms of a sold version that are edited: %s', async (_, edited) => {
      await synchronizePlans(control, counted(soft));
      await expect(synchronizePlans(control, counted(edited))).rejects.toThrow(/Plan pro version 1 differs/);
      await expect(synchronizePlans(control, counted(edited, 2))).resolves.toHaveLength(2);
    });

    it('says which migration is missing', async () => {
      const bare = await createTestDatabase();
      const dataSource = await connect(bare);
      try {
        await bare.query('ALTER TABLE plans DROP COLUMN quotas');
        await expect(synchronizePlans(dataSource, counted())).rejects.toThrow(ConfigurationError);
        await expect(synchronizePlans(dataSource, counted())).rejects.toThrow(/createQuotas\(queryRunner\)/);
      } finally {
        await dataSource.destroy();
        await bare.drop();
      }
    });
  });

  it('may be run by many processes at once', async () => {
    const others = await Promise.all([connect(), connect()]);
    try {
      const all = await Promise.all(
        Array.from({ length: 12 }, (_, at) => synchronizePlans([control, ...others][at % 3]!, PLAN_CATALOG)),
      );
      for (const known of all) expect(known).toHaveLength(Object.keys(PLAN_CATALOG.plans).length);
      expect(await onRecord()).toHaveLength(Object.keys(PLAN_CATALOG.plans).length);
    } finally {
      await Promise.all(others.map((other) => other.destroy()));
    }
  });
});
