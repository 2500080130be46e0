import { databaseProblem } from './database-problem.js';

function withState(code: string): Error {
  return Object.assign(new Error('CANARY'), { code });
}

describe(databaseProblem.name, () => {
  it.each([
    ...['22001', '22003', '22007', '22008', '22021', '22P02', '22P05'].map((state) => [state, 400]),
    ...['23505'].map((state) => [state, 409]),
    ...['23503'].map((state) => [state, 422]),
    ...['40001', '40P01', '57014', '57P01', '57P02', '57P03', '57P05'].map((state) => [state, 503]),
    ...['53000', '53100', '53200', '53300', '53400', '08000', '08001', '08003', '08006', '08P01'].map(
      (state) => [state, 503],
    ),
    ...['55P03', '25006', '25P03', '25P04'].map((state) => [state, 503]),
  ] as [string, number][])('turns SQLSTATE %s into %i', (state, status) => {
    expect(databaseProblem(withState(state))?.status).toBe(status);
    expect(databaseProblem({ driverError: withState(state) })?.status).toBe(status);
    expect(databaseProblem(new Error('outer', { cause: { driverError: withState(state) } }))?.status).toBe(
      status,
    );
  });

  it.each([
    ['42501'],
    ['42704'],
    ['42P01'],
    ['28000'],
    ['22012'],
    ['22023'],
    ['23502'],
    ['23514'],
    ['XX000'],
    ['P0001'],
    ['TN001'],
  ])('leaves SQLSTATE %s as the server’s own fault', (state) => {
    expect(databaseProblem(withState(state))).toBeUndefined();
  });

  it.each([
    ['ECONNREFUSED', ''],
    ['ECONNRESET', ''],
    ['ETIMEDOUT', ''],
    ['ENOTFOUND', ''],
    ['EAI_AGAIN', ''],
    ['EPIPE', ''],
    [undefined, 'timeout exceeded when trying to connect'],
    [undefined, 'Connection terminated'],
    [undefined, 'Connection terminated unexpectedly'],
    [undefined, 'Connection terminated due to connection timeout'],
    [undefined, 'Query read timeout'],
    [undefined, 'Client has encountered a connection error and is not queryable'],
    [undefined, 'Cannot use a pool after calling end on the pool'],
  ])('knows a lost connection by %s %s', (code, message) => {
    const error = Object.assign(new Error(message), code !== undefined && { code });
    expect(databaseProblem(error)).toMatchObject({ status: 503, code: 'UNAVAILABLE', retryAfter: 5 });
    expect(databaseProblem(new AggregateError([error]))).toMatchObject({ status: 503 });
  });

  it('asks for a retry at once where two transactions met', () => {
    expect(databaseProblem(withState('40001'))).toMatchObject({ status: 503, retryAfter: 1 });
  });

  it.each([
    [undefined],
    [null],
    ['23505'],
    [23505],
    [new Error('23505')],
    [{ code: 23505 }],
    [withState('E2BIG')],
    [withState('ENOENT')],
    [withState('23505x')],
  ])('does not take %p for one', (thrown) => {
    expect(databaseProblem(thrown)).toBeUndefined();
  });

  it('ends with causes that go in a circle', () => {
    const error = new Error('round');
    error.cause = new Error('and round', { cause: error });
    expect(databaseProblem(error)).toBeUndefined();
  });
});
