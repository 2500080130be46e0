/**
 * Consumes several resources of one tenant, all or none. Counters are locked in the order of their names, so that
 * two calls never wait for each other. `p_items` is a list of `{ resource, amount }`, each resource once.
 */
export const quotaTogetherFunction = (
  schema: string,
): string => `CREATE FUNCTION ${schema}.tenant_quota_consume_together(p_tenant uuid, p_items jsonb, p_key text)
RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  moment timestamptz := clock_timestamp();
  asked text;
  known record;
  item record;
  held record;
  refused text[] := '{}';
  locked boolean := false;
BEGIN
  SELECT concat_ws(' ', 'together', string_agg(concat_ws(' ', i.resource, i.amount), ' ' ORDER BY i.resource COLLATE "C")) INTO asked
    FROM jsonb_to_recordset(p_items) AS i (resource text, amount bigint);
  SELECT t.status INTO held FROM ${schema}.tenants t WHERE t.id = p_tenant;
  IF held.status IS NULL OR held.status = 'deleted' THEN
    RETURN '{"error": "unknown"}';
  ELSIF held.status = 'suspended' THEN
    RETURN '{"error": "suspended"}';
  END IF;
  -- What reservations held until now is there to be taken.
  IF EXISTS (SELECT FROM jsonb_to_recordset(p_items) AS i (resource text, amount bigint)
    JOIN ${schema}.quota_reservations r ON r.tenant_id = p_tenant AND r.resource = i.resource
      AND r.state IN ('reserved', 'in_flight') AND r.expires_at <= moment) THEN
    FOR item IN SELECT i.resource FROM jsonb_to_recordset(p_items) AS i (resource text, amount bigint) ORDER BY i.resource COLLATE "C" LOOP
      PERFORM ${schema}.tenant_quota_apply(p_tenant, item.resource, 'consumption', '[]');
    END LOOP;
  END IF;
  LOOP
    IF p_key IS NOT NULL THEN
      SELECT * INTO known FROM ${schema}.tenant_usage_ledger l WHERE l.tenant_id = p_tenant AND l.idem_key = p_key;
      IF FOUND THEN
        RETURN jsonb_build_object('status', CASE known.call WHEN asked THEN 'granted' ELSE 'key-reused' END, 'replayed', true);
      END IF;
    END IF;
    FOR item IN SELECT * FROM jsonb_to_recordset(p_items) AS i (resource text, amount bigint) ORDER BY i.resource COLLATE "C" LOOP
      SELECT q.allowed, q.terms, p.period_start, q.plan, u.used, u.reserved,
          CASE WHEN u.used + u.reserved > q.allowed THEN u.over_since END AS over_since
        INTO held
        FROM ${schema}.tenant_quota_terms(p_tenant, item.resource, moment) q
        CROSS JOIN ${schema}.tenant_billing_period(q.anchor, moment) p
        LEFT JOIN ${schema}.tenant_usage u
          ON u.tenant_id = p_tenant AND u.resource = item.resource AND u.period_start = p.period_start;
      IF coalesce(held.used + held.reserved, 0) + item.amount
        > ${schema}.tenant_quota_ceiling(held.terms, held.allowed, held.over_since, moment)
      THEN
        refused := refused || item.resource;
      END IF;
    END LOOP;
    IF refused <> '{}' THEN
      RETURN jsonb_build_object('status', 'refused', 'replayed', false, 'refused', to_jsonb(refused));
    END IF;
    EXIT WHEN locked;
    -- Nothing was written until here. Once every row is locked it is looked at again, and that holds.
    FOR item IN SELECT * FROM jsonb_to_recordset(p_items) AS i (resource text, amount bigint) ORDER BY i.resource COLLATE "C" LOOP
      SELECT p.period_start INTO held FROM ${schema}.tenant_quota_terms(p_tenant, item.resource, moment) q
        CROSS JOIN ${schema}.tenant_billing_period(q.anchor, moment) p;
      INSERT INTO ${schema}.tenant_usage (tenant_id, resource, period_start)
        VALUES (p_tenant, item.resource, held.period_start) ON CONFLICT DO NOTHING;
      PERFORM FROM ${schema}.tenant_usage u
        WHERE u.tenant_id = p_tenant AND u.resource = item.resource AND u.period_start = held.period_start
        FOR NO KEY UPDATE;
    END LOOP;
    locked := true;
  END LOOP;

  FOR item IN
    SELECT i.*, row_number() OVER (ORDER BY i.resource COLLATE "C") AS position
    FROM jsonb_to_recordset(p_items) AS i (resource text, amount bigint)
  LOOP
    SELECT q.allowed, q.terms, q.plan, p.period_start INTO held
      FROM ${schema}.tenant_quota_terms(p_tenant, item.resource, moment) q
      CROSS JOIN ${schema}.tenant_billing_period(q.anchor, moment) p;
    UPDATE ${schema}.tenant_usage u
      SET used = u.used + item.amount,
        over_since = CASE WHEN u.used + u.reserved + item.amount > held.allowed
          THEN coalesce(CASE WHEN u.used + u.reserved > held.allowed THEN u.over_since END, moment) END,
        would_deny = u.would_deny + CASE WHEN held.terms ->> 'enforcement' = 'shadow' AND held.allowed IS NOT NULL
          THEN greatest(u.used + u.reserved + item.amount - greatest(u.used + u.reserved, held.allowed), 0) ELSE 0 END
      WHERE u.tenant_id = p_tenant AND u.resource = item.resource AND u.period_start = held.period_start
      RETURNING u.used, u.reserved INTO known;
    -- The first of them bears the key. A twin that asks for other resources may have been quicker.
    INSERT INTO ${schema}.tenant_usage_ledger
        (tenant_id, resource, period_start, kind, amount, calls, taken_after, idem_key, call, at)
      VALUES (p_tenant, item.resource, held.period_start, 'keyed', item.amount, 1, known.used + known.reserved,
        CASE item.position WHEN 1 THEN p_key END, CASE WHEN p_key IS NOT NULL THEN asked END, moment);
    PERFORM ${schema}.tenant_raise_alerts(p_tenant, item.resource, held.period_start, held.allowed, known.used,
      held.plan, held.terms, moment);
  END LOOP;
  RETURN jsonb_build_object('status', 'granted', 'replayed', false);
END $function$`;
