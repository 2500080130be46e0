/**
 * Raises what is reached by a limit that was lowered under what is used: nobody may be admitted any more whose call
 * would raise it. A scheduled plan is looked at when it is written down.
 */
export const limitsChangedFunction = (
  schema: string,
): string => `CREATE FUNCTION ${schema}.tenant_limits_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  moment timestamptz := clock_timestamp();
  counter record;
BEGIN
  -- Whoever is counting has the old limit, or waits and has the new one; either way what is reached is told.
  PERFORM FROM ${schema}.tenant_usage u WHERE u.tenant_id = NEW.id
    ORDER BY u.resource COLLATE "C", u.period_start FOR NO KEY UPDATE;
  FOR counter IN
    SELECT c.resource, c.used, p.period_start, q.allowed, q.plan, q.terms
    FROM ${schema}.tenant_billing_period(NEW.period_anchor, moment) p
    CROSS JOIN LATERAL (
      SELECT u.resource, u.used FROM ${schema}.tenant_usage u
        WHERE u.tenant_id = NEW.id AND u.period_start = p.period_start
      UNION ALL SELECT a.resource, a.used FROM ${schema}.tenant_allocations a WHERE a.tenant_id = NEW.id) c
    CROSS JOIN LATERAL ${schema}.tenant_quota_terms(NEW.id, c.resource, moment) q
  LOOP
    PERFORM ${schema}.tenant_raise_alerts(NEW.id, counter.resource, counter.period_start, counter.allowed, counter.used,
      counter.plan, counter.terms, moment);
  END LOOP;
  RETURN NULL;
END $function$`;

export const limitsChangedTrigger =
  'CREATE TRIGGER tenant_limits_changed AFTER UPDATE OF plan, plan_version, limits ON tenants ' +
  'FOR EACH ROW EXECUTE FUNCTION tenant_limits_changed()';
