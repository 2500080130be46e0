import { InMemoryTenantStore, TenantModule, TenantService } from '@parallax/tenant';
import { ADAPTERS, fault, startEdgeApp, type EdgeApp } from '../../../test/support/edge-app.js';
import { PinoLogger } from './pino-logger.service.js';

const INFO = 30;

describe.each(ADAPTERS)('the tenant in the log on %s', (adapter) => {
  let edge: EdgeApp;
  let tenantId: string;

  beforeAll(async () => {
    const store = new InMemoryTenantStore();
    tenantId = (await new TenantService(store, new PinoLogger({ level: 'silent' })).createTenant('Acme')).id;
    edge = await startEdgeApp(adapter, {}, [], [TenantModule.forRoot({ store, access: 'trust-sources' })]);
  });

  afterAll(() => edge.close());

  function request(path: string, requestId: string): Promise<Response> {
    return fetch(edge.url + path, { headers: { 'x-tenant-id': tenantId, 'x-request-id': requestId } });
  }

  /** Without what is only for debugging, such as how the tenant was found. */
  const lines = (requestId: string): Promise<Record<string, unknown>[]> => edge.logged(requestId, INFO);

  it('is in the line of a request that was answered', async () => {
    expect((await request('/request', 'tenant-log-1')).status).toBe(200);
    expect(await lines('tenant-log-1')).toMatchObject([{ msg: 'request', status: 200, tenantId }]);
  });

  it('is in each line of a request that failed', async () => {
    fault.act = () => {
      throw new Error('broken');
    };
    expect((await request('/fault/1', 'tenant-log-2')).status).toBe(500);
    await edge.logged('"msg":"request","method":"GET","route":"/fault/:id"');
    expect(await lines('tenant-log-2')).toMatchObject([
      { msg: 'request failed', tenantId },
      { msg: 'request', status: 500, tenantId },
    ]);
  });

  it('is in the line of a request whose client went away', async () => {
    const controller = new AbortController();
    const response = await fetch(`${edge.url}/stream/endless`, {
      headers: { 'x-tenant-id': tenantId, 'x-request-id': 'tenant-log-4' },
      signal: controller.signal,
    });
    controller.abort();
    await response.text().catch(() => undefined);
    expect(await lines('tenant-log-4')).toMatchObject([{ msg: 'request', aborted: true, tenantId }]);
  });

  it('is in none without a tenant', async () => {
    const response = await fetch(`${edge.url}/request`, { headers: { 'x-request-id': 'tenant-log-3' } });
    expect(response.status).toBe(400);
    const lines = await edge.logged('"route":"/request","status":400');
    expect(lines).toMatchObject([{ requestId: 'tenant-log-3', code: 'TENANT_REQUIRED' }]);
    expect(lines[0]).not.toHaveProperty('tenantId');
  });
});
