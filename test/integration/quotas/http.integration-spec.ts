import { randomUUID } from 'node:crypto';
import { get } from 'node:http';
import type { Tenant } from '@parallax/tenant';
import { countedPlans } from '../../support/counted.js';
import { eventually } from '../../support/eventually.js';
import { ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { pipelined } from '../transports/pipelined.js';
import { Runs, RunsController, work } from './http-fixture.js';

const TYPE = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

describe.each(ADAPTERS)('quotas over HTTP on %s', (adapter) => {
  let app: FixtureApp;
  let tenant: Tenant;

  beforeAll(async () => {
    app = await FixtureApp.start({
      adapter,
      controllers: [RunsController],
      providers: [Runs],
      tenant: { plans: countedPlans },
    });
  });
  beforeEach(async () => {
    tenant = await createTenant('small');
    Object.assign(work, { act: () => 'done', begun: 0 });
  });
  afterAll(() => app.close());

  const createTenant = (plan: string) => app.tenants.createTenant(`T ${randomUUID()}`, {}, plan);
  const send = (method: string, path: string, as = tenant) =>
    fetch(app.url + path, { method, headers: credential(memberOf(as)) });
  const use = async (as = tenant): Promise<string[]> => {
    const { use: used } = (await (await send('GET', '/status', as)).json()) as { use: string[] };
    return used;
  };
  /** What an answer says of limits, seconds left aside. */
  const said = ({ headers }: Response) => ({
    policy: headers.get('ratelimit-policy'),
    limit: headers.get('ratelimit')?.replaceAll(/t=\d+/g, 't=…') ?? null,
  });
  const period = /q=10;w=(\d+)/;

  it('charges a call that is accepted, once for the route and what it calls', async () => {
    const answer = await send('POST', '/runs');
    expect([answer.status, await answer.json()]).toEqual([202, { answer: 'done' }]);
    expect((await use())[0]).toBe('1/0');
  });

  it('says on the answer what is left, and for how long', async () => {
    const answer = await send('POST', '/runs?units=3');
    expect(said(answer)).toEqual({
      policy: expect.stringMatching(/^"maxRuns";q=10;w=\d+$/),
      limit: '"maxRuns";r=7;t=…',
    });
    const [, window] = period.exec(answer.headers.get('ratelimit-policy')!)!;
    const days = Number(window) / 86_400;
    expect([28, 29, 30, 31]).toContain(days);
    const [, reset] = /t=(\d+)/.exec(answer.headers.get('ratelimit')!)!;
    expect(Number(reset)).toBeLessThanOrEqual(Number(window));
    expect(answer.headers.has('retry-after')).toBe(false);
  });

  it('refuses with a problem that says all of it', async () => {
    await send('POST', '/runs?units=9');
    work.begun = 0;
    const answer = await send('POST', '/runs?units=2');
    const body = (await answer.json()) as { retryAfter: number };
    expect([answer.status, body]).toEqual([
      429,
      {
        type: TYPE,
        title: 'Quota exceeded',
        status: 429,
        detail: expect.stringContaining('over the limit of 10: 9 used'),
        code: 'QUOTA_EXCEEDED',
        'violated-policies': ['maxRuns'],
        resource: 'maxRuns',
        limit: 10,
        used: 9,
        reserved: 0,
        requested: 2,
        remaining: 1,
        resetsAt: expect.stringMatching(/Z$/),
        plan: 'small',
        retryable: true,
        retryAfter: expect.any(Number),
      },
    ]);
    expect(said(answer).limit).toBe('"maxRuns";r=1;t=…');
    expect(answer.headers.get('retry-after')).toBe(String(body.retryAfter));
    expect(answer.headers.get('x-should-retry')).toBe('false');
    const [, reset] = /t=(\d+)/.exec(answer.headers.get('ratelimit')!)!;
    expect(body.retryAfter).toBeGreaterThanOrEqual(Number(reset));
    expect([work.begun, (await use())[0]]).toEqual([0, '9/0']);
  });

  it('takes one policy after the other, and says those it came to', async () => {
    expect(said(await send('GET', '/both'))).toEqual({
      policy: expect.stringMatching(/^"maxRuns";q=10;w=\d+, "maxTokens";q=2;w=\d+$/),
      limit: '"maxRuns";r=9;t=…, "maxTokens";r=1;t=…',
    });
    await send('GET', '/both');
    const refused = await send('GET', '/both');
    expect([refused.status, said(refused).limit]).toEqual([429, '"maxRuns";r=7;t=…, "maxTokens";r=0;t=…']);
    expect(await refused.json()).toMatchObject({ 'violated-policies': ['maxTokens'] });
    expect((await use()).slice(0, 2)).toEqual(['2/0', '2/0']);
  });

  it('says it on errors too, which are charged or not by whose they are', async () => {
    const wrong = await send('GET', '/wrong');
    expect([wrong.status, said(wrong).limit, (await use())[0]]).toEqual([400, '"maxRuns";r=9;t=…', '1/0']);
    work.act = () => {
      throw new TypeError('CANARY');
    };
    const failed = await send('POST', '/runs');
    expect([failed.status, said(failed).limit, (await use())[0]]).toEqual([500, '"maxRuns";r=8;t=…', '1/0']);
  });

  it('refuses a slot that is taken, and asks for patience', async () => {
    let end = (): void => undefined;
    work.act = () => new Promise<void>((resolve) => (end = resolve));
    const first = send('GET', '/slot');
    await eventually('the slot is held', async () => (await use())[2] === '0/1');
    const second = await send('GET', '/slot');
    expect([second.status, second.headers.get('retry-after'), second.headers.get('x-should-retry')]).toEqual([
      429,
      '1',
      null,
    ]);
    expect(said(second)).toEqual({
      policy: '"maxAtOnce";q=1;qu="concurrent-requests"',
      limit: '"maxAtOnce";r=0',
    });
    expect(await second.json()).toMatchObject({ code: 'CONCURRENCY_LIMITED', type: TYPE, resetsAt: null });
    end();
    expect([(await first).status, await use()]).toEqual([200, ['0/0', '0/0', '0/0']]);
  });

  it('says nothing of what is unlimited, not asked about, or of another tenant', async () => {
    const endless = await createTenant('endless');
    const both = await send('GET', '/both', endless);
    const nothing = { policy: null, limit: null };
    expect([both.status, said(both), said(await send('GET', '/status'))]).toEqual([200, nothing, nothing]);
    const other = await send('GET', `/as-other?id=${tenant.id}`, endless);
    expect([other.status, said(other), (await use())[1]]).toEqual([200, nothing, '1/0']);
  });

  it('says nothing of a limit that is only tried out', async () => {
    const trial = await createTenant('trial');
    const both = await send('GET', '/both', trial);
    expect([both.status, said(both).limit, await use(trial)]).toEqual([
      200,
      '"maxTokens";r=0;t=…',
      ['1/0', '1/0', '0/0'],
    ]);
  });

  it('says what a handler consumed itself, and no wait where it went on without', async () => {
    expect(said(await send('GET', '/direct')).limit).toBe('"maxTokens";r=1;t=…');
    await send('GET', '/direct');
    const refused = await send('GET', '/direct');
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true]);
    const caught = await send('GET', '/caught');
    expect([caught.status, said(caught).limit, caught.headers.has('retry-after')]).toEqual([
      200,
      '"maxTokens";r=0;t=…',
      false,
    ]);
  });

  it('says it on what a handler writes itself or answers as an Observable', async () => {
    const raw = await send('GET', '/raw');
    expect([await raw.text(), said(raw).limit]).toEqual(['raw', '"maxRuns";r=9;t=…']);
    const observed = await send('GET', '/observed');
    expect([await observed.json(), said(observed).limit]).toEqual([
      { answer: 'observed' },
      '"maxRuns";r=8;t=…',
    ]);
    expect((await use())[0]).toBe('2/0');
  });

  it('keeps answers of pipelined requests apart', async () => {
    const other = await createTenant('small');
    await send('POST', '/runs?units=5', other);
    const as = [tenant, other, tenant, other].map((each) => memberOf(each));
    const answers = await pipelined(
      app.url,
      as.map((each) => ({ path: '/observed', as: each })),
    );
    const left = [...answers.matchAll(/^ratelimit: "maxRuns";r=(\d)/gim)].map(([, r]) => Number(r));
    expect(left.map((r) => r > 5)).toEqual([true, false, true, false]);
    expect([(await use())[0], (await use(other))[0]]).toEqual(['2/0', '7/0']);
  });

  it('charges a stream whose client leaves, once it has left', async () => {
    const request = get(`${app.url}/events`, { headers: credential(memberOf(tenant)) });
    request.on('error', () => undefined);
    await new Promise((resolve) => request.on('response', (response) => void response.once('data', resolve)));
    expect((await use())[0]).toBe('0/1');
    request.destroy();
    await eventually('the stream is charged', async () => (await use())[0] === '1/0');
  });

  it('refuses a stream, be it after the answer has begun', async () => {
    await send('POST', '/runs?units=10');
    work.begun = 0;
    const answer = await send('GET', '/events');
    const text = await answer.text();
    expect(text).toMatch(answer.status === 429 ? /"QUOTA_EXCEEDED"/ : /event: error\n.*over the limit of 10/);
    expect([work.begun, (await use())[0]]).toEqual([0, '10/0']);
  });

  it('answers who has no tenant that one is needed', async () => {
    const answer = await fetch(`${app.url}/open`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'TENANT_REQUIRED' }]);
  });

  it('has the status that the application chose, and nothing else changed', async () => {
    const own = await FixtureApp.start({
      adapter,
      controllers: [RunsController],
      providers: [Runs],
      tenant: { plans: countedPlans, quotas: { exceededStatus: 402 } },
    });
    const payer = await own.tenants.createTenant('Payer', {}, 'small');
    const headers = credential(memberOf(payer));
    const answer = await fetch(`${own.url}/runs?units=11`, { method: 'POST', headers });
    await own.close();
    expect([answer.status, await answer.json(), answer.headers.has('retry-after')]).toMatchObject([
      402,
      { status: 402, code: 'QUOTA_EXCEEDED', type: TYPE, retryable: false },
      true,
    ]);
  });
});
