-- Devices: which have acted for a facility, what a facility demands of a sign-in, certificates of devices, lost devices.

-- ---- What a facility demands of a sign-in, version by version ---------------------------------------------------
-- No foreign keys to older tables, see V13.
CREATE TABLE care.sign_in_policy (
  facility_id uuid NOT NULL,
  version int NOT NULL CHECK (version >= 1),
  second_factor text NOT NULL CHECK (second_factor = 'required'),
  managed_devices_only bool NOT NULL,
  idle_minutes int NOT NULL CHECK (idle_minutes BETWEEN 1 AND 30),
  opens time,                                                  -- Asia/Tokyo; both NULL: at any hour. A window may cross midnight.
  closes time,
  by_account uuid,                                             -- NULL: whoever runs the deployment, by the command
  at timestamptz NOT NULL,
  CONSTRAINT sign_in_policy_pkey PRIMARY KEY (facility_id, version),
  CHECK ((opens IS NULL) = (closes IS NULL) AND opens IS DISTINCT FROM closes OR opens IS NULL)
);
SELECT care.make_append_only('care.sign_in_policy');
GRANT SELECT, INSERT ON care.sign_in_policy TO renkei_sec;
SELECT care.protect('care.sign_in_policy');
CREATE POLICY admin ON care.sign_in_policy FOR SELECT TO renkei_app USING (facility_id = (SELECT sec.admin_of()));
GRANT SELECT ON care.sign_in_policy TO renkei_app;

-- A device was reported lost: for each facility whose patients may have been on its screen, one row. Ids, no words.
CREATE TABLE care.device_loss (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  by_account uuid NOT NULL,
  sessions int NOT NULL CHECK (sessions >= 0),                 -- that ended, of whichever facility
  at timestamptz NOT NULL
);
CREATE INDEX device_loss_by_facility ON care.device_loss (facility_id, at DESC);
SELECT care.make_append_only('care.device_loss');
GRANT SELECT, INSERT ON care.device_loss TO renkei_sec;
SELECT care.protect('care.device_loss');
CREATE POLICY admin ON care.device_loss FOR SELECT TO renkei_app USING (facility_id = (SELECT sec.admin_of()));
GRANT SELECT ON care.device_loss TO renkei_app;

SET LOCAL ROLE renkei_sec;

-- ---- Devices ----------------------------------------------------------------------------------------------------
-- `pending`: both factors were right, but the facility has not approved the device.
ALTER TABLE sec.session DROP CONSTRAINT session_state_check,
  ADD CONSTRAINT session_state_check CHECK (state IN ('enrolling', 'pending', 'active', 'locked', 'ended')),
  ADD COLUMN certificate_id uuid;                              -- of the device, where it came in by one
-- A browser keeps one token, whoever uses it: a row for each person, so that what a facility approves is the device and not
-- the person at it.
ALTER TABLE sec.device DROP CONSTRAINT device_token_hash_key,
  ADD COLUMN kind text NOT NULL DEFAULT 'other' CHECK (kind IN ('phone', 'tablet', 'pc', 'other'));
CREATE UNIQUE INDEX device_by_token ON sec.device (token_hash, account_id) WHERE ended_at IS NULL;

-- A device as a facility knows it: it has acted for it.
CREATE TABLE sec.device_at (
  facility_id uuid NOT NULL,
  device_id uuid NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  owner text CHECK (owner IN ('facility', 'personal')),        -- NULL: nobody has said
  state text NOT NULL DEFAULT 'seen' CHECK (state IN ('seen', 'waiting', 'approved', 'refused')),
  decided_by uuid,
  decided_at timestamptz,
  PRIMARY KEY (facility_id, device_id)
);
CREATE INDEX device_at_by_device ON sec.device_at (device_id);
SELECT care.guard_from_migrator('sec.device_at');
-- Whoever is signed in has acted for the facility of the session.
INSERT INTO sec.device_at (facility_id, device_id, first_seen, last_seen)
  SELECT s.facility_id, s.device_id, min(s.created_at), max(s.last_seen) FROM sec.session s GROUP BY s.facility_id, s.device_id;

