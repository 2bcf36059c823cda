-- Work that happens later, on a schedule, or beside a request; and what watches over the deployment.

DO $$ BEGIN
  IF pg_catalog.to_regprocedure('care.protect(regclass)') IS NULL THEN
    CREATE FUNCTION care.protect(p_table regclass) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $f$
    BEGIN
      EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
      EXECUTE pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
      EXECUTE pg_catalog.format('CREATE POLICY definers ON %s TO renkei_sec USING (true) WITH CHECK (true)', p_table);
      PERFORM care.guard_from_migrator(p_table);
      EXECUTE pg_catalog.format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON %s FROM renkei_owner', p_table);
    END $f$;
  END IF;
END $$;

-- ---- Jobs --------------------------------------------------------------------------------------------
-- A durable queue. A job is put in by the transaction that wants it done, taken by one worker at a time under a lease, and
-- tried again until it is done or has used up its tries: then it is dead, and stays to be seen.
-- `payload` holds ids, numbers and addresses, never a word about a patient; it is emptied when the job is done.
CREATE TABLE care.job (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind ~ '^[a-z_]{2,40}$'),
  payload jsonb NOT NULL CHECK (length(payload::text) <= 20000),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
  made_at timestamptz NOT NULL,
  run_at timestamptz NOT NULL,
  tries int NOT NULL DEFAULT 0,
  tries_allowed int NOT NULL CHECK (tries_allowed BETWEEN 1 AND 50),
  lease uuid,                                                  -- of the worker that has it now; another one's word does not count
  leased_until timestamptz,
  last_error text CHECK (last_error ~ '^[a-z0-9_]{1,60}$'),
  ended_at timestamptz,
  CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX job_due ON care.job (run_at) WHERE state = 'waiting';
CREATE INDEX job_ended ON care.job (state, ended_at) WHERE state <> 'waiting';

-- The last run of everything that happens on a schedule. An unfinished run was cut off.
CREATE TABLE care.schedule_run (
  name text PRIMARY KEY CHECK (name ~ '^[a-z_]{2,40}$'),
  known_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  outcome text CHECK (outcome ~ '^[a-z0-9_]{1,60}$'),
  went_well_at timestamptz,                                    -- the end of the last run that did
  tries int NOT NULL DEFAULT 0                                 -- since the last run that finished
);

GRANT SELECT, INSERT, UPDATE, DELETE ON care.job TO renkei_sec;
GRANT SELECT, INSERT, UPDATE ON care.schedule_run TO renkei_sec;
SELECT care.protect('care.job');
SELECT care.protect('care.schedule_run');

SET LOCAL ROLE renkei_sec;

