import { randomUUID } from 'node:crypto';
import { findLeaks, type LeakTenant, type NoLeakOptions } from '@parallax/tenant/testing';
import type { Tenant } from '@parallax/tenant';
import { ADAPTERS, credential, type FixtureApp, memberOf } from '../../support/fixture-app.js';
import { ECHO_SAMPLES, startEchoApp } from './echo-app.js';
import { LEAKY_OPTIONS, startLeakyApp } from './leaky/leaky-app.js';

/** As an expired token is: the application knows nobody of that name. */
const UNKNOWN = { 'x-nobody': 'expired' };

const asMember = (tenant: Tenant): Record<string, string> => credential(memberOf(tenant));

/** The first tenant is the intruder. */
function firstOneUnknown(): (tenant: Tenant) => Record<string, string> {
  let first: Tenant | undefined;
  return (tenant) => ((first ??= tenant) === tenant ? UNKNOWN : asMember(tenant));
}

const seed = (): { ids: Record<string, string> } => ({
  ids: { notes: randomUUID(), folders: randomUUID(), echoes: randomUUID() },
});

describe.each(ADAPTERS)('what counts as proof on %s', (adapter) => {
  let fixture: FixtureApp;
  afterEach(() => fixture.close());

  it('is not what an intruder is kept from who is not let in at all', async () => {
    fixture = await startLeakyApp(
      adapter,
      'a list that is not filtered',
      'a row read by its id alone',
      'a PATCH by the id alone',
      'a DELETE by the id alone',
      'a message answered by the id alone',
      'a tenant field that is believed',
    );
    const asTenant = firstOneUnknown();
    let intruder: LeakTenant | undefined;
    const report = await findLeaks(fixture.app, {
      ...LEAKY_OPTIONS,
      asTenant,
      seed: (tenant) => ((intruder ??= tenant) === tenant ? seed() : {}),
    });
    expect(report.proved).toEqual([]);
    expect(report.unproved).toHaveLength(11);
    const credentials = `Do the credentials asTenant gave for tenant ${intruder!.id} let it in?`;
    for (const { reason } of report.unproved) expect(reason).toContain(credentials);
  });

  const PROVED = ['GET /found', 'GET /welcome', 'WS find'];
  const options: NoLeakOptions<Tenant> = { asTenant: asMember, seed, samples: ECHO_SAMPLES! };

  it('is not what was sent, nor what is made for the answer', async () => {
    fixture = await startEchoApp(adapter);
    const { proved, unproved } = await findLeaks(fixture.app, options);
    expect([...proved].sort()).toEqual(PROVED);
    expect(unproved.map(({ route }) => route).sort()).toEqual([
      'GET /echo-events',
      'GET /echoes/:id',
      'GET /search',
      'GET /traced',
      'WS echo',
    ]);
  });

  it('is not an answer that an intruder gets as nobody', async () => {
    fixture = await startEchoApp(adapter);
    const { proved, unproved } = await findLeaks(fixture.app, { ...options, asTenant: firstOneUnknown() });
    expect(proved).toEqual([]);
    const reasons = Object.fromEntries(unproved.map(({ route, reason }) => [route, reason]));
    expect(reasons['GET /welcome']).toMatch(
      /^The intruder, asking for its own, was told nothing of its own\. Do the credentials asTenant gave/,
    );
    expect(reasons['GET /found']).toMatch(/^The intruder, asking for its own, was answered 401: .* asTenant/);
  });
});
