import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { LimitReachedError, TenantDataSource, TenantPool } from '@parallax/tenant';
import { Agent } from '../../../src/agents/agent.entity.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { inScopeOf } from '../../support/notes.js';

const INSERT = `INSERT INTO agents (name) VALUES ('an agent')`;
const reached = (limit: number, used = limit): object => ({
  code: 'TN001',
  resource: 'maxAgents',
  limit,
  used,
});

/** The error of a statement that the server refused, its detail read as the JSON it should be. */
async function refusalOf(answer: Promise<unknown>): Promise<object> {
  const failure: unknown = await answer.catch((error: unknown) => error);
  return readRefusal(failure);
}

function readRefusal(failure: unknown): object {
  if (!(failure instanceof pg.DatabaseError)) throw new Error('It was not refused', { cause: failure });
  return { code: failure.code, ...(JSON.parse(failure.detail ?? '{}') as object) };
}

type Limit = number | null | string;
interface TenantOptions {
  readonly plan?: string;
  readonly overrides?: Readonly<Record<string, Limit | boolean>>;
}

describe('Allocation limits', () => {
  let database: TestDatabase;
  let pool: TenantPool;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    pool = new TenantPool({ connectionString: database.urls.tenant, max: 5 });
    const plans = {
      three: { maxAgents: 3 },
      none: { maxAgents: 0 },
      unlimited: { maxAgents: null },
      silent: {},
    };
    for (const [name, limits] of Object.entries(plans)) {
      await database.query(
        `INSERT INTO plans (name, version, price_cents, limits, features) VALUES ($1, 1, 0, $2, '[]')`,
        [name, limits],
      );
    }
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const createTenant = async ({ plan = 'three', overrides = {} }: TenantOptions = {}): Promise<string> => {
    const id = randomUUID();
    await database.query(
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, limits, period_anchor)
       VALUES ($1, 'A tenant', $2, 'active', $3, 1, $4, now())`,
      [id, `t-${id.slice(0, 8)}`, plan, overrides],
    );
    return id;
  };
  const run = (tenant: string, sql: string, values?: unknown[]): Promise<pg.QueryResult> =>
    inScopeOf(tenant, () => pool.query(sql, values));
  const insert = async (tenant: string, times = 1): Promise<void> => {
    for (let at = 0; at < times; at += 1) await run(tenant, INSERT);
  };
  const insertAtOnce = (tenant: string, count: number): Promise<pg.QueryResult> =>
    run(tenant, `INSERT INTO agents (name) SELECT 'agent ' || n FROM generate_series(1, $1::int) n`, [count]);

  /** What is there, and what the counter says is there. */
  const counts = async (tenant: string): Promise<{ rows: number; used: number }> => {
    const [counted] = await database.query<{ rows: number; used: number }>(
      `SELECT (SELECT count(*)::int FROM agents WHERE tenant_id = $1) AS rows,
         coalesce((SELECT used::int FROM tenant_allocations WHERE tenant_id = $1), 0) AS used`,
      [tenant],
    );
    return counted!;
  };
  const both = (count: number): object => ({ rows: count, used: count });

  describe('are what the plan says', () => {
    it('a number: so many and no more', async () => {
      const tenant = await createTenant();
      await insert(tenant, 3);
      expect(await refusalOf(insert(tenant))).toEqual(reached(3));
      expect(await counts(tenant)).toEqual(both(3));
    });

    it('null: as many as one likes', async () => {
      const tenant = await createTenant({ plan: 'unlimited' });
      await insertAtOnce(tenant, 200);
      expect(await counts(tenant)).toEqual(both(200));
    });

    it.each(['none', 'silent'])('0, or a limit the plan does not name: none (%s)', async (plan) => {
      const tenant = await createTenant({ plan });
      expect(await refusalOf(insert(tenant))).toEqual(reached(0));
      expect(await counts(tenant)).toEqual(both(0));
    });

    it('of a tenant that is not in the registry: none', async () => {
      expect(await refusalOf(insert(randomUUID()))).toEqual(reached(0));
    });

    it('each tenant has its own', async () => {
      const [full, empty] = [await createTenant(), await createTenant()];
      await insert(full, 3);
      await insert(empty, 3);
      expect(await refusalOf(insert(full))).toEqual(reached(3));
    });
  });

  describe("are what the tenant's override says", () => {
    it.each([5, 1])('a number, in place of the plan: %d', async (limit) => {
      const tenant = await createTenant({ overrides: { maxAgents: limit } });
      await insert(tenant, limit);
      expect(await refusalOf(insert(tenant))).toEqual(reached(limit));
    });

    it('null: as many as one likes', async () => {
      const tenant = await createTenant({ plan: 'none', overrides: { maxAgents: null } });
      await insert(tenant, 4);
      expect(await counts(tenant)).toEqual(both(4));
    });

    it.each([0, '7', true])('0, or what is no limit: none (%j)', async (limit) => {
      const tenant = await createTenant({ plan: 'unlimited', overrides: { maxAgents: limit } });
      expect(await refusalOf(insert(tenant))).toEqual(reached(0));
    });

    it('of another limit: nothing to this one', async () => {
      const tenant = await createTenant({ overrides: { maxExecutions: 0 } });
      await insert(tenant, 3);
      expect(await refusalOf(insert(tenant))).toEqual(reached(3));
    });

    it('from the next statement on, also below what is there', async () => {
      const tenant = await createTenant();
      await insert(tenant, 3);
      const limitTo = (limit: number): Promise<unknown> =>
        database.query('UPDATE tenants SET limits = $2 WHERE id = $1', [tenant, { maxAgents: limit }]);
      await limitTo(2);
      expect(await refusalOf(insert(tenant))).toEqual(reached(2, 3));
      await run(tenant, `UPDATE agents SET name = 'renamed'`);
      expect(await counts(tenant)).toEqual(both(3));
      await limitTo(4);
      await insert(tenant);
      expect(await counts(tenant)).toEqual(both(4));
    });
  });

  describe('count what is there', () => {
    it('a rollback gives back, a savepoint its part', async () => {
      const tenant = await createTenant();
      await inScopeOf(tenant, async () => {
        const client = await pool.connect();
        for (const statement of ['BEGIN', INSERT, 'SAVEPOINT s', INSERT, INSERT, 'ROLLBACK TO s', 'COMMIT'])
          await client.query(statement);
        for (const statement of ['BEGIN', INSERT, INSERT, 'ROLLBACK']) await client.query(statement);
        client.release();
      });
      expect(await counts(tenant)).toEqual(both(1));
      await insert(tenant, 2);
      expect(await refusalOf(insert(tenant))).toEqual(reached(3));
    });

    it('a delete gives back', async () => {
      const tenant = await createTenant();
      await insert(tenant, 3);
      expect(await refusalOf(insert(tenant))).toEqual(reached(3));
      await run(tenant, 'DELETE FROM agents WHERE id = (SELECT id FROM agents LIMIT 1)');
      await insert(tenant);
      await run(tenant, 'DELETE FROM agents');
      expect(await counts(tenant)).toEqual(both(0));
    });

    it('a statement over the limit fails whole, one up to it passes', async () => {
      const tenant = await createTenant();
      expect(await refusalOf(insertAtOnce(tenant, 4))).toEqual(reached(3));
      expect(await counts(tenant)).toEqual(both(0));
      await insertAtOnce(tenant, 3);
      expect(await counts(tenant)).toEqual(both(3));
    });

    it('a row that was not inserted for a conflict is none', async () => {
      const tenant = await createTenant();
      const id = randomUUID();
      const insertThis = `INSERT INTO agents (id, name) VALUES ($1, 'x') ON CONFLICT`;
      for (const action of ['DO NOTHING', '(tenant_id, id) DO UPDATE SET name = excluded.name']) {
        for (let at = 0; at < 4; at += 1) await run(tenant, `${insertThis} ${action}`, [id]);
      }
      expect(await counts(tenant)).toEqual(both(1));
    });

    it('a row that an administrator moves is the new tenant’s, within its limit', async () => {
      const [from, to] = [await createTenant(), await createTenant({ overrides: { maxAgents: 1 } })];
      await insert(from, 2);
      const moveOne = `UPDATE agents SET tenant_id = $2 WHERE id = (SELECT id FROM agents WHERE tenant_id = $1 LIMIT 1)`;
      await database.query(moveOne, [from, to]);
      expect(await refusalOf(database.query(moveOne, [from, to]))).toEqual(reached(1));
      expect([await counts(from), await counts(to)]).toEqual([both(1), both(1)]);
    });

    it('as many as allowed, however many insert at once through however many pools', async () => {
      const tenant = await createTenant({ overrides: { maxAgents: 10 } });
      const other = new TenantPool({ connectionString: database.urls.tenant, max: 5 });
      try {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 60 }, (_, at) =>
            inScopeOf(tenant, () => (at % 2 ? pool : other).query(INSERT)),
          ),
        );
        const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
        expect(refused).toHaveLength(50);
        for (const { reason } of refused) expect(readRefusal(reason)).toEqual(reached(10));
        expect(await counts(tenant)).toEqual(both(10));
      } finally {
        await other.end();
      }
    });
  });

  describe('are out of reach for a tenant', () => {
    it.each([
      'SELECT FROM tenant_allocations',
      'UPDATE tenant_allocations SET used = 0',
      'DELETE FROM tenant_allocations',
      `INSERT INTO tenant_allocations VALUES (gen_random_uuid(), 'maxAgents', 0)`,
      'SELECT tenant_count_allocation()',
      'SELECT FROM tenants',
      `UPDATE tenants SET limits = '{"maxAgents": null}'`,
      `UPDATE plans SET limits = '{"maxAgents": null}'`,
    ])('%s', async (statement) => {
      await expect(run(await createTenant(), statement)).rejects.toMatchObject({ code: '42501' });
    });

    describe('and in reach of the control plane, to read and set right', () => {
      let control: pg.Client;
      beforeAll(async () => {
        control = new pg.Client({ connectionString: database.urls.control });
        await control.connect();
      });
      afterAll(() => control.end());

      it.each([
        'SELECT FROM tenant_allocations',
        'UPDATE tenant_allocations SET used = used',
        `INSERT INTO tenant_allocations (tenant_id, resource, used) VALUES (gen_random_uuid(), 'maxAgents', 0)`,
      ])('%s', async (statement) => {
        await expect(control.query(statement)).resolves.toBeDefined();
      });

      it.each([
        'DELETE FROM tenant_allocations',
        'TRUNCATE tenant_allocations',
        'UPDATE tenant_allocations SET tenant_id = gen_random_uuid()',
        'UPDATE tenant_allocations SET over_since = NULL',
        'UPDATE tenant_allocations SET would_deny = 0',
        'SELECT tenant_count_allocation()',
      ])('but not: %s', async (statement) => {
        await expect(control.query(statement)).rejects.toMatchObject({ code: '42501' });
      });
    });
  });

  it('reach an application on TypeORM as LimitReachedError', async () => {
    const tenant = await createTenant({ overrides: { maxAgents: 1 } });
    const dataSource = await new TenantDataSource({
      type: 'postgres',
      url: database.urls.tenant,
      entities: [Agent],
    }).initialize();
    try {
      const save = (): Promise<Agent> =>
        inScopeOf(tenant, () => dataSource.getRepository(Agent).save({ name: 'an agent' }));
      await expect(save()).resolves.toMatchObject({ tenantId: tenant });
      const failure: unknown = await save().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(LimitReachedError);
      expect(failure).toMatchObject({ resource: 'maxAgents', limit: 1, used: 1, code: 'LIMIT_REACHED' });
    } finally {
      await dataSource.destroy();
    }
  });
});
