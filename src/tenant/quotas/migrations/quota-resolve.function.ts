/**
 * A session plans a function's statements once, perhaps while their tables were all but empty; they are always few
 * rows by their keys.
 */
export const BY_KEY = 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off';

/**
 * Resolves reservations whose counters' rows the caller has locked: by what a call asks, or because their time is
 * over. What failed in flight is given back only up to a cap for each period, so that nobody gets work for nothing
 * by making it fail; beyond it, and at the expiry of what was in flight, it is charged. Answers with those it moved on.
 */
export const quotaResolveFunction = (
  schema: string,
): string => `CREATE FUNCTION ${schema}.tenant_quota_resolve(
  p_tenant uuid, p_resource text, p_kind text, p_calls jsonb, p_ids uuid[], p_moment timestamptz, p_allowed bigint, p_terms jsonb)
RETURNS uuid[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp ${BY_KEY} AS $function$
DECLARE
  cap bigint := coalesce((p_terms ->> 'refundCap')::bigint, ceil(p_allowed / 10.0)::bigint);
  held record;
  period timestamptz;
  refunded bigint;
  refund bigint;
  next_state text;
  charge bigint;
  ids uuid[] := '{}';
  states text[] := '{}';
  charges bigint[] := '{}';
  refunds bigint[] := '{}';
BEGIN
  FOR held IN
    SELECT r.*, c.op, c.amount AS asked
    FROM (
      SELECT n.id, max(n.op) AS op, max(n.amount) AS amount, max(n.ordinality) AS ordinality
      FROM (
        SELECT (value ->> 'id')::uuid AS id, value ->> 'op' AS op, (value -> 'amount')::bigint AS amount, ordinality
        FROM jsonb_array_elements(p_calls) WITH ORDINALITY
        WHERE value ->> 'op' IN ('begin', 'commit', 'release')
        UNION ALL SELECT id, NULL, NULL, NULL FROM unnest(p_ids) AS id) n
      GROUP BY n.id) c
    CROSS JOIN LATERAL (SELECT * FROM ${schema}.quota_reservations q WHERE q.id = c.id OFFSET 0) r
    WHERE r.tenant_id = p_tenant AND r.resource = p_resource AND r.state IN ('reserved', 'in_flight')
    ORDER BY r.period_start, c.ordinality NULLS FIRST
  LOOP
    IF held.period_start IS DISTINCT FROM period THEN
      period := held.period_start;
      SELECT u.refunded INTO refunded FROM ${schema}.tenant_usage u
        WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = period;
    END IF;
    refund := 0;
    charge := 0;
    IF held.expires_at <= p_moment THEN
      next_state := 'expired';
      charge := CASE held.state WHEN 'in_flight' THEN held.amount ELSE 0 END;
    ELSIF held.op = 'begin' THEN
      next_state := 'in_flight';
    ELSIF held.op = 'commit' THEN
      next_state := 'committed';
      charge := least(coalesce(held.asked, held.amount), held.amount);
    ELSIF held.state = 'reserved' OR p_kind = 'concurrency' THEN
      next_state := 'released';
    ELSIF p_allowed IS NULL OR refunded + held.amount <= cap THEN
      next_state := 'released';
      refund := held.amount;
    ELSE
      next_state := 'committed';
      charge := held.amount;
    END IF;
    refunded := refunded + refund;
    ids := ids || held.id;
    states := states || next_state;
    charges := charges || CASE p_kind WHEN 'concurrency' THEN 0 ELSE charge END;
    refunds := refunds || refund;
  END LOOP;

  UPDATE ${schema}.tenant_usage u
    SET used = u.used + d.charged, reserved = u.reserved - d.freed, refunded = u.refunded + d.refunded
    FROM (
      SELECT r.period_start, sum(v.charge) AS charged, sum(v.refund) AS refunded,
        coalesce(sum(r.amount) FILTER (WHERE v.state <> 'in_flight'), 0) AS freed
      FROM unnest(ids, states, charges, refunds) AS v (id, state, charge, refund)
      JOIN ${schema}.quota_reservations r ON r.id = v.id
      GROUP BY r.period_start) d
    WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = d.period_start;
  INSERT INTO ${schema}.tenant_usage_ledger
      (tenant_id, resource, period_start, kind, amount, calls, taken_after, reservation_id, at)
    SELECT p_tenant, p_resource, r.period_start, 'reservation', v.charge, 1, u.used + u.reserved, v.id, p_moment
    FROM unnest(ids, charges) AS v (id, charge)
    JOIN ${schema}.quota_reservations r ON r.id = v.id
    JOIN ${schema}.tenant_usage u
      ON u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = r.period_start
    WHERE v.charge > 0;
  UPDATE ${schema}.quota_reservations r
    SET state = v.state, charged = v.charge, resolved_at = CASE WHEN v.state <> 'in_flight' THEN p_moment END
    FROM unnest(ids, states, charges) AS v (id, state, charge)
    WHERE r.id = v.id;
  RETURN ids;
END $function$`;
