-- Work that happens later, on a schedule, or beside a request; and what watches over the deployment.

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

-- ---- Watching: nodes, samples, alarms, fingerprints ----------------------------------------------------
-- Every node says several times a minute that it is there and how it fares. `stopped_at`: it ended on purpose.
CREATE TABLE care.node (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  version text NOT NULL CHECK (length(version) <= 80),
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  stopped_at timestamptz,
  clock_offset_ms int NOT NULL DEFAULT 0,                      -- ahead of the database's clock
  clock_jumps int NOT NULL DEFAULT 0,                          -- jumps of its own clock in the last hour
  ntp text NOT NULL DEFAULT 'unknown' CHECK (ntp IN ('unknown', 'synchronised', 'unsynchronised')),
  disks jsonb NOT NULL DEFAULT '[]',                           -- [{"name", "used_per_mille", "state": ok, filling, full}]
  certificates jsonb NOT NULL DEFAULT '[]',                    -- [{"name", "days_left"}]
  parts jsonb NOT NULL DEFAULT '{}'                            -- fingerprints of its binary and configuration
);
-- A figure for each minute, name and node.
CREATE TABLE care.sample (
  at timestamptz NOT NULL,
  name text NOT NULL CHECK (name ~ '^[a-z0-9_]{2,60}$'),
  node_id uuid NOT NULL,
  value double precision NOT NULL,
  PRIMARY KEY (name, at, node_id)
);
CREATE INDEX sample_old ON care.sample (at);

-- An alarm has a life: raised, told, seen, ended. `subject` tells apart what the same rule found: an id, a node, a part; never
-- a text of a person or about a patient.
CREATE TABLE care.alarm (
  id uuid PRIMARY KEY,
  code text NOT NULL CHECK (code ~ '^[a-z_]{2,40}$'),
  subject text NOT NULL CHECK (length(subject) <= 120),
  severity text NOT NULL CHECK (severity IN ('notice', 'warning', 'urgent')),
  number bigint NOT NULL,                                      -- how many, how far, how full; the most there were
  raised_at timestamptz NOT NULL,
  last_true_at timestamptz NOT NULL,
  told_at timestamptz,                                         -- last
  told_times int NOT NULL DEFAULT 0,
  seen_at timestamptz,
  seen_by uuid,
  ended_at timestamptz
);
CREATE UNIQUE INDEX alarm_open ON care.alarm (code, subject) WHERE ended_at IS NULL;
CREATE INDEX alarm_latest ON care.alarm (raised_at DESC);
-- What became of each, for good.
CREATE TABLE care.alarm_event (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  alarm_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('raised', 'told', 'seen', 'ended')),
  code text NOT NULL,
  subject text NOT NULL,
  operator_id uuid
);
CREATE INDEX alarm_event_latest ON care.alarm_event (at DESC);
SELECT care.make_append_only('care.alarm_event');

-- What the deployment is made of, as it was accepted: the newest row counts.
CREATE TABLE care.fingerprint (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 400),
  parts jsonb NOT NULL                                         -- {"part": "sha-256 in hexadecimal digits"}
);
CREATE INDEX fingerprint_latest ON care.fingerprint (at DESC);
SELECT care.make_append_only('care.fingerprint');

GRANT SELECT, INSERT, UPDATE, DELETE ON care.node, care.sample TO renkei_sec;
GRANT SELECT, INSERT, UPDATE ON care.alarm TO renkei_sec;
GRANT SELECT, INSERT ON care.alarm_event, care.fingerprint TO renkei_sec;
SELECT care.protect(t) FROM pg_catalog.unnest(ARRAY['care.node', 'care.sample', 'care.alarm', 'care.alarm_event', 'care.fingerprint']::regclass[]) t;

-- The watcher reads the newest access events across all facilities, and the newest tries to sign in.
CREATE INDEX access_event_newest ON care.access_event (at DESC);

SET LOCAL ROLE renkei_sec;
CREATE INDEX attempt_newest ON sec.attempt (at DESC);

