import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { BuiltBackend } from '../support/built-backend.js';

const OPERATOR = 'operator-of-the-two-processes-0123456789';
const LIMIT = 3;

interface Answer {
  readonly status: number;
  readonly body: { readonly id: string; readonly code: string };
}

describe('two backend processes on one database', () => {
  let database: TestDatabase;
  let backends: BuiltBackend[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const environment = {
      DATABASE_URL: database.urls.tenant,
      CONTROL_DATABASE_URL: database.urls.control,
      SECRET_KEY: 'the-secret-key-of-two-processes-0123456789',
      OPERATOR_API_KEY: OPERATOR,
      LOG_LEVEL: 'error',
    };
    backends = await Promise.all([BuiltBackend.start(environment), BuiltBackend.start(environment)]);
  });
  afterAll(async () => {
    await Promise.all(backends.map((backend) => backend.kill('SIGTERM')));
    await database.drop();
  });

  const call = async (
    at: number,
    method: string,
    path: string,
    key: string,
    body?: unknown,
  ): Promise<Answer> => {
    const response = await fetch(backends[at % backends.length]!.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : {} };
  };
  const freeTenant = async (name: string): Promise<string> => {
    const metadata = { contactName: 'Ada', contactEmail: 'ada@example.com' };
    const { body } = await call(0, 'POST', '/admin/tenants', OPERATOR, { name, plan: 'free', metadata });
    const issued = await call(0, 'POST', `/admin/tenants/${body.id}/api-keys`, OPERATOR, {
      name: 'k',
      role: 'admin',
    });
    return (issued.body as unknown as { key: string }).key;
  };
  const tally = (answers: readonly Answer[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { status, body } of answers) {
      const kind = status === 201 ? '201' : `${status} ${body.code}`;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  };

  it('let a free tenant have three agents out of 100 asked for at once', async () => {
    const key = await freeTenant('Crowded');
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) => call(at, 'POST', '/api/agents', key, { name: `agent ${at}` })),
    );
    process.stdout.write(`2 x 100 concurrent creates: ${JSON.stringify(tally(answers))}\n`);
    expect(tally(answers)).toEqual({ '201': LIMIT, '403 LIMIT_REACHED': 200 - LIMIT });
    const [row] = await database.query<{ n: number; used: number }>(
      `SELECT (SELECT count(*)::int FROM agents) AS n, (SELECT used::int FROM tenant_allocations) AS used`,
    );
    expect(row).toEqual({ n: LIMIT, used: LIMIT });
  });

  it('never let it have more while agents come and go', async () => {
    const key = await freeTenant('Restless');
    const [{ id } = { id: '' }] = await database.query<{ id: string }>(
      "SELECT id FROM tenants WHERE slug = 'restless'",
    );
    let most = 0;
    const ended = new AbortController();
    const watch = (async () => {
      while (!ended.signal.aborted) {
        const [row] = await database.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM agents WHERE tenant_id = $1',
          [id],
        );
        most = Math.max(most, row!.n);
      }
    })();
    const answers: Answer[] = [];
    await Promise.all(
      Array.from({ length: 10 }, async (_, worker) => {
        for (let at = 0; at < 10; at += 1) {
          const created = await call(worker + at, 'POST', '/api/agents', key, { name: 'x' });
          answers.push(created);
          if (created.status === 201) {
            const removed = await call(worker + at + 1, 'DELETE', `/api/agents/${created.body.id}`, key);
            expect(removed.status).toBe(204);
          }
        }
      }),
    );
    ended.abort();
    await watch;
    process.stdout.write(
      `with deletes in between: ${JSON.stringify(tally(answers))}, at most ${most} at once\n`,
    );
    expect(
      Object.keys(tally(answers)).filter((kind) => !['201', '403 LIMIT_REACHED'].includes(kind)),
    ).toEqual([]);
    expect(most).toBeLessThanOrEqual(LIMIT);
    const [row] = await database.query<{ used: number }>(
      'SELECT used::int FROM tenant_allocations WHERE tenant_id = $1',
      [id],
    );
    expect(row).toEqual({ used: 0 });
  });
});

describe('a start that would not be safe', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it.each<[string, (urls: TestDatabase['urls']) => Record<string, string>, RegExp]>([
    ['too few URLs', ({ tenant }) => ({ DATABASE_URL: tenant }), /CONTROL_DATABASE_URL.*db:setup/s],
    [
      'a superuser to serve',
      ({ admin, control }) => ({ DATABASE_URL: admin, CONTROL_DATABASE_URL: control }),
      /superuser/,
    ],
    [
      'the owner to serve',
      ({ migration, control }) => ({ DATABASE_URL: migration, CONTROL_DATABASE_URL: control }),
      /owns|owner/,
    ],
    [
      'no secret',
      ({ tenant, control }) => ({ DATABASE_URL: tenant, CONTROL_DATABASE_URL: control, SECRET_KEY: '' }),
      /SECRET_KEY/,
    ],
    [
      'a weak operator key',
      ({ tenant, control }) => ({
        DATABASE_URL: tenant,
        CONTROL_DATABASE_URL: control,
        OPERATOR_API_KEY: 'admin',
      }),
      /OPERATOR_API_KEY/,
    ],
  ])('is refused: %s', async (_, environmentOf, reason) => {
    const { code, output } = await BuiltBackend.refuse({
      SECRET_KEY: 'the-secret-key-of-two-processes-0123456789',
      ...environmentOf(database.urls),
    });
    expect(code).toBe(1);
    expect(output).toMatch(/^Not started\./m);
    expect(output).toMatch(reason);
    expect(output).not.toMatch(/\bat .*\.js:\d+/);
  });
});
