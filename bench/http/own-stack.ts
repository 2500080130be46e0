import { type DynamicModule, type ExecutionContext, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RateLimit, RequireFeature, TenantDataSource, TenantModule } from '@parallax/tenant';
import type { DataSourceOptions } from 'typeorm';
import { emptyController, readingController, StoredDocument } from './controllers.js';
import { POOL_SIZE, type ServerOptions } from './server-options.js';
import { FEATURE, principalOf, storeOfTenants } from './tenants.js';

@Module({})
class OwnModule {}

interface Request {
  readonly headers: { readonly authorization?: string };
}

/** The library, as far as the stack goes. */
export async function ownStack({
  stack,
  databaseUrl,
  limit,
  windowSeconds,
}: ServerOptions): Promise<DynamicModule> {
  const tenancy = TenantModule.forRoot({
    store: await storeOfTenants(),
    globalGuard: stack !== 'scope',
    principal: (context: ExecutionContext) =>
      principalOf(context.switchToHttp().getRequest<Request>().headers.authorization),
  });
  const decorators = [
    ...(stack === 'feature' || stack === 'whole' ? [RequireFeature(FEATURE)] : []),
    ...(stack === 'whole' ? [RateLimit({ resource: 'calls', limit, window: windowSeconds })] : []),
  ];
  if (databaseUrl === undefined)
    return { module: OwnModule, imports: [tenancy], controllers: [emptyController(...decorators)] };
  return {
    module: OwnModule,
    imports: [tenancy, scopedConnection(databaseUrl), TenantModule.forFeature([StoredDocument])],
    controllers: [readingController(...decorators)],
  };
}

function scopedConnection(url: string): DynamicModule {
  const entities = [StoredDocument];
  const options: DataSourceOptions = {
    type: 'postgres',
    url,
    entities,
    poolSize: POOL_SIZE,
    installExtensions: false,
  };
  return TypeOrmModule.forRootAsync({
    useFactory: () => options,
    dataSourceFactory: () => Promise.resolve(new TenantDataSource(options)),
  });
}
