import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ensureOperatorKey } from '../../src/auth/operator-key.js';
import { loadConfig } from '../../src/config/app-config.js';
import { createApp } from '../../src/create-app.js';
import type { DataSourceFactory } from '../../src/database/data-sources.js';
import { createFastifyAdapter } from '../../src/edge/http-adapter.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { expressRoutes, recordFastifyRoutes, type Route } from './routes.js';

export const ADAPTERS = ['fastify', 'express'] as const;
export type Adapter = (typeof ADAPTERS)[number];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server answered has no type of ours
  readonly body: any;
}

export interface Call {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A tenant with a key of its own, as an operator set it up. */
export interface TestTenant {
  readonly id: string;
  readonly slug: string;
  readonly key: string;
}

export interface BackendOptions {
  readonly adapter?: Adapter;
  /** Shared with other backends; left out, the backend has one of its own. */
  readonly database?: TestDatabase;
  readonly createTenantDataSource?: DataSourceFactory;
  readonly environment?: Record<string, string>;
}

/** The reference backend on a free port and a database of its own. */
export class TestBackend {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    readonly database: TestDatabase,
    readonly operatorKey: string,
    /** What its router answers to. */
    readonly routes: readonly Route[],
    private readonly ownsDatabase: boolean,
  ) {}

  static async start({
    adapter = 'fastify',
    database,
    createTenantDataSource,
    environment,
  }: BackendOptions = {}): Promise<TestBackend> {
    const used = database ?? (await createTestDatabase());
    const operatorKey = `operator-${randomBytes(24).toString('base64url')}`;
    const config = loadConfig({
      PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_URL: used.urls.tenant,
      CONTROL_DATABASE_URL: used.urls.control,
      SECRET_KEY: 'the-secret-key-of-the-tests-0123456789',
      ...environment,
    });
    const options = {
      config,
      database: { tenantUrl: used.urls.tenant, controlUrl: used.urls.control },
      ...(createTenantDataSource && { createTenantDataSource }),
    };
    const fastify = createFastifyAdapter({ trustProxy: config.trustProxy });
    const fastifyRoutes = recordFastifyRoutes(fastify);
    const app = await createApp(options, adapter === 'express' ? new ExpressAdapter() : fastify);
    await ensureOperatorKey(
      app.get<DataSource>(getDataSourceToken('control')),
      config.secretKey,
      operatorKey,
    );
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const routes = adapter === 'express' ? expressRoutes(app) : fastifyRoutes;
    return new TestBackend(
      app,
      `http://127.0.0.1:${port}`,
      used,
      operatorKey,
      routes,
      database === undefined,
    );
  }

  async call(method: string, path: string, { key, body, headers }: Call = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  }

  async createTenant(name: string, plan = 'free', role = 'admin'): Promise<TestTenant> {
    const created = await this.call('POST', '/admin/tenants', {
      key: this.operatorKey,
      body: { name, plan, metadata: { contactEmail: 'ops@example.com', contactName: 'Ada' } },
    });
    if (created.status !== 201) throw new Error(`POST /admin/tenants: ${created.status} ${created.text}`);
    const { id, slug } = created.body as { id: string; slug: string };
    return { id, slug, key: await this.createKey(id, role) };
  }

  async createKey(tenantId: string, role = 'admin'): Promise<string> {
    const issued = await this.call('POST', `/admin/tenants/${tenantId}/api-keys`, {
      key: this.operatorKey,
      body: { name: 'test', role },
    });
    if (issued.status !== 201) throw new Error(`POST …/api-keys: ${issued.status} ${issued.text}`);
    return (issued.body as { key: string }).key;
  }

  async stop(): Promise<void> {
    // Keep-alive connections that fetch left open would be waited for.
    (this.app.getHttpServer() as Server).closeAllConnections();
    await this.app.close();
    if (this.ownsDatabase) await this.database.drop();
  }
}
