import { TypeOrmModule } from '@nestjs/typeorm';
import { TenantDataSource, type TenantPoolConfig } from '@parallax/tenant';

export const tenantsRows = TypeOrmModule.forRootAsync({
  useFactory: () => ({
    type: 'postgres',
    url: process.env.DATABASE_URL,
    poolSize: 20,
    extra: {
      maxPerTenant: 5,
      maxWaiting: 400,
      maxWaitingPerTenant: 50,
      statementTimeoutMs: ({ limits }) => limits.statementMs, // null: the server's own
    } satisfies TenantPoolConfig,
  }),
  dataSourceFactory: (options) => Promise.resolve(new TenantDataSource(options)),
});
