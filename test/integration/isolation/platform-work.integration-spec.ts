import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import {
  ConfigurationError,
  ForbiddenError,
  InMemoryQuotaStore,
  InMemoryTenantStore,
  PLAN_CATALOG,
  QuotaManager,
  RegistryQuotaTerms,
  PlanDirectory,
  type PlatformWork,
  type Principal,
  runAsPlatform,
  TenantDataSource,
  TenantEntity,
  TenantSchemaDataSource,
  TenantService,
  tryGetTenantContext,
} from '@parallax/tenant';
import { Agent } from '../../../src/agents/agent.entity.js';
import { runInScope, TenantScope } from '../../../src/tenant/context/tenant-scope.js';
import { ModuleRuntime } from '../../../src/tenant/module-runtime.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A, B, inScopeOf, TENANTS } from '../../support/notes.js';

const C = TENANTS[2]!;
const SAME_ID = '00000000-0000-4000-8000-0000000000ff';
const DENIED = { driverError: { code: '42501' } };
const work: PlatformWork = {
  permission: 'tenants:support',
  reason: 'ticket 4711',
  tenantIds: [A],
  as: 'process',
};
const operator: Principal = { id: 'op-1', kind: 'operator', roles: [], permissions: ['tenants:support'] };

describe(runAsPlatform.name, () => {
  let database: TestDatabase;
  let control: DataSource;
  let tenants: TenantDataSource;
  let runtime: ModuleRuntime;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    control = await new TenantSchemaDataSource({
      type: 'postgres',
      url: database.urls.control,
      entities: [Agent, TenantEntity],
      poolSize: 1,
    }).initialize();
    tenants = await new TenantDataSource({
      type: 'postgres',
      url: database.urls.tenant,
      entities: [Agent],
    }).initialize();
    runtime = runtimeWith(control);
    runtime.onModuleInit();
    await database.query('ALTER TABLE agents DISABLE TRIGGER tenant_allocation');
  });
  beforeEach(async () => {
    await database.query('TRUNCATE agents, platform_access_log');
    for (const tenant of [A, B, C]) {
      await database.query('INSERT INTO agents (tenant_id, id, name) VALUES ($1, $2, $3)', [
        tenant,
        SAME_ID,
        `CANARY-${tenant}`,
      ]);
    }
  });
  afterAll(async () => {
    runtime.onApplicationShutdown();
    await tenants.destroy();
    await control.destroy();
    await database.drop();
  });

  const runtimeWith = (controlPlane?: DataSource): ModuleRuntime => {
    const store = new InMemoryTenantStore();
    const [service, plans] = [new TenantService(store), new PlanDirectory(PLAN_CATALOG)];
    return new ModuleRuntime(
      { store, ...(controlPlane && { controlPlane }) },
      service,
      plans,
      new QuotaManager(new InMemoryQuotaStore(new RegistryQuotaTerms(service, plans))),
    );
  };
  const inRequestOf = <T>(principal: Principal | undefined, fn: () => T): T =>
    runInScope(new TenantScope(runtime, undefined, principal), fn);
  const log = (): Promise<object[]> =>
    database.query(
      'SELECT actor, permission, reason, tenant_ids, write FROM platform_access_log ORDER BY at',
    );
  const namesOf = async (tenant: string): Promise<string[]> =>
    (await database.query<{ name: string }>('SELECT name FROM agents WHERE tenant_id = $1', [tenant])).map(
      ({ name }) => name,
    );
  const tenantsSeen = async (manager: EntityManager): Promise<string[]> =>
    (await manager.find(Agent)).map(({ tenantId }) => tenantId).sort();
  const rename = (manager: EntityManager): Promise<unknown> =>
    manager.createQueryBuilder().update(Agent).set({ name: 'renamed' }).execute();

  describe('what it sees', () => {
    it('is the rows of the tenants named', async () => {
      expect(await runAsPlatform(work, tenantsSeen)).toEqual([A]);
      expect(await runAsPlatform({ ...work, tenantIds: [A, C] }, tenantsSeen)).toEqual([A, C]);
      expect(await runAsPlatform({ ...work, tenantIds: [randomUUID()] }, tenantsSeen)).toEqual([]);
    });

    it('tells apart the rows of two tenants that have one id', async () => {
      const agents = await runAsPlatform({ ...work, tenantIds: [A, B] }, (manager) => manager.find(Agent));
      expect(agents.map(({ id, name }) => [id, name]).sort()).toEqual([
        [SAME_ID, `CANARY-${A}`],
        [SAME_ID, `CANARY-${B}`],
      ]);
    });

    it('is not the tables of the control plane, its log included', async () => {
      await expect(runAsPlatform(work, (manager) => manager.find(TenantEntity))).rejects.toMatchObject(
        DENIED,
      );
      const erase = (manager: EntityManager): Promise<unknown> =>
        manager.query('DELETE FROM platform_access_log');
      await expect(runAsPlatform({ ...work, write: true }, erase)).rejects.toMatchObject(DENIED);
      expect(await control.manager.find(TenantEntity)).toEqual([]);
    });

    it('is over with it: nothing stays on the connection', async () => {
      await runAsPlatform(work, tenantsSeen);
      await expect(runAsPlatform(work, (manager) => manager.query('SELECT 1/0'))).rejects.toThrow(/division/);
      await expect(control.manager.find(Agent)).rejects.toMatchObject(DENIED);
      const [left] = await control.query<[{ tenants: string; role: string }]>(
        `SELECT current_setting('app.tenant_ids', true) AS tenants, current_user::text AS role`,
      );
      expect(left).toEqual({ tenants: '', role: database.roles.control });
    });
  });

  describe('what it writes', () => {
    it('is nothing unless it says that it writes', async () => {
      await expect(runAsPlatform(work, rename)).rejects.toMatchObject(DENIED);
      await expect(runAsPlatform({ ...work, write: false }, rename)).rejects.toMatchObject(DENIED);
      expect(await namesOf(A)).toEqual([`CANARY-${A}`]);
      await runAsPlatform({ ...work, write: true }, rename);
      expect(await namesOf(A)).toEqual(['renamed']);
    });

    it('is rows of the tenants named', async () => {
      await runAsPlatform({ ...work, tenantIds: [A, C], write: true }, rename);
      expect([await namesOf(A), await namesOf(B), await namesOf(C)]).toEqual([
        ['renamed'],
        [`CANARY-${B}`],
        ['renamed'],
      ]);
      const create = (tenantId: string) => (manager: EntityManager) =>
        manager.insert(Agent, { tenantId, name: 'new' });
      await runAsPlatform({ ...work, write: true }, create(A));
      await expect(runAsPlatform({ ...work, write: true }, create(B))).rejects.toMatchObject(DENIED);
      expect(await namesOf(B)).toEqual([`CANARY-${B}`]);
    });
  });

  describe('the log', () => {
    it('says who saw what, and why', async () => {
      await runAsPlatform({ ...work, tenantIds: [A, B] }, tenantsSeen);
      await inRequestOf(operator, () => runAsPlatform({ ...work, write: true }, rename));
      const { permission, reason } = work;
      expect(await log()).toEqual([
        { actor: 'process', permission, reason, tenant_ids: [A, B], write: false },
        { actor: 'operator:op-1', permission, reason, tenant_ids: [A], write: true },
      ]);
    });

    it('is there before the work, and stays when the work fails, of which nothing stays', async () => {
      const fail = runAsPlatform({ ...work, write: true }, async (manager) => {
        await rename(manager);
        expect(await log()).toHaveLength(1);
        throw new Error('half-way');
      });
      await expect(fail).rejects.toThrow('half-way');
      expect(await log()).toMatchObject([{ tenant_ids: [A], write: true }]);
      expect(await namesOf(A)).toEqual([`CANARY-${A}`]);
      await runAsPlatform({ ...work, write: true }, rename);
      expect([await log(), await namesOf(A)]).toEqual([[expect.anything(), expect.anything()], ['renamed']]);
    });

    it('comes first: without it nothing runs', async () => {
      const fn = jest.fn(tenantsSeen);
      const { control: role } = database.roles;
      await database.query(`REVOKE INSERT ON platform_access_log FROM ${role}`);
      await expect(runAsPlatform(work, fn)).rejects.toMatchObject(DENIED);
      expect(fn).not.toHaveBeenCalled();
      await database.query(`GRANT INSERT ON platform_access_log TO ${role}`);
      await runAsPlatform(work, fn);
      expect(fn).toHaveBeenCalledTimes(1);
    });
  });

  describe('who may', () => {
    it('is, in a request, a caller who holds the permission', async () => {
      expect(await inRequestOf(operator, () => runAsPlatform(work, tenantsSeen))).toEqual([A]);
    });

    it('is, in a job, the process itself, in a scope it opened for a tenant too', async () => {
      const tenantA = { tenantId: A, tenantSlug: 'a', plan: 'free', limits: {}, features: {} };
      const job = new TenantScope(runtime, tenantA, undefined, 'process');
      expect(await runInScope(job, () => runAsPlatform({ ...work, tenantIds: [B] }, tenantsSeen))).toEqual([
        B,
      ]);
      expect(await log()).toMatchObject([{ actor: 'process', tenant_ids: [B] }]);
    });

    it('is nobody where no scope is, unless it says that it is the process', async () => {
      const { permission, reason, tenantIds } = work;
      const unsaid = { permission, reason, tenantIds };
      const fn = jest.fn(tenantsSeen);
      await expect(runAsPlatform(unsaid, fn)).rejects.toThrow(/Nobody is calling; .* as: 'process'/);
      expect(fn).not.toHaveBeenCalled();
      expect(await runAsPlatform({ ...unsaid, as: 'process' }, tenantsSeen)).toEqual([A]);
    });

    it.each<[string, Principal | undefined]>([
      ['another permission', { ...operator, permissions: ['tenants:read'] }],
      ['no permission', { ...operator, permissions: [] }],
      ['only a role of that name', { id: 'op-1', kind: 'operator', roles: ['tenants:support'] }],
      ['no principal at all', undefined],
    ])('is, in a request, nobody with %s', async (_, principal) => {
      const fn = jest.fn(tenantsSeen);
      await expect(inRequestOf(principal, () => runAsPlatform(work, fn))).rejects.toThrow(ForbiddenError);
      expect(fn).not.toHaveBeenCalled();
      expect(await log()).toEqual([]);
    });
  });

  describe('inside it', () => {
    it('the repositories of tenants refuse, whatever the scope round it', async () => {
      const find = (): Promise<Agent[]> => tenants.getRepository(Agent).find();
      await expect(runAsPlatform(work, find)).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
      const tenantA = { tenantId: A, tenantSlug: 'a', plan: 'free', limits: {}, features: {} };
      await runInScope(new TenantScope(runtime, tenantA, operator), async () => {
        expect(await find()).toHaveLength(1);
        await expect(runAsPlatform(work, find)).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
        expect(tryGetTenantContext()?.tenantId).toBe(A);
        expect(await find()).toHaveLength(1);
      });
    });

    it('a tenant’s scope gives no more than the platform’s role', async () => {
      const inScopeOfB = (manager: EntityManager): Promise<string[]> =>
        inScopeOf(B, () => tenantsSeen(manager));
      expect(await runAsPlatform(work, inScopeOfB)).toEqual([A]);
    });
  });

  describe('is refused, before anything is sent,', () => {
    it.each<[string, Partial<PlatformWork>]>([
      ['without tenants', { tenantIds: [] }],
      ['with an id that is none', { tenantIds: [A, 'nonsense'] }],
      ['with an id in another spelling', { tenantIds: [A.replaceAll('-', '')] }],
      ['with an id that ends a list', { tenantIds: [`${A},${B}`] }],
      ['with an id that ends a literal', { tenantIds: [`${A}}'; RESET ROLE; --`] }],
      ['without a reason', { reason: ' ' }],
      ['without a permission', { permission: '' }],
    ])('%s', async (_, wrong) => {
      const fn = jest.fn(tenantsSeen);
      await expect(runAsPlatform({ ...work, ...wrong }, fn)).rejects.toThrow(ConfigurationError);
      expect(fn).not.toHaveBeenCalled();
      expect(await log()).toEqual([]);
    });

    it('without a control plane', async () => {
      const scope = new TenantScope(runtimeWith(), undefined, operator);
      const refused = async (): Promise<unknown> => runInScope(scope, () => runAsPlatform(work, tenantsSeen));
      await expect(refused()).rejects.toThrow(/needs the option `controlPlane`/);
    });
  });
});
