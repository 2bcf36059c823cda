-- What operators tell people, how they narrow the service, and what they do when something went wrong.
-- Nothing here holds a word about a patient: operators have none. Affected people are ids; names are opened by the
-- facility that manages them, in its own session.
-- No foreign keys to older tables: ids come only from definer functions that take them from a checked row.

-- ---- Announcements (お知らせ): versions; a correction or a withdrawal is a new one -----------------------
CREATE TABLE care.announcement (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.announcement');
CREATE TABLE care.announcement_version (
  announcement_id uuid NOT NULL REFERENCES care.announcement,
  version int NOT NULL CHECK (version > 0),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  body text NOT NULL CHECK (length(body) BETWEEN 1 AND 8000),
  importance text NOT NULL CHECK (importance IN ('normal', 'important')),
  audience text NOT NULL CHECK (audience IN ('all', 'kind', 'facilities')),
  kinds text[] NOT NULL DEFAULT '{}',
  facilities uuid[] NOT NULL DEFAULT '{}',
  from_at timestamptz NOT NULL,
  until_at timestamptz,
  withdrawn bool NOT NULL DEFAULT false,
  operator_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (announcement_id, version),
  CONSTRAINT announcement_ends_after_it_begins CHECK (until_at > from_at),
  CHECK ((audience = 'kind') = (pg_catalog.cardinality(kinds) > 0)),
  CHECK ((audience = 'facilities') = (pg_catalog.cardinality(facilities) > 0))
);
SELECT care.make_append_only('care.announcement_version');
CREATE TABLE care.announcement_read (
  announcement_id uuid NOT NULL,
  version int NOT NULL,
  account_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (announcement_id, version, account_id)
);
SELECT care.make_append_only('care.announcement_read');

-- ---- Service modes: every change; what holds now stands in sec.service_mode ------------------------------
CREATE TABLE care.service_mode_event (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  facility_id uuid,                    -- NULL: everybody
  mode text NOT NULL CHECK (mode IN ('normal', 'read_only', 'sign_in_stopped', 'stopped')),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 400),
  until_at timestamptz,                                        -- when it will probably be over: shown, never acted on
  operator_id uuid                    -- NULL: the command line
);
CREATE INDEX service_mode_event_latest ON care.service_mode_event (at DESC);
SELECT care.make_append_only('care.service_mode_event');

