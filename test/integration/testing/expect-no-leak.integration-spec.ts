import { findLeaks, type LeakKind, type NoLeakReport } from '@parallax/tenant/testing';
import { ADAPTERS, type FixtureApp } from '../../support/fixture-app.js';
import { LEAKY_OPTIONS, startLeakyApp } from './leaky/leaky-app.js';
import type { Plant } from './leaky/plants.js';

/** What each must be reported as, and nothing else. */
const EXPECTED: Readonly<
  Record<Exclude<Plant, 'a policy that lets everybody in'>, readonly `${LeakKind} ${string}`[]>
> = {
  'a list that is not filtered': ['body GET /notes'],
  'a row read by its id alone': ['body GET /notes/:id'],
  'a row found by a query': ['body GET /notes'],
  'a header about the row': ['header GET /notes/:id'],
  'a redirect to the row': ['location GET /notes/:id'],
  'an ETag checked before the tenant': ['etag GET /notes/:id'],
  'an error that names the row': ['error-text GET /notes/:id'],
  'a log line that names the row': ['log GET /notes/:id'],
  'a total of all tenants': ['count GET /notes'],
  'events for everybody': ['sse GET /stream/changes'],
  'an export of all rows': ['stream GET /stream/export'],
  'a cursor that says whose page it is': ['cursor GET /notes'],
  'a cache keyed by the path': ['cached-answer GET /notes'],
  'a public Cache-Control': ['shared-cache GET /notes/:id'],
  'a title unique over all tenants': ['existence POST /notes'],
  '403 for the row of another': ['existence GET /notes/:id'],
  'a reference that is not checked': ['foreign-reference POST /notes'],
  'a key of a request kept without its tenant': ['idempotency-replay POST /notes'],
  'a PATCH by the id alone': ['foreign-write PATCH /notes/:id'],
  'a DELETE by the id alone': ['foreign-write DELETE /notes/:id'],
  'a tenant field that is believed': ['foreign-write POST /notes'],
  'a message answered by the id alone': ['websocket WS note.get'],
  'a broadcast to all sockets': ['websocket WS note.get'],
};

/** Where the adapter has a hand in how the leak gets out. */
const OF_THE_ADAPTER: readonly string[] = [
  'a header about the row',
  'a redirect to the row',
  'an ETag checked before the tenant',
  'an error that names the row',
  'a log line that names the row',
  'events for everybody',
  'an export of all rows',
  'a cache keyed by the path',
  'a public Cache-Control',
  'a message answered by the id alone',
  'a broadcast to all sockets',
] satisfies Plant[];

describe.each(ADAPTERS)('findLeaks on %s', (adapter) => {
  let fixture: FixtureApp;

  const search = async (...planted: Plant[]): Promise<NoLeakReport> => {
    fixture = await startLeakyApp(adapter, ...planted);
    return findLeaks(fixture.app, LEAKY_OPTIONS);
  };
  afterEach(() => fixture.close());

  it('finds nothing where nothing is, and has proved every route', async () => {
    const report = await search();
    expect(report.findings).toEqual([]);
    expect(report.unproved).toEqual([]);
    expect(report.proved).toHaveLength(11);
  });

  const plants = Object.entries(EXPECTED) as [Plant, string[]][];
  it.each(plants.filter(([plant]) => adapter === 'fastify' || OF_THE_ADAPTER.includes(plant)))(
    'finds %s',
    async (plant, expected) => {
      const { findings } = await search(plant);
      expect(findings.map(({ kind, route }) => `${kind} ${route}`)).toEqual(expected);
    },
  );
});
