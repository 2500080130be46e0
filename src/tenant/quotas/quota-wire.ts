import type { Enforcement } from '../catalog/quota-terms.js';
import type {
  QuotaAnswer,
  QuotaCall,
  QuotaDrift,
  QuotaOutcome,
  QuotaState,
  ReservationState,
  StoredReservation,
} from './quota.store.js';

/** What the database says of a counter. Times are milliseconds since 1970. */
export interface WireState {
  readonly plan: string;
  readonly limit: number | null;
  readonly enforcement: Enforcement;
  readonly ceiling: number | null;
  readonly used: number;
  readonly reserved: number;
  readonly wouldDeny: number;
  readonly graceUntil: number | null;
  readonly from: number | null;
  readonly to: number | null;
}

interface WireReservation {
  readonly state: ReservationState;
  readonly amount: number;
  readonly charged: number;
  readonly expires: number;
  /** Whether this call is what moved it. */
  readonly now: boolean;
}

/** Units taken after a grant; what was found, or made, with a key or a reservation; nothing where it was refused. */
type WireOutcome =
  number | null | 'key-reused' | { readonly taken: number; readonly replayed?: true; readonly id?: string };

export interface WireAnswer extends WireState {
  /** Units taken before the calls. */
  readonly before: number;
  readonly expired: number;
  readonly outcomes: 'all' | 'none' | readonly WireOutcome[];
  readonly reservations?: Readonly<Record<string, WireReservation>> | null;
}

export interface WireDrift {
  readonly from: number | null;
  readonly before: QuotaDrift['before'];
  readonly after: QuotaDrift['after'];
}

/** The calls as the database takes them, and the sum of them where all are bare numbers, as the common call is. */
export function encodeCalls(calls: readonly QuotaCall[]): [calls: string, total: number | null] {
  const encoded = calls.map(encodeCall);
  let total: number | null = calls.length > 0 ? 0 : null;
  for (const call of encoded) total = total !== null && typeof call === 'number' ? total + call : null;
  return [JSON.stringify(encoded), total !== null && Number.isSafeInteger(total) ? total : null];
}

function encodeCall(call: QuotaCall): unknown {
  if (call.op === 'consume') return call.key === undefined ? call.amount : call;
  if (call.op !== 'reserve') return call;
  const { ttlSeconds: ttl, ...rest } = call;
  return { ...rest, ttl };
}

export function answerOf(answer: WireAnswer, calls: readonly QuotaCall[]): QuotaAnswer {
  const { outcomes, before, used, reserved } = answer;
  const taken = used + reserved;
  let running = before;
  return {
    state: stateOf(answer),
    outcomes: calls.map((call, index) => {
      if (outcomes === 'none') return { status: 'refused', taken: before, replayed: false };
      if (outcomes === 'all') {
        running += call.op === 'consume' ? call.amount : 0;
        return { status: 'granted', taken: running, replayed: false };
      }
      return call.op === 'consume' || call.op === 'reserve'
        ? takenOutcome(outcomes[index] ?? null, answer, taken)
        : resolvedOutcome(call.id, answer, taken);
    }),
  };
}

function takenOutcome(outcome: WireOutcome, answer: WireAnswer, taken: number): QuotaOutcome {
  if (outcome === null) return { status: 'refused', taken, replayed: false };
  if (outcome === 'key-reused') return { status: 'key-reused', taken, replayed: false };
  if (typeof outcome === 'number') return { status: 'granted', taken: outcome, replayed: false };
  const reservation = outcome.id === undefined ? undefined : reservationOf(outcome.id, answer);
  return {
    status: 'granted',
    taken: outcome.taken,
    replayed: outcome.replayed ?? false,
    ...(reservation && { reservation }),
  };
}

function resolvedOutcome(id: string, answer: WireAnswer, taken: number): QuotaOutcome {
  const reservation = reservationOf(id, answer);
  if (!reservation) return { status: 'unknown', taken, replayed: false };
  return { status: 'granted', taken, replayed: answer.reservations?.[id]?.now === false, reservation };
}

function reservationOf(id: string, { reservations }: WireAnswer): StoredReservation | undefined {
  const found = reservations?.[id];
  if (!found) return undefined;
  const { state, amount, charged, expires } = found;
  return { id, state, amount, charged, expiresAt: new Date(expires) };
}

export function stateOf(wire: WireState): QuotaState {
  const { plan, limit, enforcement, ceiling, used, reserved, wouldDeny, graceUntil, from, to } = wire;
  return {
    plan,
    limit,
    enforcement,
    ceiling,
    used,
    reserved,
    wouldDeny,
    ...(graceUntil !== null && { graceUntil: new Date(graceUntil) }),
    periodStart: from === null ? null : new Date(from),
    periodEnd: to === null ? null : new Date(to),
  };
}

export function driftOf(tenantId: string, resource: string, { from, before, after }: WireDrift): QuotaDrift {
  return { tenantId, resource, periodStart: from === null ? null : new Date(from), before, after };
}
