-- The operators' door gets what the staff's door has.
SET LOCAL ROLE renkei_sec;

-- ---- The operators' door: known devices keep a count of their own -----------------------------------------
-- Names a browser to the count of tries, not a proof of anything; see sec.sign_in_wait.
CREATE TABLE sec.operator_device (
  id uuid PRIMARY KEY,
  operator_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  name text NOT NULL CHECK (length(name) <= 120),
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL
);
SELECT care.guard_from_migrator('sec.operator_device');

DROP FUNCTION act.operator_sign_in_begin(uuid, text, bytea, text), act.operator_sign_in_done(uuid, uuid, uuid, bytea, bigint, interval);

-- Counted and answered as for everybody else (see sec.sign_in_wait); the hash of the ID keeps the two kinds of account apart.
CREATE FUNCTION act.operator_sign_in_begin(p_attempt uuid, p_login text, p_login_hash bytea, p_device_hash bytea, p_block text)
RETURNS TABLE (wait int, operator_id uuid, password_hash text, totp_secret bytea, totp_last_step bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid; d uuid; w int;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.encode(p_login_hash, 'hex'), 7));
  SELECT x.id INTO o FROM care.operator x WHERE x.login_id = p_login;
  SELECT x.id INTO d FROM sec.operator_device x WHERE x.token_hash = p_device_hash AND x.operator_id = o;
  w := sec.sign_in_wait(p_login_hash, d, p_block);
  IF w > 0 THEN
    RETURN QUERY SELECT w, NULL::uuid, NULL::text, NULL::bytea, NULL::bigint;
    RETURN;
  END IF;
  INSERT INTO sec.attempt (id, at, login_hash, device_id, address_block) VALUES (p_attempt, pg_catalog.clock_timestamp(), p_login_hash, d, p_block);
  RETURN QUERY SELECT 0, c.operator_id, c.password_hash, c.totp_secret, c.totp_last_step
    FROM (SELECT 1) one LEFT JOIN sec.operator_credential c ON c.operator_id = o AND c.suspended_at IS NULL;
END $$;
-- Burns the code, opens the session, and makes or finds the device. RK401 where the code was used before.
-- True where the device is new; without an id for a new one (a planted session) there is none.
CREATE FUNCTION act.operator_sign_in_done(p_attempt uuid, p_operator uuid, p_session uuid, p_token_hash bytea, p_step bigint, p_ttl interval,
  p_device_hash bytea, p_new_device uuid, p_new_device_hash bytea, p_device_name text)
RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); fresh bool;
BEGIN
  UPDATE sec.operator_credential SET totp_last_step = p_step WHERE operator_id = p_operator AND totp_last_step < p_step AND suspended_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  UPDATE sec.operator_device SET last_seen = t WHERE token_hash = p_device_hash AND operator_id = p_operator;
  fresh := NOT FOUND AND p_new_device IS NOT NULL;
  IF fresh THEN
    INSERT INTO sec.operator_device (id, operator_id, token_hash, name, first_seen, last_seen) VALUES (p_new_device, p_operator, p_new_device_hash, p_device_name, t, t);
  END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  INSERT INTO sec.operator_session (token_hash, id, operator_id, created_at, last_seen, expires_at) VALUES (p_token_hash, p_session, p_operator, t, t, t + p_ttl);
  PERFORM sec.log_operator_as(p_operator, 'signed_in', NULL, CASE WHEN fresh THEN '新しい端末: ' || p_device_name ELSE '' END);
  RETURN fresh;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.operator_sign_in_begin(uuid, text, bytea, bytea, text),
  act.operator_sign_in_done(uuid, uuid, uuid, bytea, bigint, interval, bytea, uuid, bytea, text) TO renkei_auth;
SET LOCAL ROLE renkei_owner;
