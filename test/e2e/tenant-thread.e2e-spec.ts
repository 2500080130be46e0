import { randomUUID } from 'node:crypto';
import { encodeId } from '../../src/edge/typed-id.js';
import { ADAPTERS, TestBackend, type TestTenant } from '../support/backend.js';

describe.each(ADAPTERS)('the main job, on %s', (adapter) => {
  let backend: TestBackend;
  let acme: TestTenant;
  let globex: TestTenant;

  beforeAll(async () => {
    backend = await TestBackend.start({ adapter });
    acme = await backend.createTenant('Acme', 'starter');
    globex = await backend.createTenant('Globex', 'starter');
  });
  afterAll(() => backend.stop());

  const createAgent = async (tenant: TestTenant, name: string): Promise<string> => {
    const { status, body } = await backend.call('POST', '/api/agents', { key: tenant.key, body: { name } });
    expect(status).toBe(201);
    return body.id;
  };
  const names = async (
    path: string,
    call: { key: string; headers?: Record<string, string> },
  ): Promise<string[]> => {
    const { status, body } = await backend.call('GET', path, call);
    expect(status).toBe(200);
    return body.data.map(({ name }: { name: string }) => name);
  };

  describe('two tenants', () => {
    let ofAcme: string;
    let ofGlobex: string;

    beforeAll(async () => {
      ofAcme = await createAgent(acme, 'road runner');
      ofGlobex = await createAgent(globex, 'hammock');
    });

    it('each see only their own agents', async () => {
      expect(await names('/api/agents', { key: acme.key })).toEqual(['road runner']);
      expect(await names('/api/agents', { key: globex.key })).toEqual(['hammock']);
    });

    it.each(['id', 'uuid', 'slug'] as const)(
      'name themselves by %s in header, path and query',
      async (form) => {
        const { rows } = {
          rows: await backend.database.query<{ id: string }>('SELECT id FROM tenants WHERE slug = $1', [
            acme.slug,
          ]),
        };
        const reference = { id: acme.id, slug: acme.slug, uuid: rows[0]!.id }[form];
        const expected = ['road runner'];
        expect(await names('/api/agents', { key: acme.key, headers: { 'x-tenant-id': reference } })).toEqual(
          expected,
        );
        expect(await names(`/api/tenants/${reference}/agents`, { key: acme.key })).toEqual(expected);
        expect(await names(`/api/agents?tenant=${reference}`, { key: acme.key })).toEqual(expected);
      },
    );

    it.each([
      ['header', (b: TestTenant) => ['/api/agents', { 'x-tenant-id': b.id }] as const],
      ['path', (b: TestTenant) => [`/api/tenants/${b.id}/agents`, {}] as const],
      ['query', (b: TestTenant) => [`/api/agents?tenant=${b.id}`, {}] as const],
    ])('are not entered by naming them in the %s: the answer is that of an unknown tenant', async (_, to) => {
      const unknown = { ...globex, id: encodeId('tnt', randomUUID()) };
      const answers = await Promise.all(
        [globex, unknown].map(async (tenant) => {
          const [path, headers] = to(tenant);
          return backend.call('GET', path, {
            key: acme.key,
            headers: { ...headers, 'x-request-id': 'the-same-request' },
          });
        }),
      );
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      expect(answers[0]!.text).toBe(answers[1]!.text);
      expect(answers[0]!.body.code).toBe('TENANT_NOT_FOUND');
    });

    it('answer a foreign agent exactly as one that never was', async () => {
      const never = encodeId('agt', randomUUID());
      const headers = { 'x-request-id': 'the-same-request' };
      for (const [method, suffix, body] of [
        ['GET', '', undefined],
        ['PATCH', '', { name: 'mine now' }],
        ['DELETE', '', undefined],
        ['POST', '/heartbeat', undefined],
      ] as const) {
        const [foreign, unknown] = await Promise.all(
          [ofGlobex, never].map((id) =>
            backend.call(method, `/api/agents/${id}${suffix}`, { key: acme.key, body, headers }),
          ),
        );
        expect(foreign!.status).toBe(404);
        expect(foreign!.text).toBe(unknown!.text);
      }
      const { body } = await backend.call('GET', `/api/agents/${ofGlobex}`, { key: globex.key });
      expect(body).toMatchObject({ id: ofGlobex, name: 'hammock', lastActiveAt: null });
    });

    it('disagreeing sources are refused, agreeing ones are not', async () => {
      const disagree = await backend.call('GET', `/api/tenants/${globex.id}/agents`, {
        key: acme.key,
        headers: { 'x-tenant-id': acme.id },
      });
      expect([disagree.status, disagree.body.code]).toEqual([400, 'TENANT_CONFLICT']);
      const agree = { key: acme.key, headers: { 'x-tenant-id': acme.slug } };
      expect(await names(`/api/tenants/${acme.id}/agents`, agree)).toEqual(['road runner']);
    });

    it('live the whole life of an agent', async () => {
      const created = await backend.call('POST', `/api/tenants/${acme.slug}/agents`, {
        key: acme.key,
        body: {
          name: 'short lived',
          endpoint: 'https://agents.example.com/x',
          capabilities: ['run'],
          metadata: { a: { b: 1 } },
        },
      });
      const { id } = created.body;
      expect(created.headers.get('location')).toBe(`/api/tenants/${acme.slug}/agents/${id}`);
      expect(Object.keys(created.body).filter((name) => /tenant/i.test(name))).toEqual([]);
      expect((await backend.call('GET', created.headers.get('location')!, { key: acme.key })).body).toEqual(
        created.body,
      );
      const patched = await backend.call('PATCH', `/api/agents/${id}`, {
        key: acme.key,
        body: { status: 'paused', endpoint: null, metadata: { c: 2 } },
      });
      expect(patched.body).toMatchObject({
        name: 'short lived',
        status: 'paused',
        endpoint: null,
        metadata: { c: 2 },
      });
      const alive = await backend.call('POST', `/api/agents/${id}/heartbeat`, { key: acme.key });
      expect(alive.body.lastActiveAt).toEqual(expect.any(String));
      expect((await backend.call('DELETE', `/api/agents/${id}`, { key: acme.key })).status).toBe(204);
      expect((await backend.call('DELETE', `/api/agents/${id}`, { key: acme.key })).status).toBe(404);
      expect(await names('/api/agents', { key: acme.key })).toEqual(['road runner']);
      expect(ofAcme).toMatch(/^agt_/);
    });
  });

  describe('a list', () => {
    it('goes through its pages, each row once, and its cursor belongs to tenant and list', async () => {
      const hooli = await backend.createTenant('Hooli', 'starter');
      for (let at = 0; at < 7; at += 1) await createAgent(hooli, `agent ${at}`);
      const seen: string[] = [];
      let cursor: string | null = '';
      let foreignCursor = '';
      while (cursor !== null) {
        const path: string = `/api/agents?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
        const { body } = await backend.call('GET', path, { key: hooli.key });
        seen.push(...body.data.map(({ name }: { name: string }) => name));
        cursor = body.nextCursor;
        foreignCursor ||= cursor ?? '';
      }
      expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((at) => `agent ${at}`));
      const moved = await backend.call('GET', `/api/agents?cursor=${encodeURIComponent(foreignCursor)}`, {
        key: acme.key,
      });
      expect([moved.status, moved.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    });
  });

  describe('the registry', () => {
    it('creates, reads, changes and lists tenants', async () => {
      const key = backend.operatorKey;
      const body = {
        name: 'Café Müller',
        plan: 'enterprise',
        metadata: { contactEmail: 'a@example.com', contactName: 'A' },
      };
      const created = await backend.call('POST', '/admin/tenants', { key, body });
      expect(created.status).toBe(201);
      expect(created.body).toMatchObject({
        name: 'Café Müller',
        slug: 'cafe-muller',
        status: 'active',
        plan: 'enterprise',
        limits: { maxAgents: null, retentionDays: 365 },
        features: { sso: true, sla: true },
      });
      expect(created.headers.get('location')).toBe(`/admin/tenants/${created.body.id}`);
      const path = `/admin/tenants/${created.body.id}`;
      expect((await backend.call('GET', path, { key })).body).toEqual(created.body);
      const changed = await backend.call('PATCH', path, {
        key,
        body: { plan: 'free', when: 'now', metadata: { company: 'M' } },
      });
      expect(changed.body).toMatchObject({
        plan: 'free',
        limits: { maxAgents: 3 },
        features: { sso: false },
        metadata: { contactEmail: 'a@example.com', contactName: 'A', company: 'M' },
      });
      const { body: list } = await backend.call('GET', '/admin/tenants?limit=2', { key });
      expect(list.data).toHaveLength(2);
      expect(list.data[0].id).toBe(created.body.id);
      expect(list.nextCursor).toEqual(expect.any(String));
    });

    it('gives one tenant to twenty who create the same name at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          backend.call('POST', '/admin/tenants', {
            key: backend.operatorKey,
            body: {
              name: 'Contended',
              plan: 'free',
              metadata: { contactEmail: 'a@example.com', contactName: 'A' },
            },
          }),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status !== 201);
      expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
        new Set(['409 CONFLICT']),
      );
      expect(refused[0]!.body.detail).toContain('"contended"');
    });

    it('suspends and reactivates', async () => {
      const tenant = await backend.createTenant('Initech');
      const key = backend.operatorKey;
      const suspend = (): ReturnType<typeof backend.call> =>
        backend.call('POST', `/admin/tenants/${tenant.id}/suspend`, { key, body: { reason: 'unpaid' } });
      const suspended = await suspend();
      expect([suspended.status, suspended.body.status]).toEqual([200, 'suspended']);
      const denied = await backend.call('GET', '/api/agents', { key: tenant.key });
      expect([denied.status, denied.body.code]).toEqual([403, 'TENANT_SUSPENDED']);
      expect((await suspend()).status).toBe(409);
      const back = await backend.call('POST', `/admin/tenants/${tenant.id}/reactivate`, { key });
      expect([back.status, back.body.status]).toEqual([200, 'trial']);
      expect((await backend.call('GET', '/api/agents', { key: tenant.key })).status).toBe(200);
    });

    it('shows the tenant itself to its members, and the plans to everyone', async () => {
      const own = await backend.call('GET', '/api/tenant', { key: acme.key });
      expect(own.body).toMatchObject({
        id: acme.id,
        slug: 'acme',
        plan: 'starter',
        limits: { maxAgents: 10 },
      });
      const plans = await backend.call('GET', '/api/plans');
      expect(plans.body.data.map(({ name }: { name: string }) => name)).toEqual([
        'free',
        'starter',
        'professional',
        'enterprise',
      ]);
    });
  });

  describe('who may do what', () => {
    it('a tenant key does no platform work, an operator key enters no tenant', async () => {
      const asTenant = await backend.call('GET', '/admin/tenants', { key: acme.key });
      expect([asTenant.status, asTenant.body.code]).toEqual([403, 'FORBIDDEN']);
      expect((await backend.call('GET', '/admin/tenants', { key: backend.operatorKey })).status).toBe(200);
      const entering = await backend.call('GET', `/api/tenants/${acme.id}/agents`, {
        key: backend.operatorKey,
      });
      expect([entering.status, entering.body.code]).toEqual([404, 'TENANT_NOT_FOUND']);
      const unnamed = await backend.call('GET', '/api/agents', { key: backend.operatorKey });
      expect([unnamed.status, unnamed.body.code]).toEqual([400, 'TENANT_REQUIRED']);
    });

    it('a viewer reads and does not write', async () => {
      const key = await backend.createKey(acme.id, 'viewer');
      expect((await backend.call('GET', '/api/agents', { key })).status).toBe(200);
      const refused = await backend.call('POST', '/api/agents', { key, body: { name: 'x' } });
      expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
    });
  });
});
