import { BY_KEY } from './quota-resolve.function.js';

/**
 * Applies calls to one counter, in one statement and so in one round trip and one transaction: whoever it answers
 * was committed. The counter's row lock makes concurrent callers take turns; what is refused because the counter is
 * full is read, not locked.
 *
 * A call is a number of units to consume, or an object with `op`: `consume` and `reserve` with `amount`, `key`,
 * and of a reservation `id`, `ttl`, `inFlight`; `begin`, `commit`, `release` with `id`. A reservation and a key are
 * named once at most. Resolving comes first: it makes room. Of calls that are all numbers `p_total` is the sum, which
 * spares looking at each where all of them fit.
 */
export const quotaApplyFunction = (schema: string): string => `CREATE FUNCTION ${schema}.tenant_quota_apply(
  p_tenant uuid, p_resource text, p_kind text, p_calls jsonb, p_total bigint DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp ${BY_KEY} AS $function$
DECLARE
  moment timestamptz := clock_timestamp();
  held record;
  period_from timestamptz := '-infinity';
  period_to timestamptz;
  counter ${schema}.tenant_usage%ROWTYPE;
  before ${schema}.tenant_usage%ROWTYPE;
  ceiling bigint;
  total bigint := p_total;
  smallest bigint;
  takes integer := jsonb_array_length(p_calls);
  plain integer := takes;
  keys text[];
  shown uuid[];
  due uuid[] := '{}';
  moved uuid[] := '{}';
  counted boolean;
  outcomes jsonb[];
  taken_before bigint;
  batch_units bigint := 0;
  batch_calls integer := 0;
  made_ids uuid[] := '{}';
  made_amounts bigint[] := '{}';
  made_ttls integer[] := '{}';
  made_states text[] := '{}';
  asked jsonb;
  position integer;
  units bigint;
  known record;
BEGIN
  SELECT * INTO held FROM ${schema}.tenant_quota_terms(p_tenant, p_resource, moment);
  IF p_total IS NULL THEN
    SELECT coalesce(sum(c.units), 0), min(c.units), count(c.units), count(*) FILTER (WHERE c.plain),
        array_agg(c.key) FILTER (WHERE c.key IS NOT NULL), array_agg(c.id) FILTER (WHERE c.units IS NULL)
      INTO total, smallest, takes, plain, keys, shown
      FROM (
        SELECT CASE
            WHEN jsonb_typeof(value) = 'number' THEN value::bigint
            WHEN value ->> 'op' IN ('consume', 'reserve') THEN (value -> 'amount')::bigint
          END AS units,
          jsonb_typeof(value) = 'number' AS plain, value ->> 'key' AS key, (value ->> 'id')::uuid AS id
        FROM jsonb_array_elements(p_calls)) c;
  END IF;
  IF held.status IS NULL OR (takes > 0 AND held.status = 'deleted') THEN
    RETURN '{"error": "unknown"}';
  ELSIF takes > 0 AND held.status = 'suspended' THEN
    RETURN '{"error": "suspended"}';
  END IF;
  IF p_kind = 'consumption' THEN
    SELECT * INTO period_from, period_to FROM ${schema}.tenant_billing_period(held.anchor, moment);
  END IF;

  SELECT * INTO counter FROM ${schema}.tenant_usage u
    WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = period_from;
  counted := FOUND;
  IF NOT counted THEN
    counter := ROW(p_tenant, p_resource, period_from, 0, 0, 0, 0, NULL);
  END IF;
  IF takes = 0 OR counter.reserved > 0 OR keys IS NOT NULL THEN
    due := ARRAY(
      SELECT r.id FROM ${schema}.quota_reservations r
      WHERE r.tenant_id = p_tenant AND r.resource = p_resource
        AND r.state IN ('reserved', 'in_flight') AND r.expires_at <= moment
      ORDER BY r.expires_at LIMIT 500);
  END IF;
  IF held.allowed IS NULL OR counter.used + counter.reserved <= held.allowed THEN
    counter.over_since := NULL;
  END IF;
  ceiling := ${schema}.tenant_quota_ceiling(held.terms, held.allowed, counter.over_since, moment);
  IF counter.used + counter.reserved + p_total > ceiling THEN
    SELECT min(value::bigint) INTO smallest FROM jsonb_array_elements(p_calls);
  END IF;
  IF takes > 0 AND due = '{}' AND shown IS NULL AND counter.used + counter.reserved + smallest > ceiling
    AND (keys IS NULL OR NOT EXISTS (
      SELECT FROM ${schema}.tenant_usage_ledger l WHERE l.tenant_id = p_tenant AND l.idem_key = ANY (keys)))
  THEN
    RETURN ${schema}.tenant_quota_state(held.plan, held.allowed, held.terms, counter.used, counter.reserved,
      counter.would_deny, counter.over_since, period_from, period_to)
      || jsonb_build_object('before', counter.used + counter.reserved, 'outcomes', 'none', 'expired', 0);
  END IF;

  IF takes > 0 AND NOT counted THEN
    INSERT INTO ${schema}.tenant_usage (tenant_id, resource, period_start)
      VALUES (p_tenant, p_resource, period_from) ON CONFLICT DO NOTHING;
  END IF;
  IF shown IS NOT NULL OR due <> '{}' THEN
    PERFORM FROM ${schema}.tenant_usage u
      WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND (u.period_start = period_from
        OR u.period_start IN (SELECT r.period_start FROM ${schema}.quota_reservations r
             WHERE r.tenant_id = p_tenant AND r.resource = p_resource AND r.id = ANY (shown || due)))
      ORDER BY u.period_start FOR NO KEY UPDATE;
    moved := ${schema}.tenant_quota_resolve(
      p_tenant, p_resource, p_kind, p_calls, shown || due, moment, held.allowed, held.terms);
  END IF;
  SELECT * INTO counter FROM ${schema}.tenant_usage u
    WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = period_from
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    counter := ROW(p_tenant, p_resource, period_from, 0, 0, 0, 0, NULL);
  END IF;
  -- Waiting for the row may have taken long: what was decided about the tenant meanwhile holds.
  SELECT * INTO held FROM ${schema}.tenant_quota_terms(p_tenant, p_resource, clock_timestamp());
  IF takes > 0 AND held.status IN ('suspended', 'deleted') THEN
    RETURN jsonb_build_object('error', CASE held.status WHEN 'suspended' THEN 'suspended' ELSE 'unknown' END);
  END IF;
  IF held.allowed IS NULL OR counter.used + counter.reserved <= held.allowed THEN
    counter.over_since := NULL;
  END IF;
  ceiling := ${schema}.tenant_quota_ceiling(held.terms, held.allowed, counter.over_since, moment);
  before := counter;
  taken_before := counter.used + counter.reserved;

  IF plain = jsonb_array_length(p_calls) AND (ceiling IS NULL OR taken_before + total <= ceiling) THEN
    counter.used := counter.used + total;
    batch_units := total;
    batch_calls := plain;
  ELSE
    outcomes := array_fill(NULL::jsonb, ARRAY[jsonb_array_length(p_calls)]);
    FOR asked, position IN SELECT value, ordinality FROM jsonb_array_elements(p_calls) WITH ORDINALITY LOOP
      IF jsonb_typeof(asked) = 'number' THEN
        units := asked::bigint;
        IF ceiling IS NULL OR counter.used + counter.reserved + units <= ceiling THEN
          counter.used := counter.used + units;
          batch_units := batch_units + units;
          batch_calls := batch_calls + 1;
          outcomes[position] := to_jsonb(counter.used + counter.reserved);
        END IF;
        CONTINUE;
      END IF;
      CONTINUE WHEN asked ->> 'op' NOT IN ('consume', 'reserve');
      units := (asked -> 'amount')::bigint;
      IF asked ? 'key' THEN
        SELECT * INTO known FROM ${schema}.tenant_usage_ledger l
          WHERE l.tenant_id = p_tenant AND l.idem_key = asked ->> 'key';
        IF FOUND THEN
          outcomes[position] := CASE
            WHEN known.call = concat_ws(' ', asked ->> 'op', p_resource, units)
              THEN jsonb_build_object('replayed', true, 'taken', known.taken_after, 'id', known.reservation_id)
            ELSE '"key-reused"' END;
          shown := shown || known.reservation_id;
          CONTINUE;
        END IF;
      END IF;
      CONTINUE WHEN ceiling IS NOT NULL AND counter.used + counter.reserved + units > ceiling;
      IF asked ? 'key' THEN
        INSERT INTO ${schema}.tenant_usage_ledger (tenant_id, resource, period_start, kind, amount, calls, taken_after,
            idem_key, call, reservation_id, at)
          VALUES (p_tenant, p_resource, period_from,
            CASE asked ->> 'op' WHEN 'consume' THEN 'keyed' ELSE 'reserve' END,
            CASE asked ->> 'op' WHEN 'consume' THEN units ELSE 0 END, 1, counter.used + counter.reserved + units,
            asked ->> 'key', concat_ws(' ', asked ->> 'op', p_resource, units), (asked ->> 'id')::uuid, moment)
          ON CONFLICT (tenant_id, idem_key) WHERE idem_key IS NOT NULL DO NOTHING;
        IF NOT FOUND THEN
          outcomes[position] := '"key-reused"'; -- just now, for another resource: this one's twins take turns
          CONTINUE;
        END IF;
      ELSIF asked ->> 'op' = 'consume' THEN
        batch_units := batch_units + units;
        batch_calls := batch_calls + 1;
      END IF;
      IF asked ->> 'op' = 'consume' THEN
        counter.used := counter.used + units;
        outcomes[position] := to_jsonb(counter.used + counter.reserved);
      ELSE
        counter.reserved := counter.reserved + units;
        made_ids := made_ids || (asked ->> 'id')::uuid;
        made_amounts := made_amounts || units;
        made_ttls := made_ttls || (asked -> 'ttl')::integer;
        made_states := made_states || CASE WHEN (asked -> 'inFlight')::boolean THEN 'in_flight' ELSE 'reserved' END;
        outcomes[position] := jsonb_build_object('taken', counter.used + counter.reserved, 'id', asked -> 'id');
        shown := shown || (asked ->> 'id')::uuid;
      END IF;
    END LOOP;
  END IF;

  IF counter IS DISTINCT FROM before THEN
    IF counter.used + counter.reserved > held.allowed THEN
      counter.over_since := coalesce(counter.over_since, moment);
      IF held.terms ->> 'enforcement' = 'shadow' THEN
        counter.would_deny := counter.would_deny + counter.used + counter.reserved - greatest(taken_before, held.allowed);
      END IF;
    END IF;
    UPDATE ${schema}.tenant_usage u SET used = counter.used, reserved = counter.reserved,
        would_deny = counter.would_deny, over_since = counter.over_since
      WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = period_from;
  END IF;
  IF made_ids <> '{}' THEN
    INSERT INTO ${schema}.quota_reservations
        (id, tenant_id, resource, kind, period_start, amount, state, expires_at, created_at)
      SELECT m.id, p_tenant, p_resource, p_kind, period_from, m.amount, m.state, moment + make_interval(secs => m.ttl), moment
      FROM unnest(made_ids, made_amounts, made_ttls, made_states) AS m (id, amount, ttl, state);
  END IF;
  IF batch_units > 0 THEN
    INSERT INTO ${schema}.tenant_usage_ledger (tenant_id, resource, period_start, kind, amount, calls, taken_after, at)
      VALUES (p_tenant, p_resource, period_from, 'batch', batch_units, batch_calls, counter.used, moment);
  END IF;
  IF p_kind = 'consumption' THEN
    PERFORM ${schema}.tenant_raise_alerts(p_tenant, p_resource, period_from, held.allowed, counter.used, held.plan,
      held.terms, moment);
  END IF;
  RETURN ${schema}.tenant_quota_state(held.plan, held.allowed, held.terms, counter.used, counter.reserved,
    counter.would_deny, counter.over_since, period_from, period_to)
    || jsonb_build_object('before', taken_before, 'expired', cardinality(due),
      'outcomes', coalesce(to_jsonb(outcomes), '"all"'),
      'reservations', (
        SELECT jsonb_object_agg(r.id, jsonb_build_object('state', r.state, 'amount', r.amount, 'charged', r.charged,
          'expires', extract(epoch FROM r.expires_at) * 1000, 'now', r.state <> 'expired' AND r.id = ANY (moved || made_ids)))
        FROM unnest(shown) AS s (id)
        CROSS JOIN LATERAL (SELECT * FROM ${schema}.quota_reservations q WHERE q.id = s.id OFFSET 0) r
        WHERE r.tenant_id = p_tenant AND r.resource = p_resource));
END $function$`;
