import { randomUUID } from 'node:crypto';
import {
  definePlans,
  PlanDirectory,
  PlanEntity,
  PostgresAllocations,
  PostgresQuotaStore,
  QuotaManager,
  TenantEntity,
  TenantSchemaDataSource,
} from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const CATALOG = definePlans({
  limits: ['maxRuns', 'maxTokens', 'maxAtOnce', 'maxAgents', 'maxPerMinute', 'retentionDays'],
  kinds: {
    maxRuns: 'consumption',
    maxTokens: 'consumption',
    maxAtOnce: 'concurrency',
    maxAgents: 'allocation',
    maxPerMinute: 'rate',
  },
  features: [],
  plans: {
    ten: {
      version: 1,
      priceCents: 0,
      limits: { maxRuns: 10, maxTokens: 100, maxAtOnce: 2, maxAgents: 3, maxPerMinute: 5, retentionDays: 7 },
      features: [],
    },
    endless: {
      version: 1,
      priceCents: 0,
      limits: {
        maxRuns: null,
        maxTokens: null,
        maxAtOnce: null,
        maxAgents: null,
        maxPerMinute: null,
        retentionDays: null,
      },
      features: [],
    },
  },
});

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Quotas over a database of their own, by the plans `ten` and `endless`. */
export class QuotaDatabase {
  private constructor(
    private readonly database: TestDatabase,
    readonly control: DataSource,
    readonly quotas: QuotaManager,
  ) {}

  static async create(): Promise<QuotaDatabase> {
    const database = await createTestDatabase();
    for (const [name, { limits }] of Object.entries(CATALOG.plans)) {
      await database.query(
        `INSERT INTO plans (name, version, price_cents, limits, features) VALUES ($1, 1, 0, $2, '[]')`,
        [name, limits],
      );
    }
    const control = await connectControl(database.urls.control);
    return new QuotaDatabase(database, control, managerOver(control));
  }

  get controlUrl(): string {
    return this.database.urls.control;
  }

  query<Row extends object>(sql: string, params?: unknown[]): Promise<Row[]> {
    return this.database.query<Row>(sql, params);
  }

  async createTenant(plan = 'ten'): Promise<string> {
    const id = randomUUID();
    await this.query(
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
       VALUES ($1, 'A tenant', $2, 'active', $3, 1, now() - interval '3 days')`,
      [id, `t-${id}`, plan],
    );
    return id;
  }

  ledgerOf(tenantId: string): Promise<{ kind: string; amount: number; calls: number }[]> {
    return this.query(
      'SELECT kind, amount::int, calls FROM tenant_usage_ledger WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );
  }

  async expireAll(tenantId: string): Promise<void> {
    await this.query(
      `UPDATE quota_reservations SET expires_at = now() - interval '1 s' WHERE tenant_id = $1`,
      [tenantId],
    );
  }

  async drop(): Promise<void> {
    await this.control.destroy();
    await this.database.drop();
  }
}

export function connectControl(url: string): Promise<DataSource> {
  return new TenantSchemaDataSource({
    type: 'postgres',
    url,
    entities: [TenantEntity, PlanEntity],
    poolSize: 5,
    installExtensions: false,
  }).initialize();
}

export function managerOver(control: DataSource): QuotaManager {
  return new QuotaManager(new PostgresQuotaStore(control), SILENT, new PlanDirectory(CATALOG), {
    allocations: new PostgresAllocations(control),
  });
}
