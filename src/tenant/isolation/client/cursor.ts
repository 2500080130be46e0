import pg from 'pg';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import type { WireConnection } from './pg-internals.js';

export function isSubmittable(config: unknown): config is pg.Submittable {
  return typeof (config as pg.Submittable | null | undefined)?.submit === 'function';
}

interface CursorLike extends pg.Submittable {
  readonly text?: unknown;
  readonly read?: unknown;
  readonly close?: unknown;
}

/**
 * pg-cursor, or pg-query-stream, which holds one. They speak the extended protocol; a `pg.Query` handed over
 * ready-made may speak the simple one, in which a text can hold several statements.
 */
export function asCursor<T extends pg.Submittable>(submittable: T): T {
  const { read, close } = cursorIn(submittable);
  if (submittable instanceof pg.Query || typeof read !== 'function' || typeof close !== 'function') {
    throw new StatementRefusedError(
      'pass text and values; of query objects only cursors and streams are accepted.',
    );
  }
  return submittable;
}

export function textOf(submittable: pg.Submittable): string {
  const { text } = cursorIn(submittable);
  if (typeof text !== 'string') throw new StatementRefusedError('a cursor without text.');
  return text;
}

/**
 * Lets it be closed when the connection is gone. pg-cursor waits for the server to confirm that, for ever, and a stream
 * that an error ends waits for its cursor.
 */
export function endWithConnection(submittable: pg.Submittable, connection: WireConnection): void {
  const cursor = cursorIn(submittable) as { close: (done: (error?: Error) => void) => unknown };
  const close = cursor.close.bind(cursor);
  cursor.close = (done) => {
    if (typeof done !== 'function') return new Promise((resolve) => cursor.close(resolve));
    if (connection.stream.destroyed) return setImmediate(done);
    let isDone = false;
    const end = (error?: Error): void => {
      connection.off('end', end);
      if (!isDone) done(error);
      isDone = true;
    };
    connection.once('end', end);
    return close(end);
  };
}

function cursorIn(submittable: pg.Submittable): CursorLike {
  return (submittable as { cursor?: CursorLike }).cursor ?? submittable;
}
