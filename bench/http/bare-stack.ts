import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { emptyController, filteringController, StoredDocument } from './controllers.js';
import { POOL_SIZE, type ServerOptions } from './server-options.js';

@Module({})
class BareModule {}

/** NestJS and stock TypeORM: nobody is asked who they are. */
export function bareStack({ databaseUrl: url }: ServerOptions): DynamicModule {
  if (url === undefined) return { module: BareModule, controllers: [emptyController()] };
  const entities = [StoredDocument];
  return {
    module: BareModule,
    imports: [
      TypeOrmModule.forRoot({
        type: 'postgres',
        url,
        entities,
        poolSize: POOL_SIZE,
        installExtensions: false,
      }),
      TypeOrmModule.forFeature(entities),
    ],
    controllers: [filteringController()],
  };
}
