-- Passkeys (WebAuthn Level 3) beside app authentication, and proving again who one is before far-reaching acts.
SET LOCAL ROLE renkei_sec;

-- A passkey is two kinds of factor at once: the authenticator, and the PIN or the finger that it asks for.
CREATE TABLE sec.passkey (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 16 AND 1023),
  public_key bytea NOT NULL CHECK (length(public_key) <= 2048), -- COSE
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),    -- the person's own
  aaguid uuid NOT NULL,                                        -- the authenticator's model, as far as it says
  transports text[] NOT NULL,                                  -- hints for the browser
  counter bigint NOT NULL,                                     -- grows with each use, or stays 0
  backup_eligible bool NOT NULL,
  backed_up bool NOT NULL,
  made_at timestamptz NOT NULL,
  last_used_at timestamptz,
  removed_at timestamptz
);
CREATE INDEX passkey_by_account ON sec.passkey (account_id) WHERE removed_at IS NULL;
-- A challenge that has been given out: for one purpose, to one session, sign-in or browser, for five minutes, once.
CREATE TABLE sec.ceremony (
  challenge_hash bytea PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('sign_in', 'second_step', 'confirm', 'unlock', 'enrol', 'add')),
  bound_to text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX ceremony_by_end ON sec.ceremony (expires_at);
SELECT care.guard_from_migrator('sec.passkey');
SELECT care.guard_from_migrator('sec.ceremony');

-- ---- Freshness: one mechanism for everything that reaches far --------------------------------------------------
-- Proven again within five minutes. A session that rests on a remembered device has shown no second factor: it is fresh only after
-- a code or a passkey (records.md §7).
CREATE FUNCTION sec.is_fresh(p_session uuid) RETURNS bool LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM sec.session s WHERE s.id = p_session AND s.stepped_up_at > pg_catalog.clock_timestamp() - interval '5 minutes'
    AND NOT 'remembered' = ANY (s.factors))
$$;
CREATE OR REPLACE FUNCTION sec.must_be_fresh(c sec.context) RETURNS void LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
  IF NOT sec.is_fresh(c.session_id) THEN RAISE EXCEPTION 'step up required' USING ERRCODE = 'RK403'; END IF;
