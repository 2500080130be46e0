import { setTimeout as sleep } from 'node:timers/promises';
import { type INestApplicationContext, Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { runWithTenantContext, type Tenant, TenantService } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { RecordingLogger, startContext } from './app-context.js';
import { NotesFixture, NotesService, titleOf, titlesOf } from './notes-module.js';

const EVERY_SECOND = '* * * * * *';

const missing = expect.objectContaining({ code: 'TENANT_SCOPE_MISSING' });

describe('callers that are no request', () => {
  let fixture: NotesFixture;
  let app: INestApplicationContext;
  let a: Tenant;
  let b: Tenant;
  let logger: RecordingLogger;

  beforeAll(async () => {
    fixture = await NotesFixture.create();
  });
  afterAll(() => fixture.drop());

  const start = async (metadata: Parameters<typeof startContext>[0]): Promise<void> => {
    logger = new RecordingLogger();
    app = await startContext(
      { ...metadata, imports: [fixture.module, ...(metadata.imports ?? [])] },
      {},
      logger,
    );
    [a, b] = [await fixture.tenant(app, 'Alpha'), await fixture.tenant(app, 'Beta')];
  };
  afterEach(async () => {
    await app.close();
    await fixture.database.query('DELETE FROM note');
  });

  const as = <T>(tenant: Tenant, fn: () => T | Promise<T>) =>
    runWithTenantContext({ tenantId: tenant.id }, fn);

  describe('a listener of @OnEvent()', () => {
    @Injectable()
    class Listeners {
      readonly heard: string[] = [];

      constructor(private readonly notes: NotesService) {}

      @OnEvent('note.changed')
      async directly(place: number): Promise<void> {
        this.heard.push(`directly ${await this.notes.titleAt(place)}`);
      }

      @OnEvent('note.changed', { async: true })
      async later(place: number): Promise<void> {
        await sleep(Math.random() * 5);
        this.heard.push(`later ${await this.notes.titleAt(place)}`);
      }
    }

    beforeEach(() => start({ imports: [EventEmitterModule.forRoot()], providers: [Listeners] }));

    it('reads as the tenant in whose scope the event was emitted, sync and async', async () => {
      const { heard } = app.get(Listeners);
      const events = app.get(EventEmitter2);
      await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          as(at % 2 === 0 ? a : b, () => void events.emit('note.changed', at)),
        ),
      );
      await eventually('all were heard', () => heard.length === 40);
      const expected = Array.from({ length: 20 }, (_, at) => titleOf(at % 2 === 0 ? a : b, at));
      expect([...heard].sort()).toEqual(expected.flatMap((t) => [`directly ${t}`, `later ${t}`]).sort());
      expect(logger.errors).toEqual([]);
    });

    it('reads nothing when the event was emitted in no scope, and the log says so', async () => {
      app.get(EventEmitter2).emit('note.changed', 0);
      await eventually('both have failed', () => logger.errors.length === 2);
      const told = expect.stringContaining('outside a tenant scope');
      expect(logger.errors).toEqual([told, told]);
      expect(app.get(Listeners).heard).toEqual([]);
    });
  });

  describe('a job of @Cron()', () => {
    @Injectable()
    class Jobs {
      readonly read: string[][] = [];
      careless = 0;

      constructor(
        private readonly notes: NotesService,
        private readonly tenants: TenantService,
      ) {}

      @Cron(EVERY_SECOND)
      async forEachTenant(): Promise<void> {
        for await (const { id } of this.tenants.eachTenant()) {
          await runWithTenantContext({ tenantId: id }, async () => {
            this.read.push(await this.notes.titles());
          });
        }
      }

      @Cron(EVERY_SECOND)
      async withoutTenant(): Promise<void> {
        this.careless += 1;
        this.read.push(await this.notes.titles());
      }
    }

    beforeEach(() => start({ imports: [ScheduleModule.forRoot()], providers: [Jobs] }));

    it('reads each tenant as that tenant, and nothing without one, and the log says so', async () => {
      const jobs = app.get(Jobs);
      await eventually(
        'it ran',
        () => jobs.read.length >= 2 && jobs.careless > 0 && logger.errors.length > 0,
      );
      const both = [titlesOf(a), titlesOf(b)];
      for (const titles of jobs.read.slice(-2)) expect(both).toContainEqual(titles);
      expect(new Set(jobs.read.slice(-2).map(String)).size).toBe(2);
      expect(logger.errors[0]).toEqual(missing);
    });
  });

  describe('a command', () => {
    beforeEach(() => start({}));

    it('reads as the tenant it names', async () => {
      const notes = app.get(NotesService);
      const read = await Promise.all([a, b].map((tenant) => as(tenant, () => notes.titles())));
      expect(read).toEqual([titlesOf(a), titlesOf(b)]);
    });

    it('reads nothing when it names none, or one that may not act', async () => {
      await expect(app.get(NotesService).titles()).rejects.toEqual(missing);
      await app.get(TenantService).suspendTenant(a.id, 'unpaid bills');
      await expect(as(a, () => app.get(NotesService).titles())).rejects.toMatchObject({
        code: 'TENANT_SUSPENDED',
      });
    });
  });
});
