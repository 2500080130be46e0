import { randomBytes, randomUUID } from 'node:crypto';
import { verifyWebhook } from '@parallax/tenant';
import { encodeId } from '../../src/edge/typed-id.js';
import { ADAPTERS, type Answer, TestBackend, type TestTenant } from '../support/backend.js';
import { eventually } from '../support/eventually.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

describe.each(ADAPTERS)('alerts on %s', (adapter) => {
  let backend: TestBackend;
  let receiver: WebhookReceiver;
  let acme: TestTenant;
  let other: TestTenant;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    backend = await TestBackend.start({
      adapter,
      environment: { ALERT_WEBHOOK_URL: receiver.url, ALERT_WEBHOOK_SECRET: SECRET },
    });
    acme = await backend.createTenant('Acme');
    other = await backend.createTenant('Other', 'enterprise');
    // Three agents are what the plan has; the third crosses 80 and 100 % at once.
    for (const { key } of [acme, acme, acme, other]) {
      const created = await backend.call('POST', '/api/agents', { key, body: { name: 'agent' } });
      expect(created.status).toBe(201);
    }
  });
  afterAll(async () => {
    await backend.stop();
    await receiver.close();
  });

  const list = (query = '', key = backend.operatorKey): Promise<Answer> =>
    backend.call('GET', `/admin/alerts${query}`, { key });

  it('reach the webhook once, signed, under the ids of the API', async () => {
    await eventually('it is told', () => receiver.received.length > 0);
    const [{ headers, body }] = receiver.received as [WebhookReceiver['received'][0]];
    const alert = verifyWebhook(headers, body, [SECRET]);
    expect(alert).toMatchObject({
      type: 'tenant.quota_exceeded',
      tenantId: acme.id,
      resource: 'maxAgents',
      threshold: 100,
      limit: 3,
      used: 3,
      plan: 'free',
    });
    expect(headers['webhook-id']).toBe(alert.id);

    // Down and up again is no other crossing: it is the same limit.
    const agents = await backend.call('GET', '/api/agents', { key: acme.key });
    const { key } = acme;
    const removed = await backend.call('DELETE', `/api/agents/${agents.body.data[0].id}`, { key });
    const created = await backend.call('POST', '/api/agents', { key, body: { name: 'again' } });
    expect([removed.status, created.status]).toEqual([204, 201]);
    const { body: listed } = await list();
    expect(listed.data.map(({ id }: { id: string }) => id)).toContain(alert.id);
    expect(listed.data).toHaveLength(2);
    expect(receiver.received).toHaveLength(1);
  });

  it('are listed for operators, with where they are', async () => {
    await eventually('all is delivered', async () => {
      const { body } = await list('?rule=quota_exceeded');
      return body.data[0].deliveries.every(({ state }: { state: string }) => state === 'delivered');
    });
    const { status, body } = await list('?rule=quota_exceeded');
    expect([status, body.nextCursor, body.data.length]).toEqual([200, null, 1]);
    expect(body.data[0]).toEqual({
      id: expect.stringMatching(/^alr_/) as string,
      rule: 'quota_exceeded',
      tenantId: acme.id,
      resource: 'maxAgents',
      threshold: 100,
      limit: 3,
      used: 3,
      plan: 'free',
      periodStart: expect.stringMatching(/Z$/) as string,
      raisedAt: expect.stringMatching(/Z$/) as string,
      deliveries: ['events', 'log', 'webhook'].map((channel) => ({
        channel,
        state: 'delivered',
        attempts: 1,
        nextAttemptAt: null,
        deliveredAt: expect.any(String) as string,
        failedAt: null,
        lastError: null,
      })),
    });
  });

  it.each(['rate_limit_exceeded', 'suspicious_activity'])('of the rule %s are listed', async (rule) => {
    await backend.database.query(
      `INSERT INTO tenant_alerts
         (tenant_id, rule, resource, period_start, limit_value, threshold, used, plan, deliver, raised_at)
       SELECT id, $1, 'denials', '2026-03-01T10:00:00Z', 100, 100, 120, plan, false, now() FROM tenants WHERE slug = $2`,
      [rule, other.slug],
    );
    const { status, body } = await list(`?rule=${rule}`);
    expect([status, body.data]).toEqual([
      200,
      [
        expect.objectContaining({
          rule,
          tenantId: other.id,
          resource: 'denials',
          limit: 100,
          used: 120,
          periodStart: '2026-03-01T10:00:00.000Z',
        }),
      ],
    ]);
    await backend.database.query('DELETE FROM tenant_alerts WHERE rule = $1', [rule]);
  });

  it('are listed by tenant, by whatever it is called', async () => {
    for (const tenant of [acme.id, acme.slug]) {
      expect((await list(`?tenant=${tenant}`)).body.data).toHaveLength(2);
    }
    expect((await list(`?tenant=${other.slug}`)).body).toEqual({ data: [], nextCursor: null });
    expect((await list(`?tenant=${encodeId('tnt', randomUUID())}`)).body.data).toEqual([]);
    expect((await list('?tenant=nobody')).body).toMatchObject({ code: 'TENANT_NOT_FOUND' });
  });

  it('are listed page by page', async () => {
    const first = await list('?limit=1');
    const second = await list(`?limit=1&cursor=${first.body.nextCursor}`);
    expect([second.status, second.body.nextCursor]).toEqual([200, null]);
    const ids = [first, second].map(({ body }) => body.data[0].rule as string);
    expect(ids.sort()).toEqual(['plan_limit_approaching', 'quota_exceeded']);
    const elsewhere = await list(`?limit=1&rule=quota_exceeded&cursor=${first.body.nextCursor}`);
    expect(elsewhere.status).toBe(400);
  });

  it.each(['?rule=other', '?tenant=', '?tenant=a%20b', '?tenant=a&tenant=b', '?limit=0', '?state=failed'])(
    'are not listed by %s',
    async (query) => {
      expect((await list(query)).status).toBe(400);
    },
  );

  it('are no tenant’s to read, nor an operator’s without the permission', async () => {
    expect((await list('', acme.key)).status).toBe(403);
    expect((await backend.call('GET', '/admin/alerts')).status).toBe(401);
    await backend.database.query(
      `UPDATE api_keys SET permissions = array_remove(permissions, 'alerts:read') WHERE tenant_id IS NULL`,
    );
    expect((await list()).status).toBe(403);
    await backend.database.query(
      `UPDATE api_keys SET permissions = array_append(permissions, 'alerts:read') WHERE tenant_id IS NULL`,
    );
    expect((await list()).status).toBe(200);
  });
});
