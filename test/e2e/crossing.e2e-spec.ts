import { TenantPool } from '@parallax/tenant';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { type DataSourceFactory, createTenantDataSource } from '../../src/database/data-sources.js';
import { DataSourceCheck } from '../../src/tenant/data-source-check.js';
import { TestBackend } from '../support/backend.js';
import {
  createMarkedTenant,
  crossRoutes,
  type MarkedTenant,
  ownerReaches,
  type Violation,
} from '../support/crossing.js';
import type { Route } from '../support/routes.js';

/** Stock TypeORM over our pool: what is left when net 1 is taken away. */
const withoutNet1: DataSourceFactory = (options) =>
  new DataSource({
    ...(options as PostgresDataSourceOptions),
    installExtensions: false,
    driver: { ...pg, Pool: TenantPool },
  });

/** Routes that are nobody's: they must answer without knowing any tenant. */
const OPEN = ['/health/', '/api/plans', '/docs', '/openapi.json'];
const KNOWN = [
  ...OPEN,
  '/admin/tenants',
  '/api/agents',
  '/api/entitlements',
  '/api/tenant',
  '/api/tenants/:tenantId/',
];

interface Nets {
  readonly net1: boolean;
  readonly net2: boolean;
}

describe.each<[string, Nets]>([
  ['both nets', { net1: true, net2: true }],
  ['net 1 alone', { net1: true, net2: false }],
  ['net 2 alone', { net1: false, net2: true }],
  ['neither net', { net1: false, net2: false }],
])('every route, crossed by another tenant, with %s', (_, { net1, net2 }) => {
  let backend: TestBackend;
  let tenantRoutes: Route[];
  let a: MarkedTenant;
  let b: MarkedTenant;
  let violations: Violation[];

  beforeAll(async () => {
    // It would refuse to start like this, which is its job; here the net is taken away on purpose.
    if (!net1) jest.spyOn(DataSourceCheck.prototype, 'onModuleInit').mockImplementation();
    backend = await TestBackend.start({
      createTenantDataSource: net1 ? createTenantDataSource : withoutNet1,
    });
    if (!net2) await backend.database.query('ALTER TABLE agents DISABLE ROW LEVEL SECURITY');
    const { routes } = backend;
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.filter(({ path }) => !KNOWN.some((known) => path.startsWith(known)))).toEqual([]);
    tenantRoutes = routes.filter(({ path }) => !OPEN.some((open) => path.startsWith(open)));
    a = await createMarkedTenant(backend, 'Alpha');
    b = await createMarkedTenant(backend, 'Beta');
    const crossable = tenantRoutes.filter(({ path }) => !path.startsWith('/admin'));
    expect(await ownerReaches(backend, crossable, b)).toEqual([]);
    violations = await crossRoutes(backend, tenantRoutes, a, b);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await backend.stop();
  });

  if (net1 || net2) {
    it('reaches nothing of the other tenant', () => {
      expect(violations).toEqual([]);
    });
  } else {
    it('is found out: the suite goes red', () => {
      const signs = violations.map(({ what }) => what);
      expect(signs).toContain('the canary of B in the answer');
      expect(signs).toContain('rows of B were changed');
    });
  }
});
