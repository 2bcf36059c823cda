-- Lost factors, forgotten passwords, and what people are told about signing in as them.
SET LOCAL ROLE renkei_sec;

-- ---- What a person, and the admins of where she works, are told --------------------------------------------------
CREATE TABLE sec.sign_in_notice (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,                                    -- about whose account
  kind text NOT NULL CHECK (kind IN ('new_device', 'many_failures', 'recovery_started', 'recovery_confirmed', 'recovery_cancelled', 'recovery_used',
    'password_changed', 'password_reset', 'factor_added', 'factor_removed', 'lost_phone', 'not_me')),
  at timestamptz NOT NULL,
  facility_id uuid,                                            -- its admins alone see it; NULL: those of every facility where the person works
  device_id uuid,
  recovery_id uuid,
  by_account uuid,                                             -- who did it, where that was somebody else of the staff
  told_at timestamptz                                          -- since when its letters are on their way
);
CREATE INDEX sign_in_notice_latest ON sec.sign_in_notice (account_id, at DESC);
CREATE TABLE sec.sign_in_notice_seen (
  account_id uuid PRIMARY KEY,
  until_at timestamptz NOT NULL
);

-- ---- Lost factors and forgotten passwords --------------------------------------------------------------------------
-- One of two factors is gone. An admin starts it, somebody else confirms, and for one day a code stands for the factor that was lost;
-- the other one is asked for all the same.
CREATE TABLE sec.recovery (
  id uuid PRIMARY KEY,
  number int GENERATED ALWAYS AS IDENTITY UNIQUE,              -- by which people on the telephone mean the same one
  facility_id uuid NOT NULL,
  account_id uuid NOT NULL,
  lost text NOT NULL CHECK (lost IN ('factor', 'password')),
  reason text NOT NULL CHECK (reason IN ('lost', 'broken', 'replaced', 'forgotten')),
  identified text NOT NULL CHECK (identified IN ('in_person', 'video', 'call_back')),
  started_by uuid NOT NULL,
  client_id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  confirmed_by uuid,                                           -- an admin, or
  confirmed_by_operator uuid,                                  -- an operator
  confirmed_at timestamptz,
  cancelled_by uuid,
  cancelled_at timestamptz,
  code_hash bytea UNIQUE,                                      -- SHA-256 of the code that was shown once
  used_at timestamptz,                                         -- from here on the old factors are void
  session_id uuid,                                             -- the one session that may set up the new factor
  done_at timestamptz,
  CONSTRAINT recovery_client_id_key UNIQUE (started_by, client_id),
  CONSTRAINT recovery_by_two CHECK (confirmed_by IS DISTINCT FROM started_by AND confirmed_by IS DISTINCT FROM account_id AND started_by <> account_id),
  CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL AND confirmed_by_operator IS NULL))
);
CREATE INDEX recovery_by_account ON sec.recovery (account_id, started_at DESC);
CREATE INDEX recovery_by_facility ON sec.recovery (facility_id, started_at DESC);

-- Every asking for a new password, known ID or not. The token comes with the letter, or with the code of a recovery.
CREATE TABLE sec.reset (
  id uuid PRIMARY KEY,
  login_hash bytea NOT NULL,
  address_block text NOT NULL,
  account_id uuid,
  at timestamptz NOT NULL,
  recovery_id uuid,
  token_hash bytea UNIQUE,
  ends_at timestamptz,
  used_at timestamptz
);
CREATE INDEX reset_by_login ON sec.reset (login_hash, at DESC);
CREATE INDEX reset_by_block ON sec.reset (address_block, at DESC);
CREATE INDEX reset_by_account ON sec.reset (account_id) WHERE used_at IS NULL;

-- The passwords before the present one, five at most: none of them is taken again (guideline, Ops 14).
CREATE TABLE sec.old_password (
  account_id uuid NOT NULL,
  at timestamptz NOT NULL,
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  PRIMARY KEY (account_id, at)
);
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sign_in_notice', 'sign_in_notice_seen', 'recovery', 'reset', 'old_password'] LOOP
    PERFORM care.guard_from_migrator(('sec.' || t)::regclass);
  END LOOP;
END $$;

