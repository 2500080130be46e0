import {
  findLeaks,
  type LeakSampleInput,
  type LeakTenant,
  type NoLeakOptions,
  type NoLeakReport,
} from '@parallax/tenant/testing';
import pg from 'pg';
import type { TestBackend, TestTenant } from './backend.js';

const agent = ({ canary }: LeakSampleInput) => ({
  body: { name: canary, capabilities: [canary], metadata: { canary } },
});

/** Routes that are nobody's; a route that is not here has to be proved. */
const EXCLUDED = {
  'GET /health/*': 'says nothing of tenants',
  'GET /api/plans': 'the catalogue is public',
  'GET /docs*': 'the documentation is public',
  'GET /openapi.json': 'the documentation is public',
  'GET /api/*entitlements': 'what the plan grants, the same for everybody who has it',
};

/** Sets two tenants against each other on every route of the backend. */
export async function findBackendLeaks(backend: TestBackend): Promise<NoLeakReport> {
  const superuser = new pg.Client({ connectionString: backend.database.urls.admin });
  await superuser.connect();
  const options: NoLeakOptions<TestTenant> = {
    // Names long enough that their slugs are told from chance.
    tenants: [
      await backend.createTenant('Alpha Works', 'enterprise'),
      await backend.createTenant('Beta Works', 'enterprise'),
    ],
    asTenant: ({ key }) => ({ authorization: `Bearer ${key}` }),
    // The routes of operators know tenants by their ids.
    seed: ({ id }) => ({ ids: { tenants: id } }),
    samples: { 'POST /api/*agents': agent, 'PATCH /api/*': agent },
    exclude: EXCLUDED,
    snapshot: (tenant) => rowsOf(superuser, tenant),
  };
  try {
    return await findLeaks(backend.app, options);
  } finally {
    await superuser.end();
  }
}

/** All rows of a tenant, seen by the one whom no net binds. */
async function rowsOf(superuser: pg.Client, { slug }: LeakTenant): Promise<unknown> {
  const { rows } = await superuser.query(
    `SELECT to_jsonb(t) AS tenant, (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id) FROM agents a WHERE a.tenant_id = t.id)
     FROM tenants t WHERE t.slug = $1`,
    [slug],
  );
  return rows;
}
