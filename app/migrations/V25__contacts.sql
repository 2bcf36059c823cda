-- How a person is reached, and the places where the rules of signing in grow.
SET LOCAL ROLE renkei_sec;

-- Mail and telephone of an account: for incidents, for notices about sign-in, for a forgotten password. In clear: a definer function
-- puts a letter into the act that causes it. Nobody who is not the person, the facility's admin or the deployment reads it.
CREATE TABLE sec.contact (
  account_id uuid PRIMARY KEY,
  mail text CHECK (length(mail) <= 254),
  mail_confirmed_at timestamptz,                               -- the person has opened the link that went there
  phone text NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
  changed_at timestamptz NOT NULL,
  CHECK (mail IS NOT NULL OR mail_confirmed_at IS NULL)
);
-- One address, one account: a confirmed address belongs to one person.
CREATE UNIQUE INDEX contact_mail ON sec.contact (pg_catalog.lower(mail)) WHERE mail_confirmed_at IS NOT NULL;
SELECT care.guard_from_migrator('sec.contact');

-- Whoever works nowhere any more is not written to, and the address is free for a new account at once.
CREATE FUNCTION sec.free_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = NEW.account_id AND s.state <> 'left') THEN
    DELETE FROM sec.contact c WHERE c.account_id = NEW.account_id;
  END IF;
  RETURN NULL;
END $$;

-- Puts a letter to this person into the transaction; `p_letter` is {subject, text} as the service writes letters. Nobody is written to
-- whose address is not confirmed. Whether there was somebody to write to.
CREATE FUNCTION sec.write_to(p_account uuid, p_letter jsonb) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE m text;
BEGIN
  SELECT c.mail INTO m FROM sec.contact c WHERE c.account_id = p_account AND c.mail_confirmed_at IS NOT NULL;
  IF m IS NULL OR p_letter IS NULL THEN RETURN false; END IF;
  PERFORM sec.enqueue('mail', p_letter || pg_catalog.jsonb_build_object('to', m, 'message', pg_catalog.gen_random_uuid()), interval '0', 18);
  RETURN true;
END $$;

-- How many *kinds* of factor these are: know, have, are. Two of the same kind are one (guideline, Ops 14).
CREATE FUNCTION sec.kinds_of(p_factors text[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT count(DISTINCT f)::int FROM pg_catalog.unnest(p_factors) f WHERE f IN ('know', 'have', 'are')
$$;
-- Which facility a new session acts for: one that is in service, if there is one, and the one used last.
CREATE FUNCTION sec.facility_to_act_for(p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT s.facility_id FROM care.staff s
    LEFT JOIN LATERAL (SELECT max(x.created_at) AS used FROM sec.session x WHERE x.account_id = p_account AND x.facility_id = s.facility_id) u ON true
    WHERE s.account_id = p_account AND s.state = 'active'
    ORDER BY EXISTS (SELECT 1 FROM sec.service_mode m WHERE m.facility_id = s.facility_id AND m.mode IN ('stopped', 'sign_in_stopped')), u.used DESC NULLS LAST, s.since LIMIT 1);
END $$;
-- What else happens when somebody has signed in, in the same transaction. A later migration fills it in.
CREATE FUNCTION sec.signed_in(p_account uuid, p_facility uuid, p_session uuid, p_device uuid, p_new_device bool) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RETURN;
END $$;

CREATE OR REPLACE FUNCTION act.sign_in_done(p_attempt uuid, p_login_hash bytea, p_account uuid, p_pre_hash bytea, p_session uuid, p_token_hash bytea, p_kind text,
  p_device_hash bytea, p_new_device uuid, p_new_device_hash bytea, p_device_name text, p_remember bool, p_factors text[], p_totp_step bigint, p_recovery_hash bytea,
  p_idle interval, p_ttl interval)
RETURNS TABLE (session_id uuid, expires_at timestamptz, enrolling bool, new_device bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); d uuid; f uuid; enrol bool := sec.kinds_of(p_factors) < 2; e timestamptz := t + p_ttl;
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
  f := sec.facility_to_act_for(p_account);
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
  PERFORM sec.signed_in(p_account, f, p_session, d, d = p_new_device);
  RETURN QUERY SELECT p_session, e, enrol, d = p_new_device;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.free_contact() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.staff TO renkei_owner;
CREATE TRIGGER left_for_good AFTER UPDATE OF state ON care.staff FOR EACH ROW WHEN (NEW.state = 'left' AND OLD.state <> 'left') EXECUTE FUNCTION sec.free_contact();
REVOKE TRIGGER ON care.staff FROM renkei_owner;
