import { type DataSource, QueryFailedError } from 'typeorm';
import { ConnectionLostError, TenantNotFoundError, TenantSuspendedError } from '../errors/request.errors.js';
import { databaseCall } from './database-call.js';
import {
  answerOf,
  driftOf,
  encodeCalls,
  stateOf,
  type WireAnswer,
  type WireDrift,
  type WireState,
} from './quota-wire.js';
import type {
  QuotaAnswer,
  QuotaCall,
  QuotaCounter,
  QuotaDrift,
  QuotaItem,
  QuotaState,
  QuotaStore,
  QuotaTogetherAnswer,
} from './quota.store.js';

interface WireTogether extends Pick<QuotaTogetherAnswer, 'status' | 'replayed'> {
  readonly refused?: readonly string[];
}

interface Refusal {
  readonly error?: 'unknown' | 'suspended';
}

/** Two transactions met and one was rolled back whole, so it may be tried again: deadlock, serialization, a twin's key. */
const ROLLED_BACK = new Set(['40P01', '40001', '23505']);
const ATTEMPTS = 4;

/**
 * Quotas in PostgreSQL, through the control plane's DataSource; its migrations call `createQuotas`. What it answers
 * is as durable as `synchronous_commit` of the server says. The limit is read where it is held: in the same
 * transaction, from the tenant's own row and its plan's.
 *
 * @example
 * const quotas = new QuotaManager(new PostgresQuotaStore(controlPlane));
 */
export class PostgresQuotaStore implements QuotaStore {
  constructor(private readonly controlPlane: DataSource) {}

  async apply({ tenantId, resource, kind }: QuotaCounter, calls: readonly QuotaCall[]): Promise<QuotaAnswer> {
    const answer = await this.#call<WireAnswer>(
      tenantId,
      'SELECT tenant_quota_apply($1, $2, $3, $4, $5) AS answer',
      [tenantId, resource, kind, ...encodeCalls(calls)],
    );
    return answerOf(answer, calls);
  }

  async consumeTogether(
    tenantId: string,
    items: readonly QuotaItem[],
    key?: string,
  ): Promise<QuotaTogetherAnswer> {
    const { status, replayed, refused } = await this.#call<WireTogether>(
      tenantId,
      'SELECT tenant_quota_consume_together($1, $2, $3) AS answer',
      [tenantId, JSON.stringify(items), key ?? null],
    );
    const resources = items.map(({ resource }) => resource);
    const states = await this.read(
      tenantId,
      resources.map((resource) => ({ resource, kind: 'consumption' as const })),
    ).catch((cause: unknown) => {
      throw new ConnectionLostError('Units were taken or not, and how many there are could not be read.', {
        cause,
      });
    });
    return {
      status,
      replayed,
      refused: refused ?? [],
      states: Object.fromEntries(resources.map((resource, index) => [resource, states[index]])) as Record<
        string,
        QuotaState
      >,
    };
  }

  async read(tenantId: string, counters: readonly Omit<QuotaCounter, 'tenantId'>[]): Promise<QuotaState[]> {
    if (counters.length === 0) return [];
    const states = await this.#call<readonly WireState[] | null>(
      tenantId,
      'SELECT tenant_quota_read($1, $2) AS answer',
      [tenantId, JSON.stringify(counters)],
    );
    if (!states) throw new TenantNotFoundError();
    return states.map(stateOf);
  }

  async expire(limit: number): Promise<number> {
    const due = await databaseCall(() =>
      this.controlPlane.query<(QuotaCounter & object)[]>(
        `SELECT DISTINCT tenant_id AS "tenantId", resource, kind FROM (
           SELECT tenant_id, resource, kind FROM quota_reservations
           WHERE state IN ('reserved', 'in_flight') AND expires_at <= clock_timestamp()
           ORDER BY expires_at LIMIT $1) due`,
        [limit],
      ),
    );
    let expired = 0;
    let failure: unknown;
    for (const { tenantId, resource, kind } of due) {
      try {
        const answer = await this.#call<WireAnswer>(
          tenantId,
          `SELECT tenant_quota_apply($1, $2, $3, '[]') AS answer`,
          [tenantId, resource, kind],
        );
        expired += answer.expired;
      } catch (error) {
        failure = error; // one counter that cannot be resolved holds up no other
      }
    }
    if (expired === 0 && failure !== undefined) throw failure as Error;
    return expired;
  }

  async reconcile({ tenantId, resource, kind }: QuotaCounter, dryRun = false): Promise<QuotaDrift> {
    const drift = await this.#call<WireDrift>(
      tenantId,
      'SELECT tenant_quota_reconcile($1, $2, $3, $4) AS answer',
      [tenantId, resource, kind, dryRun],
    );
    return driftOf(tenantId, resource, drift);
  }

  async #call<Answer>(tenantId: string, sql: string, parameters: unknown[]): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const [row] = await databaseCall(() =>
          this.controlPlane.query<[{ answer: Answer & (Refusal | null) }]>(sql, parameters),
        );
        if (row.answer?.error === 'unknown') throw new TenantNotFoundError();
        if (row.answer?.error === 'suspended') throw new TenantSuspendedError(tenantId);
        return row.answer;
      } catch (error) {
        if (attempt === ATTEMPTS || !wasRolledBack(error)) throw error;
      }
    }
  }
}

function wasRolledBack(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && ROLLED_BACK.has(code);
}
