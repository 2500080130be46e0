import pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { TenantPool } from '../client/tenant-pool.js';
import { tenantDataSourceOptions } from './tenant-data-source-options.js';

describe(tenantDataSourceOptions.name, () => {
  it('connects through the pool that sets the tenant, and installs no extensions', () => {
    const options = tenantDataSourceOptions({ type: 'postgres', host: 'db' }, TenantPool);
    expect(options).toMatchObject({ type: 'postgres', host: 'db', installExtensions: false });
    expect(options.driver).toMatchObject({ Pool: TenantPool, types: pg.types });
  });

  it('leaves pg itself as it is', () => {
    tenantDataSourceOptions({ type: 'postgres' }, TenantPool);
    expect(pg.Pool).not.toBe(TenantPool);
  });

  it.each([undefined, { type: 'mysql' as const }])('refuses %j, which is not PostgreSQL', (options) => {
    expect(() => tenantDataSourceOptions(options, TenantPool)).toThrow(ConfigurationError);
  });

  it('names every option it cannot work with', () => {
    const options = {
      type: 'postgres',
      cache: true,
      synchronize: true,
      dropSchema: true,
      driver: pg,
    } as const;
    expect(() => tenantDataSourceOptions(options, TenantPool)).toThrow(
      /- cache .*\n- synchronize .*\n- dropSchema .*\n- driver /,
    );
  });

  it('takes those options when they are off', () => {
    expect(() => tenantDataSourceOptions({ type: 'postgres', synchronize: false }, TenantPool)).not.toThrow();
  });
});
