import { createHash } from 'node:crypto';
import { type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { runWithTenantContext, TenantDataSource } from '@parallax/tenant';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { ClsModule, ClsService } from 'nestjs-cls';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { BenchDatabase } from './database.js';
import { type DocumentClass, Reader } from './documents.js';
import { openScope } from './open-scope.js';

/** One way to serve a request of a tenant. */
export interface Variant {
  /** Runs one request; `work` may ask as often as it likes. */
  request(
    tenantId: string,
    entity: DocumentClass,
    work: (reader: Reader) => Promise<unknown>,
  ): Promise<unknown>;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

export type VariantName = 'scoped' | 'stock' | 'stock-prepared' | 'transaction' | 'nestjs-cls';

const optionsOf = (url: string, entities: DocumentClass[], poolSize: number): DataSourceOptions => ({
  type: 'postgres',
  url,
  entities,
  poolSize,
  installExtensions: false,
});

export async function openVariants(
  database: BenchDatabase,
  entities: DocumentClass[],
  tenantIds: readonly string[],
  poolSize: number,
): Promise<Record<VariantName, Variant>> {
  return {
    scoped: await openScoped(optionsOf(database.tenantUrl, entities, poolSize), tenantIds),
    stock: await openStock(optionsOf(database.stockUrl, entities, poolSize)),
    'stock-prepared': await openStock({
      ...optionsOf(database.stockUrl, entities, poolSize),
      driver: { ...pg, Pool: PreparingPool },
    }),
    transaction: await openTransaction(optionsOf(database.transactionUrl, entities, poolSize)),
    'nestjs-cls': await openNestjsCls(optionsOf(database.transactionUrl, entities, poolSize)),
  };
}

/** As shipped: both nets hold, nothing is filtered by hand. A tenant is found as on a request's path: in memory. */
async function openScoped(options: DataSourceOptions, tenantIds: readonly string[]): Promise<Variant> {
  const closeScope = await openScope(tenantIds);
  const dataSource = await new TenantDataSource(options).initialize();
  return {
    dataSource,
    request: (tenantId, entity, work) =>
      runWithTenantContext({ tenantId }, () => work(new Reader(dataSource.getRepository(entity)))),
    close: async () => {
      await dataSource.destroy();
      await closeScope();
    },
  };
}

/** No tenancy but a condition written by hand, which somebody will forget one day. */
async function openStock(options: DataSourceOptions): Promise<Variant> {
  const dataSource = await new DataSource(options).initialize();
  return {
    dataSource,
    request: (tenantId, entity, work) => work(new Reader(dataSource.getRepository(entity), { tenantId })),
    close: () => dataSource.destroy(),
  };
}

const SET_TENANT = "SELECT set_config('app.tenant_id', $1, true)";

/** Row-level security as most use it: a transaction for each request, which holds a connection. */
async function openTransaction(options: DataSourceOptions): Promise<Variant> {
  const dataSource = await new DataSource(options).initialize();
  return {
    dataSource,
    request: (tenantId, entity, work) =>
      dataSource.transaction(async (manager) => {
        await manager.query(SET_TENANT, [tenantId]);
        return work(new Reader(manager.getRepository(entity), { tenantId }));
      }),
    close: () => dataSource.destroy(),
  };
}

/** The same by the transactional plugin of nestjs-cls. */
async function openNestjsCls(options: DataSourceOptions): Promise<Variant> {
  const typeOrm = TypeOrmModule.forRoot({ ...options, retryAttempts: 0 });
  const app = await start(
    typeOrm,
    ClsModule.forRoot({
      plugins: [
        new ClsPluginTransactional({
          imports: [typeOrm],
          adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: getDataSourceToken() }),
        }),
      ],
    }),
  );
  const cls = app.get(ClsService);
  const host = app.get<TransactionHost<TransactionalAdapterTypeOrm>>(TransactionHost);
  return {
    dataSource: app.get(DataSource),
    request: (tenantId, entity, work) =>
      cls.run(() =>
        host.withTransaction(async () => {
          const manager = host.tx;
          await manager.query(SET_TENANT, [tenantId]);
          return work(new Reader(manager.getRepository(entity), { tenantId }));
        }),
      ),
    close: () => app.close(),
  };
}

@Module({})
class BenchModule {}

function start(...imports: NonNullable<ModuleMetadata['imports']>): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext({ module: BenchModule, imports }, { logger: ['error'] });
}

/** Names every statement, which TypeORM has no way to do: what preparing alone is worth. */
class PreparingClient extends pg.Client {
  static readonly names = new Map<string, string>();

  override readonly query = ((config: unknown, values?: unknown, callback?: unknown): unknown => {
    const ask = super.query.bind(this) as (...given: unknown[]) => unknown;
    if (typeof config !== 'string' || !Array.isArray(values)) return ask(config, values, callback);
    return ask({ name: PreparingClient.nameOf(config), text: config }, values, callback);
  }) as pg.Client['query'];

  static nameOf(text: string): string {
    const known = PreparingClient.names.get(text);
    if (known !== undefined) return known;
    const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
    PreparingClient.names.set(text, name);
    return name;
  }
}

class PreparingPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: PreparingClient });
  }
}
