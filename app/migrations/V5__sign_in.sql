-- Signing in. Callable by renkei_auth alone, except where a signed-in person acts on their own session.
SET LOCAL ROLE renkei_sec;

-- Seconds to wait before the next try, 0 if none. The one table of records.md §7:
--   5 failures -> 1 minute, doubling to 15; from unknown devices at most 10 an hour for an account;
--   a known device keeps its own count, so an attacker elsewhere cannot lock its owner out; 30 a minute for an address block.
CREATE FUNCTION sec.sign_in_wait(p_login_hash bytea, p_device uuid, p_block text) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); failed int; last_at timestamptz; w interval := '0'; tenth timestamptz;
BEGIN
  SELECT count(*), max(a.at) INTO failed, last_at FROM sec.attempt a
  WHERE a.login_hash = p_login_hash AND a.device_id IS NOT DISTINCT FROM p_device AND NOT a.ok AND a.at > t - interval '1 day'
    AND a.at > coalesce((SELECT max(o.at) FROM sec.attempt o WHERE o.login_hash = p_login_hash AND o.device_id IS NOT DISTINCT FROM p_device AND o.ok), '-infinity');
  IF failed >= 5 THEN
    w := greatest(w, last_at + least(interval '15 minutes', interval '1 minute' * power(2, least(failed, 10) - 5)) - t);
  END IF;
  IF p_device IS NULL THEN
    SELECT a.at INTO tenth FROM sec.attempt a WHERE a.login_hash = p_login_hash AND a.device_id IS NULL AND NOT a.ok AND a.at > t - interval '1 hour'
    ORDER BY a.at DESC OFFSET 9 LIMIT 1;
    IF tenth IS NOT NULL THEN w := greatest(w, tenth + interval '1 hour' - t); END IF;
  END IF;
  IF (SELECT count(*) FROM sec.attempt a WHERE a.address_block = p_block AND NOT a.ok AND a.at > t - interval '1 minute') >= 30 THEN
    w := greatest(w, interval '1 minute');
  END IF;
  RETURN ceil(extract(epoch FROM w));
END $$;

