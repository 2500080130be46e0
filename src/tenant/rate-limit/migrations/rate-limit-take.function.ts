/**
 * Takes from all policies that are asked or from none, or says what would be if it did, as many times as all of them have room for, in one statement and
 * so in one round trip. It looks before it locks: what is refused locks nothing and writes nothing, save that what is
 * ahead of the clock is moved to the present. Rows are locked in the order of their names, so that no two calls wait
 * for each other, and looked at again: what holds then is what is answered.
 *
 * A session plans the statements once, perhaps while the table was all but empty; they always find rows by their keys.
 */
export const rateLimitTakeFunction = (
  schema: string,
): string => `CREATE FUNCTION ${schema}.tenant_rate_limit_take(
  p_subject text, p_requests jsonb, p_times bigint, p_take boolean)
RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  asked jsonb;
  key text;
  cost bigint;
  moment bigint;
  granted bigint;
  counter ${schema}.rate_limit_counters%ROWTYPE;
  present ${schema}.rate_limit_counters%ROWTYPE;
  counters ${schema}.rate_limit_counters[];
  costly text[];
  moved text[];
  writes text[];
  locked text[] := '{}';
  states jsonb := '[]';
BEGIN
  LOOP
    moment := floor(extract(epoch FROM clock_timestamp()) * 1000);
    granted := p_times;
    counters := '{}';
    costly := '{}';
    moved := '{}';
    FOR asked IN SELECT value FROM jsonb_array_elements(p_requests) LOOP
      cost := (asked -> 'cost')::bigint;
      SELECT * INTO counter FROM ${schema}.rate_limit_counters c
        WHERE c.subject = p_subject AND c.policy = asked ->> 'policy';
      IF NOT FOUND THEN
        counter := ROW(p_subject, asked ->> 'policy', 0, '{}', 0, 0);
      END IF;
      present := ${schema}.tenant_rate_limit_present(counter, asked, moment);
      counters := counters || present;
      IF counter.newest > present.newest OR counter.full_at > present.full_at THEN
        moved := moved || present.policy;
      END IF;
      IF cost > 0 THEN
        costly := costly || present.policy;
        granted := least(granted, ${schema}.tenant_rate_limit_room(present, asked, moment) / cost);
      END IF;
    END LOOP;
    writes := CASE WHEN NOT p_take THEN '{}' WHEN granted > 0 THEN moved || costly ELSE moved END;
    EXIT WHEN writes <@ locked;
    FOR key IN SELECT DISTINCT name FROM unnest(writes) AS name ORDER BY name LOOP
      LOOP
        PERFORM FROM ${schema}.rate_limit_counters c WHERE c.subject = p_subject AND c.policy = key FOR NO KEY UPDATE;
        EXIT WHEN FOUND;
        -- Nobody has used it, or whoever waits for it is next: empty, which is as if it were not there.
        INSERT INTO ${schema}.rate_limit_counters (subject, policy) VALUES (p_subject, key) ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
      END LOOP;
    END LOOP;
    locked := writes;
  END LOOP;

  FOR position IN 1 .. jsonb_array_length(p_requests) LOOP
    asked := p_requests -> position - 1;
    present := counters[position];
    cost := (asked -> 'cost')::bigint;
    IF granted > 0 AND cost > 0 THEN
      IF asked ? 'parts' THEN
        present.counts[1] := coalesce(present.counts[1], 0) + granted * cost;
      ELSE
        present.full_at := greatest(present.full_at, moment)
          + round((granted * cost)::numeric * (asked -> 'windowMs')::bigint, 18) / (asked -> 'limit')::bigint;
      END IF;
    END IF;
    IF present.policy = ANY (writes) THEN
      UPDATE ${schema}.rate_limit_counters c
        SET newest = present.newest, counts = present.counts, full_at = present.full_at,
          expires_at = CASE WHEN asked ? 'parts'
            THEN (present.newest + (asked -> 'parts')::integer) * (asked -> 'partMs')::bigint
            ELSE ceil(present.full_at) END
        WHERE c.subject = p_subject AND c.policy = present.policy;
    END IF;
    states := states || ${schema}.tenant_rate_limit_state(present, asked, moment);
  END LOOP;
  RETURN jsonb_build_object('granted', granted, 'states', states);
END $function$`;
