import { randomUUID } from 'node:crypto';
import { encodeId } from '../../src/edge/typed-id.js';
import { ADAPTERS, type Answer, TestBackend, type TestTenant } from '../support/backend.js';

describe.each(ADAPTERS)('tenants, as an operator has them, on %s', (adapter) => {
  let backend: TestBackend;

  beforeAll(async () => {
    backend = await TestBackend.start({ adapter });
  });
  afterAll(() => backend.stop());

  const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
    backend.call(method, `/admin/tenants${path}`, {
      key: backend.operatorKey,
      headers: { 'x-request-id': 'the-same-request' },
      ...(body !== undefined && { body }),
    });
  const create = (given: object): Promise<Answer> =>
    admin('POST', '', {
      plan: 'free',
      metadata: { contactEmail: 'a@example.com', contactName: 'A' },
      ...given,
    });
  const as = (tenant: TestTenant, path: string, headers = {}): Promise<Answer> =>
    backend.call('GET', path, {
      key: tenant.key,
      headers: { 'x-request-id': 'the-same-request', ...headers },
    });

  describe('a slug', () => {
    it('can be given for a name that makes none', async () => {
      const refused = await create({ name: '株式会社' });
      expect([refused.status, refused.body.errors]).toEqual([
        400,
        [{ field: 'name', message: expect.stringContaining('in `slug`') as string }],
      ]);
      const created = await create({ name: '株式会社', slug: 'Ｋabushiki' });
      expect(created).toMatchObject({ status: 201, body: { name: '株式会社', slug: 'kabushiki' } });
    });

    it.each(['', 'a b', '-a', 'a'.repeat(51), 'admin', 'Ａdmin', 'ü', 3, null])(
      'is refused as %j',
      async (slug) => {
        const { status, body } = await create({ name: 'Anything', slug });
        expect([status, body.errors[0].field]).toEqual([400, 'slug']);
      },
    );

    it('is one tenant’s in all ways it can be written', async () => {
      expect((await create({ name: 'Straße' })).body.slug).toBe('strasse');
      for (const given of [
        { name: 'STRASSE' },
        { name: 'ｓｔｒａｓｓｅ' },
        { name: 'Other', slug: 'STRASSE' },
      ]) {
        const { status, body } = await create(given);
        expect([status, body.code]).toEqual([409, 'CONFLICT']);
      }
    });
  });

  describe('a deletion', () => {
    let gone: TestTenant;
    let witness: TestTenant;

    beforeAll(async () => {
      gone = await backend.createTenant('Gone', 'starter');
      witness = await backend.createTenant('Witness', 'starter');
      expect((await as(gone, '/api/agents')).status).toBe(200);
      const deleted = await admin('DELETE', `/${gone.id}?reason=contract%20ended`);
      expect([deleted.status, deleted.text]).toEqual([204, '']);
    });

    it('keeps the row, with when and why', async () => {
      const rows = await backend.database.query(
        'SELECT status, status_reason, deleted_at IS NOT NULL AS dated FROM tenants WHERE slug = $1',
        ['gone'],
      );
      expect(rows).toEqual([{ status: 'deleted', status_reason: 'contract ended', dated: true }]);
    });

    it('makes the tenant unknown to operators', async () => {
      const never = encodeId('tnt', randomUUID());
      for (const [method, path, body] of [
        ['GET', '', undefined],
        ['PATCH', '', { name: 'x' }],
        ['DELETE', '', undefined],
        ['GET', '/usage', undefined],
        ['POST', '/suspend', { reason: 'x' }],
        ['POST', '/reactivate', undefined],
        ['POST', '/api-keys', { name: 'x', role: 'admin' }],
      ] as const) {
        const deleted = await admin(method, `/${gone.id}${path}`, body);
        const unknown = await admin(method, `/${never}${path}`, body);
        expect([deleted.status, deleted.body.code]).toEqual([404, 'TENANT_NOT_FOUND']);
        expect(deleted.text).toBe(unknown.text);
      }
      const { body } = await admin('GET', '?limit=100');
      expect(body.data.map(({ slug }: { slug: string }) => slug)).not.toContain('gone');
    });

    it('makes it unknown to its own key and to others, in every source', async () => {
      const never = encodeId('tnt', randomUUID());
      const unknown = await as(witness, '/api/agents', { 'x-tenant-id': never });
      expect([unknown.status, unknown.body.code]).toEqual([404, 'TENANT_NOT_FOUND']);
      for (const answer of [
        await as(gone, '/api/agents'),
        await as(gone, '/api/tenant'),
        await as(gone, '/api/agents', { 'x-tenant-id': gone.id }),
        await as(gone, '/api/agents', { 'x-tenant-id': gone.slug }),
        await as(gone, `/api/tenants/${gone.slug}/agents`),
        await as(gone, `/api/agents?tenant=${gone.id}`),
        await as(gone, '/api/agents', { 'x-tenant-id': never }),
        await as(witness, '/api/agents', { 'x-tenant-id': gone.id }),
        await as(witness, `/api/tenants/${gone.id}/agents`),
        await as(witness, `/api/agents?tenant=${gone.slug}`),
      ])
        expect([answer.status, answer.text]).toEqual([404, unknown.text]);
      expect((await as(witness, '/api/agents')).status).toBe(200);
    });

    it('leaves the name to nobody', async () => {
      for (const given of [{ name: 'Gone' }, { name: 'ＧＯＮＥ' }, { name: 'Other', slug: 'gone' }]) {
        const { status, body } = await create(given);
        expect([status, body.code]).toEqual([409, 'CONFLICT']);
      }
    });

    it('needs no reason, and takes none that is empty, long or repeated', async () => {
      const { id } = await backend.createTenant('Short lived');
      for (const query of ['reason=', `reason=${'x'.repeat(501)}`, 'reason=a&reason=b', 'why=x']) {
        const { status, body } = await admin('DELETE', `/${id}?${query}`);
        expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
      }
      expect((await admin('DELETE', `/${id}`)).status).toBe(204);
    });

    it('is won by one of many', async () => {
      const { id } = await backend.createTenant('Contended deletion');
      const answers = await Promise.all(Array.from({ length: 8 }, () => admin('DELETE', `/${id}`)));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(404)]);
    });
  });

  it('usage is what the database counts, against the effective limit', async () => {
    const tenant = await backend.createTenant('User', 'free');
    const usage = async (): Promise<object> =>
      (await admin('GET', `/${tenant.id}/usage`)).body.resources.maxAgents;
    expect(await usage()).toEqual({
      kind: 'allocation',
      used: 0,
      reserved: 0,
      limit: 3,
      unlimited: false,
      remaining: 3,
      utilization: 0,
      exhausted: false,
      resetsAt: null,
      enforcement: 'hard',
      graceUntil: null,
      source: 'plan',
    });
    await backend.call('POST', '/api/agents', { key: tenant.key, body: { name: 'one' } });
    expect(await usage()).toMatchObject({ used: 1, limit: 3, remaining: 2, utilization: 1 / 3 });
    await admin('PATCH', `/${tenant.id}`, { plan: 'enterprise' });
    expect(await usage()).toMatchObject({
      used: 1,
      limit: null,
      unlimited: true,
      remaining: null,
      utilization: null,
    });
  });

  describe('a list', () => {
    it('is of one status when asked to, and its cursor belongs to that', async () => {
      for (const name of ['Late 1', 'Late 2', 'Late 3']) {
        const { id } = await backend.createTenant(name);
        await admin('POST', `/${id}/suspend`, { reason: 'unpaid' });
      }
      const slugs: string[] = [];
      let cursor: string | null = '';
      let first = '';
      while (cursor !== null) {
        const { body }: Answer = await admin(
          'GET',
          `?status=suspended&limit=2${cursor && `&cursor=${cursor}`}`,
        );
        slugs.push(...body.data.map(({ slug }: { slug: string }) => slug));
        cursor = body.nextCursor as string | null;
        first ||= cursor ?? '';
      }
      expect(slugs).toEqual(['late-3', 'late-2', 'late-1']);
      for (const query of ['', 'status=trial&']) {
        const { status, body } = await admin('GET', `?${query}cursor=${first}`);
        expect([status, body.errors]).toEqual([
          400,
          [{ field: 'cursor', message: expect.any(String) as string }],
        ]);
      }
    });

    it.each(['deleted', 'ACTIVE', '', 'x', 'trial&status=active'])(
      'of status %j is refused',
      async (status) => {
        const answer = await admin('GET', `?status=${status}`);
        expect([answer.status, answer.body.errors[0].field]).toEqual([400, 'status']);
      },
    );
  });

  it('all this is an operator’s only', async () => {
    const tenant = await backend.createTenant('Curious');
    for (const [method, path] of [
      ['DELETE', `/admin/tenants/${tenant.id}`],
      ['GET', `/admin/tenants/${tenant.id}/usage`],
      ['GET', '/admin/tenants?status=active'],
    ] as const) {
      const refused = await backend.call(method, path, { key: tenant.key });
      expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
      expect((await backend.call(method, path)).status).toBe(401);
    }
    expect((await as(tenant, '/api/tenant')).status).toBe(200);
  });

  it('and described in the documentation', async () => {
    const { body } = await backend.call('GET', '/openapi.json');
    expect(body.paths['/admin/tenants/{id}'].delete).toMatchObject({
      parameters: expect.arrayContaining([
        expect.objectContaining({ in: 'query', name: 'reason', required: false }),
      ]),
      responses: { 204: {} },
    });
    expect(
      body.paths['/admin/tenants/{id}/usage'].get.responses[200].content['application/json'].schema,
    ).toEqual({
      $ref: '#/components/schemas/TenantUsageDto',
    });
    expect(body.components.schemas.TenantUsageDto.properties.resources.additionalProperties).toEqual({
      $ref: '#/components/schemas/ResourceUsageDto',
    });
    expect(body.components.schemas.CreateTenantDto).toMatchObject({ required: ['name', 'metadata', 'plan'] });
    expect(body.paths['/admin/tenants'].get.parameters).toContainEqual(
      expect.objectContaining({ in: 'query', name: 'status', required: false }),
    );
  });
});
