-- Personal access tokens: what a person hands to a program of hers, so that it reads or posts as she may, for one facility and a time.
-- They are no sessions. Everything that asks for a session of its own (signing in, stepping up, unlocking, factors, devices, live
-- streams) looks into sec.session and does not find one there; and the context that a token opens is never an admin's.

SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.personal_token (
  id uuid PRIMARY KEY,                                         -- stands in a context and in the access log for session and device
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  scope text NOT NULL CHECK (scope IN ('read', 'post', 'both')),
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > made_at AND expires_at <= made_at + interval '90 days'),
  used_at timestamptz,
  ended_at timestamptz,
  ended_by uuid                                                -- NULL: with the person's sessions
);
CREATE INDEX personal_token_by_account ON sec.personal_token (account_id) WHERE ended_at IS NULL;
CREATE INDEX personal_token_by_facility ON sec.personal_token (facility_id, made_at DESC);
SELECT care.guard_from_migrator('sec.personal_token');
-- Whether a facility lets its people have any: the newest version counts; none: it does.
CREATE TABLE sec.token_rule (
  facility_id uuid NOT NULL,
  version int NOT NULL,
  allowed bool NOT NULL,
  by_account uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (facility_id, version)
);
SELECT care.guard_from_migrator('sec.token_rule');

-- Where only managed devices may come in, nothing that works on any machine may.
CREATE FUNCTION sec.tokens_allowed(p_facility uuid) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT r.allowed FROM sec.token_rule r WHERE r.facility_id = p_facility ORDER BY r.version DESC LIMIT 1), true)
    AND NOT coalesce((sec.sign_in_policy(p_facility)).managed_devices_only, false);
END $$;

-- A token that is good now. The facility's hours hold for it as for people; an admin's exception does not, as it is no admin.
CREATE FUNCTION sec.good_token(p_token_hash bytea) RETURNS sec.personal_token LANGUAGE plpgsql STABLE AS $$
DECLARE k sec.personal_token; p care.sign_in_policy; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.* INTO k FROM sec.personal_token x JOIN care.staff s ON s.account_id = x.account_id AND s.facility_id = x.facility_id AND s.state = 'active'
    WHERE x.token_hash = p_token_hash AND x.ended_at IS NULL AND x.expires_at > t;
  IF NOT FOUND OR NOT sec.tokens_allowed(k.facility_id) THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  p := sec.sign_in_policy(k.facility_id);
  IF NOT sec.within_hours(p, t) THEN
    RAISE EXCEPTION 'outside the hours' USING ERRCODE = 'RK430', DETAIL = pg_catalog.to_char(p.opens, 'FMHH24:MI') || '〜' || pg_catalog.to_char(p.closes, 'FMHH24:MI');
  END IF;
  RETURN k;
END $$;
-- Whom a token stands for. Session and device are the token itself: by that everything afterwards knows it, and the access log names it.
CREATE FUNCTION sec.token_caller(p_token_hash bytea) RETURNS sec.context LANGUAGE plpgsql VOLATILE AS $$
DECLARE k sec.personal_token := sec.good_token(p_token_hash);
BEGIN
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(k.facility_id, 'open'); END IF;
  RETURN ROW(k.account_id, k.facility_id, (SELECT v.version FROM care.person_now v WHERE v.account_id = k.account_id),
    (SELECT v.version FROM care.facility_now v WHERE v.facility_id = k.facility_id), k.id, k.id, false)::sec.context;
END $$;
CREATE FUNCTION sec.is_token(c sec.context) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
  SELECT c.session_id = c.device_id
$$;

-- As before (V29), and: what is no session may be a token.
CREATE OR REPLACE FUNCTION sec.caller(p_token_hash bytea, p_background bool) RETURNS sec.context LANGUAGE plpgsql VOLATILE AS $$
DECLARE s record; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.account_id, x.facility_id, x.account, x.facility, x.id, x.device_id, x.state, x.expires_at, x.idle, x.last_seen, f.admin INTO s
    FROM sec.session x LEFT JOIN care.staff f ON f.account_id = x.account_id AND f.facility_id = x.facility_id AND f.state = 'active'
    WHERE x.token_hash = p_token_hash;
  IF NOT FOUND THEN RETURN sec.token_caller(p_token_hash); END IF;
  IF s.state = 'ended' OR s.expires_at <= t THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
  END IF;
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(s.facility_id, 'open'); END IF;
  IF s.state = 'enrolling' THEN
    RAISE EXCEPTION 'second factor not set up' USING ERRCODE = 'RK428';
  END IF;
  IF s.state = 'pending' THEN
    RAISE EXCEPTION 'device waits for approval' USING ERRCODE = 'RK429';
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

