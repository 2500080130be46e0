import { Controller, Injectable, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import {
  CurrentTenant,
  getTenantContext,
  runWithTenantContext,
  serializeTenantContext,
  type Tenant,
  TenantContextInterceptor,
  TenantGuard,
  type TenantPayload,
} from '@parallax/tenant';
import { concatMap, firstValueFrom, type Observable, range, toArray } from 'rxjs';
import { HmacPayloadSigner } from '../../../src/tenant/jobs/hmac-payload-signer.js';
import { sealed } from '../../../src/tenant/jobs/tenant-payload.js';
import { eventually } from '../../support/eventually.js';
import { FixtureApp } from '../../support/fixture-app.js';
import { NotesFixture, NotesService, titleOf } from './notes-module.js';
import { TenantRpcFilter } from './rpc-filter.js';
import { freePort } from '../../../src/database/embedded/free-port.js';

const KEY = 'a key that both ends of the wire know, and nobody else';

@Injectable()
class Heard {
  readonly events: unknown[] = [];
}

@UseFilters(TenantRpcFilter)
@Controller()
class NotesHandlers {
  constructor(
    protected readonly notes: NotesService,
    protected readonly heard: Heard,
  ) {}

  @MessagePattern('note')
  async note(@Payload('data') data: { place: number }, @CurrentTenant('tenantSlug') slug: string) {
    return [slug, getTenantContext().userId ?? null, await this.notes.titleAt(data.place)];
  }

  @MessagePattern('each')
  each(@Payload('data') data: { count: number }): Observable<string | undefined> {
    return range(0, data.count).pipe(concatMap((place) => this.notes.titleAt(place)));
  }

  @EventPattern('changed')
  async changed(@Payload('data') data: { place: number }): Promise<void> {
    this.heard.events.push(await this.notes.titleAt(data.place));
  }
}

@UseGuards(TenantGuard)
@UseInterceptors(TenantContextInterceptor)
@UseFilters(TenantRpcFilter)
@Controller()
class Declared extends NotesHandlers {}

/** As a message arrives: JSON, which whoever is on the way may have changed. */
const onTheWire = <T>(payload: T): T => JSON.parse(JSON.stringify(payload)) as T;

describe('a TCP microservice', () => {
  let fixture: NotesFixture;

  beforeAll(async () => {
    fixture = await NotesFixture.create();
  });
  afterAll(() => fixture.drop());

  describe.each([
    ["with the application's guards", { inheritAppConfig: true, globalGuard: true, handlers: NotesHandlers }],
    [
      'that declares guard and interceptor',
      { inheritAppConfig: false, globalGuard: false, handlers: Declared },
    ],
  ])('%s', (_how, { inheritAppConfig, globalGuard, handlers }) => {
    let app: FixtureApp;
    let client: ClientProxy;
    let a: Tenant;
    let b: Tenant;

    beforeAll(async () => {
      const port = await freePort();
      app = await FixtureApp.start({
        tenant: { principal: undefined, payloads: { keys: [KEY] }, globalGuard },
        imports: [fixture.module],
        controllers: [handlers],
        providers: [Heard],
        configure: (starting) => {
          starting.connectMicroservice<MicroserviceOptions>(
            { transport: Transport.TCP, options: { host: '127.0.0.1', port } },
            { inheritAppConfig },
          );
        },
      });
      await app.app.startAllMicroservices();
      client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
      [a, b] = [await fixture.tenant(app.app, 'Alpha'), await fixture.tenant(app.app, 'Beta')];
    });
    afterAll(async () => {
      client.close();
      await app.close();
    });

    const payloadOf = <T>(tenant: Tenant, data: T) =>
      runWithTenantContext({ tenantId: tenant.id, userId: 'ada' }, () => serializeTenantContext(data));
    const ask = (payload: unknown) => firstValueFrom(client.send<unknown>('note', payload as object));

    it('works in the tenant that wrote the message, many of two at once', async () => {
      const turns = Array.from({ length: 40 }, (_, at) => [at % 2 === 0 ? a : b, at] as const);
      const answers = await Promise.all(
        turns.map(async ([tenant, place]) => ask(await payloadOf(tenant, { place }))),
      );
      expect(answers).toEqual(turns.map(([tenant, place]) => [tenant.slug, 'ada', titleOf(tenant, place)]));
    });

    it('keeps an Observable answer in it', async () => {
      const each = await Promise.all(
        [a, b].map(async (tenant) =>
          firstValueFrom(client.send<string>('each', await payloadOf(tenant, { count: 5 })).pipe(toArray())),
        ),
      );
      expect(each).toEqual([a, b].map((tenant) => [0, 1, 2, 3, 4].map((at) => titleOf(tenant, at))));
    });

    it('hears an event in the tenant that sent it', async () => {
      const heard = app.app.get(Heard).events;
      heard.length = 0;
      await firstValueFrom(client.emit('changed', await payloadOf(a, { place: 1 })), { defaultValue: null });
      await firstValueFrom(client.emit('changed', await payloadOf(b, { place: 2 })), { defaultValue: null });
      await eventually('both were heard', () => heard.length === 2);
      expect([...heard].sort()).toEqual([titleOf(a, 1), titleOf(b, 2)]);
    });

    it.each<[string, (payload: TenantPayload<{ place: number }>) => unknown]>([
      ['no envelope', ({ data }) => data],
      ['an empty object', () => ({})],
      ['a text', () => 'titles'],
      ['another tenant', (payload) => ({ ...payload, tenant: { ...payload.tenant, id: b.id } })],
      ['other data', (payload) => ({ ...payload, data: { place: 7 } })],
      ['another user', (payload) => ({ ...payload, tenant: { ...payload.tenant, userId: 'eve' } })],
      [
        'another time',
        (payload) => ({ ...payload, tenant: { ...payload.tenant, issuedAt: Date.now() + 1 } }),
      ],
      ['no signature', (payload) => ({ ...payload, signature: '' })],
      [
        'the signature of another key',
        ({ tenant, data }) => sealed(tenant, data, new HmacPayloadSigner({ keys: ['x'.repeat(40)] })),
      ],
    ])('refuses a message with %s', async (_what, change) => {
      const payload = onTheWire(await payloadOf(a, { place: 0 }));
      await expect(ask(change(payload))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(await ask(payload)).toEqual([a.slug, 'ada', titleOf(a, 0)]);
    });

    it('does not hear an event without an envelope', async () => {
      const heard = app.app.get(Heard).events;
      heard.length = 0;
      await firstValueFrom(client.emit('changed', { data: { place: 1 } }), { defaultValue: null });
      await ask(await payloadOf(a, { place: 0 }));
      expect(heard).toEqual([]);
    });

    it('refuses what was written for a tenant that is suspended now', async () => {
      const tenant = await fixture.tenant(app.app, 'Gamma');
      const payload = await payloadOf(tenant, { place: 0 });
      expect(await ask(payload)).toEqual([tenant.slug, 'ada', titleOf(tenant, 0)]);
      await app.tenants.suspendTenant(tenant.id, 'unpaid bills');
      await expect(ask(payload)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' });
    });
  });

  it('that neither inherits the guards nor declares one reads nothing, and says so', async () => {
    const port = await freePort();
    const app = await FixtureApp.start({
      tenant: { principal: undefined, payloads: { keys: [KEY] } },
      imports: [fixture.module],
      controllers: [NotesHandlers],
      providers: [Heard],
      configure: (starting) => {
        starting.connectMicroservice<MicroserviceOptions>({
          transport: Transport.TCP,
          options: { host: '127.0.0.1', port },
        });
      },
    });
    await app.app.startAllMicroservices();
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    const tenant = await fixture.tenant(app.app, 'Hybrid');
    const payload = await runWithTenantContext({ tenantId: tenant.id }, () =>
      serializeTenantContext({ place: 0 }),
    );
    await expect(firstValueFrom(client.send('note', payload))).rejects.toMatchObject({
      code: 'TENANT_SCOPE_MISSING',
    });
    client.close();
    await app.close();
  });
});