-- The authority of device certificates. Its key is sealed by the service.
CREATE TABLE sec.device_ca (
  id uuid PRIMARY KEY,
  certificate bytea NOT NULL,                                  -- DER
  wrapped bytea NOT NULL,                                      -- the key of the sealing, under the master key
  sealed bytea NOT NULL,
  made_at timestamptz NOT NULL
);
SELECT care.guard_from_migrator('sec.device_ca');
-- A single-use permission to get a certificate.
CREATE TABLE sec.device_enrolment (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  made_by uuid NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX device_enrolment_by_facility ON sec.device_enrolment (facility_id, made_at DESC);
SELECT care.guard_from_migrator('sec.device_enrolment');
CREATE TABLE sec.device_certificate (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  enrolment_id uuid NOT NULL UNIQUE,
  serial bytea NOT NULL,
  fingerprint bytea NOT NULL UNIQUE CHECK (length(fingerprint) = 32),   -- SHA-256 of the certificate's DER
  name text NOT NULL,
  made_at timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_by uuid
);
CREATE INDEX device_certificate_by_facility ON sec.device_certificate (facility_id, made_at DESC);
SELECT care.guard_from_migrator('sec.device_certificate');

-- ---- What the policy means --------------------------------------------------------------------------------------
-- The version in force; a row of NULLs where the facility never set one.
CREATE FUNCTION sec.sign_in_policy(p_facility uuid) RETURNS care.sign_in_policy LANGUAGE plpgsql STABLE AS $$
DECLARE p care.sign_in_policy;
BEGIN
  SELECT * INTO p FROM care.sign_in_policy x WHERE x.facility_id = p_facility ORDER BY x.version DESC LIMIT 1;
  RETURN p;
END $$;
-- Whoever works for several facilities keeps the shortest of their times, for whichever she acts: it is the same screen.
-- `p_default` is the deployment's; NULL: none.
CREATE FUNCTION sec.idle_of(p_account uuid, p_default interval) RETURNS interval LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT min(coalesce(pg_catalog.make_interval(mins => (sec.sign_in_policy(s.facility_id)).idle_minutes), p_default))
    FROM care.staff s WHERE s.account_id = p_account AND s.state = 'active');
END $$;
CREATE FUNCTION sec.within_hours(p care.sign_in_policy, p_at timestamptz) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p.opens IS NULL THEN true
    WHEN p.opens < p.closes THEN x.t >= p.opens AND x.t < p.closes
    ELSE x.t >= p.opens OR x.t < p.closes END FROM (SELECT (p_at AT TIME ZONE 'Asia/Tokyo')::time AS t) x
$$;
-- A facility's admins come in at any hour: somebody must be able to change the hours.
CREATE FUNCTION sec.may_come_now(p_account uuid, p_facility uuid, p_at timestamptz) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN sec.within_hours(sec.sign_in_policy(p_facility), p_at)
    OR EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.facility_id = p_facility AND s.admin AND s.state = 'active');
END $$;
-- The rows of the same device: one for each person who uses it.
CREATE FUNCTION sec.same_device(p_device uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
  SELECT y.id FROM sec.device x JOIN sec.device y ON y.token_hash = x.token_hash WHERE x.id = p_device AND y.ended_at IS NULL
$$;
-- Approved by this facility, or shown to be the facility's by a certificate that is good now.
CREATE FUNCTION sec.is_managed(p_facility uuid, p_device uuid, p_certificate uuid) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM sec.device_certificate k WHERE k.id = p_certificate AND k.facility_id = p_facility AND k.revoked_at IS NULL AND k.not_after > pg_catalog.clock_timestamp())
    OR EXISTS (SELECT 1 FROM sec.device_at a WHERE a.facility_id = p_facility AND a.state = 'approved' AND a.device_id IN (SELECT sec.same_device(p_device)));
END $$;

-- The policy stands here and nowhere else: whatever opens a session, unlocks it or moves it to another facility passes by.
CREATE FUNCTION sec.hold_policy() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); p care.sign_in_policy; managed bool; moves bool := TG_OP = 'INSERT';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    moves := NEW.facility_id <> OLD.facility_id;
    IF NOT moves AND (NEW.state <> 'active' OR OLD.state = 'active') THEN RETURN NEW; END IF;
  END IF;
  p := sec.sign_in_policy(NEW.facility_id);
  IF moves AND NOT sec.may_come_now(NEW.account_id, NEW.facility_id, t) THEN
    RAISE EXCEPTION 'outside the hours' USING ERRCODE = 'RK430', DETAIL = pg_catalog.to_char(p.opens, 'FMHH24:MI') || '〜' || pg_catalog.to_char(p.closes, 'FMHH24:MI');
  END IF;
  managed := sec.is_managed(NEW.facility_id, NEW.device_id, NEW.certificate_id);
  IF p.managed_devices_only AND NOT managed THEN
    IF TG_OP = 'UPDATE' AND moves THEN RAISE EXCEPTION 'device not approved' USING ERRCODE = 'RK403'; END IF;
    IF NEW.state = 'active' THEN NEW.state := 'pending'; END IF;
  END IF;
  IF moves THEN
    INSERT INTO sec.device_at AS a (facility_id, device_id, first_seen, last_seen, state)
      VALUES (NEW.facility_id, NEW.device_id, t, t, CASE WHEN NEW.certificate_id IS NULL AND managed THEN 'approved' ELSE 'seen' END)
      ON CONFLICT (facility_id, device_id) DO UPDATE SET last_seen = t;
  END IF;
  IF NEW.state = 'pending' THEN
    UPDATE sec.device_at SET state = 'waiting' WHERE facility_id = NEW.facility_id AND device_id = NEW.device_id AND state IN ('seen', 'refused');
  END IF;
  IF moves THEN NEW.idle := sec.idle_of(NEW.account_id, NEW.idle); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hold_policy BEFORE INSERT OR UPDATE OF state, facility_id ON sec.session FOR EACH ROW EXECUTE FUNCTION sec.hold_policy();

