import { Injectable, type Type, UseGuards } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { type Principal, rawRequestOf, type Tenant, TenantGuard } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { FixtureApp, memberOf } from '../../support/fixture-app.js';
import { NotesGateway } from './notes-gateway.js';
import { NotesFixture, titleOf, titlesOf } from './notes-module.js';
import { authenticate } from './socket-app.js';
import { type GatewayClient, IoClient, WsClient } from './socket-clients.js';

/** What guards HTTP guards gateways, too: nothing is declared here. */
@WebSocketGateway()
@Injectable()
class GloballyGuarded extends NotesGateway {}

@UseGuards(TenantGuard)
@WebSocketGateway()
@Injectable()
class Declared extends NotesGateway {}

@WebSocketGateway()
@Injectable()
class Unguarded extends NotesGateway {}

const PLATFORMS = {
  'socket.io': { adapter: IoAdapter, client: IoClient },
  ws: { adapter: WsAdapter, client: WsClient },
} as const;

/** How a gateway's sockets come to be depends on its platform; the HTTP adapter only lends the server. */
const CASES = [
  ['socket.io', 'express'],
  ['ws', 'fastify'],
] as const;

describe.each(CASES)('a gateway of %s on %s', (platform, adapter) => {
  let fixture: NotesFixture;
  let app: FixtureApp;
  let a: Tenant;
  let b: Tenant;
  const clients: GatewayClient[] = [];

  beforeAll(async () => {
    fixture = await NotesFixture.create();
  });
  afterAll(() => fixture.drop());

  const start = (gateway: Type, globalGuard: boolean) =>
    FixtureApp.start({
      adapter,
      tenant: { principal: (context) => authenticate(rawRequestOf(context)), globalGuard },
      imports: [fixture.module],
      providers: [gateway],
      configure: (starting) => starting.useWebSocketAdapter(new PLATFORMS[platform].adapter(starting)),
    });
  const connect = (as: Principal | 'forged' | null): GatewayClient => {
    const client = new PLATFORMS[platform].client(app.url, as);
    clients.push(client);
    return client;
  };

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  describe.each([
    ['guarded by the global guard', GloballyGuarded, true],
    ['that declares its guard', Declared, false],
  ] as const)('%s', (_how, Gateway, globalGuard) => {
    let gateway: NotesGateway;

    beforeEach(async () => {
      app = await start(Gateway, globalGuard);
      gateway = app.app.get(Gateway);
      const suffix = Math.random().toString(36).slice(2, 6);
      [a, b] = [
        await fixture.tenant(app.app, `Alpha ${suffix}`),
        await fixture.tenant(app.app, `Beta ${suffix}`),
      ];
    });
    afterEach(async () => {
      for (const client of clients) client.close();
      await app.close();
    });

    it('lets each client into its own tenant, and answers it from there, two interleaved', async () => {
      const [ofA, ofB] = [connect(memberOf(a)), connect(memberOf(b))];
      for (let round = 0; round < 20; round += 1) {
        ofA.send('titles');
        ofB.send('titles');
      }
      expect(new Set((await ofA.heard('titles', 20)).map(String))).toEqual(new Set([String(titlesOf(a))]));
      expect(new Set((await ofB.heard('titles', 20)).map(String))).toEqual(new Set([String(titlesOf(b))]));
      expect([...gateway.entered].sort()).toEqual([titleOf(a, 0), titleOf(b, 0)]);
    });

    it('refuses a credential that cannot be read, and goes on for others', async () => {
      expect((await connect('forged').end()).code ?? 1011).toBe(1011);
      const ofA = connect(memberOf(a));
      ofA.send('titles');
      expect(await ofA.heard('titles')).toEqual([titlesOf(a)]);
    });

    it('keeps an Observable answer and @CurrentTenant() in the tenant', async () => {
      const [ofA, ofB] = [connect(memberOf(a)), connect(memberOf(b))];
      for (const client of [ofA, ofB]) client.send('each');
      for (const client of [ofA, ofB]) client.send('who', 'x');
      for (const [client, tenant] of [
        [ofA, a],
        [ofB, b],
      ] as const) {
        const each = [0, 1, 2].map((place) => [tenant.slug, titleOf(tenant, place)]);
        expect(await client.heard('each', 3)).toEqual(each);
        expect(await client.heard('who')).toEqual([[tenant.slug, tenant.slug, 'x']]);
      }
    });

    it('refuses a client that may not enter, with the code, and closes', async () => {
      const nobody = connect(null);
      const stranger = connect({ ...memberOf(a), tenantIds: ['ffffffff-0000-4000-8000-000000000000'] });
      const ends = [await nobody.end(), await stranger.end()];
      if (platform === 'ws') {
        expect(ends).toEqual([
          { code: 1008, reason: 'UNAUTHENTICATED' },
          { code: 1008, reason: 'TENANT_NOT_FOUND' },
        ]);
      } else {
        expect(nobody.of('exception')).toContainEqual(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
        expect(stranger.of('exception')).toContainEqual(
          expect.objectContaining({ code: 'TENANT_NOT_FOUND' }),
        );
      }
      expect(gateway.entered).toEqual([]);
    });

    it('guards a message by itself when it comes before the client was let in', async () => {
      let open: (value?: unknown) => void = () => undefined;
      gateway.letIn = new Promise((resolve) => (open = resolve));
      const [nobody, ofA] = [connect(null), connect(memberOf(a))];
      for (const client of [nobody, ofA]) client.send('titles');
      expect(await nobody.heard('exception')).toEqual([{ status: 'error', code: 'UNAUTHENTICATED' }]);
      if (platform === 'ws') {
        // The library learns what opened a connection of ws when it is told, by enter().
        expect(await ofA.heard('exception')).toEqual([{ status: 'error', code: 'UNAUTHENTICATED' }]);
      } else {
        expect(await ofA.heard('titles')).toEqual([titlesOf(a)]);
      }
      open();
      await eventually('it is let in', () => gateway.entered.length === 1);
      ofA.send('who', 'now');
      expect(await ofA.heard('who')).toEqual([[a.slug, a.slug, 'now']]);
      expect(nobody.of('titles')).toEqual([]);
    });

    it('refuses messages of a tenant that was suspended meanwhile, and closes who only listens', async () => {
      const [ofA, silent, ofB] = [connect(memberOf(a)), connect(memberOf(a)), connect(memberOf(b))];
      await eventually('all are in', () => gateway.entered.length === 3);
      await app.tenants.suspendTenant(a.id, 'unpaid bills');
      for (const client of [ofA, ofB]) client.send('titles');
      expect(await ofA.heard('exception')).toContainEqual({ status: 'error', code: 'TENANT_SUSPENDED' });
      expect(await ofB.heard('titles')).toEqual([titlesOf(b)]);
      const end = await silent.end();
      if (platform === 'ws') expect(end).toEqual({ code: 1008, reason: 'TENANT_SUSPENDED' });
      else {
        expect(silent.of('exception')).toEqual([expect.objectContaining({ code: 'TENANT_SUSPENDED' })]);
      }
      expect(ofA.of('titles')).toEqual([]);
      expect(ofB.closed).toBeUndefined();
    });

    it('survives an error in what it does on entering, and tells nothing of it', async () => {
      gateway.failing = true;
      const client = connect(memberOf(a));
      const end = await client.end();
      if (platform === 'ws') expect(end).toEqual({ code: 1011, reason: '' });
      else
        expect(client.of('exception')).toEqual([
          { status: 'error', code: 'INTERNAL', message: 'Internal error' },
        ]);
      gateway.failing = false;
      const next = connect(memberOf(a));
      next.send('who', 'next');
      expect(await next.heard('who')).toEqual([[a.slug, a.slug, 'next']]);
    });
  });

  it('that has no guard reads nothing, and says so', async () => {
    app = await start(Unguarded, false);
    const tenant = await fixture.tenant(app.app, 'Unguarded');
    const client = connect(memberOf(tenant));
    client.send('titles');
    expect(await client.heard('exception')).toEqual([{ status: 'error', code: 'TENANT_SCOPE_MISSING' }]);
    client.close();
    await app.close();
  });
});
