import { ConnectionLostError, TenantError } from '@parallax/tenant';
import pg from 'pg';
import { QueryFailedError } from 'typeorm';
import type { Finding } from './row-model.js';

/** What came of programs. */
export class Outcome {
  readonly findings: Finding[] = [];
  readonly errors: Record<string, number> = {};
  operations = 0;
  /** Reads of a tenant's rows that were judged, and right. */
  right = 0;

  failed(error: unknown): void {
    const cause = causeOf(error);
    const kind = (cause as { code?: string }).code ?? (cause as Error).message.slice(0, 60);
    this.errors[kind] = (this.errors[kind] ?? 0) + 1;
  }

  add(other: Outcome): void {
    this.findings.push(...other.findings);
    this.operations += other.operations;
    this.right += other.right;
    for (const [kind, count] of Object.entries(other.errors))
      this.errors[kind] = (this.errors[kind] ?? 0) + count;
  }
}

/** Whether a failure says for certain that nothing was written: an end of the server or of patience does not. */
export function isCertain(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof TenantError) return true;
  return cause instanceof pg.DatabaseError && !/^57P|^08/.test(cause.code ?? '');
}

/** Whether it was stopped before the server saw it, so that a transaction round it goes on. */
export function isRefused(error: unknown): boolean {
  return causeOf(error) instanceof TenantError;
}

function causeOf(error: unknown): unknown {
  if (error instanceof ConnectionLostError) return error.cause;
  return error instanceof QueryFailedError ? error.driverError : error;
}