-- ---- Nodes and samples ---------------------------------------------------------------------------------
CREATE FUNCTION act.node_fares(p_id uuid, p_name text, p_version text, p_offset_ms int, p_jumps int, p_ntp text, p_disks jsonb, p_certificates jsonb, p_parts jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO care.node AS n (id, name, version, started_at, seen_at, clock_offset_ms, clock_jumps, ntp, disks, certificates, parts)
    VALUES (p_id, p_name, p_version, t, t, p_offset_ms, p_jumps, p_ntp, p_disks, p_certificates, p_parts)
  ON CONFLICT (id) DO UPDATE SET seen_at = t, stopped_at = NULL, clock_offset_ms = excluded.clock_offset_ms, clock_jumps = excluded.clock_jumps, ntp = excluded.ntp,
    disks = excluded.disks, certificates = excluded.certificates, parts = excluded.parts;
  -- The node that stood under this name before is not missing: this is it, started again.
  UPDATE care.node SET stopped_at = t WHERE name = p_name AND id <> p_id AND stopped_at IS NULL;
END $$;
CREATE FUNCTION act.node_stopped(p_id uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  UPDATE care.node SET stopped_at = pg_catalog.clock_timestamp() WHERE id = p_id
$$;
-- A node that is gone for good is forgotten by its name; the others a week after they were last seen.
CREATE FUNCTION act.forget_nodes(p_name text) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH gone AS (DELETE FROM care.node n WHERE (n.name = p_name AND n.seen_at < pg_catalog.clock_timestamp() - interval '1 minute')
    OR (p_name IS NULL AND coalesce(n.stopped_at, n.seen_at) < pg_catalog.clock_timestamp() - interval '7 days') RETURNING 1) SELECT count(*) FROM gone
$$;
CREATE FUNCTION act.note_samples(p_node uuid, p_names text[], p_values double precision[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.sample (at, name, node_id, value)
  SELECT pg_catalog.date_trunc('minute', pg_catalog.clock_timestamp()), x.n, p_node, x.v FROM ROWS FROM (pg_catalog.unnest(p_names), pg_catalog.unnest(p_values)) x(n, v)
  ON CONFLICT (name, at, node_id) DO UPDATE SET value = excluded.value
$$;
CREATE FUNCTION act.forget_old_samples() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH gone AS (DELETE FROM care.sample s WHERE s.at < pg_catalog.clock_timestamp() - interval '8 days' RETURNING 1) SELECT count(*) FROM gone
$$;

-- ---- What the alarms look at: one statement for each source --------------------------------------------
-- Guesses: many failures for one ID, many IDs from one address block, or many altogether. Sign-ins that worked from two
-- places and on two devices within minutes.
CREATE FUNCTION act.watch_sign_ins() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  WITH hour AS MATERIALIZED (SELECT a.at, a.login_hash, a.device_id, a.address_block, a.ok FROM sec.attempt a WHERE a.at > pg_catalog.clock_timestamp() - interval '1 hour')
  SELECT 'guessing', pg_catalog."left"(pg_catalog.encode(h.login_hash, 'hex'), 16), count(*) FROM hour h WHERE NOT h.ok GROUP BY h.login_hash HAVING count(*) >= 8
  UNION ALL
  SELECT 'stuffing', h.address_block, count(DISTINCT h.login_hash) FROM hour h WHERE NOT h.ok AND h.at > pg_catalog.clock_timestamp() - interval '10 minutes'
    GROUP BY h.address_block HAVING count(DISTINCT h.login_hash) >= 10
  UNION ALL
  SELECT 'stuffing', 'all', count(*) FROM hour h WHERE NOT h.ok AND h.at > pg_catalog.clock_timestamp() - interval '10 minutes' HAVING count(*) >= 100
  UNION ALL
  SELECT 'impossible_pace', pg_catalog."left"(pg_catalog.encode(h.login_hash, 'hex'), 16), count(DISTINCT h.address_block) FROM hour h
    WHERE h.ok AND h.at > pg_catalog.clock_timestamp() - interval '10 minutes'
    GROUP BY h.login_hash HAVING count(DISTINCT h.address_block) >= 2 AND count(DISTINCT coalesce(h.device_id::text, h.address_block)) >= 2
$$;
-- What people do with records: many patients or files in an hour, many refusals, an emergency opening, a new device beside
-- others, and one person at work in two facilities at once from two sessions.
CREATE FUNCTION act.watch_access(p_patients int, p_exports int, p_refusals int) RETURNS TABLE (code text, subject text, number bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  WITH hour AS MATERIALIZED (SELECT e.at, e.act, e.outcome, e.account_id, e.session_id, e.device_id, e.facility_id, e.group_id, e.patient_id FROM care.access_event e
    WHERE e.at > pg_catalog.clock_timestamp() - interval '1 hour' AND e.account_id IS NOT NULL)
  SELECT 'mass_viewing', h.account_id::text, count(DISTINCT coalesce(h.patient_id, h.group_id)) FROM hour h WHERE h.outcome = 'done' AND coalesce(h.patient_id, h.group_id) IS NOT NULL
    GROUP BY h.account_id HAVING count(DISTINCT coalesce(h.patient_id, h.group_id)) >= p_patients
  UNION ALL
  SELECT 'mass_export', h.account_id::text, count(*) FROM hour h
    WHERE h.outcome = 'done' AND (h.act LIKE 'downloaded%' OR h.act LIKE 'exported%' OR h.act LIKE 'printed%' OR h.act = 'viewed_file')
    GROUP BY h.account_id HAVING count(*) >= p_exports
  UNION ALL
  SELECT 'refused_reads', h.account_id::text, count(*) FROM hour h WHERE h.outcome = 'refused' AND h.act <> 'signed_in' GROUP BY h.account_id HAVING count(*) >= p_refusals
  UNION ALL
  SELECT 'break_glass', h.account_id::text, count(*) FROM hour h WHERE h.act = 'broke_glass' GROUP BY h.account_id
  UNION ALL
  SELECT 'new_device', h.account_id::text, count(*) FROM hour h JOIN sec.device d ON d.id = h.device_id
    WHERE h.act = 'signed_in' AND h.outcome = 'done' AND d.first_seen > h.at - interval '1 minute'
      AND EXISTS (SELECT 1 FROM sec.device o WHERE o.account_id = d.account_id AND o.id <> d.id AND o.first_seen < d.first_seen)
    GROUP BY h.account_id
  UNION ALL
  SELECT 'impossible_pace', h.account_id::text, count(DISTINCT h.facility_id) FROM hour h
    WHERE h.outcome = 'done' AND h.at > pg_catalog.clock_timestamp() - interval '5 minutes' AND h.facility_id IS NOT NULL
    GROUP BY h.account_id HAVING count(DISTINCT h.facility_id) >= 2 AND count(DISTINCT h.session_id) >= 2
$$;
-- What operators and superusers do.
CREATE FUNCTION act.watch_operators() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT 'operator_act', e.act, count(*) FROM care.operator_event e WHERE e.at > pg_catalog.clock_timestamp() - interval '10 minutes' AND e.act <> 'signed_out' GROUP BY e.act
  UNION ALL
  SELECT 'change_window', pg_catalog.to_char(w.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 1 FROM guard.windows_since(pg_catalog.clock_timestamp() - interval '10 minutes') w
$$;
CREATE FUNCTION act.watch_nodes() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  WITH n AS MATERIALIZED (SELECT x.*, extract(epoch FROM pg_catalog.clock_timestamp() - x.seen_at)::bigint AS silent FROM care.node x WHERE x.stopped_at IS NULL)
  SELECT 'node_missing', n.name, n.silent FROM n WHERE n.silent > 60
  UNION ALL SELECT 'clock_offset', n.name, pg_catalog.abs(n.clock_offset_ms)::bigint FROM n WHERE n.silent <= 60 AND (pg_catalog.abs(n.clock_offset_ms) > 1000 OR n.ntp = 'unsynchronised')
  UNION ALL SELECT 'clock_jumped', n.name, n.clock_jumps::bigint FROM n WHERE n.silent <= 60 AND n.clock_jumps > 0
  UNION ALL SELECT 'disk_' || (d->>'state'), n.name || ' ' || (d->>'name'), ((d->>'used_per_mille')::int / 10)::bigint
    FROM n, pg_catalog.jsonb_array_elements(n.disks) d WHERE n.silent <= 60 AND d->>'state' IN ('filling', 'full')
  UNION ALL SELECT 'certificate_expiring', n.name || ' ' || (c->>'name'), (c->>'days_left')::bigint
    FROM n, pg_catalog.jsonb_array_elements(n.certificates) c WHERE n.silent <= 60 AND (c->>'days_left')::int < 21
$$;
CREATE FUNCTION act.watch_jobs() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE j.kind WHEN 'mail' THEN 'mail_failing' ELSE 'job_dead' END, j.kind, count(*) FROM care.job j
    WHERE j.state = 'dead' AND j.ended_at > pg_catalog.clock_timestamp() - interval '1 day' GROUP BY j.kind
  UNION ALL
  SELECT 'mail_failing', 'waiting', count(*) FROM care.job j WHERE j.kind = 'mail' AND j.state = 'waiting' AND j.tries >= 4 HAVING count(*) > 0
  UNION ALL
  SELECT 'jobs_waiting', j.kind, count(*) FROM care.job j WHERE j.state = 'waiting' AND j.tries = 0 AND j.run_at < pg_catalog.clock_timestamp() - interval '10 minutes' GROUP BY j.kind
  UNION ALL
  SELECT 'schedule_failed', s.name, 1 FROM care.schedule_run s WHERE s.finished_at IS NOT NULL AND s.finished_at > coalesce(s.went_well_at, '-infinity')
$$;
-- Backups and their drills, where the deployment keeps them. A deployment of more than a day without any is without a backup.
CREATE FUNCTION act.watch_backups() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); begun timestamptz := (SELECT d.created_at FROM care.deployment d); k text; done timestamptz; failed timestamptz;
BEGIN
  FOREACH k IN ARRAY ARRAY['backup', 'drill'] LOOP
    done := NULL; failed := NULL;
    IF pg_catalog.to_regprocedure('act.backup_facts()') IS NOT NULL THEN
      EXECUTE 'SELECT max(f.finished_at) FILTER (WHERE f.outcome = ''done''), max(f.finished_at) FILTER (WHERE f.outcome = ''failed'') FROM act.backup_facts() f WHERE f.kind = $1'
        INTO done, failed USING k;
    END IF;
    IF t - coalesce(done, begun) > interval '26 hours' THEN
      RETURN QUERY SELECT k || '_missing', '', (extract(epoch FROM t - coalesce(done, begun)) / 3600)::bigint;
    END IF;
    IF failed > coalesce(done, '-infinity') THEN RETURN QUERY SELECT k || '_failed', '', 1::bigint; END IF;
  END LOOP;
END $$;
-- The newest outside checkpoint of the record, and how many witnesses disagree with it. The sealer replaces this when it
-- comes; until then there is nothing to miss.
CREATE FUNCTION act.checkpoint_state() RETURNS TABLE (newest timestamptz, disagreeing bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT NULL::timestamptz, 0::bigint
$$;
CREATE FUNCTION act.watch_checkpoints() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c record;
BEGIN
  SELECT s.newest, s.disagreeing INTO c FROM act.checkpoint_state() s;
  IF c.newest < pg_catalog.clock_timestamp() - interval '5 minutes' THEN
    RETURN QUERY SELECT 'checkpoint_missing', '', (extract(epoch FROM pg_catalog.clock_timestamp() - c.newest) / 60)::bigint;
  END IF;
  IF c.disagreeing > 0 THEN RETURN QUERY SELECT 'witness_disagrees', '', c.disagreeing; END IF;
END $$;

-- ---- The life of an alarm ------------------------------------------------------------------------------
CREATE FUNCTION sec.alarm_event(p_alarm care.alarm, p_kind text, p_operator uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO care.alarm_event (id, at, alarm_id, kind, code, subject, operator_id)
  VALUES (pg_catalog.gen_random_uuid(), pg_catalog.clock_timestamp(), p_alarm.id, p_kind, p_alarm.code, p_alarm.subject, p_operator)
$$;
-- What one round found. Of the codes that were looked at, what has not been true for as long as `p_quiet` has ended.
CREATE FUNCTION act.note_findings(p_looked_at text[], p_codes text[], p_subjects text[], p_severities text[], p_numbers bigint[], p_quiet interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); f record; a care.alarm; raised int := 0;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(7236473);
  FOR f IN SELECT x.code, pg_catalog."left"(x.subject, 120) AS subject, x.severity, max(x.number) AS number
      FROM ROWS FROM (pg_catalog.unnest(p_codes), pg_catalog.unnest(p_subjects), pg_catalog.unnest(p_severities), pg_catalog.unnest(p_numbers)) x(code, subject, severity, number)
      GROUP BY 1, 2, 3 LOOP
    UPDATE care.alarm SET last_true_at = t, number = greatest(number, f.number) WHERE code = f.code AND subject = f.subject AND ended_at IS NULL;
    IF NOT FOUND THEN
      INSERT INTO care.alarm (id, code, subject, severity, number, raised_at, last_true_at)
        VALUES (pg_catalog.gen_random_uuid(), f.code, f.subject, f.severity, f.number, t, t) RETURNING * INTO a;
      PERFORM sec.alarm_event(a, 'raised', NULL);
      raised := raised + 1;
    END IF;
  END LOOP;
  FOR a IN UPDATE care.alarm SET ended_at = t WHERE ended_at IS NULL AND code = ANY (p_looked_at) AND last_true_at < t - p_quiet RETURNING * LOOP
    PERFORM sec.alarm_event(a, 'ended', NULL);
  END LOOP;
  RETURN raised;
END $$;
-- Whom to tell what: new alarms, and those that nobody has seen for a while. Notices are told once an hour at most.
CREATE FUNCTION act.alarms_to_tell(p_remind interval) RETURNS TABLE (id uuid, code text, severity text, number bigint, raised_at timestamptz, again bool)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT a.id, a.code, a.severity, a.number, a.raised_at, a.told_times > 0 FROM care.alarm a
  WHERE a.seen_at IS NULL AND (a.ended_at IS NULL OR a.told_times = 0)
    AND (a.told_at IS NULL OR (a.severity <> 'notice' AND p_remind > interval '0' AND a.told_at < pg_catalog.clock_timestamp() - p_remind))
    AND (a.severity <> 'notice' OR NOT EXISTS (SELECT 1 FROM care.alarm o WHERE o.severity = 'notice' AND o.told_at > pg_catalog.clock_timestamp() - interval '1 hour'))
  ORDER BY a.raised_at LIMIT 500
$$;
-- Puts the letters and calls into the queue and notes that they were told, together.
CREATE FUNCTION act.tell_alarms(p_ids uuid[], p_kinds text[], p_payloads jsonb[], p_tries int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE a care.alarm;
BEGIN
  PERFORM sec.enqueue(x.kind, x.payload, interval '0', p_tries) FROM ROWS FROM (pg_catalog.unnest(p_kinds), pg_catalog.unnest(p_payloads)) x(kind, payload);
  FOR a IN UPDATE care.alarm SET told_at = pg_catalog.clock_timestamp(), told_times = told_times + 1 WHERE id = ANY (p_ids) RETURNING * LOOP
    PERFORM sec.alarm_event(a, 'told', NULL);
  END LOOP;
END $$;
-- For the metrics of each node.
CREATE FUNCTION act.watch_numbers() RETURNS TABLE (name text, label text, value double precision) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  RETURN QUERY SELECT 'alarms_open', s.s, (SELECT count(*) FROM care.alarm a WHERE a.ended_at IS NULL AND a.severity = s.s)::double precision FROM pg_catalog.unnest(ARRAY['notice', 'warning', 'urgent']) s(s);
  RETURN QUERY SELECT 'jobs_' || j.state, j.kind, count(*)::double precision FROM care.job j WHERE j.state <> 'done' GROUP BY 1, 2;
  RETURN QUERY SELECT 'schedule_age', s.name, extract(epoch FROM t - s.went_well_at)::double precision FROM care.schedule_run s WHERE s.went_well_at IS NOT NULL;
  RETURN QUERY SELECT 'sign_in_failures', '', count(*)::double precision FROM sec.attempt a WHERE NOT a.ok AND a.at > t - interval '1 hour';
  RETURN QUERY SELECT 'nodes', '', count(*)::double precision FROM care.node n WHERE n.stopped_at IS NULL AND n.seen_at > t - interval '1 minute';
  IF pg_catalog.to_regprocedure('act.backup_facts()') IS NOT NULL THEN
    RETURN QUERY EXECUTE 'SELECT f.kind || ''_age'', '''', extract(epoch FROM $1 - max(f.finished_at))::double precision FROM act.backup_facts() f
      WHERE f.outcome = ''done'' AND f.kind IN (''backup'', ''drill'') GROUP BY f.kind' USING t;
  END IF;
END $$;

-- ---- Fingerprints --------------------------------------------------------------------------------------
-- What the database is made of, part by part: how many lines there are, and the SHA-256 over them. Nothing of it is content.
CREATE FUNCTION act.measure() RETURNS TABLE (part text, digest text, lines bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  WITH spaces AS (SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
  -- Months of the access log come and go: partitions are told by what they are part of.
  relations AS (SELECT c.*, s.nspname FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition),
  everything(part, line) AS (
    SELECT 'tables', pg_catalog.concat_ws(' ', r.nspname, r.relname, r.relkind, pg_catalog.pg_get_userbyid(r.relowner), r.relrowsecurity, r.relforcerowsecurity, r.reloptions::text) FROM relations r
    UNION ALL SELECT 'tables', pg_catalog.concat_ws(' ', r.nspname, r.relname, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
        pg_catalog.pg_get_expr(d.adbin, d.adrelid)) FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE r.relkind <> 'S'
    UNION ALL SELECT 'tables', pg_catalog.concat_ws(' ', r.nspname, r.relname, pg_catalog.pg_get_viewdef(r.oid)) FROM relations r WHERE r.relkind IN ('v', 'm')
    UNION ALL SELECT 'constraints', pg_catalog.concat_ws(' ', r.nspname, r.relname, k.conname, k.convalidated, pg_catalog.pg_get_constraintdef(k.oid)) FROM pg_catalog.pg_constraint k JOIN relations r ON r.oid = k.conrelid
    UNION ALL SELECT 'constraints', pg_catalog.concat_ws(' ', i.indisvalid, pg_catalog.pg_get_indexdef(i.indexrelid)) FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid
    UNION ALL SELECT 'functions', pg_catalog.concat_ws(' ', s.nspname, p.oid::regprocedure::text, pg_catalog.pg_get_userbyid(p.proowner), CASE WHEN p.prokind IN ('f', 'p') THEN pg_catalog.pg_get_functiondef(p.oid) ELSE p.prosrc END)
        FROM pg_catalog.pg_proc p JOIN spaces s ON s.oid = p.pronamespace
    UNION ALL SELECT 'triggers', pg_catalog.concat_ws(' ', t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid)) FROM pg_catalog.pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL SELECT 'triggers', pg_catalog.concat_ws(' ', 'event', e.evtname, e.evtevent, e.evtfoid::regproc::text, e.evtenabled, pg_catalog.pg_get_userbyid(e.evtowner)) FROM pg_catalog.pg_event_trigger e
    UNION ALL SELECT 'policies', pg_catalog.concat_ws(' ', r.nspname, r.relname, p.polname, p.polcmd, p.polpermissive,
        (SELECT pg_catalog.string_agg(CASE x WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(x)::text END, ',' ORDER BY x) FROM pg_catalog.unnest(p.polroles) x),
        pg_catalog.pg_get_expr(p.polqual, p.polrelid), '/', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_catalog.pg_policy p JOIN relations r ON r.oid = p.polrelid
    UNION ALL SELECT 'grants', pg_catalog.concat_ws(' ', r.nspname, r.relname, r.relacl::text) FROM relations r
    UNION ALL SELECT 'grants', pg_catalog.concat_ws(' ', r.nspname, r.relname, a.attname, a.attacl::text) FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid WHERE a.attacl IS NOT NULL
    UNION ALL SELECT 'grants', pg_catalog.concat_ws(' ', p.oid::regprocedure::text, p.proacl::text) FROM pg_catalog.pg_proc p WHERE p.proacl IS NOT NULL
    UNION ALL SELECT 'grants', pg_catalog.concat_ws(' ', 'schema', n.nspname, n.nspacl::text) FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_(temp|toast_temp)_'
    UNION ALL SELECT 'grants', pg_catalog.concat_ws(' ', 'database', d.datacl::text, pg_catalog.pg_get_userbyid(d.datdba)) FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
    UNION ALL SELECT 'grants', pg_catalog.concat_ws(' ', 'default', pg_catalog.pg_get_userbyid(d.defaclrole), d.defaclobjtype, d.defaclacl::text) FROM pg_catalog.pg_default_acl d
    UNION ALL SELECT 'roles', pg_catalog.concat_ws(' ', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil) FROM pg_catalog.pg_roles r
    UNION ALL SELECT 'roles', pg_catalog.concat_ws(' ', pg_catalog.pg_get_userbyid(m.roleid), 'to', pg_catalog.pg_get_userbyid(m.member), m.admin_option) FROM pg_catalog.pg_auth_members m
    UNION ALL SELECT 'roles', pg_catalog.concat_ws(' ', pg_catalog.pg_get_userbyid(s.setrole), s.setconfig::text) FROM pg_catalog.pg_db_role_setting s
        WHERE s.setdatabase = 0 OR s.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    UNION ALL SELECT 'settings', pg_catalog.concat_ws('=', s.name, s.reset_val) FROM pg_catalog.pg_settings s
        WHERE s.name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'archive_mode', 'archive_library', 'data_checksums', 'ssl', 'password_encryption', 'row_security', 'server_version',
          'default_transaction_read_only', 'session_replication_role', 'listen_addresses', 'zero_damaged_pages', 'ignore_checksum_failure', 'track_commit_timestamp')
    UNION ALL SELECT 'extensions', pg_catalog.concat_ws(' ', e.extname, e.extversion, pg_catalog.pg_get_userbyid(e.extowner)) FROM pg_catalog.pg_extension e
    UNION ALL SELECT 'extensions', pg_catalog.concat_ws(' ', 'language', l.lanname, l.lanpltrusted, pg_catalog.pg_get_userbyid(l.lanowner)) FROM pg_catalog.pg_language l
  )
  SELECT e.part, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(e.line, E'\n' ORDER BY e.line COLLATE "C"), 'UTF8')), 'hex'), count(*) FROM everything e GROUP BY e.part
$$;
-- The newest accepted fingerprint, the parts of the nodes that are there now, and whether a change window was open since.
CREATE FUNCTION act.fingerprint_state() RETURNS TABLE (at timestamptz, reason text, parts jsonb, nodes jsonb, window_reason text, window_open bool)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT f.at, f.reason, f.parts,
    (SELECT coalesce(pg_catalog.jsonb_object_agg(n.name, n.parts), '{}') FROM care.node n WHERE n.stopped_at IS NULL AND n.parts <> '{}'),
    (SELECT w.reason FROM guard.windows_since(f.at) w ORDER BY w.opened_at DESC LIMIT 1), guard.window_is_open()
  FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT x.at, x.reason, x.parts FROM care.fingerprint x ORDER BY x.at DESC LIMIT 1) f ON true
$$;
CREATE FUNCTION act.accept_fingerprint(p_reason text, p_parts jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i uuid := pg_catalog.gen_random_uuid();
BEGIN
  INSERT INTO care.fingerprint (id, at, reason, parts) VALUES (i, pg_catalog.clock_timestamp(), p_reason, p_parts);
  PERFORM sec.log_operator_as(NULL, 'fingerprint_accepted', i, p_reason);
  RETURN i;
END $$;

-- ---- The operator's page -------------------------------------------------------------------------------
CREATE FUNCTION op.alarms(p_limit int) RETURNS TABLE (id uuid, code text, subject text, severity text, number bigint, raised_at timestamptz, last_true_at timestamptz, told_at timestamptz, seen_at timestamptz, seen_by text, ended_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT a.id, a.code, a.subject, a.severity, a.number, a.raised_at, a.last_true_at, a.told_at, a.seen_at, x.name, a.ended_at
    FROM care.alarm a LEFT JOIN care.operator x ON x.id = a.seen_by
    ORDER BY a.ended_at IS NOT NULL, a.severity = 'urgent' DESC, a.severity = 'warning' DESC, a.raised_at DESC LIMIT least(p_limit, 500);
END $$;
-- This alarm and the others of its kind that are open: whoever has looked has seen them all.
CREATE FUNCTION op.see_alarm(p_alarm uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); c text; a care.alarm; n int := 0;
BEGIN
  SELECT x.code INTO c FROM care.alarm x WHERE x.id = p_alarm;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such alarm' USING ERRCODE = 'RK404'; END IF;
  FOR a IN UPDATE care.alarm SET seen_at = pg_catalog.clock_timestamp(), seen_by = o WHERE code = c AND seen_at IS NULL AND (ended_at IS NULL OR id = p_alarm) RETURNING * LOOP
    PERFORM sec.alarm_event(a, 'seen', o);
    n := n + 1;
  END LOOP;
  IF n > 0 THEN PERFORM sec.log_operator('alarm_seen', p_alarm, c); END IF;
END $$;
-- For charts: each figure in steps of `p_step`, over all nodes. Counts are added up, everything else is the highest.
CREATE FUNCTION op.samples(p_since timestamptz, p_step interval) RETURNS TABLE (name text, at timestamptz, value double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT s.name, pg_catalog.date_bin(p_step, s.at, p_since), CASE WHEN s.name ~ '_count$' THEN sum(s.value) ELSE max(s.value) END
    FROM care.sample s WHERE s.at >= p_since GROUP BY 1, 2 ORDER BY 1, 2;
END $$;
CREATE FUNCTION op.nodes() RETURNS TABLE (name text, version text, started_at timestamptz, seen_at timestamptz, stopped_at timestamptz, clock_offset_ms int, ntp text, disks jsonb, certificates jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT n.name, n.version, n.started_at, n.seen_at, n.stopped_at, n.clock_offset_ms, n.ntp, n.disks, n.certificates FROM care.node n
    WHERE n.stopped_at IS NULL OR n.stopped_at > pg_catalog.clock_timestamp() - interval '1 day' ORDER BY n.stopped_at IS NOT NULL, n.name;
END $$;
CREATE FUNCTION op.schedules() RETURNS TABLE (name text, started_at timestamptz, finished_at timestamptz, outcome text, went_well_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT s.name, s.started_at, s.finished_at, s.outcome, s.went_well_at FROM care.schedule_run s ORDER BY s.name;
END $$;
CREATE FUNCTION op.dead_jobs(p_limit int) RETURNS TABLE (id uuid, kind text, tries int, last_error text, ended_at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT j.id, j.kind, j.tries, j.last_error, j.ended_at FROM care.job j WHERE j.state = 'dead' ORDER BY j.ended_at DESC LIMIT least(p_limit, 200);
END $$;
CREATE FUNCTION op.revive_job(p_job uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate();
BEGIN
  UPDATE care.job SET state = 'waiting', ended_at = NULL, tries = 0, run_at = pg_catalog.clock_timestamp() WHERE id = p_job AND state = 'dead';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such job' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.log_operator('job_revived', p_job, '');
END $$;

REVOKE ALL ON FUNCTION sec.alarm_event(care.alarm, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.node_fares(uuid, text, text, int, int, text, jsonb, jsonb, jsonb), act.node_stopped(uuid), act.forget_nodes(text), act.note_samples(uuid, text[], double precision[]),
  act.forget_old_samples(), act.watch_sign_ins(), act.watch_access(int, int, int), act.watch_operators(), act.watch_nodes(), act.watch_jobs(), act.watch_backups(), act.checkpoint_state(),
  act.watch_checkpoints(), act.note_findings(text[], text[], text[], text[], bigint[], interval), act.alarms_to_tell(interval), act.tell_alarms(uuid[], text[], jsonb[], int), act.watch_numbers(),
  act.measure(), act.fingerprint_state(), act.accept_fingerprint(text, jsonb) TO renkei_job;
GRANT EXECUTE ON FUNCTION op.alarms(int), op.see_alarm(uuid), op.samples(timestamptz, interval), op.nodes(), op.schedules(), op.dead_jobs(int), op.revive_job(uuid) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
