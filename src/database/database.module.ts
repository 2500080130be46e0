import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  controlDataSourceOptions,
  createControlDataSource,
  createTenantDataSource,
  type DataSourceFactory,
  tenantDataSourceOptions,
} from './data-sources.js';
import type { PreparedDatabase } from './prepared-database.js';

/** The two DataSources: tenants' work on one, the control plane on the other, each with a login of its own. */
@Module({})
export class DatabaseModule {
  static forRoot(
    { tenantUrl, controlUrl }: Pick<PreparedDatabase, 'tenantUrl' | 'controlUrl'>,
    createDataSource: DataSourceFactory = createTenantDataSource,
  ): DynamicModule {
    const tenant = tenantDataSourceOptions(tenantUrl);
    const control = controlDataSourceOptions(controlUrl);
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...tenant, retryAttempts: 1 }),
          dataSourceFactory: () => Promise.resolve(createDataSource(tenant)),
        }),
        TypeOrmModule.forRootAsync({
          name: 'control',
          useFactory: () => ({ ...control, retryAttempts: 1 }),
          dataSourceFactory: () => Promise.resolve(createControlDataSource(control)),
        }),
      ],
    };
  }
}