-- For definer functions: puts a job into the caller's transaction.
CREATE FUNCTION sec.enqueue(p_kind text, p_payload jsonb, p_in interval, p_tries int) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE i uuid := pg_catalog.gen_random_uuid(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO care.job (id, kind, payload, made_at, run_at, tries_allowed) VALUES (i, p_kind, p_payload, t, t + p_in, p_tries);
  RETURN i;
END $$;
-- The same for the program. Whoever works under an identity must have opened it.
CREATE FUNCTION act.enqueue(p_kind text, p_payload jsonb, p_in interval, p_tries int) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF session_user = 'renkei_app' THEN PERFORM sec.must(); END IF;
  RETURN sec.enqueue(p_kind, p_payload, p_in, p_tries);
END $$;

-- Takes due jobs of these kinds. A job whose worker died is taken again after its lease, and dies with its last try.
CREATE FUNCTION act.take_jobs(p_kinds text[], p_limit int, p_lease uuid, p_for interval)
RETURNS TABLE (id uuid, kind text, payload jsonb, tries int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE care.job SET state = 'dead', ended_at = t, last_error = 'lease_expired', lease = NULL
    WHERE id IN (SELECT j.id FROM care.job j WHERE j.state = 'waiting' AND j.tries >= j.tries_allowed AND j.leased_until < t FOR UPDATE SKIP LOCKED);
  RETURN QUERY
    WITH due AS (
      SELECT j.id FROM care.job j
      WHERE j.state = 'waiting' AND j.kind = ANY (p_kinds) AND j.run_at <= t AND j.tries < j.tries_allowed AND (j.leased_until IS NULL OR j.leased_until < t)
      ORDER BY j.run_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    UPDATE care.job j SET tries = j.tries + 1, lease = p_lease, leased_until = t + p_for FROM due WHERE j.id = due.id
    RETURNING j.id, j.kind, j.payload, j.tries;
END $$;
-- Whether the word counted: false when the lease went to another worker meanwhile.
CREATE FUNCTION act.job_done(p_id uuid, p_lease uuid) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE care.job SET state = 'done', ended_at = pg_catalog.clock_timestamp(), payload = '{}', lease = NULL, leased_until = NULL
    WHERE id = p_id AND lease = p_lease AND state = 'waiting';
  RETURN FOUND;
END $$;
-- Tried again after 5 s, 10 s, 20 s … at most an hour, give or take a fifth; or dead. Returns the new state.
CREATE FUNCTION act.job_failed(p_id uuid, p_lease uuid, p_error text, p_for_good bool) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); s text;
BEGIN
  UPDATE care.job SET last_error = p_error, lease = NULL, leased_until = NULL,
      state = CASE WHEN p_for_good OR tries >= tries_allowed THEN 'dead' ELSE 'waiting' END,
      ended_at = CASE WHEN p_for_good OR tries >= tries_allowed THEN t END,
      run_at = t + least(interval '1 hour', interval '5 seconds' * pg_catalog.power(2, least(tries, 20) - 1)) * (0.8 + 0.4 * pg_catalog.random())
    WHERE id = p_id AND lease = p_lease AND state = 'waiting' RETURNING state INTO s;
  RETURN s;
END $$;
-- How many there are of each kind and state, and since when the oldest is due or ended.
CREATE FUNCTION act.jobs_by_state() RETURNS TABLE (kind text, state text, number bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT j.kind, j.state, count(*), min(coalesce(j.ended_at, j.run_at)) FROM care.job j GROUP BY j.kind, j.state
$$;
-- What gave up, newest first. Without the payload: nobody reads addresses here.
CREATE FUNCTION act.dead_jobs(p_limit int) RETURNS TABLE (id uuid, kind text, tries int, last_error text, made_at timestamptz, ended_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT j.id, j.kind, j.tries, j.last_error, j.made_at, j.ended_at FROM care.job j WHERE j.state = 'dead' ORDER BY j.ended_at DESC LIMIT least(p_limit, 500)
$$;
CREATE FUNCTION act.revive_job(p_id uuid) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE care.job SET state = 'waiting', ended_at = NULL, tries = 0, run_at = pg_catalog.clock_timestamp() WHERE id = p_id AND state = 'dead';
  RETURN FOUND;
END $$;
CREATE FUNCTION act.forget_old_jobs() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH gone AS (DELETE FROM care.job j WHERE (j.state = 'done' AND j.ended_at < pg_catalog.clock_timestamp() - interval '14 days')
    OR (j.state = 'dead' AND j.ended_at < pg_catalog.clock_timestamp() - interval '90 days') RETURNING 1) SELECT count(*) FROM gone
$$;

-- ---- Schedules: written by the leader alone ------------------------------------------------------------
CREATE FUNCTION act.know_schedules(p_names text[]) RETURNS TABLE (name text, known_at timestamptz, started_at timestamptz, finished_at timestamptz, tries int, now timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO care.schedule_run (name, known_at) SELECT n, pg_catalog.clock_timestamp() FROM pg_catalog.unnest(p_names) n ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT s.name, s.known_at, s.started_at, s.finished_at, s.tries, pg_catalog.clock_timestamp() FROM care.schedule_run s WHERE s.name = ANY (p_names);
END $$;
CREATE FUNCTION act.schedule_started(p_name text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  UPDATE care.schedule_run SET started_at = pg_catalog.clock_timestamp(), finished_at = NULL, tries = tries + 1 WHERE name = p_name
$$;
CREATE FUNCTION act.schedule_finished(p_name text, p_outcome text, p_well bool) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  UPDATE care.schedule_run SET finished_at = pg_catalog.clock_timestamp(), outcome = p_outcome, tries = 0,
    went_well_at = CASE WHEN p_well THEN pg_catalog.clock_timestamp() ELSE went_well_at END WHERE name = p_name
$$;
CREATE FUNCTION act.schedule_runs() RETURNS TABLE (name text, known_at timestamptz, started_at timestamptz, finished_at timestamptz, outcome text, went_well_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.name, s.known_at, s.started_at, s.finished_at, s.outcome, s.went_well_at FROM care.schedule_run s ORDER BY s.name
$$;

REVOKE ALL ON FUNCTION sec.enqueue(text, jsonb, interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.enqueue(text, jsonb, interval, int) TO renkei_app, renkei_auth, renkei_job;
GRANT EXECUTE ON FUNCTION act.take_jobs(text[], int, uuid, interval), act.job_done(uuid, uuid), act.job_failed(uuid, uuid, text, bool), act.jobs_by_state(),
  act.dead_jobs(int), act.revive_job(uuid), act.forget_old_jobs(), act.know_schedules(text[]), act.schedule_started(text), act.schedule_finished(text, text, bool),
  act.schedule_runs() TO renkei_job;
SET LOCAL ROLE renkei_owner;
