import { TenantPool } from '@parallax/tenant';
import type { NoLeakReport } from '@parallax/tenant/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { type DataSourceFactory, createTenantDataSource } from '../../src/database/data-sources.js';
import { DataSourceCheck } from '../../src/tenant/data-source-check.js';
import { TestBackend } from '../support/backend.js';
import { findBackendLeaks } from '../support/backend-leaks.js';

/** Stock TypeORM over our pool: what is left when net 1 is taken away. */
const withoutNet1: DataSourceFactory = (options) =>
  new DataSource({
    ...(options as PostgresDataSourceOptions),
    installExtensions: false,
    driver: { ...pg, Pool: TenantPool },
  });

interface Nets {
  readonly net1: boolean;
  readonly net2: boolean;
}

describe.each<[string, Nets]>([
  ['net 1 alone', { net1: true, net2: false }],
  ['net 2 alone', { net1: false, net2: true }],
  ['neither net', { net1: false, net2: false }],
])('every route, crossed by another tenant, with %s', (_, { net1, net2 }) => {
  let backend: TestBackend;
  let report: NoLeakReport;

  beforeAll(async () => {
    // It would refuse to start like this, which is its job; here the net is taken away on purpose.
    if (!net1) jest.spyOn(DataSourceCheck.prototype, 'onModuleInit').mockImplementation();
    backend = await TestBackend.start({
      createTenantDataSource: net1 ? createTenantDataSource : withoutNet1,
    });
    if (!net2) await backend.database.query('ALTER TABLE agents DISABLE ROW LEVEL SECURITY');
    report = await findBackendLeaks(backend);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await backend.stop();
  });

  const leaks = (): string[] => report.findings.map(({ kind, route }) => `${kind} ${route}`);

  if (net1 || net2) {
    it('reaches nothing of the other tenant', () => {
      expect(leaks()).toEqual([]);
      expect(report.proved.length).toBeGreaterThan(12);
    });
  } else {
    it('is found out: the suite goes red', () => {
      expect(leaks()).toEqual(
        expect.arrayContaining([
          'body GET /api/agents',
          'body GET /api/agents/:id',
          'foreign-write PATCH /api/agents/:id',
          'foreign-write DELETE /api/tenants/:tenantId/agents/:id',
        ]),
      );
    });
  }
});
