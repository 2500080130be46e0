import pg from 'pg';
import { StatementRefusedError } from '../../errors/isolation.errors.js';

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

function cursorIn(submittable: pg.Submittable): CursorLike {
  return (submittable as { cursor?: CursorLike }).cursor ?? submittable;
}
