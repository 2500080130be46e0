import { TenantClient, TenantDataSource, TenantPool, tryGetTenantContext } from '@parallax/tenant';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { FuzzNote } from './fuzz-note.entity.js';
import type { FuzzServer } from './fuzz-server.js';

/** A way to keep tenants apart, to be judged. */
export interface Subject {
  readonly name: string;
  pool(config: pg.PoolConfig, server: FuzzServer): pg.Pool;
  dataSource(server: FuzzServer): DataSource;
}

const optionsOf = ({ tenantUrl }: FuzzServer): PostgresDataSourceOptions => ({
  type: 'postgres',
  url: tenantUrl,
  entities: [FuzzNote],
});

const tenantPool: Subject['pool'] = (config) => new TenantPool(config);
const stockDataSource: Subject['dataSource'] = (server) =>
  new DataSource({
    ...optionsOf(server),
    installExtensions: false,
    driver: { ...pg, Pool: TenantPool },
  });

export const BOTH_NETS: Subject = {
  name: 'both nets',
  pool: tenantPool,
  dataSource: (server) => new TenantDataSource(optionsOf(server)),
};

/** Row-level security and the scoped client, under stock TypeORM: else net 1 would cover what they miss. */
export const NET_2_ALONE: Subject = { name: 'net 2 alone', pool: tenantPool, dataSource: stockDataSource };

/** What is commonly advised: reads the scope in a pool event. */
const acquireEvent: Subject = {
  name: 'pool with an acquire event',
  pool: (config, { roles }) => {
    const pool = new pg.Pool(config);
    pool.on('acquire', (client) => {
      const tenantId = tryGetTenantContext()?.tenantId;
      if (tenantId === undefined) return;
      client.query(`SET ROLE ${roles.tenantApp}; SET app.tenant_id = '${tenantId}'`).catch(() => undefined);
    });
    return pool;
  },
  dataSource: stockDataSource,
};

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

const lend = (client: pg.PoolClient | undefined, tenantId: string | undefined): void => {
  if (client) (client as unknown as TenantClient).lendTo(tenantId);
};

/** The scoped client in a pool that reads the scope when the connection comes, in the releasing caller's context. */
class UnboundPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: TenantClient });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const read = (): string | undefined => tryGetTenantContext()?.tenantId;
    if (!callback) {
      const tenantId = read();
      return super.connect().then((client) => {
        lend(client, tenantId);
        return releasedWhenQuiet(client);
      });
    }
    super.connect((error, client, done) => {
      lend(client, read());
      callback(error, client, done);
    });
    return undefined;
  }
}

const unbound: Subject = {
  name: 'pool whose query is not bound to its caller',
  pool: (config) => new UnboundPool(config),
  dataSource: stockDataSource,
};

/** All as it should be, but for the release, which hands on any connection. */
class StockReleasePool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: TenantClient });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const tenantId = tryGetTenantContext()?.tenantId;
    if (callback) {
      super.connect((error, client, done) => {
        lend(client, tenantId);
        callback(error, client, done);
      });
      return undefined;
    }
    return super.connect().then((client) => {
      lend(client, tenantId);
      return client;
    });
  }
}

const stockRelease: Subject = {
  name: 'pool that takes back any connection',
  pool: (config) => new StockReleasePool(config),
  dataSource: stockDataSource,
};

/** Each has the one mistake it is named after; the checker must find it. */
export const KNOWN_BAD: readonly Subject[] = [acquireEvent, unbound, stockRelease];

function releasedWhenQuiet(client: pg.PoolClient): pg.PoolClient {
  const release = client.release.bind(client);
  client.release = (error) =>
    release(error ?? (client.getTransactionStatus() === 'I' ? undefined : new Error('not idle')));
  return client;
}