-- ---- Signing in and asking ----------------------------------------------------------------------------------------
-- One that is in service, open now, and content with this device, if there is one; of these the one used last.
CREATE FUNCTION sec.facility_to_act_for(p_account uuid, p_device uuid, p_certificate uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  RETURN (SELECT s.facility_id FROM care.staff s
    LEFT JOIN LATERAL (SELECT max(x.created_at) AS used FROM sec.session x WHERE x.account_id = p_account AND x.facility_id = s.facility_id) u ON true
    WHERE s.account_id = p_account AND s.state = 'active'
    ORDER BY EXISTS (SELECT 1 FROM sec.service_mode m WHERE m.facility_id = s.facility_id AND m.mode IN ('stopped', 'sign_in_stopped')),
      NOT sec.may_come_now(p_account, s.facility_id, t),
      coalesce((sec.sign_in_policy(s.facility_id)).managed_devices_only, false) AND NOT sec.is_managed(s.facility_id, p_device, p_certificate),
      u.used DESC NULLS LAST, s.since LIMIT 1);
END $$;
CREATE FUNCTION sec.facility_to_act_for(p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN sec.facility_to_act_for(p_account, NULL, NULL);
END $$;

-- As before (V13), and: which facility the session acts for depends on the device; two different kinds of factor are asked for; the device's token is kept where anybody has it in use; `p_token_hash` belongs to the token that was
-- shown, `p_new_token_hash` to the new one, since a browser's session is bound to its device's token.
DROP FUNCTION act.sign_in_done(uuid, bytea, uuid, bytea, uuid, bytea, text, bytea, uuid, bytea, text, bool, text[], bigint, bytea, interval, interval);
CREATE FUNCTION act.sign_in_done(p_attempt uuid, p_login_hash bytea, p_account uuid, p_pre_hash bytea, p_session uuid, p_token_hash bytea, p_kind text,
  p_device_hash bytea, p_new_device uuid, p_new_device_hash bytea, p_device_name text, p_remember bool, p_factors text[], p_totp_step bigint, p_recovery_hash bytea,
  p_idle interval, p_ttl interval, p_new_token_hash bytea DEFAULT NULL, p_device_kind text DEFAULT 'other', p_certificate bytea DEFAULT NULL)
RETURNS TABLE (session_id uuid, expires_at timestamptz, enrolling bool, new_device bool, pending bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); d uuid; f uuid; enrol bool := sec.kinds_of(p_factors) < 2; e timestamptz := t + p_ttl; fresh bool := false; k uuid; s text;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  IF p_certificate IS NOT NULL THEN
    SELECT x.id INTO k FROM sec.device_certificate x WHERE x.fingerprint = p_certificate AND x.revoked_at IS NULL AND x.not_after > t;
    IF NOT FOUND THEN RAISE EXCEPTION 'no such certificate' USING ERRCODE = 'RK401'; END IF;
  END IF;
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
  UPDATE sec.device SET last_seen = t, remembered_until = CASE WHEN p_remember THEN t + interval '30 days' ELSE remembered_until END
    WHERE token_hash = p_device_hash AND account_id = p_account AND ended_at IS NULL RETURNING id INTO d;
  IF d IS NULL THEN
    d := p_new_device;
    fresh := NOT EXISTS (SELECT 1 FROM sec.device x WHERE x.token_hash = p_device_hash AND x.ended_at IS NULL);
    INSERT INTO sec.device (id, account_id, token_hash, name, kind, first_seen, last_seen, remembered_until)
    VALUES (d, p_account, CASE WHEN fresh THEN p_new_device_hash ELSE p_device_hash END, p_device_name, p_device_kind, t, t, CASE WHEN p_remember THEN t + interval '30 days' END);
  END IF;
  f := sec.facility_to_act_for(p_account, d, k);
  PERFORM sec.must_be_in_service(f, 'sign_in');
  IF f IS NULL THEN RAISE EXCEPTION 'no facility' USING ERRCODE = 'RK401'; END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  -- The first half of this very sign-in was counted as failed; it has turned out well.
  UPDATE sec.attempt a SET ok = true FROM sec.pre_sign_in p WHERE p.token_hash = p_pre_hash AND a.id = p.attempt_id;
  INSERT INTO sec.session (token_hash, id, kind, account_id, account, facility_id, facility, device_id, factors, state, idle, created_at, last_seen, stepped_up_at, expires_at, certificate_id)
  VALUES (CASE WHEN fresh THEN coalesce(p_new_token_hash, p_token_hash) ELSE p_token_hash END, p_session, p_kind, p_account,
    (SELECT v.version FROM care.person_now v WHERE v.account_id = p_account),
    f, (SELECT v.version FROM care.facility_now v WHERE v.facility_id = f), d, p_factors, CASE WHEN enrol THEN 'enrolling' ELSE 'active' END,
    p_idle, t, t, CASE WHEN NOT enrol THEN t END, e, k) RETURNING state INTO s;
  PERFORM sec.log(ROW(p_account, f, (SELECT v.version FROM care.person_now v WHERE v.account_id = p_account), NULL, p_session, d, NULL)::sec.context,
    'signed_in', NULL, NULL, CASE WHEN s = 'pending' THEN f END, NULL, 'done', NULL);
  PERFORM sec.signed_in(p_account, f, p_session, d, d = p_new_device);
  RETURN QUERY SELECT p_session, e, enrol, fresh, s = 'pending';
END $$;

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
-- A device that the other facility has not approved: the wish is noted apart, because this act ends with a refusal.
CREATE FUNCTION act.ask_for_device(p_facility uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = c.account_id AND s.facility_id = p_facility AND s.state = 'active') THEN
    RAISE EXCEPTION 'not staff there' USING ERRCODE = 'RK404';
  END IF;
  INSERT INTO sec.device_at AS a (facility_id, device_id, first_seen, last_seen, state) VALUES (p_facility, c.device_id, t, t, 'waiting')
    ON CONFLICT (facility_id, device_id) DO UPDATE SET last_seen = t, state = CASE WHEN a.state = 'approved' THEN a.state ELSE 'waiting' END;
  PERFORM sec.log(c, 'switched_facility', NULL, NULL, p_facility, p_facility, 'refused', NULL);
END $$;

-- ---- One's own devices --------------------------------------------------------------------------------------------
DROP FUNCTION act.my_devices();
CREATE FUNCTION act.my_devices() RETURNS TABLE (id uuid, name text, first_seen timestamptz, last_seen timestamptz, remembered_until timestamptz, this_one bool, sessions bigint, kind text, place text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT d.id, d.name, d.first_seen, greatest(d.last_seen, max(s.last_seen)), d.remembered_until, d.id = c.device_id,
      count(s.id) FILTER (WHERE s.state <> 'ended' AND s.expires_at > pg_catalog.clock_timestamp()), d.kind,
      (SELECT f.name FROM sec.device_at a JOIN care.facility_now f ON f.facility_id = a.facility_id WHERE a.device_id = d.id ORDER BY a.last_seen DESC LIMIT 1)
    FROM sec.device d LEFT JOIN sec.session s ON s.device_id = d.id WHERE d.account_id = c.account_id AND d.ended_at IS NULL GROUP BY d.id
    HAVING d.remembered_until > pg_catalog.clock_timestamp() OR count(s.id) FILTER (WHERE s.state <> 'ended' AND s.expires_at > pg_catalog.clock_timestamp()) > 0 ORDER BY 4 DESC;
END $$;
CREATE FUNCTION act.rename_device(p_device uuid, p_name text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF length(p_name) NOT BETWEEN 1 AND 80 THEN RAISE EXCEPTION 'name' USING ERRCODE = 'RK422'; END IF;
  UPDATE sec.device SET name = p_name WHERE id = p_device AND account_id = c.account_id AND ended_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such device' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.log(c, 'renamed_device', NULL, NULL, c.facility_id, p_device, 'done', NULL);
END $$;

-- A device is in a stranger's hand. Everything of the person ends, on every device, for every facility: signing in again costs a
-- minute, a record in the wrong hands cannot be taken back. Whoever else used the device is signed out of it. The report goes to every
-- facility for which the device has acted and the person still works. How many sessions ended.
CREATE FUNCTION sec.lose_device(c sec.context, p_device uuid, p_id uuid) RETURNS int LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); who uuid; these uuid[]; n int := 0; r record;
BEGIN
  SELECT d.account_id INTO who FROM sec.device d WHERE d.id = p_device;
  these := ARRAY(SELECT sec.same_device(p_device)) || p_device;
  FOR r IN SELECT DISTINCT d.account_id, d.id FROM sec.device d WHERE d.id = ANY (these) AND d.account_id <> who ORDER BY 1, 2 LOOP
    n := n + sec.end_sessions(r.account_id, NULL, r.id, NULL);
  END LOOP;
  n := n + sec.end_sessions(who, NULL, NULL, NULL);
  UPDATE sec.device_certificate SET revoked_at = t, revoked_by = c.account_id WHERE revoked_at IS NULL
    AND id IN (SELECT s.certificate_id FROM sec.session s WHERE s.device_id = ANY (these));
  -- Both factors are asked for again, everywhere; and the device itself is nobody's any more.
  UPDATE sec.device SET remembered_until = NULL WHERE account_id = who AND remembered_until IS NOT NULL;
  UPDATE sec.device SET ended_at = t, remembered_until = NULL WHERE id = ANY (these) AND ended_at IS NULL;
  UPDATE sec.device_at SET state = 'refused', decided_by = c.account_id, decided_at = t WHERE device_id = ANY (these);
  FOR r IN SELECT a.facility_id FROM sec.device_at a JOIN care.staff s ON s.facility_id = a.facility_id AND s.account_id = who AND s.state <> 'left' WHERE a.device_id = p_device ORDER BY 1 LOOP
    INSERT INTO care.device_loss VALUES (CASE WHEN r.facility_id = c.facility_id THEN p_id ELSE pg_catalog.gen_random_uuid() END, r.facility_id, who, p_device, c.account_id, n, t);
    PERFORM sec.log(c, 'lost_device', NULL, NULL, r.facility_id, who, 'done', NULL);
  END LOOP;
  PERFORM sec.tell(who, 'lost_phone', NULL, p_device, NULL, nullif(c.account_id, who));
  RETURN n;
END $$;
CREATE FUNCTION act.my_device_lost(p_device uuid, p_id uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM 1 FROM sec.device d WHERE d.id = p_device AND d.account_id = c.account_id AND d.ended_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such device' USING ERRCODE = 'RK404'; END IF;
  RETURN sec.lose_device(c, p_device, p_id);
END $$;

-- ---- The facility's devices -----------------------------------------------------------------------------------------
-- The caller must administrate, and the device have acted for the facility; anything else does not exist.
CREATE FUNCTION sec.must_know_device(c sec.context, p_device uuid) RETURNS sec.device LANGUAGE plpgsql AS $$
DECLARE d sec.device;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT x.* INTO d FROM sec.device x JOIN sec.device_at a ON a.device_id = x.id AND a.facility_id = c.facility_id WHERE x.id = p_device FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such device' USING ERRCODE = 'RK404'; END IF;
  RETURN d;
END $$;
CREATE FUNCTION act.devices_of_mine() RETURNS TABLE (id uuid, name text, kind text, account_id uuid, person text, profession text, first_seen timestamptz, last_seen timestamptz,
  owner text, state text, sessions bigint, certificate text, this_one bool)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT d.id, d.name, d.kind, d.account_id, v.name, v.profession, a.first_seen, greatest(a.last_seen, x.last_seen), a.owner, a.state, coalesce(x.n, 0),
      (SELECT k.name FROM sec.device_certificate k WHERE k.id = x.certificate AND k.facility_id = c.facility_id), d.id = c.device_id
    FROM sec.device_at a JOIN sec.device d ON d.id = a.device_id JOIN care.person_now v ON v.account_id = d.account_id
    JOIN care.staff f ON f.account_id = d.account_id AND f.facility_id = c.facility_id AND f.state <> 'left'
    LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE s.state <> 'ended' AND s.expires_at > t) AS n, max(s.last_seen) AS last_seen,
        (pg_catalog.array_agg(s.certificate_id ORDER BY s.created_at DESC))[1] AS certificate
      FROM sec.session s WHERE s.device_id = d.id AND s.facility_id = c.facility_id) x ON true
    WHERE a.facility_id = c.facility_id AND d.ended_at IS NULL
    ORDER BY a.state = 'waiting' DESC, 8 DESC LIMIT 2000;
END $$;
-- What a facility ends is what acts for it: other facilities' sessions on the same device go on. Its approval is taken back, and the
-- next sign-in on it asks for both factors.
CREATE FUNCTION act.end_facility_device(p_device uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); d sec.device := sec.must_know_device(c, p_device); n int; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  n := sec.end_sessions(d.account_id, NULL, p_device, c.facility_id);
  UPDATE sec.device SET remembered_until = NULL WHERE id = p_device;
  UPDATE sec.device_at SET state = 'seen', decided_by = c.account_id, decided_at = t WHERE facility_id = c.facility_id AND device_id IN (SELECT sec.same_device(p_device)) AND state <> 'refused';
  PERFORM sec.log(c, 'ended_device', NULL, NULL, c.facility_id, d.account_id, 'done', NULL);
  RETURN n;
END $$;
-- Approves the device, whoever uses it, or refuses it. Whoever waits on it is in at once, or out.
CREATE FUNCTION act.decide_device(p_device uuid, p_approve bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); d sec.device := sec.must_know_device(c, p_device); t timestamptz := pg_catalog.clock_timestamp(); r record;
BEGIN
  IF d.ended_at IS NOT NULL THEN RAISE EXCEPTION 'no such device' USING ERRCODE = 'RK404'; END IF;
  IF p_approve THEN PERFORM sec.must_be_fresh(c); END IF;
  UPDATE sec.device_at SET state = CASE WHEN p_approve THEN 'approved' ELSE 'refused' END, decided_by = c.account_id, decided_at = t
    WHERE facility_id = c.facility_id AND device_id IN (SELECT sec.same_device(p_device));
  IF p_approve THEN
    -- Whoever has gone away meanwhile comes back to a locked screen.
    UPDATE sec.session SET state = CASE WHEN last_seen < t - idle THEN 'locked' ELSE 'active' END
      WHERE state = 'pending' AND facility_id = c.facility_id AND device_id IN (SELECT sec.same_device(p_device));
  ELSE
    FOR r IN SELECT x.id, x.account_id FROM sec.device x WHERE x.id IN (SELECT sec.same_device(p_device)) LOOP
      PERFORM sec.end_sessions(r.account_id, NULL, r.id, c.facility_id);
    END LOOP;
  END IF;
  PERFORM sec.log(c, CASE WHEN p_approve THEN 'approved_device' ELSE 'refused_device' END, NULL, NULL, c.facility_id, d.account_id, 'done', NULL);
END $$;
CREATE FUNCTION act.set_device_owner(p_device uuid, p_owner text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); d sec.device := sec.must_know_device(c, p_device);
BEGIN
  UPDATE sec.device_at SET owner = p_owner WHERE facility_id = c.facility_id AND device_id IN (SELECT sec.same_device(p_device));
  PERFORM sec.log(c, 'described_device', NULL, NULL, c.facility_id, d.account_id, 'done', NULL);
END $$;
CREATE FUNCTION act.facility_device_lost(p_device uuid, p_id uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); d sec.device := sec.must_know_device(c, p_device); n int;
BEGIN
  -- A retry tells what the first one did.
  SELECT x.sessions INTO n FROM care.device_loss x WHERE x.id = p_id AND x.facility_id = c.facility_id AND x.device_id = p_device;
  IF FOUND THEN RETURN n; END IF;
  IF d.ended_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = d.account_id AND s.state <> 'left') THEN
    RAISE EXCEPTION 'no such device' USING ERRCODE = 'RK404';
  END IF;
  RETURN sec.lose_device(c, p_device, p_id);
END $$;

-- ---- The policy -----------------------------------------------------------------------------------------------------
-- Whoever would be signed out at once: on a device that is not approved, or outside the hours. Nobody on the caller's own device.
CREATE FUNCTION sec.shut_out_by(c sec.context, p care.sign_in_policy, p_at timestamptz) RETURNS TABLE (session uuid, token_hash bytea, account_id uuid, device_id uuid, why text)
LANGUAGE sql STABLE AS $$
  SELECT s.id, s.token_hash, s.account_id, s.device_id, CASE WHEN x.unmanaged THEN 'device' ELSE 'hours' END
  FROM sec.session s JOIN care.staff f ON f.account_id = s.account_id AND f.facility_id = s.facility_id AND f.state = 'active'
  CROSS JOIN LATERAL (SELECT p.managed_devices_only AND s.device_id <> ALL (ARRAY(SELECT sec.same_device(c.device_id))) AND NOT sec.is_managed(s.facility_id, s.device_id, s.certificate_id) AS unmanaged,
    NOT f.admin AND NOT sec.within_hours(p, p_at) AS late) x
  WHERE s.facility_id = c.facility_id AND s.state <> 'ended' AND s.expires_at > p_at AND s.id <> c.session_id AND (x.unmanaged OR x.late)
$$;
CREATE FUNCTION sec.policy_of_now(c sec.context) RETURNS care.sign_in_policy LANGUAGE plpgsql STABLE AS $$
DECLARE p care.sign_in_policy := sec.sign_in_policy(c.facility_id);
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN p;
END $$;
CREATE FUNCTION act.sign_in_policy_preview(p_managed bool, p_opens time, p_closes time) RETURNS TABLE (person text, device text, why text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.sign_in_policy := sec.policy_of_now(c);
BEGIN
  p.managed_devices_only := p_managed; p.opens := p_opens; p.closes := p_closes;
  RETURN QUERY SELECT v.name, d.name, min(x.why) FROM sec.shut_out_by(c, p, pg_catalog.clock_timestamp()) x
    JOIN care.person_now v ON v.account_id = x.account_id JOIN sec.device d ON d.id = x.device_id GROUP BY v.name, d.name, d.id ORDER BY 1, 2;
END $$;
-- A new version; the same again makes none. The caller's own device is approved in the same act. `p_idle_default` is the deployment's
-- time for facilities that never said one. How many sessions ended.
CREATE FUNCTION act.set_sign_in_policy(p_managed bool, p_idle int, p_opens time, p_closes time, p_idle_default interval) RETURNS TABLE (version int, sessions int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); p care.sign_in_policy := sec.policy_of_now(c); t timestamptz := pg_catalog.clock_timestamp(); n int := 0; r record;
BEGIN
  PERFORM sec.must_be_fresh(c);
  IF p.version IS NOT NULL AND (p.managed_devices_only, p.idle_minutes) = (p_managed, p_idle) AND p.opens IS NOT DISTINCT FROM p_opens AND p.closes IS NOT DISTINCT FROM p_closes THEN
    RETURN QUERY SELECT p.version, 0; RETURN;
  END IF;
  INSERT INTO care.sign_in_policy VALUES (c.facility_id, coalesce(p.version, 0) + 1, 'required', p_managed, p_idle, p_opens, p_closes, c.account_id, t) RETURNING * INTO p;
  IF p_managed AND NOT sec.is_managed(c.facility_id, c.device_id, (SELECT s.certificate_id FROM sec.session s WHERE s.id = c.session_id)) THEN
    UPDATE sec.device_at SET state = 'approved', decided_by = c.account_id, decided_at = t WHERE facility_id = c.facility_id AND device_id IN (SELECT sec.same_device(c.device_id));
    PERFORM sec.log(c, 'approved_device', NULL, NULL, c.facility_id, c.account_id, 'done', NULL);
  END IF;
  FOR r IN SELECT x.account_id, x.token_hash FROM sec.shut_out_by(c, p, t) x LOOP
    n := n + sec.end_sessions(r.account_id, r.token_hash, NULL, NULL);
  END LOOP;
  UPDATE sec.session s SET idle = sec.idle_of(s.account_id, p_idle_default) FROM care.staff f
    WHERE f.facility_id = c.facility_id AND f.account_id = s.account_id AND f.state = 'active' AND s.state <> 'ended' AND s.expires_at > t;
  -- Where the policy no longer asks, nobody waits any longer.
  IF NOT p_managed THEN UPDATE sec.session SET state = 'active', last_seen = t WHERE state = 'pending' AND facility_id = c.facility_id; END IF;
  PERFORM sec.log(c, 'changed_sign_in_policy', NULL, NULL, c.facility_id, NULL, 'done', NULL);
  RETURN QUERY SELECT p.version, n;
END $$;
-- The way out for a facility that has shut itself out: whoever runs the deployment lets every device and every hour in again.
CREATE FUNCTION act.relax_sign_in(p_facility uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE p care.sign_in_policy := sec.sign_in_policy(p_facility);
BEGIN
  IF p.version IS NULL THEN RETURN 0; END IF;
  INSERT INTO care.sign_in_policy VALUES (p_facility, p.version + 1, 'required', false, p.idle_minutes, NULL, NULL, NULL, pg_catalog.clock_timestamp());
  UPDATE sec.session SET state = 'active' WHERE state = 'pending' AND facility_id = p_facility;
  PERFORM sec.log(ROW(NULL, p_facility, NULL, NULL, NULL, NULL, NULL)::sec.context, 'changed_sign_in_policy', NULL, NULL, p_facility, NULL, 'done', NULL);
  RETURN p.version + 1;
END $$;
-- Ends whatever acts outside the hours. Called every few seconds; how many sessions ended.
CREATE FUNCTION act.end_after_hours(p_at timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r record; n int := 0;
BEGIN
  FOR r IN SELECT s.account_id, s.token_hash, s.facility_id, s.id AS session, s.device_id, s.account, s.facility FROM sec.session s
      JOIN care.staff f ON f.account_id = s.account_id AND f.facility_id = s.facility_id AND NOT f.admin
      JOIN LATERAL (SELECT sec.sign_in_policy(s.facility_id) AS p) x ON true
      WHERE s.state <> 'ended' AND s.expires_at > pg_catalog.clock_timestamp() AND (x.p).opens IS NOT NULL AND NOT sec.within_hours(x.p, p_at) LOOP
    n := n + sec.end_sessions(r.account_id, r.token_hash, NULL, NULL);
    PERFORM sec.log(ROW(r.account_id, r.facility_id, r.account, r.facility, r.session, r.device_id, NULL)::sec.context, 'ended_after_hours', NULL, NULL, r.facility_id, NULL, 'done', NULL);
  END LOOP;
  RETURN n;
END $$;

-- ---- Certificates ---------------------------------------------------------------------------------------------------
CREATE FUNCTION act.offer_device_certificate(p_id uuid, p_token_hash bytea, p_name text) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp(); e timestamptz;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  -- The token is not kept: a retry gets a new one, and the first is worthless.
  INSERT INTO sec.device_enrolment AS x (id, facility_id, token_hash, name, made_by, made_at, expires_at) VALUES (p_id, c.facility_id, p_token_hash, p_name, c.account_id, t, t + interval '24 hours')
    ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash WHERE x.made_by = c.account_id AND x.facility_id = c.facility_id AND x.name = p_name AND x.used_at IS NULL AND x.expires_at > t
    RETURNING expires_at INTO e;
  IF e IS NULL THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.log(c, 'offered_certificate', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN e;
END $$;
CREATE FUNCTION act.device_enrolment(p_token_hash bytea) RETURNS TABLE (id uuid, facility_id uuid, facility text, name text, expires_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT e.id, e.facility_id, f.name, e.name, e.expires_at FROM sec.device_enrolment e JOIN care.facility_now f ON f.facility_id = e.facility_id
  WHERE e.token_hash = p_token_hash AND e.used_at IS NULL AND e.expires_at > pg_catalog.clock_timestamp()
$$;
-- Keeps a certificate that was just signed; the permission is used up. RK404: it was before, or never was one.
CREATE FUNCTION act.enrol_device(p_token_hash bytea, p_id uuid, p_serial bytea, p_fingerprint bytea, p_not_after timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE e sec.device_enrolment; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.device_enrolment SET used_at = t WHERE token_hash = p_token_hash AND used_at IS NULL AND expires_at > t RETURNING * INTO e;
  IF NOT FOUND OR NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = e.facility_id AND s.account_id = e.made_by AND s.admin AND s.state = 'active') THEN
    RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK404';
  END IF;
  INSERT INTO sec.device_certificate (id, facility_id, enrolment_id, serial, fingerprint, name, made_at, not_after) VALUES (p_id, e.facility_id, e.id, p_serial, p_fingerprint, e.name, t, p_not_after);
  PERFORM sec.log(ROW(NULL, e.facility_id, NULL, NULL, NULL, NULL, NULL)::sec.context, 'enrolled_certificate', NULL, NULL, e.facility_id, p_id, 'done', NULL);
END $$;
CREATE FUNCTION act.device_authority() RETURNS TABLE (id uuid, certificate bytea, wrapped bytea, sealed bytea) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT a.id, a.certificate, a.wrapped, a.sealed FROM sec.device_ca a ORDER BY a.made_at DESC, a.id DESC
$$;
-- Of two nodes that make one at the same moment the first one's stays.
CREATE FUNCTION act.keep_device_authority(p_id uuid, p_certificate bytea, p_wrapped bytea, p_sealed bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('renkei/device-ca', 0));
  INSERT INTO sec.device_ca SELECT p_id, p_certificate, p_wrapped, p_sealed, pg_catalog.clock_timestamp() WHERE NOT EXISTS (SELECT 1 FROM sec.device_ca);
END $$;
-- Fingerprints that no connection may show any more.
CREATE FUNCTION act.revoked_certificates() RETURNS SETOF bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT k.fingerprint FROM sec.device_certificate k WHERE k.revoked_at IS NOT NULL AND k.not_after > pg_catalog.clock_timestamp()
$$;
CREATE FUNCTION act.certificates_of_mine() RETURNS TABLE (id uuid, name text, serial bytea, made_at timestamptz, not_after timestamptz, revoked_at timestamptz, last_used timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT k.id, k.name, k.serial, k.made_at, k.not_after, k.revoked_at, (SELECT max(s.last_seen) FROM sec.session s WHERE s.certificate_id = k.id)
    FROM sec.device_certificate k WHERE k.facility_id = c.facility_id ORDER BY k.revoked_at IS NOT NULL, k.made_at DESC LIMIT 2000;
END $$;
-- From now on nobody comes in by it, and whoever is in by it is out.
CREATE FUNCTION act.revoke_certificate(p_id uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); n int := 0; r record;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM 1 FROM sec.device_certificate k WHERE k.id = p_id AND k.facility_id = c.facility_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such certificate' USING ERRCODE = 'RK404'; END IF;
  UPDATE sec.device_certificate SET revoked_at = pg_catalog.clock_timestamp(), revoked_by = c.account_id WHERE id = p_id AND revoked_at IS NULL;
  FOR r IN SELECT s.account_id, s.token_hash FROM sec.session s WHERE s.certificate_id = p_id AND s.state <> 'ended' LOOP
    n := n + sec.end_sessions(r.account_id, r.token_hash, NULL, NULL);
  END LOOP;
  PERFORM sec.log(c, 'revoked_certificate', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN n;
END $$;
CREATE INDEX session_by_certificate ON sec.session (certificate_id) WHERE certificate_id IS NOT NULL;

-- Whoever leaves takes no approval along: the device is as any other again. One that colleagues share stays approved by theirs.
CREATE FUNCTION sec.forget_approvals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE sec.device_at SET state = 'seen', decided_at = pg_catalog.clock_timestamp() WHERE facility_id = NEW.facility_id AND state IN ('approved', 'waiting')
    AND device_id IN (SELECT d.id FROM sec.device d WHERE d.account_id = NEW.account_id);
  RETURN NULL;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.ask_for_device(uuid), act.my_devices(), act.rename_device(uuid, text), act.my_device_lost(uuid, uuid), act.devices_of_mine(), act.end_facility_device(uuid),
  act.decide_device(uuid, bool), act.set_device_owner(uuid, text), act.facility_device_lost(uuid, uuid), act.sign_in_policy_preview(bool, time, time),
  act.set_sign_in_policy(bool, int, time, time, interval), act.offer_device_certificate(uuid, bytea, text), act.certificates_of_mine(), act.revoke_certificate(uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.sign_in_done(uuid, bytea, uuid, bytea, uuid, bytea, text, bytea, uuid, bytea, text, bool, text[], bigint, bytea, interval, interval, bytea, text, bytea),
  act.device_enrolment(bytea), act.enrol_device(bytea, uuid, bytea, bytea, timestamptz) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.relax_sign_in(uuid), act.end_after_hours(timestamptz), act.device_authority(), act.keep_device_authority(uuid, bytea, bytea, bytea), act.revoked_certificates() TO renkei_job;
GRANT EXECUTE ON FUNCTION sec.forget_approvals() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.staff TO renkei_owner;
CREATE TRIGGER left_with_approvals AFTER UPDATE OF state ON care.staff FOR EACH ROW WHEN (NEW.state = 'left' AND OLD.state <> 'left') EXECUTE FUNCTION sec.forget_approvals();
REVOKE TRIGGER ON care.staff FROM renkei_owner;
