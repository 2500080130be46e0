import pg from 'pg';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import { ConnectionLostError, UnavailableError } from '../../errors/request.errors.js';
import { checkoutError, statementError } from './server-away.js';

const told = (code: string, routine?: string): pg.DatabaseError =>
  Object.assign(new pg.DatabaseError('told', 4, 'error'), { code, routine });

const FROM_SERVER = 'ProcessInterrupts';

describe(checkoutError.name, () => {
  it.each([
    ['no free connection', new Error('timeout exceeded when trying to connect')],
    ['no server', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a full server', told('53300', 'InitProcess')],
    ['a server that starts', told('57P03', FROM_SERVER)],
    ['a pooler that refuses', told('08P01')],
  ])('takes %s for a database that is away', (_, cause) => {
    const error = checkoutError(cause);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).not.toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ cause, status: 503 });
  });

  it.each([
    ['a wrong password', told('28P01', 'auth_failed')],
    ['an unknown database', told('3D000', 'InitPostgres')],
    ['an error of the library', new StatementRefusedError('no.')],
    ['what is no error', 'text'],
  ])('leaves %s alone', (_, error) => {
    expect(checkoutError(error)).toBe(error);
  });
});

describe(statementError.name, () => {
  it.each([
    ['57P01', told('57P01', FROM_SERVER)],
    ['57P02', told('57P02', FROM_SERVER)],
    ['25P03', told('25P03', FROM_SERVER)],
    ['08006', told('08006', FROM_SERVER)],
    ['08P01 of a pooler', told('08P01')],
    ['an end without a word', new Error('Connection terminated unexpectedly')],
    ['a reset', Object.assign(new Error('read'), { code: 'ECONNRESET' })],
    ['an answer that did not come', new Error('Query read timeout')],
    [
      'a connection that ended before',
      new Error('Client has encountered a connection error and is not queryable'),
    ],
  ])('takes %s for a lost connection', (_, cause) => {
    expect(statementError(cause)).toBeInstanceOf(ConnectionLostError);
    expect(statementError(cause)).toMatchObject({ cause, status: 503, code: 'UNAVAILABLE' });
  });

  it('knows a server without room, which did nothing', () => {
    expect(statementError(told('53100', 'mdextend'))).toBeInstanceOf(UnavailableError);
    expect(statementError(told('53100', 'mdextend'))).not.toBeInstanceOf(ConnectionLostError);
  });

  it('knows a statement that was stopped, and says so to the client', () => {
    const error = statementError(told('57014', FROM_SERVER));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).not.toBeInstanceOf(ConnectionLostError);
    expect(error?.getResponse()).toMatchObject({
      status: 503,
      detail: expect.stringContaining('too long') as string,
    });
  });

  it.each([
    ['a parameter too few', told('08P01', 'exec_bind_message')],
    ['a serialization failure', told('40001', 'x')],
    ['a deadlock', told('40P01', 'x')],
    ['a unique violation', told('23505', 'x')],
    ['another error', new Error('other')],
    ['nothing', undefined],
  ])('leaves %s alone', (_, error) => {
    expect(statementError(error)).toBeUndefined();
  });
});
