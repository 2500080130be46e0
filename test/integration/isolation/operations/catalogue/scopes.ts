import type { DataSource, EntityManager } from 'typeorm';
import type { QueryResultCache } from 'typeorm/cache/QueryResultCache.js';
import type { QueryResultCacheOptions } from 'typeorm/cache/QueryResultCacheOptions.js';
import { inScopeOf, type Rows } from '../../net1-database.js';
import { Doc } from '../../net1-entities.js';
import type { Group } from '../operation.js';

/** Runs the rest in the scope of the tenant aimed at; A is entered when that is A. */
const asAimed = <T>({ tenantId }: Rows, work: () => T): T => inScopeOf(tenantId, work);

export const SCOPES_READ: Group = {
  row: 'nested transactions, savepoints, query runners and managers across two scopes: reads',
  kind: 'read',
  aimed: {
    'read in another scope of a transaction': (m, aim) =>
      m.transaction((inner) => asAimed(aim, () => inner.find(Doc))),
    'nested transaction in another scope': (m, aim) =>
      m.transaction((outer) => asAimed(aim, () => outer.transaction((inner) => inner.find(Doc)))),
    'two scopes at a time on one manager': (m, aim) =>
      m.transaction((inner) => Promise.all([inner.find(Doc), asAimed(aim, () => inner.find(Doc))])),
    'builder run in another scope of a transaction': (m, aim) =>
      m.transaction((inner) => {
        const made = inner.createQueryBuilder(Doc, 'd');
        return asAimed(aim, () => made.getMany());
      }),
    'builder made in another scope': (m, aim) => asAimed(aim, () => m.createQueryBuilder(Doc, 'd')).getMany(),
    'query runner leased in another scope': (m, aim) =>
      withQueryRunner(m.dataSource, async (manager) => {
        await manager.find(Doc);
        return asAimed(aim, () => manager.find(Doc));
      }),
  },
  all: {
    'nested transaction': (m) => m.transaction((outer) => outer.transaction((inner) => inner.find(Doc))),
    'isolation level': (m) => m.transaction('SERIALIZABLE', (inner) => inner.find(Doc)),
    'query runner of its own': (m) => withQueryRunner(m.dataSource, (manager) => manager.find(Doc)),
    'query runner given to a builder': (m) =>
      withQueryRunner(m.dataSource, ({ queryRunner }) =>
        m.createQueryBuilder(Doc, 'd').setQueryRunner(queryRunner!).getMany(),
      ),
  },
  outcomes: { 'net 1 alone': 'beyond' },
  exceptions: {
    'builder made in another scope': {},
    'nested transaction': {},
    'isolation level': {},
    'query runner of its own': {},
    'query runner given to a builder': {},
  },
};

export const SCOPES_WRITE: Group = {
  row: 'nested transactions across two scopes: writes',
  kind: 'write',
  aimed: {
    'write in another scope of a transaction': (m, aim) =>
      m.transaction((inner) => asAimed(aim, () => inner.update(Doc, aim.doc, { title: 'new' }))),
    'nested transaction that writes in another scope': (m, aim) =>
      m.transaction((outer) =>
        asAimed(aim, () => outer.transaction((inner) => inner.insert(Doc, { slug: 'x', title: 'x' }))),
      ),
  },
  outcomes: { 'net 1 alone': 'beyond' },
};

export const CACHE: Group = {
  row: 'query cache, by id and without',
  kind: 'read',
  aimed: {
    'cache without id': (m, aim) =>
      withCache(m.dataSource, async () => {
        await asAimed(aim, () => m.dataSource.manager.find(Doc, { cache: true }));
        return m.find(Doc, { cache: true });
      }),
    'cache by id': (m, aim) =>
      withCache(m.dataSource, async () => {
        const cached = (manager: EntityManager) =>
          manager.createQueryBuilder(Doc, 'd').cache('docs', 60_000).getMany();
        await asAimed(aim, () => cached(m.dataSource.manager));
        return cached(m);
      }),
  },
  outcomes: { 'both nets': 'STATEMENT_REFUSED', 'net 1 alone': 'STATEMENT_REFUSED', 'net 2 alone': 'beyond' },
};

async function withQueryRunner<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    return await work(queryRunner.manager);
  } finally {
    await queryRunner.release();
  }
}

/** A cache of the process's own, keyed as TypeORM keys its caches. */
async function withCache<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  const stored = new Map<string, QueryResultCacheOptions>();
  const key = ({ identifier, query }: QueryResultCacheOptions): string => identifier ?? query ?? '';
  const cache: Partial<QueryResultCache> = {
    getFromCache: (options) => Promise.resolve(stored.get(key(options))),
    storeInCache: (options) => Promise.resolve(void stored.set(key(options), options)),
    isExpired: () => false,
  };
  dataSource.queryResultCache = cache as QueryResultCache;
  try {
    return await work();
  } finally {
    delete dataSource.queryResultCache;
  }
}