-- As before (V22), and: a token that may only read adds to no record, whatever the program in front lets through.
CREATE OR REPLACE FUNCTION sec.chain(c sec.context, p_stream uuid, p_kind text, p_client uuid, p_files bytea[], p_commitment bytea)
RETURNS sec.link LANGUAGE plpgsql AS $$
DECLARE l sec.link; now timestamptz := sec.clock();
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  IF c.session_id = c.device_id AND EXISTS (SELECT 1 FROM sec.personal_token k WHERE k.id = c.session_id AND k.scope = 'read') THEN
    RAISE EXCEPTION 'not by this token' USING ERRCODE = 'RK403';
  END IF;
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

-- As before (V5), and: what ends all sessions of a person, or all for a facility, ends the tokens of the same. The count is of sessions.
CREATE OR REPLACE FUNCTION sec.end_sessions(p_account uuid, p_token_hash bytea, p_device uuid, p_facility uuid, p_keep uuid DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE n int; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF p_token_hash IS NULL AND p_device IS NULL THEN
    UPDATE sec.personal_token SET ended_at = t WHERE account_id = p_account AND ended_at IS NULL AND (p_facility IS NULL OR facility_id = p_facility);
  END IF;
  WITH ended AS (
    UPDATE sec.session SET state = 'ended', ended_at = t
    WHERE state <> 'ended' AND account_id = p_account
      AND (p_token_hash IS NULL OR token_hash = p_token_hash) AND (p_device IS NULL OR device_id = p_device) AND (p_facility IS NULL OR facility_id = p_facility)
      AND (p_keep IS NULL OR id <> p_keep)
    RETURNING id, account_id)
  INSERT INTO care.event (kind, session_id, at) SELECT 'session.ended', e.id, t FROM ended e;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

-- As before (V7), and: tokens, which stand in the log where a device would.
CREATE OR REPLACE FUNCTION act.device_names(p_devices uuid[]) RETURNS TABLE (id uuid, name text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT d.id, d.name FROM (
      SELECT x.id, x.name, x.account_id FROM sec.device x WHERE x.id = ANY (p_devices)
      UNION ALL SELECT x.id, 'トークン「' || x.name || '」', x.account_id FROM sec.personal_token x WHERE x.id = ANY (p_devices)) d
    WHERE EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = d.account_id AND s.facility_id = c.facility_id)
      OR EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = d.account_id AND m.group_id = ANY (sec.managed_groups()));
END $$;

