/**
 * The trigger's function once there are quotas: counts rows, or the units in a column of theirs, against the limit
 * in effect, in the caller's own transaction. What raises no usage always passes, also above the limit.
 *
 * The counter's row is locked before the limit is read, and by who only gives back as well: whoever holds it knows
 * all that is committed, and all that is not will wait for it. `reconcileAllocation` counts on that.
 */
export const allocationFunction = (
  schema: string,
): string => `CREATE OR REPLACE FUNCTION ${schema}.tenant_count_allocation()
RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  counted text := TG_ARGV[0];
  -- Read by its name and not out of the row as JSON: a column that is gone is an error, and a wide row no work.
  units text := CASE WHEN TG_NARGS > 1 THEN format('SELECT coalesce(($1).%I, 0)::bigint', TG_ARGV[1]) END;
  moment timestamptz;
  gone bigint := 0;
  added bigint := 0;
  held record;
  counter record;
  ceiling bigint;
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.tenant_id IS NOT NULL THEN
    gone := 1;
    IF units IS NOT NULL THEN
      EXECUTE units INTO gone USING OLD;
      gone := greatest(gone, 0); -- a row from before the trigger
    END IF;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.tenant_id IS NOT NULL THEN
    added := 1;
    IF units IS NOT NULL THEN
      EXECUTE units INTO added USING NEW;
    END IF;
    IF added < 0 THEN
      RAISE EXCEPTION '% may not be negative: % counts it', TG_ARGV[1], counted USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.tenant_id = NEW.tenant_id THEN
    added := added - gone;
    gone := greatest(-added, 0);
  END IF;
  IF gone > 0 THEN
    INSERT INTO ${schema}.tenant_allocations AS a (tenant_id, resource, used) VALUES (OLD.tenant_id, counted, 0)
      ON CONFLICT (tenant_id, resource) DO UPDATE SET used = greatest(a.used - gone, 0);
  END IF;
  IF added <= 0 THEN
    RETURN NULL;
  END IF;

  LOOP
    SELECT a.used, a.over_since INTO counter FROM ${schema}.tenant_allocations a
      WHERE a.tenant_id = NEW.tenant_id AND a.resource = counted FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO ${schema}.tenant_allocations (tenant_id, resource, used)
      VALUES (NEW.tenant_id, counted, 0) ON CONFLICT DO NOTHING;
  END LOOP;
  moment := clock_timestamp();
  SELECT * INTO held FROM ${schema}.tenant_quota_terms(NEW.tenant_id, counted, moment);
  IF held.status IS NULL THEN
    held.allowed := 0; -- nobody's tenant has nothing
  END IF;
  IF held.allowed IS NULL OR counter.used <= held.allowed THEN
    counter.over_since := NULL;
  END IF;
  ceiling := ${schema}.tenant_quota_ceiling(held.terms, held.allowed, counter.over_since, moment);
  IF counter.used + added > ceiling THEN
    RAISE EXCEPTION 'allocation limit reached' USING ERRCODE = 'TN001', DETAIL = json_build_object(
      'resource', counted, 'limit', held.allowed, 'used', counter.used)::text;
  END IF;
  UPDATE ${schema}.tenant_allocations a SET
      used = a.used + added,
      over_since = CASE WHEN a.used + added > held.allowed THEN coalesce(counter.over_since, moment) END,
      would_deny = a.would_deny + CASE WHEN held.terms ->> 'enforcement' = 'shadow' AND a.used + added > held.allowed
        THEN a.used + added - greatest(a.used, held.allowed) ELSE 0 END
    WHERE a.tenant_id = NEW.tenant_id AND a.resource = counted;
  IF held.allowed IS NOT NULL THEN
    PERFORM ${schema}.tenant_raise_alerts(NEW.tenant_id, counted, p.period_start, held.allowed, counter.used + added,
        held.plan, held.terms, moment)
      FROM ${schema}.tenant_billing_period(held.anchor, moment) p;
  END IF;
  RETURN NULL;
END $function$`;
