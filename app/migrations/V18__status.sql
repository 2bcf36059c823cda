-- Availability, measured by a synthetic user who comes through the public door every five seconds; work that was announced
-- before it began; and the days that are over.

-- What a node's synthetic user met, a minute a row, a character for every five seconds in which it set out:
--   .  did not set out      1  answered within 3 s      e  the same, read from a standby
--   r  within 60 s, with automatic retries                x  not within 60 s
--   l  what had been acknowledged was not there
CREATE TABLE care.probe_minute (
  minute timestamptz NOT NULL,
  node text NOT NULL CHECK (length(node) BETWEEN 1 AND 80),
  reads text NOT NULL CHECK (reads ~ '^[.1erxl]{12}$'),
  writes text NOT NULL CHECK (writes ~ '^[.1rx]{12}$'),
  PRIMARY KEY (minute, node)
);
-- A day that is over, in the deployment's zone. What is counted are requests, announced work apart.
CREATE TABLE care.availability_day (
  day date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('read', 'write')),
  asked bigint NOT NULL,
  at_once bigint NOT NULL,                                     -- within 3 s
  within bigint NOT NULL,                                      -- within 60 s, with automatic retries
  lost bigint NOT NULL,
  planned bigint NOT NULL,                                     -- asked during announced work
  planned_within bigint NOT NULL,
  longest_seconds int NOT NULL,                                -- the longest time in a row without an answer within 3 s
  closed_at timestamptz NOT NULL,
  PRIMARY KEY (day, kind),
  CHECK (asked >= within AND within >= at_once AND at_once >= 0 AND planned >= planned_within)
);
SELECT care.make_append_only('care.availability_day');
-- What the front did when a handful of ordinary sentences and of attacks was sent through it.
CREATE TABLE care.front_trial (
  at timestamptz PRIMARY KEY,
  sentences int NOT NULL,
  sentences_refused int NOT NULL,
  attacks int NOT NULL,
  attacks_refused int NOT NULL
);
SELECT care.make_append_only('care.front_trial');
-- Work on the system, announced before it begins. The newest version of each counts; the words are for everybody.
CREATE TABLE care.planned_work (
  work_id uuid NOT NULL,
  n int NOT NULL,
  at timestamptz NOT NULL,
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  what text NOT NULL CHECK (length(what) BETWEEN 1 AND 200),
  withdrawn bool NOT NULL DEFAULT false,
  operator_id uuid NOT NULL,
  PRIMARY KEY (work_id, n),
  CHECK (from_at < to_at AND to_at <= from_at + interval '24 hours')
);
SELECT care.make_append_only('care.planned_work');
-- What the synthetic user writes: gone after ten minutes.
CREATE TABLE care.synthetic_beat (
  client_id uuid PRIMARY KEY,
  node_id uuid NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX synthetic_beat_latest ON care.synthetic_beat (node_id, at DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON care.probe_minute, care.synthetic_beat TO renkei_sec;
GRANT SELECT, INSERT ON care.availability_day, care.planned_work, care.front_trial TO renkei_sec;
SELECT care.protect(t) FROM pg_catalog.unnest(ARRAY['care.probe_minute', 'care.availability_day', 'care.planned_work', 'care.front_trial', 'care.synthetic_beat']::regclass[]) t;

SET LOCAL ROLE renkei_sec;

-- The synthetic user's ticket: one for each node, made anew at every start, known to nobody else.
CREATE TABLE sec.synthetic_token (
  node_id uuid PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE,
  until timestamptz NOT NULL
);
SELECT care.guard_from_migrator('sec.synthetic_token');
CREATE FUNCTION act.register_synthetic(p_node uuid, p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  DELETE FROM sec.synthetic_token x WHERE x.until < t;
  INSERT INTO sec.synthetic_token VALUES (p_node, p_token_hash, t + interval '1 day') ON CONFLICT (node_id) DO UPDATE SET token_hash = excluded.token_hash, until = excluded.until;
END $$;
CREATE FUNCTION sec.synthetic(p_token_hash bytea, p_for text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE n uuid;
BEGIN
  SELECT x.node_id INTO n FROM sec.synthetic_token x WHERE x.token_hash = p_token_hash AND x.until > pg_catalog.clock_timestamp();
  IF NOT FOUND THEN RAISE EXCEPTION 'no such ticket' USING ERRCODE = 'RK404'; END IF;
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(NULL, p_for); END IF;
  RETURN n;
END $$;
-- A write like any other: a client id, a unique key, a durable commit. The same id again is the same beat.
-- Refused while the clock is in doubt, as every record is (V22).
CREATE FUNCTION act.synthetic_beat(p_token_hash bytea, p_client_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE n uuid := sec.synthetic(p_token_hash, 'write'); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  DELETE FROM care.synthetic_beat b WHERE b.at < t - interval '10 minutes';
  INSERT INTO care.synthetic_beat VALUES (p_client_id, n, t) ON CONFLICT (client_id) DO NOTHING;
END $$;
-- The newest beats of the caller's own node. On a standby: only where it knows what the primary knew at `p_not_before`, as for people.
CREATE FUNCTION act.synthetic_beats(p_token_hash bytea, p_not_before timestamptz) RETURNS TABLE (client_id uuid) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE n uuid := sec.synthetic(p_token_hash, 'open');
BEGIN
  IF p_not_before IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sec.pulse x WHERE x.at >= p_not_before) THEN
    RAISE EXCEPTION 'the standby is too far behind' USING ERRCODE = 'RK503';
  END IF;
  RETURN QUERY SELECT b.client_id FROM care.synthetic_beat b WHERE b.node_id = n ORDER BY b.at DESC LIMIT 60;
END $$;

-- A minute that was told in two parts (the node was started again within it) is one.
CREATE FUNCTION sec.both_parts(p_one text, p_other text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.string_agg(CASE WHEN pg_catalog.substr(p_one, i, 1) = '.' THEN pg_catalog.substr(p_other, i, 1) ELSE pg_catalog.substr(p_one, i, 1) END, '' ORDER BY i)
  FROM pg_catalog.generate_series(1, 12) i
$$;
CREATE FUNCTION act.note_probes(p_node text, p_minutes timestamptz[], p_reads text[], p_writes text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.probe_minute AS m (minute, node, reads, writes)
  SELECT x.m, p_node, x.r, x.w FROM ROWS FROM (pg_catalog.unnest(p_minutes), pg_catalog.unnest(p_reads), pg_catalog.unnest(p_writes)) x(m, r, w)
  ON CONFLICT (minute, node) DO UPDATE SET reads = sec.both_parts(m.reads, excluded.reads), writes = sec.both_parts(m.writes, excluded.writes)
$$;
CREATE FUNCTION act.probe_minutes(p_from timestamptz, p_to timestamptz) RETURNS TABLE (minute timestamptz, reads text, writes text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT m.minute, m.reads, m.writes FROM care.probe_minute m WHERE m.minute >= p_from AND m.minute < p_to ORDER BY m.minute
$$;
-- Since when there is something to tell, and the last day that is closed.
CREATE FUNCTION act.probe_span() RETURNS TABLE (first timestamptz, closed date) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT (SELECT min(m.minute) FROM care.probe_minute m), (SELECT max(d.day) FROM care.availability_day d)
$$;
-- Reading and writing together, or neither; and only a day that is over by the database's own clock, while nobody doubts it.
CREATE FUNCTION act.close_day(p_day date, p_read bigint[], p_write bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF (p_day + 1)::timestamp AT TIME ZONE 'Asia/Tokyo' > t OR sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the day is not over' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.availability_day
    SELECT p_day, x.kind, x.n[1], x.n[2], x.n[3], x.n[4], x.n[5], x.n[6], x.n[7]::int, t
    FROM (SELECT 'read' AS kind, p_read AS n UNION ALL SELECT 'write', p_write) x
  ON CONFLICT (day, kind) DO NOTHING;
END $$;
CREATE FUNCTION act.closed_days(p_since date) RETURNS TABLE (day date, kind text, asked bigint, at_once bigint, within bigint, lost bigint, planned bigint, planned_within bigint, longest_seconds int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT d.day, d.kind, d.asked, d.at_once, d.within, d.lost, d.planned, d.planned_within, d.longest_seconds FROM care.availability_day d WHERE d.day >= p_since ORDER BY d.day, d.kind
$$;
-- Minutes of days that were closed 40 days ago.
CREATE FUNCTION act.forget_probes() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  DELETE FROM care.probe_minute m WHERE m.minute < pg_catalog.clock_timestamp() - interval '41 days'
    AND m.minute < (SELECT max(d.day) FROM care.availability_day d)::timestamp AT TIME ZONE 'Asia/Tokyo'
$$;

CREATE FUNCTION act.note_front_trial(p_numbers int[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.front_trial VALUES (pg_catalog.clock_timestamp(), p_numbers[1], p_numbers[2], p_numbers[3], p_numbers[4])
$$;
CREATE FUNCTION act.front_trial() RETURNS TABLE (at timestamptz, sentences int, sentences_refused int, attacks int, attacks_refused int) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT t.* FROM care.front_trial t ORDER BY t.at DESC LIMIT 1
$$;

-- ---- Planned work --------------------------------------------------------------------------------------
CREATE FUNCTION sec.works() RETURNS SETOF care.planned_work LANGUAGE sql STABLE AS $$
  SELECT DISTINCT ON (w.work_id) w.* FROM care.planned_work w ORDER BY w.work_id, w.n DESC
$$;
CREATE FUNCTION act.works(p_since timestamptz) RETURNS TABLE (work_id uuid, from_at timestamptz, to_at timestamptz, what text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.work_id, w.from_at, w.to_at, w.what FROM sec.works() w WHERE NOT w.withdrawn AND w.to_at > p_since ORDER BY w.from_at
$$;
CREATE FUNCTION op.works(p_since timestamptz) RETURNS TABLE (work_id uuid, from_at timestamptz, to_at timestamptz, what text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT w.work_id, w.from_at, w.to_at, w.what FROM sec.works() w WHERE NOT w.withdrawn AND w.to_at > p_since ORDER BY w.from_at;
END $$;
-- Nobody announces afterwards, nor while an outage has begun: a day before at the latest. The same id again is the same work.
CREATE FUNCTION op.plan_work(p_work uuid, p_from timestamptz, p_to timestamptz, p_what text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); w care.planned_work;
BEGIN
  SELECT x.* INTO w FROM care.planned_work x WHERE x.work_id = p_work AND x.n = 1;
  IF FOUND THEN
    IF (w.from_at, w.to_at, w.what) IS DISTINCT FROM (p_from, p_to, p_what) THEN RAISE EXCEPTION 'another work has this id' USING ERRCODE = 'RK409'; END IF;
    RETURN;
  END IF;
  IF p_from < t + interval '24 hours' THEN RAISE EXCEPTION 'work is announced a day before' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.planned_work VALUES (p_work, 1, t, p_from, p_to, p_what, false, o);
  PERFORM sec.log_operator('planned_work', p_work, p_what);
END $$;
-- Not begun, it is withdrawn; under way, it ends now; over, it stays as it was.
CREATE FUNCTION op.end_work(p_work uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); w care.planned_work;
BEGIN
  SELECT x.* INTO w FROM sec.works() x WHERE x.work_id = p_work AND NOT x.withdrawn;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such work' USING ERRCODE = 'RK404'; END IF;
  IF w.to_at <= t THEN RETURN; END IF;
  INSERT INTO care.planned_work VALUES (p_work, w.n + 1, t, w.from_at, CASE WHEN w.from_at < t THEN t ELSE w.to_at END, w.what, w.from_at >= t, o);
  PERFORM sec.log_operator('ended_work', p_work, w.what);
END $$;

-- ---- What the alarms look at ---------------------------------------------------------------------------
-- In the last minutes that were told nobody came in, outside announced work; or something acknowledged was not there.
CREATE FUNCTION act.watch_door() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  WITH told AS (SELECT m.minute, m.node, m.reads, m.writes FROM care.probe_minute m
    WHERE m.minute > pg_catalog.clock_timestamp() - interval '4 minutes'),
  unannounced AS (SELECT m.* FROM told m WHERE NOT EXISTS (SELECT 1 FROM sec.works() w WHERE NOT w.withdrawn AND m.minute < w.to_at AND m.minute + interval '1 minute' > w.from_at)),
  shut AS (SELECT 'reading' AS what, count(*) AS n FROM unannounced told HAVING pg_catalog.bool_or(told.reads ~ 'x') AND NOT pg_catalog.bool_or(told.reads ~ '[1er]')
    UNION ALL SELECT 'writing', count(*) FROM unannounced told HAVING pg_catalog.bool_or(told.writes ~ 'x') AND NOT pg_catalog.bool_or(told.writes ~ '[1r]'))
  SELECT 'door_closed', s.what, s.n FROM shut s
  UNION ALL SELECT 'acknowledged_lost', t.node, count(*) FROM told t WHERE t.reads ~ 'l' GROUP BY t.node
$$;

REVOKE ALL ON FUNCTION sec.synthetic(bytea, text), sec.both_parts(text, text), sec.works() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.synthetic_beat(bytea, uuid), act.synthetic_beats(bytea, timestamptz) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.register_synthetic(uuid, bytea), act.note_probes(text, timestamptz[], text[], text[]), act.probe_minutes(timestamptz, timestamptz), act.probe_span(),
  act.close_day(date, bigint[], bigint[]), act.closed_days(date), act.forget_probes(), act.works(timestamptz), act.note_front_trial(int[]), act.front_trial(), act.watch_door() TO renkei_job;
GRANT EXECUTE ON FUNCTION op.works(timestamptz), op.plan_work(uuid, timestamptz, timestamptz, text), op.end_work(uuid) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
