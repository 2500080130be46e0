import {
  BadRequestException,
  ConflictException,
  ForbiddenException,
  HttpException,
  MethodNotAllowedException,
} from '@nestjs/common';
import {
  FeatureNotEntitledError,
  LimitReachedError,
  NotFoundError,
  QuotaExceededError,
  StatementRefusedError,
  TenantScopeMissingError,
  TenantSuspendedError,
  UnauthenticatedError,
  UnavailableError,
} from '@parallax/tenant';
import { QueryFailedError } from 'typeorm';
import { ADAPTERS, fault, startEdgeApp, type EdgeApp } from '../../test/support/edge-app.js';

const USED_UP = {
  resource: 'maxExecutions',
  kind: 'consumption',
  limit: 10,
  used: 10,
  reserved: 0,
  requested: 1,
  remaining: 0,
  plan: 'free',
  enforcement: 'hard',
} as const;

async function answered(url: string) {
  const response = await fetch(url);
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

const TENANT = '0198c0de-0000-7000-8000-000000000001';

function queryFailed(code: string): QueryFailedError {
  return new QueryFailedError(
    'INSERT INTO CANARY_TABLE VALUES ($1)',
    ['CANARY_PARAMETER'],
    Object.assign(new Error('duplicate key CANARY_VALUE violates "CANARY_CONSTRAINT"'), {
      code,
      severity: 'ERROR',
      detail: 'Key (name)=(CANARY_VALUE) already exists.',
      constraint: 'constraint_name',
      table: 'table_name',
    }),
  );
}

const PROBLEMS: readonly [name: string, thrown: () => unknown, status: number, code: string][] = [
  ['not found', () => new NotFoundError('agent'), 404, 'NOT_FOUND'],
  ['unauthenticated', () => new UnauthenticatedError('CANARY'), 401, 'UNAUTHENTICATED'],
  ['suspended', () => new TenantSuspendedError(`CANARY-${TENANT}`), 403, 'TENANT_SUSPENDED'],
  ['allocation limit', () => new LimitReachedError('maxAgents', 3), 403, 'LIMIT_REACHED'],
  ['feature', () => new FeatureNotEntitledError('sso', 'free', ['pro']), 403, 'FEATURE_NOT_ENTITLED'],
  ['store down', () => new UnavailableError('CANARY host'), 503, 'UNAVAILABLE'],
  ['no scope', () => new TenantScopeMissingError('CANARY'), 500, 'INTERNAL'],
  ['refused statement', () => new StatementRefusedError('CANARY'), 500, 'INTERNAL'],
  ['framework 400', () => new BadRequestException('CANARY'), 400, 'MALFORMED_REQUEST'],
  ['framework 403', () => new ForbiddenException('CANARY'), 403, 'FORBIDDEN'],
  ['framework 405', () => new MethodNotAllowedException('CANARY'), 405, 'METHOD_NOT_ALLOWED'],
  ['framework 409', () => new ConflictException({ secret: 'CANARY' }), 409, 'CONFLICT'],
  ['a rare status', () => new HttpException('CANARY', 418), 418, 'MALFORMED_REQUEST'],
  ['framework 502', () => new HttpException('CANARY', 502), 500, 'INTERNAL'],
  ['invalid text', () => queryFailed('22P02'), 400, 'VALIDATION_FAILED'],
  ['unique violation', () => queryFailed('23505'), 409, 'CONFLICT'],
  ['foreign key', () => queryFailed('23503'), 422, 'UNPROCESSABLE'],
  ['deadlock', () => queryFailed('40P01'), 503, 'UNAVAILABLE'],
  ['no connections left', () => queryFailed('53300'), 503, 'UNAVAILABLE'],
  ['permission denied', () => queryFailed('42501'), 500, 'INTERNAL'],
  ['a cause', () => new Error('CANARY', { cause: queryFailed('57P01') }), 503, 'UNAVAILABLE'],
  [
    'an error with a status of its own',
    () => Object.assign(new Error('CANARY'), { status: 404 }),
    500,
    'INTERNAL',
  ],
  ['an ordinary error', () => new TypeError('CANARY is not a function'), 500, 'INTERNAL'],
  ['a string', () => 'CANARY', 500, 'INTERNAL'],
  ['undefined', () => undefined, 500, 'INTERNAL'],
  ['null', () => null, 500, 'INTERNAL'],
  [
    'an object without a prototype',
    () => Object.assign(Object.create(null) as object, { message: 'CANARY' }),
    500,
    'INTERNAL',
  ],
];

describe.each(ADAPTERS)('problems on %s', (adapter) => {
  let edge: EdgeApp;

  beforeAll(async () => {
    edge = await startEdgeApp(adapter);
  });

  afterAll(() => edge.close());

  it.each(PROBLEMS)('answers %s', async (_name, thrown, status, code) => {
    fault.act = () => {
      throw thrown();
    };
    const response = await fetch(`${edge.url}/fault/1?token=CANARY`);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(text)).toMatchObject({
      type: expect.any(String),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      instance: `urn:uuid:${response.headers.get('x-request-id')}`,
      code,
    });
    expect(text).not.toMatch(/CANARY|constraint_name|table_name|INSERT|node_modules|at .*\.ts/);
    expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    expect(response.headers.has('retry-after')).toBe(status === 503);
  });

  it('answers what did not fail', async () => {
    fault.act = () => ({ fine: true });
    const response = await fetch(`${edge.url}/fault/1`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ fine: true });
  });

  it('keeps the further members of an error', async () => {
    fault.act = () => {
      throw new LimitReachedError('maxAgents', 3);
    };
    const response = await fetch(`${edge.url}/fault/1`);
    expect(await response.json()).toMatchObject({ resource: 'maxAgents', limit: 3 });
  });

  it('says of a quota what there is and when to come back, whatever status it has', async () => {
    for (const status of [429, 402, 403]) {
      const resetsAt = new Date(Date.now() + 90_000);
      fault.act = () => {
        throw new QuotaExceededError({ ...USED_UP, resetsAt }, { status });
      };
      const { headers, ...response } = await answered(`${edge.url}/announced`);
      expect(response).toMatchObject({
        status,
        body: {
          type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
          status,
          code: 'QUOTA_EXCEEDED',
          instance: `urn:uuid:${headers.get('x-request-id')}`,
          'violated-policies': ['maxExecutions'],
          limit: 10,
          used: 10,
          resetsAt: resetsAt.toISOString(),
          retryAfter: Number(headers.get('retry-after')),
        },
      });
      expect([89, 90]).toContain(response.body.retryAfter);
      expect(headers.get('ratelimit')).toBe('"maxExecutions";r=0;t=90');
    }
  });

  it('answers a route that does not exist', async () => {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      const response = await fetch(`${edge.url}/CANARY/nowhere?x=CANARY`, { method });
      const text = await response.text();
      expect([method, response.status]).toEqual([method, 404]);
      expect(JSON.parse(text)).toMatchObject({ code: 'NOT_FOUND' });
      expect(text).not.toContain('CANARY');
    }
  });

  it('answers HEAD with the status and headers alone', async () => {
    for (const [path, status] of [
      ['/things/nothing', 404],
      ['/request', 200],
    ] as const) {
      const response = await fetch(edge.url + path, { method: 'HEAD' });
      expect(response.status).toBe(status);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(await response.text()).toBe('');
    }
  });

  it('logs what is the server’s fault with the request, and nothing of the query', async () => {
    fault.act = () => {
      throw queryFailed('42501');
    };
    const requestId = (await fetch(`${edge.url}/fault/1`)).headers.get('x-request-id')!;
    const [line] = await edge.logged(requestId);
    expect(line).toMatchObject({
      level: 50,
      requestId,
      err: { type: 'QueryFailedError', code: '42501', severity: 'ERROR', table: 'table_name' },
    });
    expect(JSON.stringify(line)).not.toMatch(/CANARY_PARAMETER|CANARY_TABLE|already exists/);
  });

  it('sends a stream', async () => {
    const response = await fetch(`${edge.url}/stream/whole`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('a,b\n1,2\n');
  });

  it('answers a stream that fails before it began', async () => {
    const response = await fetch(`${edge.url}/stream/early`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(response.headers.get('content-disposition')).toBeNull();
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL' });
    expect(text).not.toContain('CANARY');
  });

  it('cuts off a stream that fails midway, so that it does not look complete', async () => {
    const response = await fetch(`${edge.url}/stream/late`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect((await fetch(`${edge.url}/request`)).status).toBe(200);
  });

  it('cuts off an answer whose handler fails after it has begun', async () => {
    const response = await fetch(`${edge.url}/begun`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect((await fetch(`${edge.url}/request`)).status).toBe(200);
  });

  it('survives a client that goes away during a stream', async () => {
    const controller = new AbortController();
    const response = await fetch(`${edge.url}/stream/endless`, { signal: controller.signal });
    controller.abort();
    await expect(response.text()).rejects.toThrow();
    expect((await fetch(`${edge.url}/request`)).status).toBe(200);
  });
});
