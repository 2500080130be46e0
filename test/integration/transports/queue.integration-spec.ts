import 'ioredis'; // BullMQ looks for it itself; where it is not installed, it tries again without end
import { setTimeout as sleep } from 'node:timers/promises';
import { BullModule, getQueueToken, Processor, WorkerHost } from '@nestjs/bullmq';
import { type INestApplicationContext } from '@nestjs/common';
import {
  getTenantContext,
  InMemoryTenantStore,
  runTenantJob,
  runWithTenantContext,
  serializeTenantContext,
  type Tenant,
  type TenantPayload,
  TenantService,
} from '@parallax/tenant';
import { type Job, type Queue, QueueEvents } from 'bullmq';
import { RedisServer } from '../../support/redis-server.js';
import { startContext } from './app-context.js';
import { NotesFixture, NotesService, titleOf } from './notes-module.js';

const [OLD_KEY, KEY] = [
  'the key of last year, which is being replaced',
  'the key of this year, which signs now',
];
const QUEUE = 'reports';
const HOUR_MS = 60 * 60 * 1000;

@Processor(QUEUE, { concurrency: 5 })
class ReportsWorker extends WorkerHost {
  running = 0;
  mostAtOnce = 0;

  constructor(private readonly notes: NotesService) {
    super();
  }

  override process(job: Job<TenantPayload<{ place: number }>>): Promise<unknown> {
    return runTenantJob(job.data, async ({ place }) => {
      this.mostAtOnce = Math.max(this.mostAtOnce, (this.running += 1));
      await sleep(5 + Math.random() * 10);
      const { tenantSlug, userId } = getTenantContext();
      const title = await this.notes.titleAt(place);
      this.running -= 1;
      return [tenantSlug, userId, title];
    });
  }
}

@Processor(QUEUE)
class CarelessWorker extends WorkerHost {
  constructor(private readonly notes: NotesService) {
    super();
  }

  override process(): Promise<unknown> {
    return this.notes.titles();
  }
}

const describeWithRedis = RedisServer.isInstalled() ? describe : describe.skip;

describeWithRedis('a BullMQ queue', () => {
  let redis: RedisServer;
  let fixture: NotesFixture;
  let store: InMemoryTenantStore;
  let app: INestApplicationContext;
  let queue: Queue<unknown, unknown>;
  let events: QueueEvents;
  let a: Tenant;
  let b: Tenant;

  beforeAll(async () => {
    [redis, fixture] = await Promise.all([RedisServer.start(), NotesFixture.create()]);
  });
  afterAll(async () => {
    await fixture.drop();
    await redis.stop();
  });

  const startWith = (
    keys: readonly string[],
    worker: typeof ReportsWorker | typeof CarelessWorker = ReportsWorker,
    maxAgeMs = HOUR_MS,
  ): Promise<INestApplicationContext> =>
    startContext(
      {
        imports: [
          fixture.module,
          BullModule.forRoot({ connection: { host: '127.0.0.1', port: redis.port } }),
          BullModule.registerQueue({ name: QUEUE }),
        ],
        providers: [worker],
      },
      { store, payloads: { keys, maxAgeMs } },
    );

  const restart = async (...how: Parameters<typeof startWith>): Promise<void> => {
    app = await startWith(...how);
    queue = app.get<Queue<unknown, unknown>>(getQueueToken(QUEUE));
  };
  const start = async (...how: Parameters<typeof startWith>): Promise<void> => {
    store = new InMemoryTenantStore();
    await restart(...how);
    events = new QueueEvents(QUEUE, { connection: { host: '127.0.0.1', port: redis.port } });
    await events.waitUntilReady();
    const suffix = Math.random().toString(36).slice(2, 6);
    [a, b] = [await fixture.tenant(app, `Alpha ${suffix}`), await fixture.tenant(app, `Beta ${suffix}`)];
  };
  afterEach(async () => {
    await events.close();
    await queue.obliterate({ force: true });
    await app.close();
  });

  const payloadOf = (tenant: Tenant, place = 0) =>
    runWithTenantContext({ tenantId: tenant.id, userId: 'ada' }, () => serializeTenantContext({ place }));
  const run = async (payload: unknown): Promise<unknown> => {
    const job = await queue.add('report', payload);
    return job.waitUntilFinished(events, 20_000);
  };

  it('runs each job in the tenant that wrote it, five at once of two', async () => {
    await start([KEY]);
    const turns = Array.from({ length: 40 }, (_, place) => [place % 2 === 0 ? a : b, place] as const);
    const answers = await Promise.all(
      turns.map(async ([tenant, place]) => run(await payloadOf(tenant, place))),
    );
    expect(answers).toEqual(turns.map(([tenant, place]) => [tenant.slug, 'ada', titleOf(tenant, place)]));
    expect(app.get(ReportsWorker).mostAtOnce).toBe(5);
  });

  it('runs no job whose payload was changed, or made by nobody', async () => {
    await start([KEY]);
    const payload = await payloadOf(a);
    const changed = [
      { ...payload, tenant: { ...payload.tenant, id: b.id } },
      { ...payload, data: { place: 1 } },
      { ...payload, tenant: { ...payload.tenant, userRoles: ['admin'] } },
      { place: 0 },
      {},
    ];
    for (const each of changed) await expect(run(each)).rejects.toThrow('payload');
    expect(await run(payload)).toEqual([a.slug, 'ada', titleOf(a, 0)]);
  });

  it('runs what was written under the key before this one, and nothing once that has left', async () => {
    await start([OLD_KEY]);
    const payload = await payloadOf(a);
    await app.close();
    await restart([KEY, OLD_KEY]);
    expect(await run(payload)).toEqual([a.slug, 'ada', titleOf(a, 0)]);
    await app.close();
    await restart([KEY]);
    await expect(run(payload)).rejects.toThrow('signature');
  });

  it('runs nothing that waited for too long', async () => {
    await start([KEY], ReportsWorker, 50);
    const payload = await payloadOf(a);
    await sleep(60);
    await expect(run(payload)).rejects.toThrow('older than');
    expect(await run(await payloadOf(a))).toEqual([a.slug, 'ada', titleOf(a, 0)]);
  });

  it('runs nothing for a tenant that was suspended or deleted while the job waited', async () => {
    await start([KEY]);
    const [ofA, ofB] = [await payloadOf(a), await payloadOf(b)];
    await app.get(TenantService).suspendTenant(a.id, 'unpaid bills');
    await store.update(b.id, { status: 'deleted' }, [b.status]);
    await expect(run(ofA)).rejects.toThrow('is suspended');
    await expect(run(ofB)).rejects.toThrow('no such tenant');
    await app.get(TenantService).reactivateTenant(a.id);
    expect(await run(ofA)).toEqual([a.slug, 'ada', titleOf(a, 0)]);
  });

  it('reads nothing in a job that opens no scope', async () => {
    await start([KEY], CarelessWorker);
    await expect(run(await payloadOf(a))).rejects.toThrow('outside a tenant scope');
  });
});
