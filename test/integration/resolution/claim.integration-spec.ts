import {
  ClaimTenantResolver,
  DefaultTenantResolver,
  HeaderTenantResolver,
  type Principal,
  standardResolvers,
  type Tenant,
} from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { invalid, NOT_FOUND, said, UNKNOWN_ID } from './answers.js';
import { WhoController } from './who.controller.js';

const SOURCE = "the token's claim org";

describe.each(ADAPTERS)("a token's claim as a source on %s", (adapter) => {
  const controllers = [WhoController];

  describe('that speaks for the request', () => {
    let app: FixtureApp;
    let own: Tenant;
    let acme: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start({
        adapter,
        controllers,
        tenant: { resolvers: [new ClaimTenantResolver('org'), ...standardResolvers()], conflict: 'reject' },
      });
      [own, acme] = [await app.createTenant('Own'), await app.createTenant('Acme')];
    });
    afterAll(() => app.close());

    const bearerOf = (claims: unknown): Principal => ({
      ...memberOf(own, acme),
      claims: claims as Readonly<Record<string, unknown>>,
    });
    const ask = (claims: unknown, headers: Record<string, string> = {}) =>
      app.get('/who', bearerOf(claims), headers);

    it('is an id or a slug', async () => {
      for (const org of [acme.id, acme.id.toUpperCase(), acme.slug]) {
        expect((await ask({ org })).json()).toMatchObject({
          tenantId: acme.id,
          resolution: { source: SOURCE },
        });
      }
    });

    it.each([[{}], [{ org: null }], [null], [[]], [{ Org: 'acme' }], [{ other: 'acme' }]])(
      'names nobody in %j',
      async (claims) => {
        const { tenantId, resolution } = (await ask(claims)).json();
        expect(tenantId).toBe(own.id);
        expect(resolution.asked[0]).toEqual({ source: SOURCE, named: false });
      },
    );

    it.each([
      [[]],
      [['acme']],
      [{ id: 'acme' }],
      [7],
      [0],
      [true],
      [false],
      [''],
      ['../acme'],
      ['ACME'],
      ['x'.repeat(4_000)],
    ])('is refused when it is %j', async (org) => {
      expect(said(await ask({ org }))).toEqual(invalid(SOURCE));
    });

    it('opens no tenant its bearer does not belong to, and tells of none', async () => {
      const [foreign, deleted] = [await app.createTenant('Foreign'), await app.createTenant('Deleted')];
      await app.deleteTenant(deleted);
      for (const org of [foreign.id, foreign.slug, deleted.id, deleted.slug, UNKNOWN_ID, 'no-such']) {
        expect(said(await ask({ org }))).toEqual(NOT_FOUND);
      }
    });

    it('must agree with what else names a tenant', async () => {
      expect((await ask({ org: 'acme' }, { 'X-Tenant-ID': acme.id })).status).toBe(200);
      const answer = await ask({ org: 'acme' }, { 'X-Tenant-ID': own.id });
      expect([answer.status, answer.json().code]).toEqual([400, 'TENANT_CONFLICT']);
    });
  });

  it('that only says where its bearer is at home gives way to the request', async () => {
    const app = await FixtureApp.start({
      adapter,
      controllers,
      tenant: {
        resolvers: [
          new ClaimTenantResolver('org', { explicit: false }),
          ...standardResolvers({ defaultTenant: 'own' }),
        ],
        conflict: 'reject',
      },
    });
    const [own, acme] = [await app.createTenant('Own'), await app.createTenant('Acme')];
    const bearer = { ...memberOf(own, acme), claims: { org: acme.slug } };
    expect((await app.get('/who', bearer)).json()).toMatchObject({ tenantId: acme.id });
    const named = (await app.get('/who', bearer, { 'X-Tenant-ID': own.id })).json();
    expect(named).toMatchObject({ tenantId: own.id });
    expect(named.resolution.asked.map(({ source }: { source: string }) => source)).not.toContain(SOURCE);
    await app.close();
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'called %s is found on the token alone',
    async (claim) => {
      const app = await FixtureApp.start({
        adapter,
        controllers,
        tenant: { resolvers: [new ClaimTenantResolver(claim)] },
      });
      const acme = await app.createTenant('Acme');
      const without = await app.get('/who', { ...memberOf(acme), claims: {} });
      expect([without.status, without.json().code]).toEqual([400, 'TENANT_REQUIRED']);
      const withIt = await app.send('/who', null, {
        'x-test-principal': JSON.stringify(memberOf(acme)).replace(/}$/, `,"claims":{"${claim}":"acme"}}`),
      });
      expect(withIt.json()).toMatchObject({ tenantId: acme.id });
      await app.close();
    },
  );

  it('may be a uuid, and so may the default, where clients see another form of ids', async () => {
    const app = await FixtureApp.start({
      adapter,
      controllers,
      tenant: {
        parseReference: (text) => (text.startsWith('org_') ? { id: text.slice(4) } : undefined),
        resolvers: [
          new HeaderTenantResolver(),
          new ClaimTenantResolver('org'),
          new DefaultTenantResolver('acme'),
        ],
      },
    });
    const acme = await app.createTenant('Acme');
    const found = { tenantId: acme.id };
    for (const org of [acme.id, `org_${acme.id}`, 'acme', undefined]) {
      expect((await app.get('/who', { ...memberOf(acme), claims: { org } })).json()).toMatchObject(found);
    }
    const byHeader = (text: string) => app.get('/who', memberOf(acme), { 'X-Tenant-ID': text });
    expect((await byHeader(`org_${acme.id}`)).json()).toMatchObject(found);
    expect(said(await byHeader(acme.id))).toEqual(invalid('the header X-Tenant-ID'));
    await app.close();
  });
});
