/**
 * What a counter's row means at a moment, to what is asked of it: an object with `policy`, `cost`, `limit`, `burst`,
 * `windowMs`, and of windows `parts`, which count apart, and `partMs`. A window of fixed edges has one part; a sliding
 * one has the one it is leaving beside its twelve.
 */
export const rateLimitStateFunctions = (schema: string): readonly string[] => [
  // The row with what has come back taken off. What is ahead of the clock is moved to the present: it was set back.
  `CREATE FUNCTION ${schema}.tenant_rate_limit_present(
     counter ${schema}.rate_limit_counters, asked jsonb, moment bigint) RETURNS ${schema}.rate_limit_counters
   LANGUAGE plpgsql IMMUTABLE AS $function$
   DECLARE
     parts integer := (asked -> 'parts')::integer;
     present bigint := moment / (asked -> 'partMs')::bigint;
     capacity numeric := (asked -> 'burst')::numeric * (asked -> 'windowMs')::bigint;
   BEGIN
     IF parts IS NULL THEN
       IF capacity > 0 AND (asked -> 'limit')::bigint > 0 THEN
         counter.full_at := least(counter.full_at, moment + round(capacity, 18) / (asked -> 'limit')::bigint);
       END IF;
       RETURN counter;
     END IF;
     IF present >= counter.newest + parts THEN
       counter.counts := '{}';
     ELSIF present > counter.newest THEN
       counter.counts := array_fill(0::bigint, ARRAY[(present - counter.newest)::integer])
         || counter.counts[1 : parts - (present - counter.newest)::integer];
     END IF;
     counter.newest := present;
     RETURN counter;
   END $function$`,

  // Whole units that may be taken. Intervals have 18 decimals: of their sums, a millionth of a microsecond is rounding.
  `CREATE FUNCTION ${schema}.tenant_rate_limit_room(
     present ${schema}.rate_limit_counters, asked jsonb, moment bigint) RETURNS bigint
   LANGUAGE plpgsql IMMUTABLE AS $function$
   DECLARE
     units bigint := (asked -> 'limit')::bigint;
     interval_ms bigint := (asked -> 'windowMs')::bigint;
   BEGIN
     IF asked ? 'parts' THEN
       RETURN greatest(0, units - (SELECT coalesce(sum(count), 0) FROM unnest(present.counts) AS count));
     ELSIF units = 0 THEN
       RETURN 0;
     END IF;
     RETURN greatest(0, floor((asked -> 'burst')::numeric
       - (greatest(present.full_at - moment, 0) - 0.000000001) * units / interval_ms));
   END $function$`,

  `CREATE FUNCTION ${schema}.tenant_rate_limit_state(
     present ${schema}.rate_limit_counters, asked jsonb, moment bigint) RETURNS jsonb
   LANGUAGE plpgsql IMMUTABLE AS $function$
   DECLARE
     units bigint := (asked -> 'limit')::bigint;
     most bigint := (asked -> CASE WHEN asked ? 'parts' THEN 'limit' ELSE 'burst' END)::bigint;
     cost bigint := (asked -> 'cost')::bigint;
     remaining bigint := ${schema}.tenant_rate_limit_room(present, asked, moment);
     used bigint;
     gone_in bigint;
     empty_in numeric;
     interval_ms bigint := (asked -> 'windowMs')::bigint;
     reset_in bigint := 0;
     retry_in bigint := CASE WHEN cost <= remaining THEN 0 END;
   BEGIN
     IF asked ? 'parts' THEN
       used := (SELECT coalesce(sum(count), 0) FROM unnest(present.counts) AS count);
       FOR part IN REVERSE cardinality(present.counts) .. 1 LOOP
         CONTINUE WHEN present.counts[part] = 0;
         gone_in := (present.newest + 1 - part + (asked -> 'parts')::integer) * (asked -> 'partMs')::bigint - moment;
         used := used - present.counts[part];
         IF reset_in = 0 THEN
           reset_in := gone_in;
         END IF;
         IF retry_in IS NULL AND used + cost <= most THEN
           retry_in := gone_in;
         END IF;
         EXIT WHEN retry_in IS NOT NULL OR cost > most;
       END LOOP;
     ELSIF units > 0 THEN
       empty_in := greatest(present.full_at - moment, 0);
       IF remaining < most THEN
         reset_in := ceil(
           empty_in - round((most - remaining - 1)::numeric * interval_ms, 18) / units - 0.000000001);
       END IF;
       IF retry_in IS NULL AND cost <= most THEN
         retry_in := ceil(empty_in - round((most - cost)::numeric * interval_ms, 18) / units - 0.000000001);
       END IF;
     END IF;
     RETURN jsonb_build_object('remaining', remaining, 'resetMs', reset_in, 'retryMs', retry_in);
   END $function$`,
];
