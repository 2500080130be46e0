/** What is told of counters, and how they are set right. */
export const quotaReadFunctions = (schema: string): readonly string[] => [
  // Reservations whose time is over count as what they will be resolved to.
  `CREATE FUNCTION ${schema}.tenant_quota_read(p_tenant uuid, p_counters jsonb) RETURNS jsonb
   LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
     SELECT jsonb_agg(${schema}.tenant_quota_state(q.plan, q.allowed, q.terms,
         coalesce(u.used, 0) + d.charged, coalesce(u.reserved, 0) - d.freed, coalesce(u.would_deny, 0),
         CASE WHEN coalesce(u.used + u.reserved, 0) - d.freed + d.charged > q.allowed THEN u.over_since END,
         p.period_start, p.period_end) ORDER BY c.ordinality)
     FROM jsonb_array_elements(p_counters) WITH ORDINALITY AS c
     CROSS JOIN ${schema}.tenant_quota_terms(p_tenant, c.value ->> 'resource', clock_timestamp()) q
     CROSS JOIN LATERAL (
       SELECT period_start, period_end FROM ${schema}.tenant_billing_period(q.anchor, clock_timestamp())
         WHERE c.value ->> 'kind' = 'consumption'
       UNION ALL SELECT '-infinity', NULL WHERE c.value ->> 'kind' = 'concurrency') p
     LEFT JOIN ${schema}.tenant_usage u
       ON u.tenant_id = p_tenant AND u.resource = c.value ->> 'resource' AND u.period_start = p.period_start
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(r.amount), 0)::bigint AS freed,
         coalesce(sum(r.amount) FILTER (WHERE r.state = 'in_flight' AND r.kind = 'consumption'), 0)::bigint AS charged
       FROM ${schema}.quota_reservations r
       WHERE r.tenant_id = p_tenant AND r.resource = c.value ->> 'resource' AND r.period_start = p.period_start
         AND r.state IN ('reserved', 'in_flight') AND r.expires_at <= clock_timestamp()) d
     WHERE q.status <> 'deleted'
   $function$`,

  `CREATE FUNCTION ${schema}.tenant_allocation_read(p_tenant uuid, p_resources text[]) RETURNS jsonb
   LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
     SELECT jsonb_agg(${schema}.tenant_quota_state(q.plan, q.allowed, q.terms, coalesce(a.used, 0), 0,
         coalesce(a.would_deny, 0), CASE WHEN a.used > q.allowed THEN a.over_since END, NULL, NULL) ORDER BY r.ordinality)
     FROM unnest(p_resources) WITH ORDINALITY AS r (resource, ordinality)
     CROSS JOIN ${schema}.tenant_quota_terms(p_tenant, r.resource, clock_timestamp()) q
     LEFT JOIN ${schema}.tenant_allocations a ON a.tenant_id = p_tenant AND a.resource = r.resource
     WHERE q.status <> 'deleted'
   $function$`,

  `CREATE FUNCTION ${schema}.tenant_quota_reconcile(
     p_tenant uuid, p_resource text, p_kind text, p_dry_run boolean) RETURNS jsonb
   LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
   DECLARE
     period_from timestamptz := '-infinity';
     period_to timestamptz;
     held record;
     counter record;
     true_used bigint;
     true_reserved bigint;
   BEGIN
     SELECT * INTO held FROM ${schema}.tenant_quota_terms(p_tenant, p_resource, clock_timestamp());
     IF held.status IS NULL OR held.status = 'deleted' THEN
       RETURN '{"error": "unknown"}';
     END IF;
     IF p_kind = 'consumption' THEN
       SELECT * INTO period_from, period_to FROM ${schema}.tenant_billing_period(held.anchor, clock_timestamp());
     END IF;
     -- Whoever counts holds this row, so that nothing is under way in between.
     IF NOT p_dry_run THEN
       INSERT INTO ${schema}.tenant_usage (tenant_id, resource, period_start)
         VALUES (p_tenant, p_resource, period_from) ON CONFLICT DO NOTHING;
     END IF;
     SELECT * INTO counter FROM ${schema}.tenant_usage u
       WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = period_from
       FOR NO KEY UPDATE;
     SELECT coalesce(sum(l.amount), 0) INTO true_used FROM ${schema}.tenant_usage_ledger l
       WHERE l.tenant_id = p_tenant AND l.resource = p_resource AND l.period_start = period_from;
     SELECT coalesce(sum(r.amount), 0) INTO true_reserved FROM ${schema}.quota_reservations r
       WHERE r.tenant_id = p_tenant AND r.resource = p_resource AND r.period_start = period_from
         AND r.state IN ('reserved', 'in_flight');
     IF NOT p_dry_run AND (counter.used, counter.reserved) <> (true_used, true_reserved) THEN
       UPDATE ${schema}.tenant_usage u SET used = true_used, reserved = true_reserved
         WHERE u.tenant_id = p_tenant AND u.resource = p_resource AND u.period_start = period_from;
     END IF;
     RETURN jsonb_build_object(
       'from', CASE WHEN p_kind = 'consumption' THEN extract(epoch FROM period_from) * 1000 END,
       'before', jsonb_build_object('used', coalesce(counter.used, 0), 'reserved', coalesce(counter.reserved, 0)),
       'after', jsonb_build_object('used', true_used, 'reserved', true_reserved));
   END $function$`,
];
