import pg from 'pg';
import type { Answer, TestBackend, TestTenant } from './backend.js';
import type { Route } from './routes.js';

/** A tenant whose rows all say whose they are. */
export interface MarkedTenant extends TestTenant {
  readonly canary: string;
  readonly agentId: string;
}

export interface Violation {
  readonly attack: string;
  readonly what: string;
}

interface Attack {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly key?: string;
  /** What the answer may be; a list of one's own may well be 200. */
  readonly refused: boolean;
}

export async function createMarkedTenant(backend: TestBackend, name: string): Promise<MarkedTenant> {
  const tenant = await backend.createTenant(name, 'starter');
  const canary = `CANARY-${name}`;
  const { status, body } = await backend.call('POST', '/api/agents', {
    key: tenant.key,
    body: { name: canary, capabilities: [canary], metadata: { canary } },
  });
  if (status !== 201) throw new Error(`No agent of ${name}: ${status}`);
  return { ...tenant, canary, agentId: (body as { id: string }).id };
}

/** Bodies that would do something, if only the route were reached. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /agents': { name: 'intruder' },
  'PATCH /agents/:id': { name: 'taken over', metadata: {} },
};

/**
 * Sends every route what tenant A could send to get at tenant B: B's tenant id in path, header and query, B's
 * ids under A's own tenant, no key and a made-up one. Reports every sign that B was reached.
 */
export async function crossRoutes(
  backend: TestBackend,
  routes: readonly Route[],
  a: MarkedTenant,
  b: MarkedTenant,
): Promise<Violation[]> {
  const violations: Violation[] = [];
  const witness = await Witness.of(backend, b);
  try {
    for (const route of routes) {
      for (const attack of attacksOn(route, a, b)) {
        const answer = await backend.call(route.method, attack.path, { ...attack, body: bodyFor(route) });
        const name = `${route.method} ${attack.path} ${JSON.stringify(attack.headers ?? {})}`;
        const signs = signsOf(answer, attack, b);
        if (await witness.sawAChange()) signs.push('rows of B were changed');
        violations.push(...signs.map((what) => ({ attack: name, what })));
      }
    }
  } finally {
    await witness.leave();
  }
  return violations;
}

/** Looks at all rows of a tenant as the superuser, whom no net binds. */
class Witness {
  private constructor(
    private readonly client: pg.Client,
    private readonly slug: string,
    private last: string,
  ) {}

  static async of(backend: TestBackend, { slug }: TestTenant): Promise<Witness> {
    const client = new pg.Client({ connectionString: backend.database.urls.admin });
    await client.connect();
    const witness = new Witness(client, slug, '');
    await witness.sawAChange();
    return witness;
  }

  async sawAChange(): Promise<boolean> {
    const { rows } = await this.client.query(
      'SELECT a.* FROM agents a JOIN tenants t ON t.id = a.tenant_id WHERE t.slug = $1 ORDER BY a.id',
      [this.slug],
    );
    const before = this.last;
    this.last = JSON.stringify(rows);
    return this.last !== before;
  }

  leave(): Promise<void> {
    return this.client.end();
  }
}

function attacksOn({ path }: Route, a: MarkedTenant, b: MarkedTenant): Attack[] {
  const fill = (tenant: string, agent: string): string =>
    path.replace(':tenantId', tenant).replace(':id', agent);
  const namesAnId = path.includes(':id');
  const ofA = fill(a.id, namesAnId ? b.agentId : '');
  const unauthenticated = [undefined, `plx_tenant_${'x'.repeat(43)}`].map((key) => ({
    path: fill(b.id, b.agentId),
    ...(key !== undefined && { key }),
    refused: true,
  }));
  const asB = ['id', 'slug'].flatMap((form) => {
    const reference = b[form as 'id' | 'slug'];
    return [
      {
        path: fill(path.includes(':tenantId') ? reference : b.id, b.agentId),
        headers: { 'x-tenant-id': reference },
      },
      { path: `${fill(a.id, b.agentId)}?tenant=${reference}` },
      { path: fill(a.id, b.agentId), headers: { 'x-tenant-id': reference } },
    ].map((attack) => ({ ...attack, key: a.key, refused: true }));
  });
  return [
    { path: ofA, key: a.key, refused: namesAnId },
    { path: `${ofA}?limit=100`, key: a.key, refused: namesAnId },
    ...asB,
    ...unauthenticated,
  ];
}

function bodyFor({ method, path }: Route): unknown {
  const key = `${method} ${path.replace(/^\/api\/(tenants\/:tenantId\/)?/, '/')}`;
  return BODIES[key];
}

function signsOf(answer: Answer, attack: Attack, b: MarkedTenant): string[] {
  const seen =
    [...answer.headers.entries()].map(([name, value]) => `${name}: ${value}`).join('\n') + answer.text;
  const signs: string[] = [];
  if (seen.includes(b.canary)) signs.push('the canary of B in the answer');
  for (const id of [b.agentId, b.id, b.slug]) {
    const sent = attack.path.includes(id) || Object.values(attack.headers ?? {}).includes(id);
    if (seen.includes(id) && !sent) signs.push(`${id} of B in the answer`);
  }
  if (attack.refused && answer.status < 400) signs.push(`answered ${answer.status}`);
  if (answer.status >= 500) signs.push(`answered ${answer.status}`);
  return signs;
}

/** Twin of the attacks: the owner gets what an intruder does not. */
export async function ownerReaches(
  backend: TestBackend,
  routes: readonly Route[],
  b: MarkedTenant,
): Promise<Violation[]> {
  const failures: Violation[] = [];
  for (const route of routes.filter(({ method }) => method !== 'DELETE')) {
    const path = route.path.replace(':tenantId', b.id).replace(':id', b.agentId);
    const answer = await backend.call(route.method, path, { key: b.key, body: bodyFor(route) });
    if (answer.status >= 300)
      failures.push({ attack: `${route.method} ${path}`, what: `answered ${answer.status}` });
  }
  return failures;
}
