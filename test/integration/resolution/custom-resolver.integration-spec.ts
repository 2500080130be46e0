import { setImmediate as turn } from 'node:timers/promises';
import type { ExecutionContext } from '@nestjs/common';
import {
  HeaderTenantResolver,
  type Principal,
  SubdomainTenantResolver,
  type Tenant,
  type TenantModuleOptions,
  type TenantResolver,
} from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { invalid, NOT_FOUND, said, UNKNOWN_ID } from './answers.js';
import { WhoController } from './who.controller.js';

const SOURCE = 'the header X-Workspace';

function workspaceOf(context: ExecutionContext): string | undefined {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
  return headers['x-workspace'];
}

const resolverThat = (resolve: TenantResolver['resolve'], explicit = true): TenantResolver => ({
  source: SOURCE,
  explicit,
  resolve,
});

describe.each(ADAPTERS)('a resolver of the application on %s', (adapter) => {
  const start = async (
    tenant: Partial<TenantModuleOptions>,
  ): Promise<{ app: FixtureApp; own: Tenant; acme: Tenant; principal: Principal }> => {
    const app = await FixtureApp.start({ adapter, controllers: [WhoController], tenant });
    const [own, acme] = [await app.createTenant('Own'), await app.createTenant('Acme')];
    return { app, own, acme, principal: memberOf(own, acme) };
  };

  it.each<[string, TenantResolver['resolve']]>([
    ['at once', workspaceOf],
    [
      'later',
      async (context) => {
        await turn();
        return workspaceOf(context);
      },
    ],
  ])('may answer %s', async (_when, resolve) => {
    const { app, own, acme, principal } = await start({ resolvers: [resolverThat(resolve)] });
    for (const name of [acme.id, acme.slug]) {
      expect((await app.get('/who', principal, { 'X-Workspace': name })).json()).toEqual({
        tenantId: acme.id,
        resolution: { source: SOURCE, asked: [{ source: SOURCE, named: true }] },
      });
    }
    const nobody = await app.get('/who', principal, { 'X-Tenant-ID': own.id });
    expect([nobody.status, nobody.json().detail]).toEqual([
      400,
      `This needs a tenant. Name one by: ${SOURCE}.`,
    ]);
    const foreign = await app.createTenant('Foreign');
    for (const name of [foreign.id, foreign.slug, UNKNOWN_ID, 'no-such']) {
      expect(said(await app.get('/who', principal, { 'X-Workspace': name }))).toEqual(NOT_FOUND);
    }
    await app.close();
  });

  it('is told who is calling', async () => {
    const { app, acme } = await start({
      resolvers: [resolverThat((_context, principal) => principal?.roles[0])],
    });
    const answer = await app.get('/who', { ...memberOf(acme), roles: ['acme'] });
    expect(answer.json()).toMatchObject({ tenantId: acme.id });
    await app.close();
  });

  it.each<[string, TenantResolver['resolve']]>([
    [
      'throws',
      () => {
        throw new Error('CANARY lookup');
      },
    ],
    ['rejects', () => Promise.reject(new Error('CANARY lookup'))],
  ])('that %s lets nobody in, also when another source named a tenant', async (_how, resolve) => {
    const { app, own, principal } = await start({
      resolvers: [new HeaderTenantResolver(), resolverThat(resolve)],
    });
    for (const path of ['/who', '/welcome']) {
      const answer = await app.get(path, principal, { 'X-Tenant-ID': own.id });
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('CANARY');
    }
    await app.close();
  });

  it.each([[['acme']], [{ id: 'acme' }], [{ toLowerCase: 'acme' }], [7], [0], [true], [''], ['a b']])(
    'that answers with %j is refused, and nothing of it repeated',
    async (held) => {
      const { app, principal } = await start({
        resolvers: [resolverThat(() => held as unknown as string)],
      });
      expect(said(await app.get('/who', principal))).toEqual(invalid(SOURCE));
      await app.close();
    },
  );

  it('that answers with null holds nothing', async () => {
    const { app, principal } = await start({ resolvers: [resolverThat(() => null as unknown as undefined)] });
    expect((await app.get('/who', principal)).json().code).toBe('TENANT_REQUIRED');
    await app.close();
  });

  it('stands in whatever place of the chain it is given, and the first that names a tenant counts', async () => {
    const asked: string[] = [];
    const named = (source: string, holds: string | undefined, explicit: boolean): TenantResolver => ({
      source,
      explicit,
      resolve: () => {
        asked.push(source);
        return holds;
      },
    });
    const { app, acme, principal } = await start({
      resolvers: [
        named('early fallback', 'own', false),
        named('silent', undefined, true),
        new SubdomainTenantResolver('example.com'),
        named('first', 'acme', true),
        named('second', 'own', true),
        named('late fallback', 'own', false),
      ],
    });
    expect((await app.get('/who', principal)).json()).toEqual({
      tenantId: acme.id,
      resolution: {
        source: 'first',
        asked: [
          { source: 'silent', named: false },
          { source: 'the subdomain of example.com', named: false },
          { source: 'first', named: true },
          { source: 'second', named: true },
        ],
      },
    });
    expect(asked).toEqual(['silent', 'first', 'second']);
    await app.close();
  });

  it('that is a fallback is asked in order, and no further than to the first that names a tenant', async () => {
    const lastAsked = jest.fn(() => 'own');
    const { app, acme, principal } = await start({
      resolvers: [
        resolverThat(() => undefined, false),
        resolverThat(() => 'acme', false),
        resolverThat(lastAsked, false),
      ],
    });
    const { tenantId, resolution } = (await app.get('/who', principal)).json();
    expect(tenantId).toBe(acme.id);
    expect(resolution.asked).toHaveLength(2);
    expect(lastAsked).not.toHaveBeenCalled();
    await app.close();
  });
});
