import { Controller, Get } from '@nestjs/common';
import { CurrentTenant, type Principal, type Tenant } from '@parallax/tenant';
import { ADAPTERS, type FixtureAnswer, FixtureApp, memberOf } from '../../support/fixture-app.js';

const UNKNOWN = 'ffffffff-0000-4000-8000-000000000000';

@Controller()
class WhoController {
  @Get('who')
  who(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }

  @Get('tenants/:tenantId/who')
  whoByPath(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }
}

interface Named {
  readonly header?: string;
  readonly path?: string;
  readonly query?: string;
}

function ask(app: FixtureApp, principal: Principal, { header, path, query }: Named): Promise<FixtureAnswer> {
  const route = path === undefined ? '/who' : `/tenants/${path}/who`;
  const search = query === undefined ? '' : `?tenant=${query}`;
  return app.get(route + search, principal, header === undefined ? {} : { 'X-Tenant-ID': header });
}

describe.each(ADAPTERS)('sources of the tenant on %s', (adapter) => {
  describe('by default', () => {
    let app: FixtureApp;
    let tenants: { header: Tenant; path: Tenant; query: Tenant; own: Tenant };
    let principal: Principal;

    beforeAll(async () => {
      app = await FixtureApp.start({ adapter, controllers: [WhoController] });
      const [header, path, query, own] = await Promise.all(
        ['By header', 'By path', 'By query', 'Own'].map((name) => app.createTenant(name)),
      );
      tenants = { header: header!, path: path!, query: query!, own: own! };
      principal = memberOf(tenants.own, tenants.header, tenants.path, tenants.query);
    });
    afterAll(() => app.close());

    const tenantFor = async (...sources: readonly (keyof Named)[]): Promise<unknown> => {
      const named = Object.fromEntries(sources.map((source) => [source, tenants[source].id]));
      return (await ask(app, principal, named)).json().tenantId;
    };

    it.each(['header', 'path', 'query'] as const)('takes the tenant from the %s alone', async (source) => {
      expect(await tenantFor(source)).toBe(tenants[source].id);
    });

    it.each(['header', 'path', 'query'] as const)('takes a slug from the %s', async (source) => {
      const answer = await ask(app, principal, { [source]: tenants[source].slug });
      expect(answer.json()).toEqual({ tenantId: tenants[source].id });
    });

    it("takes the principal's own tenant when no source names one", async () => {
      expect(await tenantFor()).toBe(tenants.own.id);
    });

    it('prefers the header to the path to the query', async () => {
      expect(await tenantFor('header', 'path', 'query')).toBe(tenants.header.id);
      expect(await tenantFor('header', 'query')).toBe(tenants.header.id);
      expect(await tenantFor('path', 'query')).toBe(tenants.path.id);
    });

    it('looks no further when the first source names a tenant that may not be entered', async () => {
      const foreign = await app.createTenant('Foreign first');
      for (const header of [foreign.id, UNKNOWN]) {
        expect((await ask(app, principal, { header, query: tenants.query.id })).status).toBe(404);
      }
    });

    it('answers 400 when nobody names a tenant, and says where one can be named', async () => {
      const answer = await ask(app, memberOf(), {});
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'TENANT_REQUIRED' });
      for (const source of ['header X-Tenant-ID', 'path parameter :tenantId', 'query parameter tenant']) {
        expect(answer.json().detail).toContain(source);
      }
    });

    it.each([
      'X-Forwarded-Host',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-HTTP-Method-Override',
      'Cookie',
      'Origin',
    ])('pays no heed to %s', async (header) => {
      const value = `/who?tenant=${tenants.query.id}; tenant=${tenants.query.id}`;
      const answer = await app.get('/who', principal, { [header]: value });
      expect(answer.json()).toEqual({ tenantId: tenants.own.id });
    });
  });

  describe('with a default tenant', () => {
    let app: FixtureApp;
    let fallback: Tenant;
    let other: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start({
        adapter,
        controllers: [WhoController],
        tenant: { defaultTenant: 'the-default', access: { canEnter: ({ id }) => id === 'ada' } },
      });
      fallback = await app.createTenant('The default');
      other = await app.createTenant('Other');
    });
    afterAll(() => app.close());

    it('uses it when no source names a tenant and the principal has none', async () => {
      expect((await ask(app, memberOf(), {})).json()).toEqual({ tenantId: fallback.id });
    });

    it('checks access to it all the same', async () => {
      expect((await ask(app, { ...memberOf(), id: 'eve' }, {})).status).toBe(404);
    });

    it("comes after the principal's own tenant and after every source", async () => {
      expect((await ask(app, memberOf(other), {})).json()).toEqual({ tenantId: other.id });
      const answer = await ask(app, memberOf(fallback, other), { query: other.id });
      expect(answer.json()).toEqual({ tenantId: other.id });
    });
  });

  describe('with other names', () => {
    it('reads the header and the query parameter that the options name', async () => {
      const app = await FixtureApp.start({
        adapter,
        controllers: [WhoController],
        tenant: { headerName: 'X-Org', queryName: 'org' },
      });
      const [own, other] = [await app.createTenant('Own'), await app.createTenant('Other')];
      const principal = memberOf(own, other);
      const ignored = await ask(app, principal, { header: other.id, query: other.id });
      expect(ignored.json()).toEqual({ tenantId: own.id });
      expect((await app.get('/who', principal, { 'x-org': other.id })).json()).toEqual({
        tenantId: other.id,
      });
      expect((await app.get(`/who?org=${other.slug}`, principal)).json()).toEqual({ tenantId: other.id });
      await app.close();
    });

    it('reads ids in the form the application shows, and its own as uuids', async () => {
      const app = await FixtureApp.start({
        adapter,
        controllers: [WhoController],
        tenant: { parseReference: (text) => (text.startsWith('org_') ? { id: text.slice(4) } : undefined) },
      });
      const own = await app.createTenant('Own');
      const found = { tenantId: own.id };
      expect((await ask(app, memberOf(own), { header: `org_${own.id}` })).json()).toEqual(found);
      expect((await ask(app, memberOf(own), {})).json()).toEqual(found);
      expect((await ask(app, memberOf(own), { header: own.id })).status).toBe(400);
      await app.close();
    });
  });

  describe("with conflict: 'reject'", () => {
    let app: FixtureApp;
    let own: Tenant;
    let second: Tenant;
    let foreign: Tenant;
    let principal: Principal;

    beforeAll(async () => {
      app = await FixtureApp.start({ adapter, controllers: [WhoController], tenant: { conflict: 'reject' } });
      [own, second, foreign] = [
        await app.createTenant('Own'),
        await app.createTenant('Second'),
        await app.createTenant('Foreign'),
      ];
      principal = memberOf(own, second);
    });
    afterAll(() => app.close());

    it.each([
      ['header', 'path'],
      ['header', 'query'],
      ['path', 'query'],
    ] as const)('refuses different tenants in %s and %s', async (first, other) => {
      const answer = await ask(app, principal, { [first]: own.id, [other]: second.id });
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'TENANT_CONFLICT' });
    });

    it('refuses when only the third source differs', async () => {
      const answer = await ask(app, principal, { header: own.id, path: own.slug, query: second.slug });
      expect(answer.status).toBe(400);
    });

    it('takes the same tenant by id and slug as no conflict', async () => {
      const answer = await ask(app, principal, {
        header: own.slug,
        path: own.id,
        query: own.id.toUpperCase(),
      });
      expect(answer.json()).toEqual({ tenantId: own.id });
    });

    it("does not hold the principal's own tenant against a source", async () => {
      expect((await ask(app, principal, { header: second.id })).json()).toEqual({ tenantId: second.id });
    });

    it('answers unknown and foreign alike, whatever stands beside them', async () => {
      const answersWith = async (id: string, slug: string): Promise<(readonly [number, string])[]> => {
        const answers = await Promise.all(
          [
            { header: id, query: own.id },
            { header: own.id, query: id },
            { header: id, query: slug },
            { header: slug, path: id },
            { header: id, query: id },
          ].map((named) => ask(app, principal, named)),
        );
        return answers.map(({ status, text }) => [status, text] as const);
      };
      const ofForeign = await answersWith(foreign.id, foreign.slug);
      expect(ofForeign).toEqual(await answersWith(UNKNOWN, 'no-such-tenant'));
      expect(ofForeign.map(([status]) => status)).toEqual([400, 400, 400, 400, 404]);
    });
  });

  it('does not start with a default that can be no tenant', async () => {
    const starting = FixtureApp.start({ adapter, tenant: { defaultTenant: 'Not A Slug' } });
    await expect(starting).rejects.toThrow('The option defaultTenant, "Not A Slug"');
  });
});
