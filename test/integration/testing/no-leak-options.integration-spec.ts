import { VersioningType } from '@nestjs/common';
import { ConfigurationError } from '@parallax/tenant';
import {
  createTestTenant,
  expectNoLeak,
  findLeaks,
  LeakFoundError,
  type NoLeakOptions,
} from '@parallax/tenant/testing';
import { ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { LEAKY_OPTIONS, startLeakyApp } from './leaky/leaky-app.js';
import { NotesStore } from './leaky/notes.store.js';
import type { Plant } from './leaky/plants.js';
import { startSurfaceApp } from './surface-app.js';

let app: FixtureApp;

afterEach(() => app.close());

const startLeaky = async (...planted: Plant[]): Promise<void> => {
  app = await startLeakyApp('fastify', ...planted);
};
const leaksOf = async (options: Partial<NoLeakOptions>): Promise<string[]> => {
  const { findings } = await findLeaks(app.app, { ...LEAKY_OPTIONS, ...options } as NoLeakOptions);
  return findings.map(({ kind, route, way }) => `${kind} ${route}: ${way}`);
};

describe(expectNoLeak.name, () => {
  it('gives back the report when there is no leak', async () => {
    await startLeaky();
    const report = await expectNoLeak(app.app, LEAKY_OPTIONS);
    expect(report.proved).toContain('DELETE /notes/:id');
    expect(report.excluded).toEqual([{ route: 'GET /open', reason: 'says nothing of anybody' }]);
  });

  it('throws every leak at once, each with its route, what was sent and what was seen', async () => {
    await startLeaky('a row read by its id alone', 'a total of all tenants');
    const error = await expectNoLeak(app.app, LEAKY_OPTIONS).catch(
      (thrown: unknown) => thrown as LeakFoundError,
    );
    expect(error).toBeInstanceOf(LeakFoundError);
    const { message } = error as LeakFoundError;
    expect(message).toMatch(/^2 leaks, \d+ routes proved, 0 not proved, 1 excluded/);
    expect(message).toMatch(
      /body +GET \/notes\/:id\n +sent: GET with the other tenant's :id\n +seen: .*canary-\w+-\d+.* with status 200/,
    );
    expect(message).toMatch(/count +GET \/notes\n.*\n +seen: body\.total: \d+ instead of \d+/);
  });

  it('takes a route whose owner was not answered for not proved, and says what is missing', async () => {
    await startLeaky();
    const samples = { 'POST /folders': LEAKY_OPTIONS.samples!['POST /folders']! };
    const report = await findLeaks(app.app, { ...LEAKY_OPTIONS, samples });
    const reasons = Object.fromEntries(report.unproved.map(({ route, reason }) => [route, reason]));
    expect(reasons['GET /notes/:id']).toContain('No id for :id. Give a sample for the route that creates it');
    expect(reasons['WS note.get']).toContain('Its owner was told nothing of its own');
    expect(reasons['GET /stream/changes']).toBe('Its owner was sent no event of its own when it got rows.');
    await expect(expectNoLeak(app.app, { ...LEAKY_OPTIONS, samples })).rejects.toThrow(LeakFoundError);
    await expect(
      expectNoLeak(app.app, { ...LEAKY_OPTIONS, samples, unproved: 'report' }),
    ).resolves.toMatchObject({ findings: [] });
  });

  it('fails when nothing at all was proved, whatever was asked for', async () => {
    await startLeaky();
    const nobody: NoLeakOptions = { asTenant: () => ({}), unproved: 'report' };
    await expect(expectNoLeak(app.app, nobody)).rejects.toThrow(/^0 leaks, 0 routes proved, \d+ not proved/);
  });

  it('refuses patterns that match nothing: a route may have been renamed', async () => {
    await startLeaky();
    const options = { ...LEAKY_OPTIONS, exclude: { 'GET /opne': 'typing' } };
    await expect(expectNoLeak(app.app, options)).rejects.toThrow(ConfigurationError);
    await expect(expectNoLeak(app.app, options)).rejects.toThrow(
      /exclude names GET \/opne, .* It has: GET \/notes/,
    );
  });

  it('leaves what it had no time for not proved', async () => {
    await startLeaky();
    const { unproved, proved } = await findLeaks(app.app, { ...LEAKY_OPTIONS, timeLimitMs: 0 });
    expect(proved).toEqual([]);
    expect(unproved[0]!.reason).toBe('The time of the run was up: see timeLimitMs.');
  });
});

describe('what expectNoLeak is told', () => {
  it('takes rows from seed, and secrets that are no ids', async () => {
    await startLeaky('an error that names the row');
    const store = app.app.get(NotesStore);
    const leaks = await leaksOf({
      samples: {},
      tenants: [(await createTestTenant(app.app)).tenant, (await createTestTenant(app.app)).tenant],
      seed: ({ id, slug }) => {
        const title = `secret-of-${slug}`;
        const note = { id: `${Math.random()}-${id}`, tenantId: id, slug: slug!, title };
        store.notes.push(note);
        return { ids: { notes: note.id }, secrets: [title] };
      },
    });
    expect(leaks).toContain("error-text GET /notes/:id: GET with the other tenant's :id");
  });

  it('compares the snapshot it is given', async () => {
    await startLeaky('a DELETE by the id alone');
    const store = app.app.get(NotesStore);
    const of = (tenantId: string): unknown => store.notes.filter((note) => note.tenantId === tenantId);
    expect(await leaksOf({ snapshot: ({ id }) => of(id) })).toEqual([
      'foreign-write DELETE /notes/:id: all that was sent to it',
    ]);
    expect(await leaksOf({ snapshot: () => 'always the same' })).toEqual([
      expect.stringMatching(/^existence DELETE \/notes\/:id/),
    ]);
  });

  it('reads the logs it is pointed to, and stops when it is done', async () => {
    await startLeaky('an error that names the row');
    let stopped = 0;
    const leaks = await leaksOf({
      observeLogs: (record) => {
        const { errors } = app;
        errors.push = (...added) => {
          for (const { message } of added) record(message);
          return Array.prototype.push.apply(errors, added);
        };
        return () => void (stopped += 1);
      },
    });
    expect(leaks).toContain("log GET /notes/:id: GET with the other tenant's :id");
    expect(stopped).toBe(1);
  });
});

describe.each(ADAPTERS)('a policy that lets everybody in, on %s', (adapter) => {
  it('is found in every place a tenant can be named', async () => {
    app = await startLeakyApp(adapter, 'a policy that lets everybody in');
    const leaks = (await leaksOf({})).map((leak) => leak.replace(/:[^:]*$/, ''));
    expect(leaks).toEqual(
      expect.arrayContaining([
        'body GET /notes',
        'body GET /notes/:id',
        'stream GET /stream/export',
        'sse GET /stream/changes',
        'websocket WS note.get',
        'foreign-write PATCH /notes/:id',
        'foreign-write DELETE /notes/:id',
      ]),
    );
  });
});

describe.each(ADAPTERS)('the routes expectNoLeak finds on %s', (adapter) => {
  const options: NoLeakOptions = {
    asTenant: (tenant) => credential(memberOf(tenant as never)),
    seed: ({ id }) => ({ ids: { parts: `part-${id.slice(-12)}` } }),
  };

  it.each([
    [VersioningType.HEADER, 'GET /api/reports (version 2)'],
    [VersioningType.URI, 'GET /api/v2/reports'],
  ])('are at their prefixes, versions and hosts, and drives them there', async (versioning, versioned) => {
    app = await startSurfaceApp(adapter, versioning);
    const { proved, unproved, findings } = await findLeaks(app.app, options);
    expect(findings).toEqual([]);
    expect([...proved].sort()).toEqual(
      [versioned, 'GET /api/shop/widgets', 'GET /api/shop/widgets/parts/:partId', 'GET /inside'].sort(),
    );
    const reasons = Object.fromEntries(unproved.map(({ route, reason }) => [route, reason]));
    expect(Object.keys(reasons).sort()).toEqual([
      'GET /api/shop/widgets/nothing',
      'GET /raw',
      'POST /api/shop/widgets/broken',
    ]);
    expect(reasons['POST /api/shop/widgets/broken']).toMatch(
      /^It answered 500 to ".*", which proves nothing/,
    );
    expect(reasons['GET /raw']).toContain('exclude it and say so');
  });
});
