import {
  type Principal,
  type ResolutionConflictEvent,
  type Tenant,
  type TenantEvent,
  TenantEvents,
} from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { NOT_FOUND, said, UNKNOWN_ID } from './answers.js';
import { WhoController } from './who.controller.js';

const HEADER = 'the header X-Tenant-ID';
const QUERY = 'the query parameter tenant';
const PATH = 'the path parameter :tenantId';

describe.each(ADAPTERS)('sources that disagree on %s', (adapter) => {
  describe.each(['first-wins', 'reject'] as const)('with conflict: %s', (conflict) => {
    let app: FixtureApp;
    let own: Tenant;
    let second: Tenant;
    let foreign: Tenant;
    let deleted: Tenant;
    let principal: Principal;
    const heard: TenantEvent[] = [];
    const refused: TenantEvent[] = [];
    const log = jest.fn();

    beforeAll(async () => {
      app = await FixtureApp.start({
        adapter,
        controllers: [WhoController],
        tenant: { conflict },
        configure: (nest) => nest.useLogger({ log, warn: log, error: log, debug: log }),
      });
      [own, second] = [await app.createTenant('Own'), await app.createTenant('Second')];
      [foreign, deleted] = [await app.createTenant('Foreign'), await app.createTenant('Deleted')];
      await app.deleteTenant(deleted);
      principal = memberOf(own, second, deleted);
      app.app.get(TenantEvents).onAny((event) => {
        (event.name === 'tenant.access.refused' ? refused : heard).push(event);
      });
    });
    beforeEach(() => {
      heard.length = 0;
      refused.length = 0;
      log.mockClear();
    });
    afterAll(() => app.close());

    const ask = (header: string, query: string, as: Principal | null = principal) =>
      app.get(`/who?tenant=${query}`, as, { 'X-Tenant-ID': header });

    it('either counts the first or refuses, and tells of it once', async () => {
      const answer = await ask(own.id, second.slug);
      if (conflict === 'reject') {
        expect([answer.status, answer.json()]).toEqual([
          400,
          {
            type: 'about:blank',
            title: 'Conflicting tenant references',
            status: 400,
            detail: `These name different tenants: ${HEADER}, ${QUERY}. Send one of them.`,
            code: 'TENANT_CONFLICT',
          },
        ]);
      } else {
        expect(answer.json()).toMatchObject({ tenantId: own.id, resolution: { source: HEADER } });
      }
      expect(heard).toEqual([
        {
          name: 'tenant.resolution.conflict',
          sources: [HEADER, QUERY],
          tenantId: conflict === 'reject' ? undefined : own.id,
          principalId: 'ada',
          at: expect.any(Date) as Date,
        },
      ]);
    });

    it('tells of nothing when the sources agree, or only a fallback is of another mind', async () => {
      expect((await ask(own.slug, own.id.toUpperCase())).status).toBe(200);
      expect((await app.get('/who', principal, { 'X-Tenant-ID': second.id })).status).toBe(200);
      expect(heard).toEqual([]);
    });

    it('tells of each source that is of another mind than the first, as far as it asks', async () => {
      await app.get(`/tenants/${second.id}/who?tenant=${second.id}`, principal, { 'X-Tenant-ID': own.id });
      const sources = heard.map((event) => (event as ResolutionConflictEvent).sources);
      const all = [
        [HEADER, PATH],
        [HEADER, QUERY],
      ];
      expect(sources).toEqual(conflict === 'reject' ? all.slice(0, 1) : all);
    });

    /** What a caller and a listener learn of each pair in which a tenant stands beside another one. */
    const learnedOf = async ({ id, slug }: Pick<Tenant, 'id' | 'slug'>) => {
      const learned: unknown[] = [];
      const pairs: readonly (readonly [string, string])[] = [
        [id, slug],
        [slug, id],
        [id, id],
        [slug, slug],
        [id, own.id],
        [own.id, id],
        [own.slug, slug],
        [slug, own.slug],
        [id, 'no-such'],
        [UNKNOWN_ID, slug],
      ];
      for (const [header, query] of pairs) {
        heard.length = 0;
        const answer = await ask(header, query);
        const events = heard.map((event) => ({ ...event, at: undefined }));
        learned.push([said(answer), events]);
      }
      return learned;
    };

    it('do not tell a foreign or deleted tenant from an unknown one, nor does the event', async () => {
      const ofUnknown = await learnedOf({ id: 'eeeeeeee-0000-4000-8000-000000000000', slug: 'nobody' });
      expect(await learnedOf(foreign)).toEqual(ofUnknown);
      expect(await learnedOf(deleted)).toEqual(ofUnknown);
      expect(ofUnknown[2]).toEqual([NOT_FOUND, []]);
    });

    it('tell who watches of a tenant that was named and may not be entered, and of no other', async () => {
      await ask(own.id, own.id);
      await ask(UNKNOWN_ID, UNKNOWN_ID);
      expect(refused).toEqual([]);
      await ask(foreign.slug, foreign.slug);
      expect(refused).toEqual([
        expect.objectContaining({
          tenantId: foreign.id,
          principalId: principal.id,
          principalTenantId: own.id,
        }),
      ]);
    });

    it('leave in event and log nothing of what the client sent', async () => {
      await ask(foreign.slug, 'canary-tenant');
      await ask('canary-tenant', own.slug);
      await ask(UNKNOWN_ID, foreign.id);
      expect(heard).toHaveLength(3);
      const written = JSON.stringify([heard, log.mock.calls]);
      for (const sent of ['canary-tenant', foreign.slug, foreign.id, UNKNOWN_ID]) {
        expect(written).not.toContain(sent === foreign.slug ? '"foreign"' : sent);
      }
    });

    it('are told of to nobody when the caller is nobody', async () => {
      expect((await ask(own.id, second.id, null)).status).toBe(401);
      expect(heard).toEqual([]);
    });

    it('are answered the same when a listener throws, rejects, or would write into the event', async () => {
      const before = said(await ask(own.id, second.id));
      const events = app.app.get(TenantEvents);
      const last = jest.fn();
      const off = [
        () => {
          throw new Error('a listener');
        },
        () => Promise.reject(new Error('another')),
        ({ sources }: { sources: readonly string[] }) => void (sources as string[]).splice(0),
        last,
      ].map((listener) => events.on('tenant.resolution.conflict', listener));
      expect(said(await ask(own.id, second.id))).toEqual(before);
      expect(last).toHaveBeenCalledWith(expect.objectContaining({ sources: [HEADER, QUERY] }));
      for (const end of off) end();
    });
  });
});
