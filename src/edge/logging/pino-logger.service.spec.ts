import { QueryFailedError } from 'typeorm';
import { ADAPTERS, fault, startEdgeApp, type EdgeApp } from '../../../test/support/edge-app.js';
import { PinoLogger, type PinoLoggerOptions } from './pino-logger.service.js';

function logger(level: PinoLoggerOptions['level'] = 'trace') {
  const lines: string[] = [];
  return {
    log: new PinoLogger({ level, destination: { write: (line) => void lines.push(line) } }),
    lines,
    entry: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown>,
  };
}

describe(PinoLogger.name, () => {
  it('writes each level of NestJS as one of pino’s', () => {
    const { log, lines } = logger();
    for (const level of ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const)
      log[level]('text', 'Context');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(
      [10, 20, 30, 40, 50, 60].map((level) => ({ level, msg: 'text', context: 'Context' })),
    );
  });

  it('keeps quiet below its level, and altogether', () => {
    const quiet = logger('warn');
    quiet.log.log('nothing');
    expect(quiet.lines).toEqual([]);
    quiet.log.warn('something');
    expect(quiet.lines).toHaveLength(1);
    const silent = logger('silent');
    silent.log.fatal('nothing');
    expect(silent.lines).toEqual([]);
  });

  it('hides what is secret by its name, at any depth', () => {
    const { log, lines } = logger();
    log.log({
      msg: 'sign-in',
      password: 'CANARY',
      headers: { Authorization: 'CANARY', cookie: ['CANARY'], 'x-api-key': 'CANARY', accept: 'kept' },
      issued: [{ key: 'CANARY', name: 'kept' }],
      config: { secret_key: 'CANARY', nested: { accessToken: 'CANARY' } },
    });
    expect(lines[0]).not.toContain('CANARY');
    expect(lines[0]).toContain('[redacted]');
    expect(lines[0]!.match(/kept/g)).toHaveLength(2);
  });

  it('hides credentials inside texts', () => {
    const { log, lines } = logger();
    log.log('sent Authorization: Bearer CANARY.x-y/z== to postgres://app:CANARY@db/app');
    log.error(new Error('refused Basic CANARY=='));
    log.error('failed', 'Error: Bearer CANARY\n    at somewhere', 'Context');
    expect(lines.join('')).not.toContain('CANARY');
    expect(lines[0]).toContain('postgres://app:[redacted]@db/app');
  });

  it('keeps of a failed query where and why, not what was in it', () => {
    const { log, lines, entry } = logger();
    const driverError = Object.assign(new Error('invalid input syntax for type uuid: "CANARY"'), {
      code: '22P02',
      severity: 'ERROR',
      detail: 'CANARY',
      where: "unnamed portal parameter $1 = 'CANARY'",
      routine: 'string_to_uuid',
    });
    log.error({ msg: 'failed', err: new QueryFailedError('SELECT CANARY', ['CANARY'], driverError) });
    expect(lines.join('')).not.toContain('CANARY');
    expect(entry()).toMatchObject({
      msg: 'failed',
      err: {
        type: 'QueryFailedError',
        code: '22P02',
        routine: 'string_to_uuid',
        stack: expect.stringContaining('at '),
      },
    });
  });

  it('follows causes, a few', () => {
    const { log, entry } = logger();
    const circular = new Error('inner');
    circular.cause = new Error('outer', { cause: circular });
    log.error(circular);
    expect(entry()).toMatchObject({ err: { message: 'inner', cause: { message: 'outer' } } });
  });

  it('cannot be made to write a line of somebody’s own', () => {
    const { log, lines } = logger();
    const forged = '\r\n{"level":30,"msg":"forged"}\u001b[2K\u2028\u0000';
    log.log(forged);
    log.log({ msg: forged, name: forged });
    log.error(new Error(forged));
    for (const line of lines) {
      expect(line.trimEnd()).not.toMatch(/[\r\n\u001b\u0000]/);
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
    expect(lines).toHaveLength(3);
  });

  it.each([[undefined], [null], [42], [Symbol('s')], [['a']], [10n], [() => 1]])('survives %p', (message) => {
    const { log, lines } = logger();
    log.error(message);
    expect(lines).toHaveLength(1);
  });
});

describe.each(ADAPTERS)('the access log on %s', (adapter) => {
  let edge: EdgeApp;

  beforeAll(async () => {
    edge = await startEdgeApp(adapter);
  });

  afterAll(() => edge.close());

  it('has one line for each request, with the route’s pattern and no credential', async () => {
    fault.act = () => {
      throw new Error('broken');
    };
    const response = await fetch(`${edge.url}/fault/CANARY?token=CANARY`, {
      headers: { authorization: 'Bearer CANARY', cookie: 'session=CANARY', 'x-request-id': 'access-log-1' },
    });
    expect(response.status).toBe(500);
    const entries = await edge.logged('"msg":"request"');
    expect(entries.filter(({ requestId }) => requestId === 'access-log-1')).toEqual([
      {
        level: 30,
        time: expect.any(String),
        context: 'Access',
        requestId: 'access-log-1',
        msg: 'request',
        method: 'GET',
        route: '/fault/:id',
        status: 500,
        durationMs: expect.any(Number),
        code: 'INTERNAL',
      },
    ]);
    expect(edge.lines.join('')).not.toContain('CANARY');
  });

  it('has one for what has no route, and for a client that went away', async () => {
    await fetch(`${edge.url}/CANARY`, { headers: { 'x-request-id': 'access-log-2' } });
    const [entry] = await edge.logged('access-log-2');
    expect(entry).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(entry).not.toHaveProperty('route');

    const controller = new AbortController();
    const response = await fetch(`${edge.url}/stream/endless`, {
      headers: { 'x-request-id': 'access-log-3' },
      signal: controller.signal,
    });
    controller.abort();
    await response.text().catch(() => undefined);
    expect(await edge.logged('access-log-3')).toMatchObject([{ route: '/stream/:end', aborted: true }]);
    expect(edge.lines.join('')).not.toContain('CANARY');
  });
});