END $$;
-- For pages that lead to such an act, and for exports, which are reads.
CREATE FUNCTION act.must_be_fresh() RETURNS void LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_be_fresh(c);
END $$;
-- What there is to prove with. `remembered`: the password alone is not enough in this session.
CREATE FUNCTION act.my_factors() RETURNS TABLE (totp bool, passkeys bigint, remembered bool, recovery_codes bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT coalesce(x.totp_confirmed_at IS NOT NULL, false), (SELECT count(*) FROM sec.passkey k WHERE k.account_id = c.account_id AND k.removed_at IS NULL),
      'remembered' = ANY (s.factors), (SELECT count(*) FROM sec.recovery_code r WHERE r.account_id = c.account_id AND r.used_at IS NULL)
    FROM sec.session s LEFT JOIN sec.credential x ON x.account_id = s.account_id WHERE s.id = c.session_id;
END $$;

CREATE OR REPLACE FUNCTION act.set_contact(p_person text, p_phone text, p_mail text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  INSERT INTO care.facility_contact VALUES (pg_catalog.gen_random_uuid(), c.facility_id, p_person, p_phone, p_mail, c.account_id, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'changed_contact', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;

-- ---- Second factors of an account ------------------------------------------------------------------------------
-- How many there are now: app authentication, and each passkey. Whoever counts to change the number holds the credential's row.
CREATE FUNCTION sec.second_factors(p_account uuid) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT (SELECT count(*)::int FROM sec.credential c WHERE c.account_id = p_account AND c.totp_confirmed_at IS NOT NULL)
    + (SELECT count(*)::int FROM sec.passkey k WHERE k.account_id = p_account AND k.removed_at IS NULL)
$$;
CREATE FUNCTION sec.hold_factors(p_account uuid) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM sec.credential c WHERE c.account_id = p_account FOR UPDATE;
  RETURN sec.second_factors(p_account);
END $$;
-- All of them are lost: the next sign-in sets up new ones. For whoever has decided that; sessions and devices are the caller's to end.
CREATE FUNCTION sec.drop_factors(p_account uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.hold_factors(p_account);
  UPDATE sec.credential SET totp_secret = NULL, totp_confirmed_at = NULL WHERE account_id = p_account;
  UPDATE sec.passkey SET removed_at = t WHERE account_id = p_account AND removed_at IS NULL;
  UPDATE sec.recovery_code SET used_at = t WHERE account_id = p_account AND used_at IS NULL;
END $$;
CREATE OR REPLACE FUNCTION act.my_account() RETURNS TABLE (second_factor bool, recovery_codes bigint, devices bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT sec.second_factors(c.account_id) > 0, (SELECT count(*) FROM sec.recovery_code r WHERE r.account_id = c.account_id AND r.used_at IS NULL),
    (SELECT count(*) FROM act.my_devices());
END $$;
CREATE OR REPLACE FUNCTION act.renew_recovery_codes(p_codes bytea[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_fresh(c);
  IF sec.second_factors(c.account_id) = 0 THEN RAISE EXCEPTION 'no second factor' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.recovery_code SET used_at = t WHERE account_id = c.account_id AND used_at IS NULL;
  INSERT INTO sec.recovery_code (account_id, code_hash, made_at) SELECT c.account_id, x, t FROM pg_catalog.unnest(p_codes) x;
  PERFORM sec.log(c, 'renewed_recovery_codes', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;

-- ---- Signing in: as it was, and whether a passkey may be the second factor --------------------------------------
DROP FUNCTION act.sign_in_begin(uuid, text, bytea, bytea, text);
CREATE FUNCTION act.sign_in_begin(p_attempt uuid, p_login text, p_login_hash bytea, p_device_hash bytea, p_block text)
RETURNS TABLE (wait int, account_id uuid, password_hash text, totp_secret bytea, totp_last_step bigint, remembered bool, passkeys bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a uuid; d sec.device; w int;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  SELECT x.id INTO a FROM care.account x WHERE x.login_id = p_login;
  d := sec.known_device(p_device_hash, a);
  w := sec.begin_try(p_attempt, p_login_hash, d.id, p_block);
  IF w > 0 THEN
    RETURN QUERY SELECT w, NULL::uuid, NULL::text, NULL::bytea, NULL::bigint, false, false;
    RETURN;
  END IF;
  RETURN QUERY SELECT 0, c.account_id, c.password_hash, CASE WHEN c.totp_confirmed_at IS NOT NULL THEN c.totp_secret END, c.totp_last_step,
      coalesce(d.remembered_until > pg_catalog.clock_timestamp(), false), EXISTS (SELECT 1 FROM sec.passkey k WHERE k.account_id = c.account_id AND k.removed_at IS NULL)
    FROM (SELECT 1) one LEFT JOIN sec.credential c ON c.account_id = a
      AND EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = a AND f.state = 'active');
END $$;
-- By which second factors somebody in the middle of signing in may go on.
CREATE FUNCTION act.second_step_ways(p_token_hash bytea) RETURNS TABLE (totp bool, passkey bool) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT c.totp_confirmed_at IS NOT NULL, EXISTS (SELECT 1 FROM sec.passkey k WHERE k.account_id = p.account_id AND k.removed_at IS NULL)
  FROM sec.pre_sign_in p JOIN sec.credential c ON c.account_id = p.account_id
  WHERE p.token_hash = p_token_hash AND p.used_at IS NULL AND p.expires_at > pg_catalog.clock_timestamp()
$$;

-- ---- One's own session, in one of these states. One that has been idle for too long is locked, whether or not anybody said so. ----
CREATE OR REPLACE FUNCTION sec.own_session(p_token_hash bytea, p_states text[]) RETURNS sec.session
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE s sec.session;
BEGIN
  SELECT * INTO s FROM sec.session x WHERE x.token_hash = p_token_hash AND x.expires_at > pg_catalog.clock_timestamp();
  IF NOT FOUND OR s.state = 'ended' THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF s.state = 'active' AND s.last_seen < pg_catalog.clock_timestamp() - s.idle THEN s.state := 'locked'; END IF;
  IF NOT s.state = ANY (p_states) THEN RAISE EXCEPTION 'not in this state' USING ERRCODE = CASE s.state WHEN 'locked' THEN 'RK423' WHEN 'enrolling' THEN 'RK428' WHEN 'pending' THEN 'RK429' ELSE 'RK409' END; END IF;
  RETURN s;
END $$;
-- A browser's session gets a new token whenever it comes to be worth more: whoever knew the old one has nothing. A token that was
-- handed out to a program stays.
CREATE FUNCTION sec.renew_token(s sec.session, p_new_token_hash bytea) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  IF s.kind <> 'browser' OR p_new_token_hash IS NULL THEN RETURN false; END IF;
  UPDATE sec.session SET token_hash = p_new_token_hash WHERE id = s.id;
  RETURN true;
END $$;
CREATE FUNCTION sec.log_own(s sec.session, p_act text) RETURNS void LANGUAGE sql AS $$
  SELECT sec.log(ROW(s.account_id, s.facility_id, s.account, s.facility, s.id, s.device_id, NULL)::sec.context, p_act, NULL, NULL, NULL, NULL, 'done', NULL)
$$;

-- The try went well: for five minutes the session may do what must_be_fresh guards. A code's step is burnt. True: the new token is
-- the session's from here on.
DROP FUNCTION act.confirm_done(bytea, uuid, bigint);
CREATE FUNCTION act.confirm_done(p_token_hash bytea, p_attempt uuid, p_method text, p_totp_step bigint, p_new_token_hash bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['active']); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF p_method NOT IN ('password', 'code', 'passkey') THEN RAISE EXCEPTION 'no such method' USING ERRCODE = 'RK422'; END IF;
  IF p_method = 'password' AND 'remembered' = ANY (s.factors) THEN RAISE EXCEPTION 'code or passkey please' USING ERRCODE = 'RK403'; END IF;
  IF p_totp_step IS NOT NULL THEN
    UPDATE sec.credential SET totp_last_step = p_totp_step WHERE account_id = s.account_id AND totp_last_step < p_totp_step;
    IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  -- A code or a passkey stands in for what the remembered device spared.
  UPDATE sec.session SET stepped_up_at = greatest(stepped_up_at, t), last_seen = t, factors = pg_catalog.array_remove(factors, 'remembered') WHERE id = s.id;
  PERFORM sec.log_own(s, 'confirmed_identity');
  RETURN sec.renew_token(s, p_new_token_hash);
END $$;

-- Unlocking takes a passkey, or the password on the session's own device: a token that turned up elsewhere is worth nothing.
CREATE FUNCTION act.unlock_ways(p_token_hash bytea, p_device_hash bytea) RETURNS TABLE (password bool, passkey bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['locked', 'active']);
BEGIN
  RETURN QUERY SELECT EXISTS (SELECT 1 FROM sec.device d WHERE d.id = s.device_id AND d.token_hash = p_device_hash AND d.ended_at IS NULL),
    EXISTS (SELECT 1 FROM sec.passkey k WHERE k.account_id = s.account_id AND k.removed_at IS NULL);
END $$;
DROP FUNCTION act.unlock_done(bytea, uuid);
CREATE FUNCTION act.unlock_done(p_token_hash bytea, p_attempt uuid, p_method text, p_device_hash bytea, p_new_token_hash bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['locked', 'active']);
BEGIN
  IF p_method <> 'passkey' AND NOT EXISTS (SELECT 1 FROM sec.device d WHERE d.id = s.device_id AND d.token_hash = p_device_hash AND d.ended_at IS NULL) THEN
    RAISE EXCEPTION 'unknown device' USING ERRCODE = 'RK403';
  END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  UPDATE sec.session SET state = 'active', last_seen = pg_catalog.clock_timestamp() WHERE id = s.id;
  PERFORM sec.log_own(s, 'unlocked');
  RETURN sec.renew_token(s, p_new_token_hash);
END $$;

ALTER TABLE sec.credential ADD COLUMN totp_offered_to uuid;   -- the session that was shown the secret, until it is confirmed

-- ---- Setting up the first second factor, or app authentication beside passkeys ---------------------------------------
-- A session that is only setting up, or one that has just proven again who it is.
CREATE FUNCTION sec.setting_up(p_token_hash bytea) RETURNS sec.session LANGUAGE plpgsql STABLE AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['enrolling', 'active']);
BEGIN
  IF s.state = 'active' AND NOT sec.is_fresh(s.id) THEN RAISE EXCEPTION 'step up required' USING ERRCODE = 'RK403'; END IF;
  RETURN s;
END $$;
CREATE OR REPLACE FUNCTION act.enrol_offer(p_token_hash bytea, p_secret bytea) RETURNS TABLE (account_id uuid, login_id text, secret bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.session := sec.setting_up(p_token_hash);
BEGIN
  -- A confirmed secret is never shown again, whoever still holds a half-open session.
  IF EXISTS (SELECT 1 FROM sec.credential c WHERE c.account_id = s.account_id AND c.totp_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'already set up' USING ERRCODE = 'RK409';
  END IF;
  -- The same on every reload, another one for another session: a picture that somebody took earlier is of nothing.
  UPDATE sec.credential c SET totp_secret = p_secret, totp_offered_to = s.id
    WHERE c.account_id = s.account_id AND c.totp_confirmed_at IS NULL AND (c.totp_secret IS NULL OR c.totp_offered_to IS DISTINCT FROM s.id);
  RETURN QUERY SELECT c.account_id, a.login_id, c.totp_secret FROM sec.credential c JOIN care.account a ON a.id = c.account_id WHERE c.account_id = s.account_id;
END $$;
-- What the first second factor brings with it: recovery codes, an open session under a new token, and the end of all others, who came
-- in with the password alone.
CREATE FUNCTION sec.enrolled(s sec.session, p_factors text[], p_codes bytea[], p_new_token_hash bytea) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF sec.kinds_of(p_factors) < 2 THEN RAISE EXCEPTION 'two kinds of factor' USING ERRCODE = 'RK422'; END IF;
  INSERT INTO sec.recovery_code (account_id, code_hash, made_at) SELECT s.account_id, c, t FROM pg_catalog.unnest(p_codes) c;
  UPDATE sec.session SET state = 'active', factors = p_factors, last_seen = t, stepped_up_at = t WHERE id = s.id;
  PERFORM sec.end_sessions(s.account_id, NULL, NULL, NULL, s.id);
  RETURN sec.renew_token(s, p_new_token_hash);
END $$;
DROP FUNCTION act.enrol_confirm(bytea, bigint, bytea[]);
CREATE FUNCTION act.enrol_confirm(p_token_hash bytea, p_step bigint, p_codes bytea[], p_new_token_hash bytea) RETURNS TABLE (first bool, renewed bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.setting_up(p_token_hash); before int := sec.hold_factors(s.account_id);
BEGIN
  IF s.state = 'enrolling' AND before > 0 THEN RAISE EXCEPTION 'already set up' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.credential SET totp_confirmed_at = pg_catalog.clock_timestamp(), totp_last_step = p_step
    WHERE account_id = s.account_id AND totp_secret IS NOT NULL AND totp_confirmed_at IS NULL AND totp_offered_to = s.id;
  IF NOT FOUND THEN RAISE EXCEPTION 'already set up' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.log_own(s, 'factor_enrolled');
  IF s.state = 'active' THEN RETURN QUERY SELECT false, false; RETURN; END IF;
  RETURN QUERY SELECT true, sec.enrolled(s, ARRAY['know', 'have'], p_codes, p_new_token_hash);
END $$;

-- ---- Ceremonies ------------------------------------------------------------------------------------------------
CREATE FUNCTION sec.open_ceremony(p_challenge_hash bytea, p_purpose text, p_bound_to text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  DELETE FROM sec.ceremony c WHERE c.challenge_hash IN
    (SELECT x.challenge_hash FROM sec.ceremony x WHERE x.expires_at < t ORDER BY x.expires_at LIMIT 100 FOR UPDATE SKIP LOCKED);
  INSERT INTO sec.ceremony VALUES (p_challenge_hash, p_purpose, p_bound_to, t + interval '5 minutes');
END $$;
-- Whether it was one; it is none any more, whatever comes of it.
CREATE FUNCTION sec.close_ceremony(p_challenge_hash bytea, p_purpose text, p_bound_to text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM sec.ceremony c WHERE c.challenge_hash = p_challenge_hash AND c.purpose = p_purpose AND c.bound_to = p_bound_to
    AND c.expires_at > pg_catalog.clock_timestamp();
  RETURN FOUND;
END $$;
CREATE FUNCTION sec.passkeys_of(p_account uuid) RETURNS bytea[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(pg_catalog.array_agg(k.credential_id ORDER BY k.made_at), '{}') FROM sec.passkey k WHERE k.account_id = p_account AND k.removed_at IS NULL
$$;
-- To whom a challenge belongs. `account_id` NULL: nobody is known yet.
CREATE FUNCTION sec.ceremony_for(p_purpose text, p_token_hash bytea) RETURNS TABLE (bound_to text, account_id uuid, session sec.session) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE s sec.session; a uuid;
BEGIN
  IF p_purpose = 'sign_in' THEN
    RETURN QUERY SELECT 'browser:' || pg_catalog.encode(p_token_hash, 'hex'), NULL::uuid, s; RETURN;
  ELSIF p_purpose = 'second_step' THEN
    SELECT p.account_id INTO a FROM sec.pre_sign_in p WHERE p.token_hash = p_token_hash AND p.used_at IS NULL AND p.expires_at > pg_catalog.clock_timestamp();
    IF a IS NULL THEN RAISE EXCEPTION 'no sign-in' USING ERRCODE = 'RK401'; END IF;
    RETURN QUERY SELECT 'half:' || pg_catalog.encode(p_token_hash, 'hex'), a, s; RETURN;
  END IF;
  s := sec.own_session(p_token_hash, CASE p_purpose WHEN 'confirm' THEN ARRAY['active'] WHEN 'unlock' THEN ARRAY['locked', 'active'] WHEN 'enrol' THEN ARRAY['enrolling'] ELSE '{}' END);
  RETURN QUERY SELECT 'session:' || s.id, s.account_id, s;
END $$;
CREATE FUNCTION act.begin_ceremony(p_challenge_hash bytea, p_purpose text, p_token_hash bytea) RETURNS TABLE (account_id uuid, login_id text, name text, passkeys bytea[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE f record;
BEGIN
  IF p_purpose IN ('sign_in', 'second_step') THEN PERFORM sec.must_be_in_service(NULL, 'sign_in'); END IF;
  SELECT * INTO f FROM sec.ceremony_for(p_purpose, p_token_hash);
  PERFORM sec.open_ceremony(p_challenge_hash, p_purpose, f.bound_to);
  RETURN QUERY SELECT f.account_id, a.login_id, v.name, sec.passkeys_of(f.account_id)
    FROM (SELECT 1) one LEFT JOIN care.account a ON a.id = f.account_id LEFT JOIN care.person_now v ON v.account_id = f.account_id;
END $$;

-- Reserves one try with a passkey, burns the challenge, and gives the key to check with. For a passkey or a challenge that is none,
-- everything is NULL and the counting is the same.
CREATE FUNCTION act.passkey_begin(p_attempt uuid, p_challenge_hash bytea, p_purpose text, p_token_hash bytea, p_credential bytea, p_count_hash bytea, p_device_hash bytea, p_block text)
RETURNS TABLE (wait int, account_id uuid, passkey uuid, public_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE f record; k sec.passkey; w int;
BEGIN
  IF p_purpose IN ('sign_in', 'second_step') THEN PERFORM sec.must_be_in_service(NULL, 'sign_in'); END IF;
  SELECT * INTO f FROM sec.ceremony_for(p_purpose, p_token_hash);
  SELECT * INTO k FROM sec.passkey x WHERE x.credential_id = p_credential AND x.removed_at IS NULL AND (f.account_id IS NULL OR x.account_id = f.account_id)
    AND EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = x.account_id AND s.state = 'active');
  w := sec.begin_try(p_attempt, p_count_hash, coalesce((f.session).device_id, (sec.known_device(p_device_hash, k.account_id)).id), p_block);
  IF w > 0 THEN
    RETURN QUERY SELECT w, NULL::uuid, NULL::uuid, NULL::bytea; RETURN;
  END IF;
  IF NOT sec.close_ceremony(p_challenge_hash, p_purpose, f.bound_to) THEN k := NULL; END IF;
  RETURN QUERY SELECT 0, coalesce(k.account_id, f.account_id), k.id, k.public_key;
END $$;
-- The signature fitted. A counter that does not grow is an authenticator that exists twice (WebAuthn §6.1.1): refused.
CREATE FUNCTION act.passkey_used(p_passkey uuid, p_counter bigint, p_backed_up bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE sec.passkey SET counter = p_counter, backed_up = p_backed_up, last_used_at = pg_catalog.clock_timestamp()
    WHERE id = p_passkey AND removed_at IS NULL AND (p_counter > counter OR p_counter = 0 AND counter = 0);
  IF NOT FOUND THEN RAISE EXCEPTION 'passkey refused' USING ERRCODE = 'RK401'; END IF;
END $$;

-- ---- One's own passkeys ----------------------------------------------------------------------------------------
CREATE FUNCTION sec.add_passkey(p_account uuid, p_id uuid, p_credential bytea, p_key bytea, p_name text, p_aaguid uuid, p_transports text[], p_counter bigint, p_backup_eligible bool, p_backed_up bool)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM sec.passkey k WHERE k.account_id = p_account AND k.removed_at IS NULL) >= 20 THEN RAISE EXCEPTION 'too many passkeys' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO sec.passkey (id, account_id, credential_id, public_key, name, aaguid, transports, counter, backup_eligible, backed_up, made_at)
    VALUES (p_id, p_account, p_credential, p_key, p_name, p_aaguid, p_transports, p_counter, p_backup_eligible, p_backed_up, pg_catalog.clock_timestamp());
END $$;
-- The first second factor of an account.
CREATE FUNCTION act.enrol_passkey(p_token_hash bytea, p_challenge_hash bytea, p_id uuid, p_credential bytea, p_key bytea, p_name text, p_aaguid uuid, p_transports text[], p_counter bigint,
  p_backup_eligible bool, p_backed_up bool, p_codes bytea[], p_new_token_hash bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['enrolling']);
BEGIN
  IF NOT sec.close_ceremony(p_challenge_hash, 'enrol', 'session:' || s.id) THEN RAISE EXCEPTION 'challenge used or over' USING ERRCODE = 'RK409'; END IF;
  IF sec.hold_factors(s.account_id) > 0 THEN RAISE EXCEPTION 'already set up' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.add_passkey(s.account_id, p_id, p_credential, p_key, p_name, p_aaguid, p_transports, p_counter, p_backup_eligible, p_backed_up);
  PERFORM sec.log_own(s, 'added_passkey');
  RETURN sec.enrolled(s, ARRAY['know', 'have', 'are'], p_codes, p_new_token_hash);
END $$;
CREATE FUNCTION act.begin_adding(p_challenge_hash bytea) RETURNS TABLE (account_id uuid, login_id text, name text, passkeys bytea[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.open_ceremony(p_challenge_hash, 'add', 'session:' || c.session_id);
  RETURN QUERY SELECT c.account_id, a.login_id, v.name, sec.passkeys_of(c.account_id)
    FROM care.account a JOIN care.person_now v ON v.account_id = a.id WHERE a.id = c.account_id;
END $$;
-- False: it was there already, under the same id.
CREATE FUNCTION act.add_passkey(p_challenge_hash bytea, p_id uuid, p_credential bytea, p_key bytea, p_name text, p_aaguid uuid, p_transports text[], p_counter bigint,
  p_backup_eligible bool, p_backed_up bool) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.hold_factors(c.account_id);
  IF EXISTS (SELECT 1 FROM sec.passkey k WHERE k.id = p_id AND k.account_id = c.account_id AND k.credential_id = p_credential AND k.removed_at IS NULL) THEN RETURN false; END IF;
  PERFORM sec.must_be_fresh(c);
  IF NOT sec.close_ceremony(p_challenge_hash, 'add', 'session:' || c.session_id) THEN RAISE EXCEPTION 'challenge used or over' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.add_passkey(c.account_id, p_id, p_credential, p_key, p_name, p_aaguid, p_transports, p_counter, p_backup_eligible, p_backed_up);
  PERFORM sec.log(c, 'added_passkey', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN true;
END $$;
CREATE FUNCTION act.my_passkeys() RETURNS TABLE (id uuid, name text, made_at timestamptz, last_used_at timestamptz, backed_up bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT k.id, k.name, k.made_at, k.last_used_at, k.backed_up FROM sec.passkey k
    WHERE k.account_id = c.account_id AND k.removed_at IS NULL ORDER BY k.made_at, k.id;
END $$;
CREATE FUNCTION act.rename_passkey(p_id uuid, p_name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  UPDATE sec.passkey SET name = p_name WHERE id = p_id AND account_id = c.account_id AND removed_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such passkey' USING ERRCODE = 'RK404'; END IF;
END $$;
CREATE FUNCTION act.remove_passkey(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); n int;
BEGIN
  n := sec.hold_factors(c.account_id);
  IF NOT EXISTS (SELECT 1 FROM sec.passkey k WHERE k.id = p_id AND k.account_id = c.account_id AND k.removed_at IS NULL) THEN RAISE EXCEPTION 'no such passkey' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.must_be_fresh(c);
  IF n <= 1 THEN RAISE EXCEPTION 'last second factor' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.passkey SET removed_at = pg_catalog.clock_timestamp() WHERE id = p_id;
  PERFORM sec.log(c, 'removed_passkey', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- App authentication goes, for instance before a new phone takes its place. The recovery codes stay.
CREATE FUNCTION act.remove_totp() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); n int;
BEGIN
  n := sec.hold_factors(c.account_id);
  PERFORM sec.must_be_fresh(c);
  IF NOT EXISTS (SELECT 1 FROM sec.credential x WHERE x.account_id = c.account_id AND x.totp_confirmed_at IS NOT NULL) THEN RAISE EXCEPTION 'not set up' USING ERRCODE = 'RK404'; END IF;
  IF n <= 1 THEN RAISE EXCEPTION 'last second factor' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.credential SET totp_secret = NULL, totp_confirmed_at = NULL WHERE account_id = c.account_id;
  PERFORM sec.log(c, 'removed_totp', NULL, NULL, c.facility_id, NULL, 'done', NULL);
END $$;

-- Whoever has a passkey has two factors as well.
ALTER FUNCTION act.state_of_the_house() SET SCHEMA sec;
REVOKE ALL ON FUNCTION sec.state_of_the_house() FROM renkei_job;
CREATE FUNCTION act.state_of_the_house() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT sec.state_of_the_house() || pg_catalog.jsonb_build_object('two_factor',
    (SELECT count(*) FROM (SELECT DISTINCT s.account_id FROM care.staff s WHERE s.state = 'active') x WHERE sec.second_factors(x.account_id) > 0))
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.state_of_the_house() TO renkei_job;
GRANT EXECUTE ON FUNCTION act.must_be_fresh(), act.my_factors(), act.begin_adding(bytea),
  act.add_passkey(bytea, uuid, bytea, bytea, text, uuid, text[], bigint, bool, bool), act.my_passkeys(), act.rename_passkey(uuid, text), act.remove_passkey(uuid), act.remove_totp() TO renkei_app;
GRANT EXECUTE ON FUNCTION act.sign_in_begin(uuid, text, bytea, bytea, text), act.second_step_ways(bytea), act.confirm_done(bytea, uuid, text, bigint, bytea),
  act.unlock_ways(bytea, bytea), act.unlock_done(bytea, uuid, text, bytea, bytea), act.enrol_confirm(bytea, bigint, bytea[], bytea), act.begin_ceremony(bytea, text, bytea),
  act.passkey_begin(uuid, bytea, text, bytea, bytea, bytea, bytea, text), act.passkey_used(uuid, bigint, bool),
  act.enrol_passkey(bytea, bytea, uuid, bytea, bytea, text, uuid, text[], bigint, bool, bool, bytea[], bytea) TO renkei_auth;
SET LOCAL ROLE renkei_owner;