-- ---- Telling ---------------------------------------------------------------------------------------------------------
-- In the transaction of what happened; the letters are written by a job, which has the words.
CREATE FUNCTION sec.tell(p_account uuid, p_kind text, p_facility uuid, p_device uuid, p_recovery uuid, p_by uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE i uuid := pg_catalog.gen_random_uuid(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO sec.sign_in_notice (id, account_id, kind, at, facility_id, device_id, recovery_id, by_account) VALUES (i, p_account, p_kind, t, p_facility, p_device, p_recovery, p_by);
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, t);
  PERFORM sec.enqueue('sign_in_notice', pg_catalog.jsonb_build_object('notice', i, 'kind', p_kind), interval '0', 12);
END $$;
-- Whoever signs in for the first time at all needs no telling.
CREATE FUNCTION sec.signed_in(p_account uuid, p_facility uuid, p_session uuid, p_device uuid, p_new_device bool) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_new_device AND EXISTS (SELECT 1 FROM sec.device d WHERE d.account_id = p_account AND d.id <> p_device) THEN
    PERFORM sec.tell(p_account, 'new_device', p_facility, p_device, NULL, NULL);
  END IF;
END $$;
-- A factor came or went, by whatever act. With a new one a recovery has come to its end.
CREATE FUNCTION sec.factor_changed(p_account uuid, p_added bool) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sec.tell(p_account, CASE WHEN p_added THEN 'factor_added' ELSE 'factor_removed' END, NULL, NULL, NULL, NULL);
  IF p_added THEN
    UPDATE sec.recovery r SET done_at = pg_catalog.clock_timestamp() WHERE r.account_id = p_account AND r.used_at IS NOT NULL AND r.done_at IS NULL;
  END IF;
END $$;
CREATE FUNCTION sec.totp_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.factor_changed(NEW.account_id, NEW.totp_confirmed_at IS NOT NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER totp_changed AFTER UPDATE OF totp_confirmed_at ON sec.credential FOR EACH ROW
  WHEN ((OLD.totp_confirmed_at IS NULL) <> (NEW.totp_confirmed_at IS NULL)) EXECUTE FUNCTION sec.totp_changed();
CREATE FUNCTION sec.passkey_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.factor_changed(NEW.account_id, NEW.removed_at IS NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER passkey_added AFTER INSERT ON sec.passkey FOR EACH ROW EXECUTE FUNCTION sec.passkey_changed();
CREATE TRIGGER passkey_removed AFTER UPDATE OF removed_at ON sec.passkey FOR EACH ROW
  WHEN ((OLD.removed_at IS NULL) <> (NEW.removed_at IS NULL)) EXECUTE FUNCTION sec.passkey_changed();
-- An identity of a provider is a way in too. It ends no recovery: that takes a factor of ours.
CREATE FUNCTION sec.identity_linked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.tell(NEW.account_id, 'factor_added', NULL, NULL, NULL, NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER identity_linked AFTER INSERT ON sec.linked_identity FOR EACH ROW EXECUTE FUNCTION sec.identity_linked();

-- The letters of one notice, once: `p_person` to the person, `p_admins` to the active admins of where the person works. NULL: none.
CREATE FUNCTION act.send_sign_in_notice(p_notice uuid, p_person jsonb, p_admins jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE n sec.sign_in_notice;
BEGIN
  UPDATE sec.sign_in_notice SET told_at = pg_catalog.clock_timestamp() WHERE id = p_notice AND told_at IS NULL RETURNING * INTO n;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM sec.write_to(n.account_id, p_person);
  PERFORM sec.write_to(x.account_id, p_admins) FROM (
    SELECT DISTINCT s.account_id FROM care.staff s JOIN care.staff m ON m.facility_id = s.facility_id AND m.account_id = n.account_id AND m.state <> 'left'
    WHERE s.admin AND s.state = 'active' AND s.account_id <> n.account_id AND (n.facility_id IS NULL OR s.facility_id = n.facility_id)) x;
END $$;
-- Accounts at which so many tries of the last hour were refused; each is told once an hour at most. Looked for beside the tries, so
-- that a try takes the same time whether somebody is told or not.
CREATE FUNCTION act.tell_of_failures(p_failures int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE a uuid; n bigint := 0; since timestamptz := pg_catalog.clock_timestamp() - interval '1 hour';
BEGIN
  FOR a IN SELECT e.account_id FROM care.access_event e WHERE e.at > since AND e.act = 'signed_in' AND e.outcome = 'refused' AND e.account_id IS NOT NULL
      GROUP BY e.account_id HAVING count(*) >= p_failures
      AND NOT EXISTS (SELECT 1 FROM sec.sign_in_notice x WHERE x.account_id = e.account_id AND x.kind = 'many_failures' AND x.at > since) LOOP
    PERFORM sec.tell(a, 'many_failures', NULL, NULL, NULL, NULL);
    n := n + 1;
  END LOOP;
  RETURN n;
END $$;
CREATE FUNCTION act.forget_sign_in_notices() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  DELETE FROM sec.sign_in_notice n WHERE n.at < pg_catalog.clock_timestamp() - interval '400 days';
  DELETE FROM sec.reset r WHERE r.at < pg_catalog.clock_timestamp() - interval '30 days'
$$;

-- The person's own, newest first. `by_name` NULL where it was herself, an operator, or nobody.
CREATE FUNCTION act.my_sign_in_notices(p_limit int) RETURNS TABLE (id uuid, kind text, at timestamptz, device text, by_name text, new bool)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT n.id, n.kind, n.at, d.name, p.name, n.at > coalesce(s.until_at, '-infinity')
    FROM sec.sign_in_notice n LEFT JOIN sec.device d ON d.id = n.device_id LEFT JOIN care.person_now p ON p.account_id = n.by_account
    LEFT JOIN sec.sign_in_notice_seen s ON s.account_id = c.account_id
    WHERE n.account_id = c.account_id ORDER BY n.at DESC LIMIT least(p_limit, 200);
END $$;
CREATE FUNCTION act.saw_sign_in_notices() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  INSERT INTO sec.sign_in_notice_seen AS s VALUES (c.account_id, pg_catalog.clock_timestamp())
    ON CONFLICT (account_id) DO UPDATE SET until_at = greatest(s.until_at, excluded.until_at);
END $$;
-- Those about the staff of the facility, since they belong to it. The device is the person's own affair.
CREATE FUNCTION act.facility_sign_in_notices(p_limit int) RETURNS TABLE (name text, profession text, kind text, at timestamptz, by_name text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT p.name, p.profession, n.kind, n.at, b.name
    FROM care.staff s JOIN sec.sign_in_notice n ON n.account_id = s.account_id AND n.at >= s.since AND (n.facility_id IS NULL OR n.facility_id = c.facility_id)
    JOIN care.person_now p ON p.account_id = n.account_id LEFT JOIN care.person_now b ON b.account_id = n.by_account
    WHERE s.facility_id = c.facility_id AND s.state <> 'left' ORDER BY n.at DESC LIMIT least(p_limit, 500);
END $$;

-- ---- Passwords and factors, for every act that replaces one ----------------------------------------------------------------
CREATE FUNCTION sec.replace_password(p_account uuid, p_hash text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO sec.old_password SELECT c.account_id, t, c.password_hash FROM sec.credential c WHERE c.account_id = p_account;
  DELETE FROM sec.old_password o WHERE o.account_id = p_account
    AND o.at < (SELECT x.at FROM sec.old_password x WHERE x.account_id = p_account ORDER BY x.at DESC OFFSET 4 LIMIT 1);
  UPDATE sec.credential SET password_hash = p_hash, changed_at = t WHERE account_id = p_account;
END $$;
CREATE FUNCTION sec.forget_devices(p_account uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE sec.device SET ended_at = pg_catalog.clock_timestamp(), remembered_until = NULL WHERE account_id = p_account AND ended_at IS NULL
$$;
-- Everything by which the person has shown a second factor so far; also sign-ins that wait for one.
CREATE FUNCTION sec.forget_factors(p_account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sec.drop_factors(p_account);
  DELETE FROM sec.linked_identity l WHERE l.account_id = p_account;
  UPDATE sec.pre_sign_in SET used_at = pg_catalog.clock_timestamp() WHERE account_id = p_account AND used_at IS NULL;
END $$;
-- An address that waits to be confirmed is no more: whoever asked for it may be the one who is shut out now.
CREATE FUNCTION sec.forget_contact_links(p_account uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE sec.contact_link SET expires_at = pg_catalog.clock_timestamp() WHERE account_id = p_account AND used_at IS NULL AND expires_at > pg_catalog.clock_timestamp()
$$;
-- Whoever knew the old password is out: every other session ends, and no device is remembered.
CREATE OR REPLACE FUNCTION act.set_password(p_hash text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.replace_password(c.account_id, p_hash);
  PERFORM sec.forget_contact_links(c.account_id);
  UPDATE sec.device SET remembered_until = NULL WHERE account_id = c.account_id AND id <> c.device_id;
  PERFORM sec.end_sessions(c.account_id, NULL, NULL, NULL, c.session_id);
  PERFORM sec.log(c, 'changed_password', NULL, NULL, c.facility_id, NULL, 'done', NULL);
  PERFORM sec.tell(c.account_id, 'password_changed', NULL, c.device_id, NULL, NULL);
END $$;
-- What the next password of this session's own account must not be, for somebody who has just shown the present one.
CREATE FUNCTION act.old_passwords(p_token_hash bytea) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.session := sec.own_session(p_token_hash, ARRAY['active']);
BEGIN
  IF s.stepped_up_at IS NULL OR s.stepped_up_at < pg_catalog.clock_timestamp() - interval '5 minutes' THEN RAISE EXCEPTION 'confirm first' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT o.password_hash FROM sec.old_password o WHERE o.account_id = s.account_id;
END $$;

-- ---- "That was not me" -------------------------------------------------------------------------------------------------
-- Shuts the account for whoever has its password: `p_hash` fits no password that anybody knows, and only a reset makes a new one.
CREATE FUNCTION act.not_me(p_notice uuid, p_hash text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM sec.sign_in_notice n WHERE n.id = p_notice AND n.account_id = c.account_id) THEN
    RAISE EXCEPTION 'no such notice' USING ERRCODE = 'RK404';
  END IF;
  PERFORM sec.replace_password(c.account_id, p_hash);
  -- What somebody else may have added from an open session: identities, an address that waits, an app that was never confirmed, and passkeys, of
  -- which only those remain that are the one factor by which the person comes back.
  DELETE FROM sec.linked_identity l WHERE l.account_id = c.account_id;
  PERFORM sec.forget_contact_links(c.account_id);
  UPDATE sec.credential SET totp_secret = NULL WHERE account_id = c.account_id AND totp_confirmed_at IS NULL;
  UPDATE sec.passkey k SET removed_at = t WHERE k.account_id = c.account_id AND k.removed_at IS NULL
    AND (k.made_at > t - interval '30 days' OR EXISTS (SELECT 1 FROM sec.credential x WHERE x.account_id = c.account_id AND x.totp_confirmed_at IS NOT NULL));
  UPDATE sec.pre_sign_in SET used_at = t WHERE account_id = c.account_id AND used_at IS NULL;
  UPDATE sec.recovery r SET cancelled_at = t, cancelled_by = c.account_id, code_hash = NULL
    WHERE r.account_id = c.account_id AND r.cancelled_at IS NULL AND r.done_at IS NULL AND r.ends_at > t;
  PERFORM sec.forget_devices(c.account_id);
  PERFORM sec.log(c, 'reported_sign_in', NULL, NULL, c.facility_id, p_notice, 'done', NULL);
  PERFORM sec.tell(c.account_id, 'not_me', NULL, NULL, NULL, NULL);
  PERFORM sec.end_sessions(c.account_id, NULL, NULL, NULL);
END $$;

-- ---- A recovery, from both sides -------------------------------------------------------------------------------------------
CREATE FUNCTION sec.recovery_state(r sec.recovery) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN r.cancelled_at IS NOT NULL THEN 'cancelled' WHEN r.done_at IS NOT NULL THEN 'done' WHEN r.ends_at <= pg_catalog.clock_timestamp() THEN 'expired'
    WHEN r.used_at IS NOT NULL THEN 'used' WHEN r.confirmed_at IS NOT NULL THEN 'confirmed' ELSE 'started' END
$$;
-- One of the caller's facility, locked, for its admins other than the person concerned.
CREATE FUNCTION sec.recovery_to_keep(c sec.context, p_recovery uuid) RETURNS sec.recovery LANGUAGE plpgsql AS $$
DECLARE r sec.recovery;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT x.* INTO r FROM sec.recovery x WHERE x.id = p_recovery AND x.facility_id = c.facility_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such recovery' USING ERRCODE = 'RK404'; END IF;
  IF r.account_id = c.account_id THEN RAISE EXCEPTION 'not for oneself' USING ERRCODE = 'RK403'; END IF;
  RETURN r;
END $$;
-- A recovery is worth as long as the tie in whose name it was begun.
CREATE FUNCTION sec.works_at(p_account uuid, p_facility uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.facility_id = p_facility AND s.state = 'active')
$$;
-- The id of the recovery: the first one's, where the client id comes again.
CREATE FUNCTION act.start_recovery(p_recovery uuid, p_account uuid, p_client uuid, p_lost text, p_reason text, p_identified text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); r sec.recovery; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.facility_id = c.facility_id AND s.state = 'active') THEN
    RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404';
  END IF;
  IF p_account = c.account_id THEN RAISE EXCEPTION 'not for oneself' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  -- Two admins who start at the same moment come one after the other.
  PERFORM 1 FROM sec.credential x WHERE x.account_id = p_account FOR UPDATE;
  SELECT x.* INTO r FROM sec.recovery x WHERE x.started_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF r.account_id <> p_account OR r.facility_id <> c.facility_id THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN r.id;
  END IF;
  IF EXISTS (SELECT 1 FROM sec.recovery x WHERE x.account_id = p_account AND sec.recovery_state(x) IN ('started', 'confirmed', 'used')) THEN
    RAISE EXCEPTION 'recovery open already' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO sec.recovery (id, facility_id, account_id, lost, reason, identified, started_by, client_id, started_at, ends_at)
  VALUES (p_recovery, c.facility_id, p_account, p_lost, p_reason, p_identified, c.account_id, p_client, t, t + interval '24 hours');
  PERFORM sec.log(c, 'started_recovery', NULL, NULL, c.facility_id, p_account, 'done', NULL);
  PERFORM sec.tell(p_account, 'recovery_started', NULL, NULL, p_recovery, c.account_id);
  RETURN p_recovery;
END $$;
-- The second person's yes; the callers know that it is a second one. Whoever started it must still be an admin there, and the person staff.
CREATE FUNCTION sec.confirm_recovery(r sec.recovery, p_by uuid, p_operator uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF sec.recovery_state(r) <> 'started' THEN RAISE EXCEPTION 'recovery not waiting' USING ERRCODE = 'RK409'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = r.started_by AND s.facility_id = r.facility_id AND s.admin AND s.state = 'active')
    OR NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = r.account_id AND s.facility_id = r.facility_id AND s.state = 'active') THEN
    RAISE EXCEPTION 'recovery not waiting' USING ERRCODE = 'RK409';
  END IF;
  UPDATE sec.recovery SET confirmed_by = p_by, confirmed_by_operator = p_operator, confirmed_at = pg_catalog.clock_timestamp() WHERE id = r.id;
  PERFORM sec.tell(r.account_id, 'recovery_confirmed', NULL, NULL, r.id, p_by);
END $$;
CREATE FUNCTION act.confirm_recovery(p_recovery uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); r sec.recovery := sec.recovery_to_keep(c, p_recovery);
BEGIN
  IF r.started_by = c.account_id THEN RAISE EXCEPTION 'a second person' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.confirm_recovery(r, c.account_id, NULL);
  PERFORM sec.log(c, 'confirmed_recovery', NULL, NULL, c.facility_id, r.account_id, 'done', NULL);
  RETURN r.account_id;
END $$;
-- By an admin of the facility, or by the person from a session that is still open. A session that was about to set up a factor ends.
CREATE FUNCTION act.cancel_recovery(p_recovery uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); r sec.recovery;
BEGIN
  SELECT x.* INTO r FROM sec.recovery x WHERE x.id = p_recovery AND (x.account_id = c.account_id OR (c.admin AND x.facility_id = c.facility_id)) FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such recovery' USING ERRCODE = 'RK404'; END IF;
  IF sec.recovery_state(r) NOT IN ('started', 'confirmed', 'used') THEN RAISE EXCEPTION 'recovery over' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.recovery SET cancelled_at = pg_catalog.clock_timestamp(), cancelled_by = c.account_id, code_hash = NULL WHERE id = r.id;
  PERFORM sec.end_sessions(r.account_id, s.token_hash, NULL, NULL) FROM sec.session s WHERE s.id = r.session_id AND s.state = 'enrolling';
  PERFORM sec.log(c, 'cancelled_recovery', NULL, NULL, r.facility_id, r.account_id, 'done', NULL);
  PERFORM sec.tell(r.account_id, 'recovery_cancelled', NULL, NULL, r.id, nullif(c.account_id, r.account_id));
  RETURN r.account_id;
END $$;
-- A code, in place of any earlier one. Only its hash comes here.
CREATE FUNCTION act.make_recovery_code(p_recovery uuid, p_hash bytea) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); r sec.recovery := sec.recovery_to_keep(c, p_recovery); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF sec.recovery_state(r) NOT IN ('confirmed', 'used') THEN RAISE EXCEPTION 'recovery not confirmed' USING ERRCODE = 'RK409'; END IF;
  IF NOT sec.works_at(r.account_id, r.facility_id) THEN RAISE EXCEPTION 'recovery over' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.must_be_fresh(c);
  IF r.lost = 'factor' THEN
    UPDATE sec.recovery SET code_hash = p_hash WHERE id = r.id;
  ELSE
    UPDATE sec.reset SET used_at = t WHERE recovery_id = r.id AND used_at IS NULL;
    INSERT INTO sec.reset (id, login_hash, address_block, account_id, at, recovery_id, token_hash, ends_at)
    SELECT pg_catalog.gen_random_uuid(), sec.login_hash(a.login_id), 'recovery', a.id, t, r.id, p_hash, r.ends_at FROM care.account a WHERE a.id = r.account_id;
  END IF;
  PERFORM sec.log(c, 'made_recovery_code', NULL, NULL, c.facility_id, r.account_id, 'done', NULL);
  RETURN r.lost;
END $$;
-- Those of the facility in the last ninety days, newest first; of one person, or of all.
CREATE FUNCTION act.recoveries(p_account uuid) RETURNS TABLE (id uuid, number int, account_id uuid, name text, lost text, reason text, identified text, state text,
  started_by uuid, started_name text, started_at timestamptz, ends_at timestamptz, confirmed_name text, by_operator bool)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT r.id, r.number, r.account_id, p.name, r.lost, r.reason, r.identified, sec.recovery_state(r), r.started_by, b.name, r.started_at, r.ends_at, k.name,
      r.confirmed_by_operator IS NOT NULL
    FROM sec.recovery r JOIN care.person_now p ON p.account_id = r.account_id JOIN care.person_now b ON b.account_id = r.started_by
    LEFT JOIN care.person_now k ON k.account_id = r.confirmed_by
    WHERE r.facility_id = c.facility_id AND (p_account IS NULL OR r.account_id = p_account) AND r.started_at > pg_catalog.clock_timestamp() - interval '90 days'
    ORDER BY r.started_at DESC LIMIT 100;
END $$;
-- What is open for the caller's own account.
CREATE FUNCTION act.my_recovery() RETURNS TABLE (id uuid, number int, facility text, lost text, state text, started_name text, started_at timestamptz, ends_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT r.id, r.number, f.name, r.lost, sec.recovery_state(r), b.name, r.started_at, r.ends_at
    FROM sec.recovery r JOIN care.facility_now f ON f.facility_id = r.facility_id JOIN care.person_now b ON b.account_id = r.started_by
    WHERE r.account_id = c.account_id AND sec.recovery_state(r) IN ('started', 'confirmed', 'used') LIMIT 1;
END $$;

-- What an operator needs to call back and to mean the same one: no name of the person or of who started it, and no ID.
CREATE FUNCTION op.recoveries() RETURNS TABLE (id uuid, number int, facility text, phone text, contact text, contact_phone text, admins bigint, lost text, reason text, identified text,
  state text, started_at timestamptz, ends_at timestamptz, by_operator bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT r.id, r.number, v.name, v.phone, k.person, k.phone,
      (SELECT count(*) FROM care.staff s WHERE s.facility_id = r.facility_id AND s.admin AND s.state = 'active' AND s.account_id <> r.account_id),
      r.lost, r.reason, r.identified, sec.recovery_state(r), r.started_at, r.ends_at, r.confirmed_by_operator IS NOT NULL
    FROM sec.recovery r JOIN care.facility_now f ON f.facility_id = r.facility_id JOIN care.facility_version v ON v.id = f.version
    LEFT JOIN LATERAL (SELECT x.* FROM care.facility_contact x WHERE x.facility_id = r.facility_id ORDER BY x.at DESC LIMIT 1) k ON true
    WHERE r.started_at > pg_catalog.clock_timestamp() - interval '30 days'
    ORDER BY sec.recovery_state(r) = 'started' DESC, r.started_at DESC LIMIT 200;
END $$;
CREATE FUNCTION op.confirm_recovery(p_recovery uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); r sec.recovery;
BEGIN
  PERFORM sec.must_operate_freshly();
  SELECT x.* INTO r FROM sec.recovery x WHERE x.id = p_recovery FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such recovery' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.confirm_recovery(r, NULL, o);
  PERFORM sec.log_operator('confirmed_recovery', p_recovery, '#' || r.number);
  PERFORM sec.log(NULL, 'confirmed_recovery', NULL, NULL, r.facility_id, r.account_id, 'done', NULL);
END $$;

-- ---- Using the code: the sign-in principal --------------------------------------------------------------------------------
-- As in the service's sign_in/acts.rs: under which a try is counted.
CREATE FUNCTION sec.login_hash(p_login text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.sha256(pg_catalog.convert_to('renkei/login/v1|' || p_login, 'UTF8'))
$$;
-- One counted try, as at any sign-in. Without a good code of this very account everything is NULL, as for an unknown ID.
CREATE FUNCTION act.recover_begin(p_attempt uuid, p_login text, p_login_hash bytea, p_device_hash bytea, p_block text, p_code_hash bytea)
RETURNS TABLE (wait int, account_id uuid, password_hash text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a uuid; w int;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  SELECT x.id INTO a FROM care.account x WHERE x.login_id = p_login;
  w := sec.begin_try(p_attempt, p_login_hash, (sec.known_device(p_device_hash, a)).id, p_block);
  RETURN QUERY SELECT w, c.account_id, c.password_hash FROM (SELECT 1) one LEFT JOIN sec.credential c ON c.account_id = a AND w = 0
    AND EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = a AND f.state = 'active')
    AND EXISTS (SELECT 1 FROM sec.recovery r WHERE r.account_id = a AND r.code_hash = p_code_hash AND sec.recovery_state(r) IN ('confirmed', 'used')
      AND sec.works_at(a, r.facility_id));
END $$;
-- The code is used up, whatever came before it is void, and one session may set up the new factor: `p_session`, which the service
-- opens now. RK401 for whoever comes second.
CREATE FUNCTION act.recover_done(p_attempt uuid, p_account uuid, p_code_hash bytea, p_session uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r sec.recovery; f uuid; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.* INTO r FROM sec.recovery x WHERE x.account_id = p_account AND x.code_hash = p_code_hash FOR UPDATE;
  IF NOT FOUND OR sec.recovery_state(r) NOT IN ('confirmed', 'used') OR NOT sec.works_at(p_account, r.facility_id) THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  -- Nothing is void before it is sure that the new session may open now.
  f := sec.facility_to_act_for(p_account);
  PERFORM sec.must_be_in_service(f, 'sign_in');
  IF NOT sec.may_come_now(p_account, f, t) THEN RAISE EXCEPTION 'outside the hours' USING ERRCODE = 'RK430'; END IF;
  UPDATE sec.recovery SET code_hash = NULL, used_at = coalesce(r.used_at, t), session_id = p_session WHERE id = r.id;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  PERFORM sec.forget_factors(p_account);
  PERFORM sec.forget_devices(p_account);
  PERFORM sec.end_sessions(p_account, NULL, NULL, NULL);
  PERFORM sec.log(ROW(p_account, r.facility_id, NULL, NULL, NULL, NULL, NULL)::sec.context, 'used_recovery', NULL, NULL, r.facility_id, p_account, 'done', NULL);
  PERFORM sec.tell(p_account, 'recovery_used', NULL, NULL, r.id, NULL);
END $$;
-- Between the code and the new factor the password alone opens nothing: who knows it would set up a factor of their own.
CREATE FUNCTION sec.only_the_recovered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM sec.recovery r WHERE r.account_id = NEW.account_id AND r.used_at IS NOT NULL AND r.done_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM sec.recovery r WHERE r.account_id = NEW.account_id AND r.session_id = NEW.id AND r.done_at IS NULL AND r.cancelled_at IS NULL) THEN
    RAISE EXCEPTION 'recovery not finished' USING ERRCODE = 'RK401';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_the_recovered BEFORE INSERT ON sec.session FOR EACH ROW WHEN (NEW.state <> 'ended') EXECUTE FUNCTION sec.only_the_recovered();

-- ---- A new password for a forgotten one ---------------------------------------------------------------------------------
-- Counts, and puts in the same job for every ID: nothing here, nor its time, tells whether there is such an account. Seconds to wait, for
-- a whole address block alone; an ID that was asked for three times within the hour is answered as ever and sent nothing.
CREATE FUNCTION act.forgotten(p_reset uuid, p_login text, p_login_hash bytea, p_block text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); a uuid; n int;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.encode(p_login_hash, 'hex'), 8));
  IF (SELECT count(*) FROM sec.reset r WHERE r.address_block = p_block AND r.at > t - interval '10 minutes') >= 30 THEN RETURN 600; END IF;
  SELECT count(*) INTO n FROM sec.reset r WHERE r.login_hash = p_login_hash AND r.at > t - interval '1 hour' AND r.recovery_id IS NULL;
  SELECT x.id INTO a FROM care.account x WHERE x.login_id = p_login;
  INSERT INTO sec.reset (id, login_hash, address_block, account_id, at) VALUES (p_reset, p_login_hash, p_block, a, t);
  IF n < 3 THEN PERFORM sec.enqueue('reset_letter', pg_catalog.jsonb_build_object('reset', p_reset), interval '0', 8); END IF;
  RETURN 0;
END $$;
-- Where the letter goes: a confirmed address of somebody who works somewhere, and nothing else.
CREATE FUNCTION act.reset_address(p_reset uuid) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT c.mail FROM sec.reset r JOIN sec.contact c ON c.account_id = r.account_id AND c.mail_confirmed_at IS NOT NULL
  WHERE r.id = p_reset AND r.token_hash IS NULL AND r.used_at IS NULL AND r.at > pg_catalog.clock_timestamp() - interval '30 minutes'
    AND EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = r.account_id AND s.state = 'active')
$$;
-- The sealed letter, once.
CREATE FUNCTION act.send_reset(p_reset uuid, p_token_hash bytea, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE a uuid; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.reset SET token_hash = p_token_hash, ends_at = t + interval '30 minutes' WHERE id = p_reset AND token_hash IS NULL AND account_id IS NOT NULL RETURNING account_id INTO a;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
  PERFORM sec.log(ROW(a, (SELECT s.facility_id FROM care.staff s WHERE s.account_id = a AND s.state = 'active' ORDER BY s.since LIMIT 1), NULL, NULL, NULL, NULL, NULL)::sec.context,
    'asked_reset', NULL, NULL, NULL, NULL, 'done', NULL);
END $$;
CREATE FUNCTION sec.valid_reset(p_token_hash bytea) RETURNS sec.reset LANGUAGE sql STABLE AS $$
  SELECT x.* FROM sec.reset x WHERE x.token_hash = p_token_hash AND x.used_at IS NULL AND x.ends_at > pg_catalog.clock_timestamp()
    AND (x.recovery_id IS NULL OR EXISTS (SELECT 1 FROM sec.recovery r WHERE r.id = x.recovery_id AND sec.recovery_state(r) = 'confirmed'))
$$;
-- What a code stands for, while it is good; NULL otherwise.
CREATE FUNCTION act.recovery_code_for(p_code_hash bytea) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT 'factor' FROM sec.recovery r WHERE r.code_hash = p_code_hash AND sec.recovery_state(r) IN ('confirmed', 'used')
  UNION ALL SELECT 'password' WHERE (sec.valid_reset(p_code_hash)).id IS NOT NULL LIMIT 1
$$;
-- Whose password it is about, for what a password may not hold. No row for a token that is not good.
CREATE FUNCTION act.reset_about(p_token_hash bytea) RETURNS TABLE (login_id text, name text, kana text, facilities text[]) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT a.login_id, p.name, p.kana, ARRAY(SELECT f.name FROM care.staff s JOIN care.facility_now f ON f.facility_id = s.facility_id WHERE s.account_id = a.id AND s.state <> 'left')
  FROM sec.valid_reset(p_token_hash) v JOIN care.account a ON a.id = v.account_id JOIN care.person_now p ON p.account_id = a.id
$$;
-- One counted try with a code, and what checks it. `hashes`: this password and those before.
CREATE FUNCTION act.reset_begin(p_token_hash bytea, p_attempt uuid, p_device_hash bytea, p_block text)
RETURNS TABLE (wait int, account_id uuid, totp_secret bytea, totp_last_step bigint, hashes text[]) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE v sec.reset := sec.valid_reset(p_token_hash); w int;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  IF v.id IS NULL THEN RAISE EXCEPTION 'no such link' USING ERRCODE = 'RK404'; END IF;
  w := sec.begin_try(p_attempt, v.login_hash, (sec.known_device(p_device_hash, v.account_id)).id, p_block);
  RETURN QUERY SELECT w, c.account_id, CASE WHEN w = 0 AND c.totp_confirmed_at IS NOT NULL THEN c.totp_secret END, c.totp_last_step,
      CASE WHEN w = 0 THEN c.password_hash || ARRAY(SELECT o.password_hash FROM sec.old_password o WHERE o.account_id = c.account_id) END
    FROM sec.credential c WHERE c.account_id = v.account_id;
END $$;
CREATE FUNCTION act.reset_done(p_token_hash bytea, p_attempt uuid, p_totp_step bigint, p_recovery_hash bytea, p_hash text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE v sec.reset; t timestamptz := pg_catalog.clock_timestamp(); f uuid;
BEGIN
  -- Both of two who use one link come here; the second finds it used.
  PERFORM 1 FROM sec.reset r WHERE r.token_hash = p_token_hash FOR UPDATE;
  v := sec.valid_reset(p_token_hash);
  IF v.id IS NULL THEN RAISE EXCEPTION 'no such link' USING ERRCODE = 'RK404'; END IF;
  IF p_totp_step IS NOT NULL THEN
    UPDATE sec.credential SET totp_last_step = p_totp_step WHERE account_id = v.account_id AND totp_last_step < p_totp_step;
    IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  ELSE
    UPDATE sec.recovery_code SET used_at = t WHERE account_id = v.account_id AND code_hash = p_recovery_hash AND used_at IS NULL;
    IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  UPDATE sec.reset SET used_at = t WHERE account_id = v.account_id AND used_at IS NULL;
  UPDATE sec.recovery SET used_at = t, done_at = t WHERE id = v.recovery_id;
  UPDATE sec.pre_sign_in SET used_at = t WHERE account_id = v.account_id AND used_at IS NULL;
  PERFORM sec.replace_password(v.account_id, p_hash);
  PERFORM sec.forget_contact_links(v.account_id);
  UPDATE sec.device SET remembered_until = NULL WHERE account_id = v.account_id;
  PERFORM sec.end_sessions(v.account_id, NULL, NULL, NULL);
  SELECT s.facility_id INTO f FROM care.staff s WHERE s.account_id = v.account_id AND s.state = 'active' ORDER BY s.since LIMIT 1;
  PERFORM sec.log(ROW(v.account_id, f, NULL, NULL, NULL, NULL, NULL)::sec.context, 'reset_password', NULL, NULL, f, v.account_id, 'done', NULL);
  PERFORM sec.tell(v.account_id, 'password_reset', NULL, NULL, v.recovery_id, NULL);
END $$;

-- ---- The frame of every page: notices about sign-in count like the others -------------------------------------------------
CREATE OR REPLACE FUNCTION act.frame() RETURNS TABLE (account_id uuid, login_id text, name text, kana text, profession text, facility_id uuid, facility text, admin bool, session_id uuid, factors text[],
  idle_seconds int, expires_at timestamptz, notices bigint, live_from text, mode text, mode_reason text, mode_since timestamptz, mode_until timestamptz, news jsonb)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); unread bigint; news jsonb; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT count(*), coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', 'announcement', 'id', a.id, 'title', a.title) ORDER BY a.from_at DESC)
      FILTER (WHERE a.importance = 'important'), '[]')
    INTO unread, news FROM sec.announcements(c) a WHERE NOT a.read AND (a.until_at IS NULL OR a.until_at > t);
  unread := unread + (SELECT count(*) FROM sec.sign_in_notice n WHERE n.account_id = c.account_id
    AND n.at > coalesce((SELECT s.until_at FROM sec.sign_in_notice_seen s WHERE s.account_id = c.account_id), '-infinity'));
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
GRANT EXECUTE ON FUNCTION act.my_sign_in_notices(int), act.saw_sign_in_notices(), act.facility_sign_in_notices(int), act.not_me(uuid, text),
  act.start_recovery(uuid, uuid, uuid, text, text, text), act.confirm_recovery(uuid), act.cancel_recovery(uuid), act.make_recovery_code(uuid, bytea), act.recoveries(uuid), act.my_recovery()
  TO renkei_app;
GRANT EXECUTE ON FUNCTION act.old_passwords(bytea), act.recovery_code_for(bytea), act.recover_begin(uuid, text, bytea, bytea, text, bytea), act.recover_done(uuid, uuid, bytea, uuid),
  act.forgotten(uuid, text, bytea, text), act.reset_about(bytea), act.reset_begin(bytea, uuid, bytea, text), act.reset_done(bytea, uuid, bigint, bytea, text) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.send_sign_in_notice(uuid, jsonb, jsonb), act.tell_of_failures(int), act.forget_sign_in_notices(), act.reset_address(uuid), act.send_reset(uuid, bytea, jsonb)
  TO renkei_job;
GRANT EXECUTE ON FUNCTION op.recoveries(), op.confirm_recovery(uuid) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