-- Reserves one try and hands out what the service needs to check it. For an unknown ID everything is NULL but the
-- counting is the same. `step` tells whether this is the password or the code of a sign-in that began before.
CREATE FUNCTION act.sign_in_begin(p_attempt uuid, p_login text, p_login_hash bytea, p_device_hash bytea, p_block text)
RETURNS TABLE (wait int, account_id uuid, password_hash text, totp_secret bytea, totp_last_step bigint, remembered bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a uuid; d sec.device; w int;
BEGIN
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

CREATE FUNCTION act.sign_in_half(p_token_hash bytea, p_account uuid, p_attempt uuid, p_device_hash bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO sec.pre_sign_in (token_hash, account_id, device_token_hash, attempt_id, expires_at)
  VALUES (p_token_hash, p_account, p_device_hash, p_attempt, pg_catalog.clock_timestamp() + interval '5 minutes')
$$;
-- Who is in the middle of signing in. The code itself is checked by a new try of sign_in_begin under the same login.
CREATE FUNCTION act.sign_in_halved(p_token_hash bytea) RETURNS TABLE (account_id uuid, login_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT p.account_id, a.login_id FROM sec.pre_sign_in p JOIN care.account a ON a.id = p.account_id
  WHERE p.token_hash = p_token_hash AND p.used_at IS NULL AND p.expires_at > pg_catalog.clock_timestamp()
$$;

-- The end of a successful sign-in: burns the code, marks the try, makes or finds the device, opens the session.
-- A replayed code or a used recovery code raises RK401 and leaves the try counted as failed.
CREATE FUNCTION act.sign_in_done(p_attempt uuid, p_login_hash bytea, p_account uuid, p_pre_hash bytea, p_session uuid, p_token_hash bytea, p_kind text,
  p_device_hash bytea, p_new_device uuid, p_new_device_hash bytea, p_device_name text, p_remember bool, p_factors text[], p_totp_step bigint, p_recovery_hash bytea,
  p_idle interval, p_ttl interval)
RETURNS TABLE (session_id uuid, expires_at timestamptz, enrolling bool, new_device bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); d uuid; f uuid; enrol bool := NOT (p_factors && ARRAY['have']); e timestamptz := t + p_ttl;
BEGIN
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
    WHERE s.account_id = p_account AND s.state = 'active' ORDER BY u.used DESC NULLS LAST, s.since LIMIT 1;
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

-- A try that did not succeed, in its own transaction.
CREATE FUNCTION act.sign_in_refused(p_account uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE f uuid;
BEGIN
  SELECT s.facility_id INTO f FROM care.staff s WHERE s.account_id = p_account ORDER BY s.since LIMIT 1;
  PERFORM sec.log(ROW(p_account, f, NULL, NULL, NULL, NULL, NULL)::sec.context, 'signed_in', NULL, NULL, NULL, NULL, 'refused', NULL);
END $$;
CREATE FUNCTION act.recovery_codes_left(p_account uuid) RETURNS SETOF bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT r.code_hash FROM sec.recovery_code r WHERE r.account_id = p_account AND r.used_at IS NULL
$$;

-- ---- Enrolment of the second factor: the session is 'enrolling' until it is done -----------------------
CREATE FUNCTION sec.own_session(p_token_hash bytea, p_states text[]) RETURNS sec.session
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE s sec.session;
BEGIN
  SELECT * INTO s FROM sec.session x WHERE x.token_hash = p_token_hash AND x.expires_at > pg_catalog.clock_timestamp();
  IF NOT FOUND OR s.state = 'ended' THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF NOT s.state = ANY (p_states) THEN RAISE EXCEPTION 'not in this state' USING ERRCODE = CASE s.state WHEN 'locked' THEN 'RK423' WHEN 'enrolling' THEN 'RK428' ELSE 'RK409' END; END IF;
  RETURN s;
END $$;
CREATE FUNCTION act.session_state(p_token_hash bytea) RETURNS TABLE (state text, account_id uuid, login_id text, name text, profession text, facility text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE WHEN s.expires_at <= pg_catalog.clock_timestamp() THEN 'ended' WHEN s.state = 'active' AND s.last_seen < pg_catalog.clock_timestamp() - s.idle THEN 'locked' ELSE s.state END,
    s.account_id, a.login_id, coalesce(p.work_name, p.name), p.profession, f.name
  FROM sec.session s JOIN care.account a ON a.id = s.account_id JOIN care.account_version p ON p.id = s.account JOIN care.facility_version f ON f.id = s.facility
  WHERE s.token_hash = p_token_hash
$$;
-- Keeps the first offered secret until it is confirmed, so that a reload shows the same code to scan.
CREATE FUNCTION act.enrol_offer(p_token_hash bytea, p_secret bytea) RETURNS TABLE (account_id uuid, login_id text, secret bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['enrolling']);
BEGIN
  -- A confirmed secret is never shown again, whoever still holds a half-open session.
  IF EXISTS (SELECT 1 FROM sec.credential c WHERE c.account_id = s.account_id AND c.totp_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'already set up' USING ERRCODE = 'RK409';
  END IF;
  UPDATE sec.credential c SET totp_secret = p_secret WHERE c.account_id = s.account_id AND c.totp_secret IS NULL AND c.totp_confirmed_at IS NULL;
  RETURN QUERY SELECT c.account_id, a.login_id, c.totp_secret FROM sec.credential c JOIN care.account a ON a.id = c.account_id WHERE c.account_id = s.account_id;
END $$;
CREATE FUNCTION act.enrol_confirm(p_token_hash bytea, p_step bigint, p_codes bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['enrolling']); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.credential SET totp_confirmed_at = t, totp_last_step = p_step WHERE account_id = s.account_id AND totp_confirmed_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'already set up' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO sec.recovery_code (account_id, code_hash, made_at) SELECT s.account_id, c, t FROM pg_catalog.unnest(p_codes) c;
  UPDATE sec.session SET state = 'active', factors = ARRAY['know', 'have'], last_seen = t, stepped_up_at = t WHERE token_hash = p_token_hash;
  -- Whoever else signed in with the first password has to begin again, now with the factor.
  PERFORM sec.end_sessions(s.account_id, NULL, NULL, NULL, s.id);
  PERFORM sec.log(ROW(s.account_id, s.facility_id, s.account, s.facility, s.id, s.device_id, NULL)::sec.context, 'factor_enrolled', NULL, NULL, NULL, NULL, 'done', NULL);
END $$;

-- ---- Lock, unlock, end ---------------------------------------------------------------------------------
CREATE FUNCTION act.lock(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session;
BEGIN
  UPDATE sec.session SET state = 'locked' WHERE token_hash = p_token_hash AND state = 'active' RETURNING * INTO s;
  IF FOUND THEN
    INSERT INTO care.event (kind, session_id, at) VALUES ('session.locked', s.id, pg_catalog.clock_timestamp());
    PERFORM sec.log(ROW(s.account_id, s.facility_id, s.account, s.facility, s.id, s.device_id, NULL)::sec.context, 'locked', NULL, NULL, NULL, NULL, 'done', NULL);
  END IF;
END $$;
-- Gives what checks the password or a code of a session's own account, on its own device, as one counted try.
CREATE FUNCTION act.confirm_begin(p_token_hash bytea, p_attempt uuid, p_login_hash bytea, p_block text)
RETURNS TABLE (wait int, password_hash text, totp_secret bytea, totp_last_step bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['locked', 'active']); w int;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.encode(p_login_hash, 'hex'), 7));
  w := sec.sign_in_wait(p_login_hash, s.device_id, p_block);
  IF w = 0 THEN
    INSERT INTO sec.attempt (id, at, login_hash, device_id, address_block) VALUES (p_attempt, pg_catalog.clock_timestamp(), p_login_hash, s.device_id, p_block);
  END IF;
  RETURN QUERY SELECT w, CASE WHEN w = 0 THEN c.password_hash END, CASE WHEN w = 0 AND c.totp_confirmed_at IS NOT NULL THEN c.totp_secret END, c.totp_last_step
    FROM sec.credential c WHERE c.account_id = s.account_id;
END $$;
-- The try went well: for a few minutes the session may do what must_be_fresh guards. A code's step is burnt.
CREATE FUNCTION act.confirm_done(p_token_hash bytea, p_attempt uuid, p_totp_step bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['active']); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF p_totp_step IS NOT NULL THEN
    UPDATE sec.credential SET totp_last_step = p_totp_step WHERE account_id = s.account_id AND totp_last_step < p_totp_step;
    IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  UPDATE sec.session SET stepped_up_at = t, last_seen = t WHERE token_hash = p_token_hash;
  PERFORM sec.log(ROW(s.account_id, s.facility_id, s.account, s.facility, s.id, s.device_id, NULL)::sec.context, 'confirmed_identity', NULL, NULL, NULL, NULL, 'done', NULL);
END $$;
CREATE FUNCTION act.unlock_done(p_token_hash bytea, p_attempt uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['locked', 'active']);
BEGIN
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  UPDATE sec.session SET state = 'active', last_seen = pg_catalog.clock_timestamp() WHERE token_hash = p_token_hash;
  PERFORM sec.log(ROW(s.account_id, s.facility_id, s.account, s.facility, s.id, s.device_id, NULL)::sec.context, 'unlocked', NULL, NULL, NULL, NULL, 'done', NULL);
END $$;

-- Ends sessions and tells every node to close their streams. One place, whatever the reason. `p_keep` stays open.
CREATE FUNCTION sec.end_sessions(p_account uuid, p_token_hash bytea, p_device uuid, p_facility uuid, p_keep uuid DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE n int;
BEGIN
  WITH ended AS (
    UPDATE sec.session SET state = 'ended', ended_at = pg_catalog.clock_timestamp()
    WHERE state <> 'ended' AND account_id = p_account
      AND (p_token_hash IS NULL OR token_hash = p_token_hash) AND (p_device IS NULL OR device_id = p_device) AND (p_facility IS NULL OR facility_id = p_facility)
      AND (p_keep IS NULL OR id <> p_keep)
    RETURNING id, account_id)
  INSERT INTO care.event (kind, session_id, at) SELECT 'session.ended', e.id, pg_catalog.clock_timestamp() FROM ended e;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
-- One's own session, whatever its state: signing out always works.
CREATE FUNCTION act.sign_out(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session;
BEGIN
  SELECT * INTO s FROM sec.session x WHERE x.token_hash = p_token_hash AND x.state <> 'ended';
  IF FOUND THEN
    PERFORM sec.end_sessions(s.account_id, p_token_hash, NULL, NULL);
    PERFORM sec.log(ROW(s.account_id, s.facility_id, s.account, s.facility, s.id, s.device_id, NULL)::sec.context, 'signed_out', NULL, NULL, NULL, NULL, 'done', NULL);
  END IF;
END $$;

SET LOCAL ROLE renkei_owner;
