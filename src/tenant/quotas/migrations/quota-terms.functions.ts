/**
 * What a tenant is held to, read in the transaction that holds it: copies in processes may be old, this is not.
 * All are for the functions that count, which run as the control plane's role or, in triggers, as the owner.
 */
export const quotaTermsFunctions = (schema: string): readonly string[] => [
  // The k-th boundary is k months from the anchor, never from the boundary before. UTC, whatever the session says.
  `CREATE FUNCTION ${schema}.tenant_billing_period(
     anchor timestamptz, moment timestamptz, OUT period_start timestamptz, OUT period_end timestamptz)
   LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $function$
   DECLARE
     first timestamp := anchor AT TIME ZONE 'UTC';
     now timestamp := moment AT TIME ZONE 'UTC';
     k integer := (extract(year FROM now) - extract(year FROM first)) * 12
       + extract(month FROM now) - extract(month FROM first);
   BEGIN
     IF first + make_interval(months => k) > now THEN
       k := k - 1;
     END IF;
     period_start := (first + make_interval(months => k)) AT TIME ZONE 'UTC';
     period_end := (first + make_interval(months => k + 1)) AT TIME ZONE 'UTC';
   END $function$`,

  // A limit nobody knows is a limit of none; null is unlimited.
  `CREATE FUNCTION ${schema}.tenant_quota_terms(
     p_tenant uuid, p_resource text, p_moment timestamptz,
     OUT status text, OUT plan text, OUT anchor timestamptz, OUT allowed bigint, OUT terms jsonb)
   LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
     SELECT t.status, e.plan, t.period_anchor,
       CASE jsonb_typeof(v.granted)
         WHEN 'null' THEN NULL
         WHEN 'number' THEN (v.granted #>> '{}')::bigint
         ELSE 0
       END,
       coalesce(p.quotas -> p_resource, '{}')
     FROM ${schema}.tenants t
     CROSS JOIN LATERAL (SELECT
       CASE WHEN t.scheduled_at <= p_moment THEN t.scheduled_plan ELSE t.plan END AS plan,
       CASE WHEN t.scheduled_at <= p_moment THEN t.scheduled_plan_version ELSE t.plan_version END AS version) e
     LEFT JOIN ${schema}.plans p ON p.name = e.plan AND p.version = e.version
     CROSS JOIN LATERAL (SELECT
       CASE WHEN t.limits ? p_resource THEN t.limits -> p_resource ELSE p.limits -> p_resource END AS granted) v
     WHERE t.id = p_tenant
   $function$`,

  // How far taking may go now; null is as far as one likes.
  `CREATE FUNCTION ${schema}.tenant_quota_ceiling(
     p_terms jsonb, p_allowed bigint, p_over_since timestamptz, p_moment timestamptz) RETURNS bigint
   LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
     SELECT CASE coalesce(p_terms ->> 'enforcement', 'hard')
       WHEN 'shadow' THEN NULL
       WHEN 'soft' THEN p_allowed + (p_terms ->> 'overageCap')::bigint
       WHEN 'grace' THEN CASE
         WHEN p_over_since IS NULL
           OR p_moment < p_over_since + make_interval(secs => 86400 * (p_terms ->> 'graceDays')::float8) THEN NULL
         ELSE p_allowed END
       ELSE p_allowed
     END
   $function$`,

  // Once for each period, limit and threshold, however often that is reached: the key says so, not whoever looks.
  `CREATE FUNCTION ${schema}.tenant_raise_alerts(
     p_tenant uuid, p_resource text, p_period timestamptz, p_allowed bigint, p_used bigint, p_plan text,
     p_terms jsonb, p_moment timestamptz) RETURNS void
   LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
   DECLARE
     thresholds jsonb := coalesce(p_terms -> 'alertAt', '[80, 100]'); -- rising
   BEGIN
     IF p_allowed IS NULL OR p_used = 0 OR p_used::numeric * 100 < p_allowed::numeric * (thresholds -> 0)::integer THEN
       RETURN;
     END IF;
     WITH reached AS (
       SELECT threshold::integer, CASE WHEN threshold::integer >= 100 THEN 'quota_exceeded' ELSE 'plan_limit_approaching' END AS rule
       FROM jsonb_array_elements_text(thresholds) AS threshold
       WHERE p_used::numeric * 100 >= p_allowed::numeric * threshold::integer
     ), new AS (
       SELECT * FROM reached r WHERE NOT EXISTS (
         SELECT FROM ${schema}.tenant_alerts a
         WHERE a.tenant_id = p_tenant AND a.rule = r.rule AND a.resource = p_resource
           AND a.period_start = p_period AND a.limit_value = p_allowed AND a.threshold = r.threshold)
     )
     INSERT INTO ${schema}.tenant_alerts
       (tenant_id, rule, resource, period_start, limit_value, threshold, used, plan, deliver, raised_at)
     SELECT p_tenant, rule, p_resource, p_period, p_allowed, threshold, p_used, p_plan,
       threshold = (SELECT max(threshold) FROM new), p_moment
     FROM new ORDER BY threshold
     ON CONFLICT DO NOTHING;
   END $function$`,

  // What is told of a counter. Times are milliseconds since 1970.
  `CREATE FUNCTION ${schema}.tenant_quota_state(
     p_plan text, p_allowed bigint, p_terms jsonb, p_used bigint, p_reserved bigint, p_would_deny bigint,
     p_over_since timestamptz, p_from timestamptz, p_to timestamptz) RETURNS jsonb
   LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
     SELECT jsonb_build_object(
       'plan', p_plan, 'limit', p_allowed, 'enforcement', coalesce(p_terms ->> 'enforcement', 'hard'),
       'ceiling', ${schema}.tenant_quota_ceiling(p_terms, p_allowed, p_over_since, clock_timestamp()),
       'used', p_used, 'reserved', p_reserved, 'wouldDeny', p_would_deny,
       'graceUntil', CASE WHEN p_terms ->> 'enforcement' = 'grace' THEN
         extract(epoch FROM p_over_since) * 1000 + 86400000 * (p_terms ->> 'graceDays')::numeric END,
       'from', CASE WHEN p_to IS NOT NULL THEN extract(epoch FROM p_from) * 1000 END,
       'to', extract(epoch FROM p_to) * 1000)
   $function$`,
];