-- ---- Incidents: an object with a life, of which nothing is ever taken back -------------------------------
CREATE TABLE care.incident (
  id uuid PRIMARY KEY,
  drill bool NOT NULL,
  known_at timestamptz NOT NULL,                               -- when somebody here first knew or suspected: the clocks start
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.incident');
CREATE TABLE care.incident_assessment (
  incident_id uuid NOT NULL REFERENCES care.incident,
  version int NOT NULL CHECK (version > 0),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  kind text NOT NULL CHECK (kind IN ('leak', 'loss', 'damage', 'unauthorised_access', 'outage', 'other')),
  improper bool NOT NULL,                                      -- an improper purpose is possible, e.g. an intrusion
  reached text[] NOT NULL,                                     -- what was within reach: see rules.rs
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 4000),
  operator_id uuid,
  at timestamptz NOT NULL,
  PRIMARY KEY (incident_id, version)
);
SELECT care.make_append_only('care.incident_assessment');
CREATE TABLE care.incident_step (
  id uuid PRIMARY KEY,
  incident_id uuid NOT NULL REFERENCES care.incident,
  kind text NOT NULL CHECK (kind IN ('contained', 'opened', 'reported_early', 'reported_final', 'people_told', 'facilities_told', 'published', 'unpublished',
                                     'closed', 'reopened', 'noted')),
  happened_at timestamptz NOT NULL,                            -- as the operator says; `at` is when it was written down
  at timestamptz NOT NULL,
  note text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
  scope int,                                                   -- of facilities_told: which list of affected people,
  report int,                                                  -- and which version of the report they were given
  letters int,                                                 -- and how many letters went out
  operator_id uuid
);
CREATE INDEX incident_step_by_incident ON care.incident_step (incident_id, at);
SELECT care.make_append_only('care.incident_step');
-- The nine things that the authority asks for.
CREATE TABLE care.incident_report (
  incident_id uuid NOT NULL REFERENCES care.incident,
  version int NOT NULL CHECK (version > 0),
  answers text[] NOT NULL CHECK (pg_catalog.cardinality(answers) = 9),
  operator_id uuid,
  at timestamptz NOT NULL,
  PRIMARY KEY (incident_id, version)
);
SELECT care.make_append_only('care.incident_report');
-- What was asked of the access log, and what it answered.
CREATE TABLE care.incident_scope (
  incident_id uuid NOT NULL REFERENCES care.incident,
  version int NOT NULL CHECK (version > 0),
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  accounts uuid[] NOT NULL, sessions uuid[] NOT NULL, devices uuid[] NOT NULL, facilities uuid[] NOT NULL, patients uuid[] NOT NULL,
  operator_id uuid,
  at timestamptz NOT NULL,
  PRIMARY KEY (incident_id, version),
  CONSTRAINT scope_ends_after_it_begins CHECK (to_at > from_at)
);
SELECT care.make_append_only('care.incident_scope');
CREATE TABLE care.incident_affected (
  incident_id uuid NOT NULL,
  scope int NOT NULL,
  patient_id uuid NOT NULL,
  facility_id uuid NOT NULL,                                   -- the managing facility
  how text NOT NULL CHECK (how IN ('opened', 'listed')),       -- listed: only the name, on a list
  acts text[] NOT NULL,
  events bigint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (incident_id, scope, patient_id)
);
CREATE INDEX incident_affected_by_facility ON care.incident_affected (facility_id, incident_id, scope);
SELECT care.make_append_only('care.incident_affected');
-- What stands on the public page.
CREATE TABLE care.incident_publication (
  incident_id uuid NOT NULL REFERENCES care.incident,
  version int NOT NULL CHECK (version > 0),
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  body text NOT NULL CHECK (length(body) BETWEEN 1 AND 8000),
  withdrawn bool NOT NULL DEFAULT false,
  operator_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (incident_id, version)
);
SELECT care.make_append_only('care.incident_publication');
-- Which admin has seen the notice to the facility.
CREATE TABLE care.incident_seen (
  incident_id uuid NOT NULL,
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  told_at timestamptz NOT NULL,                                -- which notice: told anew, it is unseen again
  at timestamptz NOT NULL,
  PRIMARY KEY (incident_id, account_id, facility_id, told_at)
);
SELECT care.make_append_only('care.incident_seen');
-- Whom to call at a facility when something happens. Written by its admin.
CREATE TABLE care.facility_contact (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  person text NOT NULL CHECK (length(person) BETWEEN 1 AND 120),
  phone text NOT NULL CHECK (length(phone) <= 40),
  mail text NOT NULL CHECK (length(mail) <= 254),
  account_id uuid NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX facility_contact_latest ON care.facility_contact (facility_id, at DESC);
SELECT care.make_append_only('care.facility_contact');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['announcement', 'announcement_version', 'announcement_read', 'service_mode_event', 'incident', 'incident_assessment', 'incident_step', 'incident_report',
      'incident_scope', 'incident_affected', 'incident_publication', 'incident_seen', 'facility_contact'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Foreign key checks run as the owner with a key-share lock.
GRANT UPDATE (id) ON care.announcement, care.incident TO renkei_owner;

SET LOCAL ROLE renkei_sec;

-- ---- The floor of the service modes ----------------------------------------------------------------------
-- Empty as long as everything is normal. The nil id stands for everybody.
CREATE TABLE sec.service_mode (
  facility_id uuid PRIMARY KEY,
  mode text NOT NULL CHECK (mode IN ('read_only', 'sign_in_stopped', 'stopped')),
  reason text NOT NULL,
  since timestamptz NOT NULL,
  until_at timestamptz
);
SELECT care.guard_from_migrator('sec.service_mode');

-- RK513, with what people are told, where the mode of everybody or of this facility does not allow it.
-- `open`: any use; `write`: a record, a file, a group; `sign_in`: a new session.
CREATE FUNCTION sec.must_be_in_service(p_facility uuid, p_for text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE m sec.service_mode;
BEGIN
  SELECT x.* INTO m FROM sec.service_mode x
    WHERE (x.facility_id = '00000000-0000-0000-0000-000000000000' OR x.facility_id = p_facility)
      AND (x.mode = 'stopped' OR (p_for = 'write' AND x.mode = 'read_only') OR (p_for = 'sign_in' AND x.mode = 'sign_in_stopped'))
    ORDER BY x.mode = 'stopped' DESC, x.facility_id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'out of service' USING ERRCODE = 'RK513', DETAIL = pg_catalog.json_build_object('mode', m.mode, 'reason', m.reason, 'since', m.since, 'until', m.until_at,
      'everybody', m.facility_id = '00000000-0000-0000-0000-000000000000')::text;
  END IF;
END $$;

-- Every request of a signed-in person comes through here. While all is normal the mode costs a look into an empty table.
CREATE OR REPLACE FUNCTION sec.caller(p_token_hash bytea, p_background bool) RETURNS sec.context LANGUAGE plpgsql VOLATILE AS $$
DECLARE s record; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.account_id, x.facility_id, x.account, x.facility, x.id, x.device_id, x.state, x.expires_at, x.idle, x.last_seen, f.admin INTO s
    FROM sec.session x LEFT JOIN care.staff f ON f.account_id = x.account_id AND f.facility_id = x.facility_id AND f.state = 'active'
    WHERE x.token_hash = p_token_hash;
  IF NOT FOUND OR s.state = 'ended' OR s.expires_at <= t THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
  END IF;
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(s.facility_id, 'open'); END IF;
  IF s.state = 'enrolling' THEN
    RAISE EXCEPTION 'second factor not set up' USING ERRCODE = 'RK428';
  END IF;
  IF s.state = 'locked' OR s.last_seen < t - s.idle THEN
    RAISE EXCEPTION 'session locked' USING ERRCODE = 'RK423';
  END IF;
  IF s.admin IS NULL THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
  END IF;
  IF NOT p_background AND s.last_seen < t - interval '30 seconds' THEN
    UPDATE sec.session SET last_seen = t WHERE token_hash = p_token_hash;
  END IF;
  RETURN ROW(s.account_id, s.facility_id, s.account, s.facility, s.id, s.device_id, s.admin)::sec.context;
END $$;

-- Every record is chained here, so here a record is refused while the service is for reading alone: no act can forget it.
CREATE OR REPLACE FUNCTION sec.chain(c sec.context, p_stream uuid, p_kind text, p_client uuid, p_files bytea[], p_commitment bytea)
RETURNS sec.link LANGUAGE plpgsql AS $$
DECLARE l sec.link; now timestamptz := sec.clock();
BEGIN
  UPDATE care.stream_head h SET seq = h.seq + 1, at = greatest(now, h.at + interval '1 microsecond'), prev = h.hash,
    hash = sec.record_hash((SELECT d.id FROM care.deployment d), p_stream, h.seq + 1, p_kind, c.account, c.account, c.facility,
      greatest(now, h.at + interval '1 microsecond'), p_client, p_files, h.hash, p_commitment)
  WHERE h.stream_id = p_stream RETURNING h.seq, h.at, h.prev, h.hash INTO l;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such stream' USING ERRCODE = 'RK404'; END IF;
  -- Asked behind the lock: whoever waited for it sees the mode of now.
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(c.facility_id, 'write'); END IF;
  IF l.at > now + interval '5 minutes' THEN RAISE EXCEPTION 'the clock is behind the record' USING ERRCODE = 'RK503'; END IF;
  RETURN l;
END $$;

-- Where everybody's sign-in is stopped no try is counted, and none tells anything.
CREATE OR REPLACE FUNCTION act.sign_in_begin(p_attempt uuid, p_login text, p_login_hash bytea, p_device_hash bytea, p_block text)
RETURNS TABLE (wait int, account_id uuid, password_hash text, totp_secret bytea, totp_last_step bigint, remembered bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a uuid; d sec.device; w int;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.encode(p_login_hash, 'hex'), 7));
  SELECT x.id INTO a FROM care.account x WHERE x.login_id = p_login;
  SELECT * INTO d FROM sec.device x WHERE x.token_hash = p_device_hash AND x.account_id = a AND x.ended_at IS NULL;
  w := sec.sign_in_wait(p_login_hash, d.id, p_block);
  IF w > 0 THEN
    RETURN QUERY SELECT w, NULL::uuid, NULL::text, NULL::bytea, NULL::bigint, false;
    RETURN;
  END IF;
  INSERT INTO sec.attempt (id, at, login_hash, device_id, address_block) VALUES (p_attempt, pg_catalog.clock_timestamp(), p_login_hash, d.id, p_block);
  RETURN QUERY SELECT 0, c.account_id, c.password_hash, CASE WHEN c.totp_confirmed_at IS NOT NULL THEN c.totp_secret END, c.totp_last_step,
      coalesce(d.remembered_until > pg_catalog.clock_timestamp(), false)
    FROM (SELECT 1) one LEFT JOIN sec.credential c ON c.account_id = a
      AND EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = a AND f.state = 'active');
END $$;
CREATE OR REPLACE FUNCTION act.sign_in_done(p_attempt uuid, p_login_hash bytea, p_account uuid, p_pre_hash bytea, p_session uuid, p_token_hash bytea, p_kind text,
  p_device_hash bytea, p_new_device uuid, p_new_device_hash bytea, p_device_name text, p_remember bool, p_factors text[], p_totp_step bigint, p_recovery_hash bytea,
  p_idle interval, p_ttl interval)
RETURNS TABLE (session_id uuid, expires_at timestamptz, enrolling bool, new_device bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); d uuid; f uuid; enrol bool := NOT (p_factors && ARRAY['have']); e timestamptz := t + p_ttl;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  IF p_totp_step IS NOT NULL THEN
    UPDATE sec.credential SET totp_last_step = p_totp_step WHERE account_id = p_account AND totp_last_step < p_totp_step;
    IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  END IF;
  IF p_recovery_hash IS NOT NULL THEN
    UPDATE sec.recovery_code SET used_at = t WHERE account_id = p_account AND code_hash = p_recovery_hash AND used_at IS NULL;
    IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  END IF;
  IF p_pre_hash IS NOT NULL THEN
    UPDATE sec.pre_sign_in SET used_at = t WHERE token_hash = p_pre_hash AND used_at IS NULL;
    IF NOT FOUND THEN RAISE EXCEPTION 'sign-in used before' USING ERRCODE = 'RK401'; END IF;
  END IF;
  SELECT s.facility_id INTO f FROM care.staff s
    LEFT JOIN LATERAL (SELECT max(x.created_at) AS used FROM sec.session x WHERE x.account_id = p_account AND x.facility_id = s.facility_id) u ON true
    -- Who works for several facilities signs in for one that is in service, if there is one.
    WHERE s.account_id = p_account AND s.state = 'active'
    ORDER BY EXISTS (SELECT 1 FROM sec.service_mode m WHERE m.facility_id = s.facility_id AND m.mode IN ('stopped', 'sign_in_stopped')), u.used DESC NULLS LAST, s.since LIMIT 1;
  PERFORM sec.must_be_in_service(f, 'sign_in');
  IF f IS NULL THEN RAISE EXCEPTION 'no facility' USING ERRCODE = 'RK401'; END IF;
  UPDATE sec.device SET last_seen = t, remembered_until = CASE WHEN p_remember THEN t + interval '30 days' ELSE remembered_until END
    WHERE token_hash = p_device_hash AND account_id = p_account AND ended_at IS NULL RETURNING id INTO d;
  IF d IS NULL THEN
    d := p_new_device;
    -- A device token is one person's: on a shared PC the next person gets one of their own.
    INSERT INTO sec.device (id, account_id, token_hash, name, first_seen, last_seen, remembered_until)
    VALUES (d, p_account, p_new_device_hash, p_device_name, t, t, CASE WHEN p_remember THEN t + interval '30 days' END);
  END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  -- The first half of this very sign-in was counted as failed; it has turned out well.
  UPDATE sec.attempt a SET ok = true FROM sec.pre_sign_in p WHERE p.token_hash = p_pre_hash AND a.id = p.attempt_id;
  INSERT INTO sec.session (token_hash, id, kind, account_id, account, facility_id, facility, device_id, factors, state, idle, created_at, last_seen, stepped_up_at, expires_at)
  VALUES (p_token_hash, p_session, p_kind, p_account, (SELECT v.version FROM care.person_now v WHERE v.account_id = p_account),
    f, (SELECT v.version FROM care.facility_now v WHERE v.facility_id = f), d, p_factors, CASE WHEN enrol THEN 'enrolling' ELSE 'active' END,
    p_idle, t, t, CASE WHEN NOT enrol THEN t END, e);
  PERFORM sec.log(ROW(p_account, f, (SELECT v.version FROM care.person_now v WHERE v.account_id = p_account), NULL, p_session, d, NULL)::sec.context,
    'signed_in', NULL, NULL, NULL, NULL, 'done', NULL);
  RETURN QUERY SELECT p_session, e, enrol, d = p_new_device;
END $$;
CREATE OR REPLACE FUNCTION act.act_for(p_facility uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = c.account_id AND s.facility_id = p_facility AND s.state = 'active') THEN
    RAISE EXCEPTION 'not staff there' USING ERRCODE = 'RK404';
  END IF;
  PERFORM sec.must_be_in_service(p_facility, 'sign_in');
  UPDATE sec.session SET facility_id = p_facility, facility = (SELECT v.version FROM care.facility_now v WHERE v.facility_id = p_facility) WHERE id = c.session_id;
  -- Open streams belong to the facility that was left: they close, and come back for this one.
  INSERT INTO care.event (kind, session_id, at) VALUES ('session.moved', c.session_id, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'switched_facility', NULL, NULL, p_facility, p_facility, 'done', NULL);
END $$;
-- Streams of a facility that was stopped close too; their pages come back to the page that says why.
CREATE OR REPLACE FUNCTION act.dead_sessions(p_sessions uuid[]) RETURNS TABLE (id uuid, state text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.id, CASE WHEN s.state = 'ended' OR s.expires_at <= pg_catalog.clock_timestamp() THEN 'ended'
      WHEN s.state <> 'active' OR s.last_seen < pg_catalog.clock_timestamp() - s.idle THEN 'locked' ELSE 'moved' END FROM sec.session s
  WHERE s.id = ANY (p_sessions) AND (s.state <> 'active' OR s.expires_at <= pg_catalog.clock_timestamp() OR s.last_seen < pg_catalog.clock_timestamp() - s.idle
    OR EXISTS (SELECT 1 FROM sec.service_mode m WHERE m.mode = 'stopped' AND (m.facility_id = '00000000-0000-0000-0000-000000000000' OR m.facility_id = s.facility_id)))
$$;

-- What is no record but is written by people's acts: a trigger on the table, whoever writes it and however.
SET LOCAL ROLE renkei_owner;
CREATE FUNCTION care.refuse_in_mode() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_be_in_service((sec.verified()).facility_id, 'write');
  RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION care.refuse_in_mode() TO renkei_sec;
CREATE FUNCTION care.stop_with_service(p_table regclass) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  EXECUTE pg_catalog.format('GRANT TRIGGER ON %s TO renkei_owner', p_table);
  EXECUTE pg_catalog.format('CREATE TRIGGER in_service BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_in_mode()', p_table);
  EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER in_service', p_table);
  EXECUTE pg_catalog.format('REVOKE TRIGGER ON %s FROM renkei_owner', p_table);
END $$;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['patient', 'groups', 'group_state', 'membership', 'invitation', 'file'] LOOP
    PERFORM care.stop_with_service(('care.' || t)::regclass);
  END LOOP;
END $$;
SET LOCAL ROLE renkei_sec;

-- Gives the id of the transaction that set it: writes that began before are over once no older one runs.
CREATE FUNCTION sec.set_mode(p_operator uuid, p_facility uuid, p_mode text, p_reason text, p_until timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); k uuid := coalesce(p_facility, '00000000-0000-0000-0000-000000000000');
BEGIN
  IF p_facility IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.facility f WHERE f.id = p_facility) THEN RAISE EXCEPTION 'no such facility' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.service_mode_event (id, at, facility_id, mode, reason, until_at, operator_id) VALUES (pg_catalog.gen_random_uuid(), t, p_facility, p_mode, p_reason, p_until, p_operator);
  IF p_mode = 'normal' THEN
    DELETE FROM sec.service_mode WHERE facility_id = k;
  ELSE
    INSERT INTO sec.service_mode AS m VALUES (k, p_mode, p_reason, t, p_until)
      ON CONFLICT (facility_id) DO UPDATE SET mode = excluded.mode, reason = excluded.reason, until_at = excluded.until_at,
        since = CASE WHEN m.mode = excluded.mode THEN m.since ELSE excluded.since END;
  END IF;
  PERFORM sec.log_operator_as(p_operator, 'set_service_mode', p_facility, p_mode || ': ' || p_reason);
  RETURN pg_catalog.pg_current_xact_id()::text;
END $$;
CREATE FUNCTION act.set_mode(p_facility uuid, p_mode text, p_reason text, p_until timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  RETURN sec.set_mode(NULL, p_facility, p_mode, p_reason, p_until);
END $$;
CREATE FUNCTION op.set_mode(p_facility uuid, p_mode text, p_reason text, p_until timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  RETURN sec.set_mode(sec.must_operate(), p_facility, p_mode, p_reason, p_until);
END $$;
-- Whether a transaction that began before that one is still under way.
CREATE FUNCTION act.older_writes(p_xid text) RETURNS bool LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()) < p_xid::xid8
$$;
CREATE FUNCTION sec.modes() RETURNS TABLE (facility_id uuid, facility text, mode text, reason text, since timestamptz, until_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT nullif(m.facility_id, '00000000-0000-0000-0000-000000000000'), f.name, m.mode, m.reason, m.since, m.until_at
  FROM sec.service_mode m LEFT JOIN care.facility_now f ON f.facility_id = m.facility_id ORDER BY f.kana NULLS FIRST
$$;
CREATE FUNCTION act.modes() RETURNS TABLE (facility_id uuid, facility text, mode text, reason text, since timestamptz, until_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT * FROM sec.modes()
$$;
CREATE FUNCTION op.modes() RETURNS TABLE (facility_id uuid, facility text, mode text, reason text, since timestamptz, until_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT * FROM sec.modes();
END $$;
CREATE FUNCTION op.mode_events(p_limit int) RETURNS TABLE (at timestamptz, facility text, mode text, reason text, until_at timestamptz, operator text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT e.at, f.name, e.mode, e.reason, e.until_at, o.name FROM care.service_mode_event e LEFT JOIN care.facility_now f ON f.facility_id = e.facility_id
    LEFT JOIN care.operator o ON o.id = e.operator_id ORDER BY e.at DESC LIMIT least(p_limit, 500);
END $$;
-- The mode of everybody, for pages before sign-in.
CREATE FUNCTION act.mode_of_all() RETURNS TABLE (mode text, reason text, since timestamptz, until_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT m.mode, m.reason, m.since, m.until_at FROM sec.service_mode m WHERE m.facility_id = '00000000-0000-0000-0000-000000000000'
$$;
-- Facilities as the console names them: their kinds and names are public among the facilities.
CREATE FUNCTION op.facilities() RETURNS TABLE (id uuid, name text, kana text, kind text, staff bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT f.facility_id, f.name, f.kana, f.kind, (SELECT count(*) FROM care.staff s WHERE s.facility_id = f.facility_id AND s.state = 'active')
    FROM care.facility_now f ORDER BY f.kana;
END $$;

-- ---- Announcements ---------------------------------------------------------------------------------------
CREATE FUNCTION sec.newest_announcement(p_announcement uuid) RETURNS care.announcement_version LANGUAGE sql STABLE AS $$
  SELECT v FROM care.announcement_version v WHERE v.announcement_id = p_announcement ORDER BY v.version DESC LIMIT 1
$$;
-- `p_seen` is the version that the writer saw, 0 for a new announcement. RK412: somebody else was first.
CREATE FUNCTION op.save_announcement(p_announcement uuid, p_seen int, p_title text, p_body text, p_importance text, p_audience text, p_kinds text[], p_facilities uuid[],
  p_from timestamptz, p_until timestamptz, p_withdrawn bool) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); top int;
BEGIN
  IF p_seen = 0 THEN
    -- The same id again is a second click: it finds the first one's version and is stale.
    INSERT INTO care.announcement VALUES (p_announcement, t) ON CONFLICT DO NOTHING;
  END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_announcement::text, 13));
  IF NOT EXISTS (SELECT 1 FROM care.announcement a WHERE a.id = p_announcement) THEN RAISE EXCEPTION 'no such announcement' USING ERRCODE = 'RK404'; END IF;
  SELECT coalesce(max(v.version), 0) INTO top FROM care.announcement_version v WHERE v.announcement_id = p_announcement;
  IF top <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  IF EXISTS (SELECT 1 FROM pg_catalog.unnest(p_facilities) x WHERE NOT EXISTS (SELECT 1 FROM care.facility f WHERE f.id = x)) THEN
    RAISE EXCEPTION 'no such facility' USING ERRCODE = 'RK422';
  END IF;
  INSERT INTO care.announcement_version VALUES (p_announcement, top + 1, p_title, p_body, p_importance, p_audience, p_kinds, p_facilities, p_from, p_until, p_withdrawn, o, t);
  IF p_withdrawn THEN
    PERFORM sec.log_operator('withdrew_announcement', p_announcement, '');
  ELSIF top = 0 THEN
    PERFORM sec.log_operator('announced', p_announcement, '');
  ELSE
    PERFORM sec.log_operator('corrected_announcement', p_announcement, '');
  END IF;
  RETURN top + 1;
END $$;
CREATE FUNCTION op.announcements(p_before timestamptz, p_limit int) RETURNS TABLE (id uuid, version int, title text, body text, importance text, audience text, kinds text[],
  facilities uuid[], from_at timestamptz, until_at timestamptz, withdrawn bool, at timestamptz, operator text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT v.announcement_id, v.version, v.title, v.body, v.importance, v.audience, v.kinds, v.facilities, v.from_at, v.until_at, v.withdrawn, v.at, o.name
    FROM (SELECT a.id FROM care.announcement a WHERE p_before IS NULL OR a.created_at < p_before ORDER BY a.created_at DESC LIMIT least(p_limit, 500)) a
    JOIN LATERAL (SELECT x.* FROM care.announcement_version x WHERE x.announcement_id = a.id ORDER BY x.version DESC LIMIT 1) v ON true
    JOIN care.operator o ON o.id = v.operator_id ORDER BY v.from_at DESC;
END $$;
CREATE FUNCTION op.announcement_versions(p_announcement uuid) RETURNS TABLE (id uuid, version int, title text, body text, importance text, audience text, kinds text[],
  facilities uuid[], from_at timestamptz, until_at timestamptz, withdrawn bool, at timestamptz, operator text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT v.announcement_id, v.version, v.title, v.body, v.importance, v.audience, v.kinds, v.facilities, v.from_at, v.until_at, v.withdrawn, v.at, o.name
    FROM care.announcement_version v JOIN care.operator o ON o.id = v.operator_id WHERE v.announcement_id = p_announcement ORDER BY v.version DESC;
END $$;
-- How many of each facility's staff have read the newest version. Counts, never who.
CREATE FUNCTION op.announcement_reads(p_announcement uuid) RETURNS TABLE (facility_id uuid, facility text, staff bigint, reads bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE v care.announcement_version := sec.newest_announcement(p_announcement);
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT f.facility_id, f.name, count(s.account_id), count(r.account_id) FROM care.facility_now f JOIN care.staff s ON s.facility_id = f.facility_id AND s.state = 'active'
    LEFT JOIN care.announcement_read r ON r.announcement_id = p_announcement AND r.version = v.version AND r.account_id = s.account_id
    WHERE v.audience = 'all' OR f.kind = ANY (v.kinds) OR f.facility_id = ANY (v.facilities) GROUP BY f.facility_id, f.name, f.kana ORDER BY f.kana;
END $$;
-- The newest version of what has begun and is for the facility for which the caller acts.
CREATE FUNCTION sec.announcements(c sec.context) RETURNS TABLE (id uuid, version int, title text, body text, importance text, from_at timestamptz, until_at timestamptz, read bool)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE k text; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT f.kind INTO k FROM care.facility_now f WHERE f.facility_id = c.facility_id;
  RETURN QUERY SELECT v.announcement_id, v.version, v.title, v.body, v.importance, v.from_at, v.until_at,
      EXISTS (SELECT 1 FROM care.announcement_read r WHERE r.announcement_id = v.announcement_id AND r.version = v.version AND r.account_id = c.account_id)
    FROM care.announcement a JOIN LATERAL (SELECT x.* FROM care.announcement_version x WHERE x.announcement_id = a.id ORDER BY x.version DESC LIMIT 1) v ON true
    WHERE NOT v.withdrawn AND v.from_at <= t AND (v.audience = 'all' OR k = ANY (v.kinds) OR c.facility_id = ANY (v.facilities));
END $$;
CREATE FUNCTION act.my_announcements(p_limit int) RETURNS TABLE (id uuid, version int, title text, body text, importance text, from_at timestamptz, until_at timestamptz, read bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT * FROM sec.announcements(c) a ORDER BY a.from_at DESC, a.id LIMIT least(p_limit, 500);
END $$;
-- Reading is recorded, once for each version. RK404 for what is not for the caller.
CREATE FUNCTION act.read_announcement(p_announcement uuid) RETURNS TABLE (id uuid, version int, title text, body text, importance text, from_at timestamptz, until_at timestamptz, read bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); a record;
BEGIN
  SELECT x.* INTO a FROM sec.announcements(c) x WHERE x.id = p_announcement;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such announcement' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.announcement_read VALUES (a.id, a.version, c.account_id, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT a.id, a.version, a.title, a.body, a.importance, a.from_at, a.until_at, a.read;
END $$;

-- ---- Incidents -------------------------------------------------------------------------------------------
CREATE FUNCTION sec.must_be_incident(p_incident uuid, p_drill bool) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM care.incident i WHERE i.id = p_incident AND (p_drill IS NULL OR i.drill = p_drill);
  IF NOT FOUND THEN RAISE EXCEPTION 'no such incident' USING ERRCODE = 'RK404'; END IF;
  -- Writers of one incident come one after the other.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_incident::text, 14));
END $$;
CREATE FUNCTION sec.open_incident(p_operator uuid, p_incident uuid, p_drill bool, p_known timestamptz, p_title text, p_kind text, p_improper bool, p_reached text[], p_note text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO care.incident VALUES (p_incident, p_drill, p_known, t) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO care.incident_assessment VALUES (p_incident, 1, p_title, p_kind, p_improper, p_reached, p_note, p_operator, t);
  INSERT INTO care.incident_step (id, incident_id, kind, happened_at, at, operator_id) VALUES (pg_catalog.gen_random_uuid(), p_incident, 'opened', p_known, t, p_operator);
  PERFORM sec.log_operator_as(p_operator, 'opened_incident', p_incident, CASE WHEN p_drill THEN '訓練: ' ELSE '' END || p_title);
END $$;
CREATE FUNCTION sec.take_step(p_operator uuid, p_incident uuid, p_kind text, p_happened timestamptz, p_note text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); closed bool;
BEGIN
  SELECT s.kind = 'closed' INTO closed FROM care.incident_step s WHERE s.incident_id = p_incident AND s.kind IN ('closed', 'reopened') ORDER BY s.at DESC LIMIT 1;
  IF coalesce(closed, false) <> (p_kind = 'reopened') AND p_kind <> 'noted' THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'RK409'; END IF;
  IF p_kind IN ('contained', 'reported_early', 'reported_final') AND EXISTS (SELECT 1 FROM care.incident_step s WHERE s.incident_id = p_incident AND s.kind = p_kind) THEN
    RAISE EXCEPTION 'done already' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.incident_step (id, incident_id, kind, happened_at, at, note, operator_id) VALUES (pg_catalog.gen_random_uuid(), p_incident, p_kind, p_happened, t, p_note, p_operator);
  PERFORM sec.log_operator_as(p_operator, 'moved_incident', p_incident, p_kind);
END $$;
-- Who was affected, from the access log: every patient whose record somebody in the scope opened or changed, and every
-- patient whose name stood on a list that they looked at. Empty filters mean everybody. Rather one too many on the lists:
-- a guest whose last day had passed counts as long as nobody had removed them.
CREATE FUNCTION sec.find_affected(p_operator uuid, p_incident uuid, p_from timestamptz, p_to timestamptz, p_accounts uuid[], p_sessions uuid[], p_devices uuid[], p_facilities uuid[], p_patients uuid[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int; t timestamptz := pg_catalog.clock_timestamp(); f uuid;
BEGIN
  SELECT coalesce(max(s.version), 0) + 1 INTO n FROM care.incident_scope s WHERE s.incident_id = p_incident;
  INSERT INTO care.incident_scope VALUES (p_incident, n, p_from, p_to, p_accounts, p_sessions, p_devices, p_facilities, p_patients, p_operator, t);
  INSERT INTO care.incident_affected
    WITH e AS (
      SELECT a.at, a.act, a.account_id, a.facility_id, a.patient_id FROM care.access_event a
      WHERE a.at >= p_from AND a.at < p_to AND a.outcome = 'done' AND a.account_id IS NOT NULL
        AND (p_accounts = '{}' OR a.account_id = ANY (p_accounts)) AND (p_sessions = '{}' OR a.session_id = ANY (p_sessions))
        AND (p_devices = '{}' OR a.device_id = ANY (p_devices)) AND (p_facilities = '{}' OR a.facility_id = ANY (p_facilities))
    ), lists AS (
      SELECT e.* FROM e WHERE e.patient_id IS NULL AND e.act = ANY (sec.list_acts())
    ), touched AS (
      SELECT e.patient_id, 'opened' AS how, e.act, e.at FROM e WHERE e.patient_id IS NOT NULL
      UNION ALL
      SELECT g.patient_id, 'listed', l.act, l.at FROM lists l
        JOIN LATERAL (SELECT DISTINCT ON (m.group_id) m.group_id, m.kind FROM care.membership_event m
          WHERE m.subject_id = l.account_id AND m.at <= l.at AND m.kind IN ('joined', 'removed', 'left') ORDER BY m.group_id, m.seq DESC) m ON m.kind = 'joined'
        JOIN care.membership x ON x.group_id = m.group_id AND x.account_id = l.account_id AND x.facility_id = l.facility_id
        JOIN care.groups g ON g.id = m.group_id WHERE g.patient_id IS NOT NULL
      UNION ALL
      SELECT p.id, 'listed', l.act, l.at FROM lists l JOIN care.staff s ON s.account_id = l.account_id AND s.facility_id = l.facility_id AND s.admin
        JOIN care.patient p ON p.facility_id = l.facility_id AND p.created_at <= l.at
    )
    SELECT p_incident, n, p.id, p.facility_id, CASE WHEN pg_catalog.bool_or(x.how = 'opened') THEN 'opened' ELSE 'listed' END,
        pg_catalog.array_agg(DISTINCT x.act), count(DISTINCT (x.act, x.at)), min(x.at), max(x.at)
      FROM touched x JOIN care.patient p ON p.id = x.patient_id WHERE p_patients = '{}' OR p.id = ANY (p_patients) GROUP BY p.id, p.facility_id;
  -- Each facility sees in its own log that a list of its patients was made.
  FOR f IN SELECT DISTINCT a.facility_id FROM care.incident_affected a WHERE a.incident_id = p_incident AND a.scope = n LOOP
    PERFORM sec.log(NULL, 'listed_affected', NULL, NULL, f, p_incident, 'done', NULL);
  END LOOP;
  PERFORM sec.log_operator_as(p_operator, 'listed_affected', p_incident, (SELECT count(*) FROM care.incident_affected a WHERE a.incident_id = p_incident AND a.scope = n)::text);
  RETURN n;
END $$;
-- Pages that name patients without being about one.
CREATE FUNCTION sec.list_acts() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY['viewed_home', 'viewed_groups', 'viewed_notices', 'viewed_patients', 'searched_patients', 'viewed_access_log', 'downloaded_access_log',
    'viewed_affected', 'downloaded_affected']
$$;
CREATE FUNCTION sec.save_report(p_operator uuid, p_incident uuid, p_seen int, p_answers text[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE top int;
BEGIN
  SELECT coalesce(max(r.version), 0) INTO top FROM care.incident_report r WHERE r.incident_id = p_incident;
  IF top <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  INSERT INTO care.incident_report VALUES (p_incident, top + 1, p_answers, p_operator, pg_catalog.clock_timestamp());
  PERFORM sec.log_operator_as(p_operator, 'wrote_incident_report', p_incident, (top + 1)::text);
  RETURN top + 1;
END $$;

CREATE FUNCTION op.open_incident(p_incident uuid, p_drill bool, p_known timestamptz, p_title text, p_kind text, p_improper bool, p_reached text[], p_note text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.open_incident(sec.must_operate(), p_incident, p_drill, p_known, p_title, p_kind, p_improper, p_reached, p_note);
END $$;
CREATE FUNCTION op.assess_incident(p_incident uuid, p_seen int, p_title text, p_kind text, p_improper bool, p_reached text[], p_note text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); top int;
BEGIN
  PERFORM sec.must_be_incident(p_incident, NULL);
  SELECT max(a.version) INTO top FROM care.incident_assessment a WHERE a.incident_id = p_incident;
  IF top <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  INSERT INTO care.incident_assessment VALUES (p_incident, top + 1, p_title, p_kind, p_improper, p_reached, p_note, o, pg_catalog.clock_timestamp());
  PERFORM sec.log_operator('assessed_incident', p_incident, p_kind);
  RETURN top + 1;
END $$;
CREATE FUNCTION op.take_step(p_incident uuid, p_kind text, p_happened timestamptz, p_note text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate();
BEGIN
  IF p_kind NOT IN ('contained', 'reported_early', 'reported_final', 'people_told', 'closed', 'reopened', 'noted') THEN RAISE EXCEPTION 'not a step' USING ERRCODE = 'RK422'; END IF;
  PERFORM sec.must_be_incident(p_incident, NULL);
  PERFORM sec.take_step(o, p_incident, p_kind, p_happened, p_note);
END $$;
CREATE FUNCTION op.find_affected(p_incident uuid, p_from timestamptz, p_to timestamptz, p_accounts uuid[], p_sessions uuid[], p_devices uuid[], p_facilities uuid[], p_patients uuid[])
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate();
BEGIN
  PERFORM sec.must_be_incident(p_incident, NULL);
  RETURN sec.find_affected(o, p_incident, p_from, p_to, p_accounts, p_sessions, p_devices, p_facilities, p_patients);
END $$;
CREATE FUNCTION op.save_report(p_incident uuid, p_seen int, p_answers text[]) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate();
BEGIN
  PERFORM sec.must_be_incident(p_incident, NULL);
  RETURN sec.save_report(o, p_incident, p_seen, p_answers);
END $$;
-- Every affected facility's admins see their own patients from here on. `p_letters`: payloads of the kind `mail`.
CREATE FUNCTION op.tell_facilities(p_incident uuid, p_scope int, p_report int, p_letters jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); l jsonb;
BEGIN
  PERFORM sec.must_be_incident(p_incident, NULL);
  IF NOT EXISTS (SELECT 1 FROM care.incident_scope s WHERE s.incident_id = p_incident AND s.version = p_scope)
     OR NOT EXISTS (SELECT 1 FROM care.incident_report r WHERE r.incident_id = p_incident AND r.version = p_report) THEN
    RAISE EXCEPTION 'list and report first' USING ERRCODE = 'RK409';
  END IF;
  IF pg_catalog.jsonb_array_length(p_letters) > 0 AND (SELECT i.drill FROM care.incident i WHERE i.id = p_incident) THEN
    RAISE EXCEPTION 'a drill sends nothing' USING ERRCODE = 'RK409';
  END IF;
  FOR l IN SELECT x FROM pg_catalog.jsonb_array_elements(p_letters) x LOOP
    PERFORM sec.enqueue('mail', l, interval '0', 18);
  END LOOP;
  INSERT INTO care.incident_step (id, incident_id, kind, happened_at, at, scope, report, letters, operator_id)
    VALUES (pg_catalog.gen_random_uuid(), p_incident, 'facilities_told', t, t, p_scope, p_report, pg_catalog.jsonb_array_length(p_letters), o);
  PERFORM sec.log_operator('told_facilities', p_incident, pg_catalog.jsonb_array_length(p_letters)::text);
END $$;
-- The page for everybody. Never for a drill.
CREATE FUNCTION op.publish_incident(p_incident uuid, p_seen int, p_title text, p_body text, p_withdrawn bool) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); top int;
BEGIN
  PERFORM sec.must_be_incident(p_incident, NULL);
  IF (SELECT i.drill FROM care.incident i WHERE i.id = p_incident) THEN RAISE EXCEPTION 'a drill is not published' USING ERRCODE = 'RK409'; END IF;
  SELECT coalesce(max(v.version), 0) INTO top FROM care.incident_publication v WHERE v.incident_id = p_incident;
  IF top <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  INSERT INTO care.incident_publication VALUES (p_incident, top + 1, p_title, p_body, p_withdrawn, o, t);
  INSERT INTO care.incident_step (id, incident_id, kind, happened_at, at, operator_id)
    VALUES (pg_catalog.gen_random_uuid(), p_incident, CASE WHEN p_withdrawn THEN 'unpublished' ELSE 'published' END, t, t, o);
  PERFORM sec.log_operator('published_incident', p_incident, CASE WHEN p_withdrawn THEN 'withdrawn' ELSE '' END);
  RETURN top + 1;
END $$;

CREATE FUNCTION sec.incidents() RETURNS TABLE (id uuid, drill bool, known_at timestamptz, assessment int, title text, kind text, improper bool, reached text[], note text, closed bool)
LANGUAGE sql STABLE AS $$
  SELECT i.id, i.drill, i.known_at, a.version, a.title, a.kind, a.improper, a.reached, a.note,
    coalesce((SELECT s.kind = 'closed' FROM care.incident_step s WHERE s.incident_id = i.id AND s.kind IN ('closed', 'reopened') ORDER BY s.at DESC LIMIT 1), false)
  FROM care.incident i JOIN LATERAL (SELECT x.* FROM care.incident_assessment x WHERE x.incident_id = i.id ORDER BY x.version DESC LIMIT 1) a ON true
$$;
CREATE FUNCTION op.incidents() RETURNS TABLE (id uuid, drill bool, known_at timestamptz, assessment int, title text, kind text, improper bool, reached text[], note text, closed bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT * FROM sec.incidents() i ORDER BY i.known_at DESC;
END $$;
CREATE FUNCTION sec.steps(p_incident uuid) RETURNS TABLE (incident_id uuid, kind text, happened_at timestamptz, at timestamptz, note text, scope int, report int, letters int, operator text)
LANGUAGE sql STABLE AS $$
  SELECT s.incident_id, s.kind, s.happened_at, s.at, s.note, s.scope, s.report, s.letters, o.name FROM care.incident_step s LEFT JOIN care.operator o ON o.id = s.operator_id
  WHERE p_incident IS NULL OR s.incident_id = p_incident ORDER BY s.at
$$;
CREATE FUNCTION op.incident_steps(p_incident uuid) RETURNS TABLE (incident_id uuid, kind text, happened_at timestamptz, at timestamptz, note text, scope int, report int, letters int, operator text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT * FROM sec.steps(p_incident);
END $$;
CREATE FUNCTION op.incident_report(p_incident uuid) RETURNS TABLE (version int, answers text[], at timestamptz, operator text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT r.version, r.answers, r.at, o.name FROM care.incident_report r LEFT JOIN care.operator o ON o.id = r.operator_id WHERE r.incident_id = p_incident ORDER BY r.version DESC;
END $$;
CREATE FUNCTION op.incident_publication(p_incident uuid) RETURNS TABLE (version int, title text, body text, withdrawn bool, at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT v.version, v.title, v.body, v.withdrawn, v.at FROM care.incident_publication v WHERE v.incident_id = p_incident ORDER BY v.version DESC;
END $$;
CREATE FUNCTION op.incident_scopes(p_incident uuid) RETURNS TABLE (version int, from_at timestamptz, to_at timestamptz, accounts uuid[], sessions uuid[], devices uuid[], facilities uuid[], patients uuid[],
  at timestamptz, operator text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT s.version, s.from_at, s.to_at, s.accounts, s.sessions, s.devices, s.facilities, s.patients, s.at, o.name
    FROM care.incident_scope s LEFT JOIN care.operator o ON o.id = s.operator_id WHERE s.incident_id = p_incident ORDER BY s.version DESC;
END $$;
-- Ids and counts; that an operator looked is in the operators' log.
CREATE FUNCTION op.affected(p_incident uuid, p_scope int) RETURNS TABLE (patient_id uuid, facility_id uuid, facility text, how text, acts text[], events bigint, first_at timestamptz, last_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  PERFORM sec.log_operator('viewed_affected', p_incident, '');
  RETURN QUERY SELECT a.patient_id, a.facility_id, f.name, a.how, a.acts, a.events, a.first_at, a.last_at
    FROM care.incident_affected a JOIN care.facility_now f ON f.facility_id = a.facility_id WHERE a.incident_id = p_incident AND a.scope = p_scope ORDER BY f.kana, a.patient_id;
END $$;
-- Sign-in IDs that an operator was told, as accounts.
CREATE FUNCTION op.accounts_of(p_logins text[]) RETURNS TABLE (login_id text, account_id uuid) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT a.login_id, a.id FROM care.account a WHERE a.login_id = ANY (p_logins);
END $$;
-- Whom to call and to write to: the contact that the facility named, else its number; its admins by name.
CREATE FUNCTION op.incident_contacts(p_incident uuid, p_scope int) RETURNS TABLE (facility_id uuid, facility text, kind text, phone text, person text, contact_phone text, mail text, admins text[], opened bigint, listed bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  PERFORM sec.must_operate();
  RETURN QUERY SELECT f.facility_id, f.name, f.kind,
      (SELECT v.phone FROM care.facility_version v WHERE v.id = f.version), c.person, c.phone, c.mail,
      ARRAY(SELECT p.name FROM care.staff s JOIN care.person_now p ON p.account_id = s.account_id WHERE s.facility_id = f.facility_id AND s.admin AND s.state = 'active' ORDER BY p.kana),
      a.opened, a.listed
    FROM (SELECT x.facility_id, count(*) FILTER (WHERE x.how = 'opened') AS opened, count(*) FILTER (WHERE x.how = 'listed') AS listed
          FROM care.incident_affected x WHERE x.incident_id = p_incident AND x.scope = p_scope GROUP BY x.facility_id) a
    JOIN care.facility_now f ON f.facility_id = a.facility_id
    LEFT JOIN LATERAL (SELECT x.* FROM care.facility_contact x WHERE x.facility_id = f.facility_id ORDER BY x.at DESC LIMIT 1) c ON true ORDER BY f.kana;
END $$;

-- Drills from the command line: the same steps, on drills alone.
CREATE FUNCTION act.open_drill(p_incident uuid, p_known timestamptz, p_title text, p_kind text, p_improper bool, p_reached text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.open_incident(NULL, p_incident, true, p_known, p_title, p_kind, p_improper, p_reached, '');
END $$;
CREATE FUNCTION act.drill_step(p_incident uuid, p_kind text, p_happened timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_be_incident(p_incident, true);
  PERFORM sec.take_step(NULL, p_incident, p_kind, p_happened, '');
END $$;
CREATE FUNCTION act.drill_affected(p_incident uuid, p_from timestamptz, p_to timestamptz) RETURNS TABLE (scope int, patients bigint, facilities bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE n int;
BEGIN
  PERFORM sec.must_be_incident(p_incident, true);
  n := sec.find_affected(NULL, p_incident, p_from, p_to, '{}', '{}', '{}', '{}', '{}');
  RETURN QUERY SELECT n, count(*), count(DISTINCT a.facility_id) FROM care.incident_affected a WHERE a.incident_id = p_incident AND a.scope = n;
END $$;
CREATE FUNCTION act.drill_report(p_incident uuid, p_answers text[]) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.must_be_incident(p_incident, true);
  RETURN sec.save_report(NULL, p_incident, 0, p_answers);
END $$;
-- Every incident with its steps, for what is generated from them.
CREATE FUNCTION act.incidents() RETURNS TABLE (id uuid, drill bool, known_at timestamptz, kind text, improper bool, reached text[], closed bool) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT i.id, i.drill, i.known_at, i.kind, i.improper, i.reached, i.closed FROM sec.incidents() i ORDER BY i.known_at
$$;
CREATE FUNCTION act.incident_steps(p_incident uuid) RETURNS TABLE (incident_id uuid, kind text, happened_at timestamptz, at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.incident_id, s.kind, s.happened_at, s.at FROM sec.steps(p_incident) s
$$;

-- Published texts, for anybody.
CREATE FUNCTION act.public_incidents() RETURNS TABLE (id uuid, version int, title text, body text, at timestamptz, first_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT i.id, v.version, v.title, v.body, v.at, (SELECT min(x.at) FROM care.incident_publication x WHERE x.incident_id = i.id)
  FROM care.incident i JOIN LATERAL (SELECT x.* FROM care.incident_publication x WHERE x.incident_id = i.id ORDER BY x.version DESC LIMIT 1) v ON true
  WHERE NOT v.withdrawn AND NOT i.drill ORDER BY v.at DESC LIMIT 200
$$;

-- ---- What a facility's admin sees: its own slice ---------------------------------------------------------
-- The incidents that the facility was told of, with the list and the report that it was given last.
CREATE FUNCTION sec.told(c sec.context) RETURNS TABLE (id uuid, drill bool, title text, kind text, known_at timestamptz, told_at timestamptz, scope int, report int, seen bool) LANGUAGE sql STABLE AS $$
  SELECT i.id, i.drill, i.title, i.kind, i.known_at, s.at, s.scope, s.report,
    EXISTS (SELECT 1 FROM care.incident_seen x WHERE x.incident_id = i.id AND x.account_id = c.account_id AND x.facility_id = c.facility_id AND x.told_at = s.at)
  FROM sec.incidents() i JOIN LATERAL (SELECT x.* FROM care.incident_step x WHERE x.incident_id = i.id AND x.kind = 'facilities_told' ORDER BY x.at DESC LIMIT 1) s ON true
  WHERE c.admin AND EXISTS (SELECT 1 FROM care.incident_affected a WHERE a.incident_id = i.id AND a.scope = s.scope AND a.facility_id = c.facility_id)
$$;
CREATE FUNCTION act.my_incidents() RETURNS TABLE (id uuid, drill bool, title text, kind text, known_at timestamptz, told_at timestamptz, scope int, report int, seen bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT * FROM sec.told(c) x ORDER BY x.told_at DESC;
END $$;
-- One of them, with the report's answers. Seeing it is recorded.
CREATE FUNCTION act.my_incident(p_incident uuid) RETURNS TABLE (title text, drill bool, kind text, known_at timestamptz, told_at timestamptz, answers text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); i record;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT x.* INTO i FROM sec.told(c) x WHERE x.id = p_incident;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such incident' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.incident_seen VALUES (p_incident, c.account_id, c.facility_id, i.told_at, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT i.title, i.drill, i.kind, i.known_at, i.told_at, r.answers FROM care.incident_report r WHERE r.incident_id = p_incident AND r.version = i.report;
END $$;
-- The caller's facility's own patients, and nobody else's. The reading is an event of the access log: `p_act`.
CREATE FUNCTION act.my_affected(p_incident uuid, p_act text) RETURNS TABLE (patient_id uuid, how text, acts text[], events bigint, first_at timestamptz, last_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); n int;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT x.scope INTO n FROM sec.told(c) x WHERE x.id = p_incident;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such incident' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.log(c, p_act, NULL, NULL, c.facility_id, p_incident, 'done', NULL);
  RETURN QUERY SELECT a.patient_id, a.how, a.acts, a.events, a.first_at, a.last_at FROM care.incident_affected a
    WHERE a.incident_id = p_incident AND a.scope = n AND a.facility_id = c.facility_id ORDER BY a.patient_id;
END $$;
CREATE FUNCTION act.my_contact() RETURNS TABLE (person text, phone text, mail text, at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT x.person, x.phone, x.mail, x.at FROM care.facility_contact x WHERE x.facility_id = c.facility_id ORDER BY x.at DESC LIMIT 1;
END $$;
CREATE FUNCTION act.set_contact(p_person text, p_phone text, p_mail text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  INSERT INTO care.facility_contact VALUES (pg_catalog.gen_random_uuid(), c.facility_id, p_person, p_phone, p_mail, c.account_id, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'changed_contact', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;

-- ---- The frame of every page: the viewer, the mode, and what must be read --------------------------------
CREATE FUNCTION act.frame() RETURNS TABLE (account_id uuid, login_id text, name text, kana text, profession text, facility_id uuid, facility text, admin bool, session_id uuid, factors text[],
  idle_seconds int, expires_at timestamptz, notices bigint, live_from text, mode text, mode_reason text, mode_since timestamptz, mode_until timestamptz, news jsonb)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); unread bigint; news jsonb; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT count(*), coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', 'announcement', 'id', a.id, 'title', a.title) ORDER BY a.from_at DESC)
      FILTER (WHERE a.importance = 'important'), '[]')
    INTO unread, news FROM sec.announcements(c) a WHERE NOT a.read AND (a.until_at IS NULL OR a.until_at > t);
  IF c.admin THEN
    SELECT unread + count(*), coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', CASE WHEN i.drill THEN 'drill' ELSE 'incident' END, 'id', i.id, 'title', i.title)), '[]') || news
      INTO unread, news FROM sec.told(c) i WHERE NOT i.seen;
  END IF;
  RETURN QUERY SELECT v.account_id, v.login_id, v.name, v.kana, v.profession, v.facility_id, v.facility, v.admin, v.session_id, v.factors, v.idle_seconds, v.expires_at,
      v.notices + unread, v.live_from, m.mode, m.reason, m.since, m.until_at, news
    FROM act.viewer() v LEFT JOIN LATERAL (SELECT x.* FROM sec.service_mode x WHERE x.facility_id = '00000000-0000-0000-0000-000000000000' OR x.facility_id = c.facility_id
      ORDER BY x.mode = 'read_only' DESC, x.facility_id LIMIT 1) m ON true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.my_announcements(int), act.read_announcement(uuid), act.my_incidents(), act.my_incident(uuid), act.my_affected(uuid, text), act.my_contact(),
  act.set_contact(text, text, text), act.frame() TO renkei_app;
GRANT EXECUTE ON FUNCTION act.set_mode(uuid, text, text, timestamptz), act.older_writes(text), act.modes(), act.mode_of_all(), act.open_drill(uuid, timestamptz, text, text, bool, text[]),
  act.drill_step(uuid, text, timestamptz), act.drill_affected(uuid, timestamptz, timestamptz), act.drill_report(uuid, text[]), act.incidents(), act.incident_steps(uuid) TO renkei_job;
GRANT EXECUTE ON FUNCTION act.public_incidents(), act.mode_of_all() TO renkei_auth;
GRANT EXECUTE ON FUNCTION op.set_mode(uuid, text, text, timestamptz), op.modes(), op.mode_events(int), op.facilities(),
  op.save_announcement(uuid, int, text, text, text, text, text[], uuid[], timestamptz, timestamptz, bool), op.announcements(timestamptz, int), op.announcement_versions(uuid), op.announcement_reads(uuid),
  op.open_incident(uuid, bool, timestamptz, text, text, bool, text[], text), op.assess_incident(uuid, int, text, text, bool, text[], text), op.take_step(uuid, text, timestamptz, text),
  op.find_affected(uuid, timestamptz, timestamptz, uuid[], uuid[], uuid[], uuid[], uuid[]), op.save_report(uuid, int, text[]), op.tell_facilities(uuid, int, int, jsonb),
  op.publish_incident(uuid, int, text, text, bool), op.incidents(), op.incident_steps(uuid), op.incident_report(uuid), op.incident_publication(uuid), op.incident_scopes(uuid), op.affected(uuid, int),
  op.accounts_of(text[]), op.incident_contacts(uuid, int) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