-- Before a request by token is let on: whether the token is good, and may what the route needs (`read` or `post`; NULL: nobody's
-- token may). False: it may not, which the log now holds. Called once for each request, by whoever has only the token to show.
CREATE FUNCTION act.use_token(p_token_hash bytea, p_need text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE k sec.personal_token := sec.good_token(p_token_hash); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF p_need IS NULL OR k.scope NOT IN (p_need, 'both') THEN
    PERFORM sec.log(sec.token_caller(p_token_hash), 'used_token', NULL, NULL, k.facility_id, k.id, 'refused', NULL);
    RETURN false;
  END IF;
  -- To the minute is enough for whoever looks what is still in use, and spares a write with each request.
  IF k.used_at IS NULL OR k.used_at < t - interval '1 minute' THEN UPDATE sec.personal_token SET used_at = t WHERE id = k.id; END IF;
  RETURN true;
END $$;

-- That a token was made is told like a new device: it is a way to what the person sees.
ALTER TABLE sec.sign_in_notice DROP CONSTRAINT sign_in_notice_kind_check,
  ADD CONSTRAINT sign_in_notice_kind_check CHECK (kind IN ('new_device', 'many_failures', 'recovery_started', 'recovery_confirmed', 'recovery_cancelled', 'recovery_used', 'password_changed', 'password_reset', 'factor_added', 'factor_removed', 'lost_phone', 'not_me', 'calendar_link', 'personal_token')) NOT VALID;
-- Every older row met the narrower rule.
ALTER TABLE sec.sign_in_notice VALIDATE CONSTRAINT sign_in_notice_kind_check;
-- True: made now; false: this id was made before, with the same name, scope and time.
CREATE FUNCTION act.make_token(p_id uuid, p_token_hash bytea, p_name text, p_scope text, p_days int) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); k sec.personal_token; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF NOT sec.tokens_allowed(c.facility_id) THEN RAISE EXCEPTION 'no tokens here' USING ERRCODE = 'RK403'; END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.account_id::text, 45));
  SELECT * INTO k FROM sec.personal_token x WHERE x.id = p_id;
  IF FOUND THEN
    IF k.account_id <> c.account_id OR k.facility_id <> c.facility_id OR k.name <> p_name OR k.scope <> p_scope OR k.expires_at <> k.made_at + pg_catalog.make_interval(days => p_days) THEN
      RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409';
    END IF;
    RETURN false;
  END IF;
  IF (SELECT count(*) FROM sec.personal_token x WHERE x.account_id = c.account_id AND x.ended_at IS NULL AND x.expires_at > t) >= 10 THEN
    RAISE EXCEPTION 'too many tokens' USING ERRCODE = 'RK409';
  END IF;
  -- The id stands for a device in the access log: it must be nobody's.
  IF EXISTS (SELECT 1 FROM sec.device d WHERE d.id = p_id) OR EXISTS (SELECT 1 FROM sec.session s WHERE s.id = p_id) THEN RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO sec.personal_token (id, token_hash, account_id, facility_id, name, scope, made_at, expires_at)
    VALUES (p_id, p_token_hash, c.account_id, c.facility_id, p_name, p_scope, t, t + pg_catalog.make_interval(days => p_days));
  PERFORM sec.log(c, 'made_token', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  PERFORM sec.tell(c.account_id, 'personal_token', c.facility_id, c.device_id, NULL, NULL);
  RETURN true;
END $$;
-- One's own of every facility, what has run out for as long as the admin sees it too.
CREATE FUNCTION act.my_tokens() RETURNS TABLE (id uuid, name text, scope text, facility text, made_at timestamptz, expires_at timestamptz, used_at timestamptz, ended_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT k.id, k.name, k.scope, f.name, k.made_at, k.expires_at, k.used_at, coalesce(k.ended_at, CASE WHEN k.expires_at <= pg_catalog.clock_timestamp() THEN k.expires_at END)
    FROM sec.personal_token k JOIN care.facility_now f ON f.facility_id = k.facility_id
    WHERE k.account_id = c.account_id AND coalesce(k.ended_at, k.expires_at) > pg_catalog.clock_timestamp() - interval '90 days' ORDER BY k.made_at DESC;
END $$;
CREATE FUNCTION act.tokens_allowed() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
BEGIN
  RETURN sec.tokens_allowed((sec.must()).facility_id);
END $$;
-- One's own, for whichever facility.
CREATE FUNCTION act.end_token(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); k sec.personal_token;
BEGIN
  SELECT * INTO k FROM sec.personal_token x WHERE x.id = p_id AND x.account_id = c.account_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such token' USING ERRCODE = 'RK404'; END IF;
  IF k.ended_at IS NOT NULL THEN RETURN; END IF;
  UPDATE sec.personal_token SET ended_at = pg_catalog.clock_timestamp(), ended_by = c.account_id WHERE id = p_id;
  PERFORM sec.log(c, 'ended_token', NULL, NULL, k.facility_id, p_id, 'done', NULL);
END $$;

-- ---- The facility's admin ---------------------------------------------------------------------------------------------
CREATE FUNCTION act.facility_tokens() RETURNS TABLE (id uuid, account_id uuid, person text, profession text, name text, scope text, made_at timestamptz, expires_at timestamptz, used_at timestamptz, ended_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT k.id, k.account_id, p.name, p.profession, k.name, k.scope, k.made_at, k.expires_at, k.used_at, coalesce(k.ended_at, CASE WHEN k.expires_at <= pg_catalog.clock_timestamp() THEN k.expires_at END)
    FROM sec.personal_token k JOIN care.person_now p ON p.account_id = k.account_id
    WHERE k.facility_id = c.facility_id AND coalesce(k.ended_at, k.expires_at) > pg_catalog.clock_timestamp() - interval '90 days' ORDER BY k.made_at DESC LIMIT 1000;
END $$;
CREATE FUNCTION act.end_facility_token(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); k sec.personal_token;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO k FROM sec.personal_token x WHERE x.id = p_id AND x.facility_id = c.facility_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such token' USING ERRCODE = 'RK404'; END IF;
  IF k.ended_at IS NOT NULL THEN RETURN; END IF;
  UPDATE sec.personal_token SET ended_at = pg_catalog.clock_timestamp(), ended_by = c.account_id WHERE id = p_id;
  PERFORM sec.log(c, 'ended_token', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- Where they are forbidden, those that there are end at once. How many ended.
CREATE FUNCTION act.set_token_rule(p_allowed bool) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); r sec.token_rule; n int := 0; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.facility_id::text, 45));
  SELECT * INTO r FROM sec.token_rule x WHERE x.facility_id = c.facility_id ORDER BY x.version DESC LIMIT 1;
  IF coalesce(r.allowed, true) = p_allowed THEN RETURN 0; END IF;
  INSERT INTO sec.token_rule VALUES (c.facility_id, coalesce(r.version, 0) + 1, p_allowed, c.account_id, t);
  IF NOT p_allowed THEN
    UPDATE sec.personal_token SET ended_at = t, ended_by = c.account_id WHERE facility_id = c.facility_id AND ended_at IS NULL;
    GET DIAGNOSTICS n = ROW_COUNT;
  END IF;
  PERFORM sec.log(c, 'changed_token_rule', NULL, NULL, c.facility_id, NULL, 'done', NULL);
  RETURN n;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.make_token(uuid, bytea, text, text, int), act.my_tokens(), act.tokens_allowed(), act.end_token(uuid), act.facility_tokens(),
  act.end_facility_token(uuid), act.set_token_rule(bool) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.use_token(bytea, text) TO renkei_auth;
SET LOCAL ROLE renkei_owner;
