-- The operators' door gets what the staff's door has, the desk loses nothing that somebody wrote, and an invitation can be
-- taken back.

-- ---- The desk: what an id stands for ---------------------------------------------------------------------
-- A keyed digest of what was sent with the id (under the desk's key, as posts have it under their stream's): the same id
-- again with something else is told apart from a retry. NULL: written before there was one, never the same as anything.
ALTER TABLE care.inquiry ADD COLUMN fingerprint bytea CHECK (length(fingerprint) = 32);
ALTER TABLE care.inquiry_answer ADD COLUMN fingerprint bytea CHECK (length(fingerprint) = 32);

SET LOCAL ROLE renkei_sec;

DROP FUNCTION act.ask(uuid, uuid, text, text, bytea, bytea), act.ask_signed_in(uuid, uuid, text, text, bytea, bytea), sec.ask(sec.context, uuid, uuid, text, text, bytea, bytea),
  op.answer_inquiry(uuid, uuid, bytea, bytea, jsonb), act.answer_waits(bytea), act.open_answer(bytea);

-- Takes an inquiry in. `wait`: seconds until this sender, or everybody, may write again; then nothing was taken.
-- Five in ten minutes and thirty a day from one block of addresses, three hundred an hour in all.
-- RK409 where the id stands for another inquiry.
CREATE FUNCTION sec.ask(c sec.context, p_inquiry uuid, p_client uuid, p_fingerprint bytea, p_category text, p_block text, p_contact bytea, p_body bytea)
RETURNS TABLE (number bigint, wait int) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE t timestamptz := pg_catalog.clock_timestamp(); n bigint; w int := 0; e record;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('inquiry', 15));
  SELECT i.number, i.account_id, i.fingerprint INTO e FROM care.inquiry i WHERE i.client_id = p_client;
  IF FOUND THEN
    IF e.account_id IS DISTINCT FROM c.account_id OR e.fingerprint IS DISTINCT FROM p_fingerprint THEN
      RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
    END IF;
    RETURN QUERY SELECT e.number, 0; RETURN;
  END IF;
  DELETE FROM sec.inquiry_knock k WHERE k.at < t - interval '1 day';
  IF (SELECT count(*) FROM sec.inquiry_knock k WHERE k.address_block = p_block AND k.at > t - interval '10 minutes') >= 5 THEN w := 600; END IF;
  IF (SELECT count(*) FROM sec.inquiry_knock k WHERE k.address_block = p_block) >= 30 THEN w := 3600; END IF;
  IF (SELECT count(*) FROM sec.inquiry_knock k WHERE k.at > t - interval '1 hour') >= 300 THEN w := 3600; END IF;
  IF w > 0 THEN RETURN QUERY SELECT NULL::bigint, w; RETURN; END IF;
  INSERT INTO sec.inquiry_knock VALUES (t, p_block);
  INSERT INTO care.inquiry (id, category, account_id, facility_id, contact, body, client_id, at, fingerprint)
    VALUES (p_inquiry, p_category, c.account_id, c.facility_id, p_contact, p_body, p_client, t, p_fingerprint) RETURNING care.inquiry.number INTO n;
  INSERT INTO care.inquiry_state (inquiry_id, state, at) VALUES (p_inquiry, 'new', t);
  RETURN QUERY SELECT n, 0;
END $$;
CREATE FUNCTION act.ask(p_inquiry uuid, p_client uuid, p_fingerprint bytea, p_category text, p_block text, p_contact bytea, p_body bytea)
RETURNS TABLE (number bigint, wait int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  RETURN QUERY SELECT * FROM sec.ask(NULL, p_inquiry, p_client, p_fingerprint, p_category, p_block, p_contact, p_body);
END $$;
CREATE FUNCTION act.ask_signed_in(p_inquiry uuid, p_client uuid, p_fingerprint bytea, p_category text, p_block text, p_contact bytea, p_body bytea)
RETURNS TABLE (number bigint, wait int) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.log(c, 'asked_desk', NULL, NULL, c.facility_id, p_inquiry, 'done', NULL);
  RETURN QUERY SELECT * FROM sec.ask(c, p_inquiry, p_client, p_fingerprint, p_category, p_block, p_contact, p_body);
END $$;

-- `p_letter`: payload of a `mail` job with the link, NULL where nobody is to be written to. The same id again is the same
-- answer; RK409 where it stands for another one.
CREATE FUNCTION op.answer_inquiry(p_inquiry uuid, p_answer uuid, p_fingerprint bytea, p_body bytea, p_link_hash bytea, p_letter jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); e care.inquiry_answer; s text;
BEGIN
  -- Answers to one inquiry come one after the other, so that a retry finds what its first send has written.
  SELECT x.state INTO s FROM care.inquiry_state x WHERE x.inquiry_id = p_inquiry FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such inquiry' USING ERRCODE = 'RK404'; END IF;
  SELECT * INTO e FROM care.inquiry_answer a WHERE a.id = p_answer;
  IF FOUND THEN
    IF e.inquiry_id <> p_inquiry OR e.operator_id <> o OR e.fingerprint IS DISTINCT FROM p_fingerprint THEN
      RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
    END IF;
    RETURN;
  END IF;
  IF s = 'closed' THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'RK409'; END IF;
  UPDATE care.inquiry_state SET state = 'answered', at = t, assigned_to = coalesce(assigned_to, o), first_answer_at = coalesce(first_answer_at, t) WHERE inquiry_id = p_inquiry;
  INSERT INTO care.inquiry_answer (id, inquiry_id, operator_id, body, at, fingerprint) VALUES (p_answer, p_inquiry, o, p_body, t, p_fingerprint);
  IF p_letter IS NOT NULL THEN
    INSERT INTO sec.inquiry_link (token_hash, answer_id, expires_at) VALUES (p_link_hash, p_answer, t + interval '14 days');
    PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
  END IF;
  PERFORM sec.log_operator('answered_inquiry', p_inquiry, '');
END $$;

-- ---- The desk: a link is used up by the one who has got the answer open -----------------------------------
-- `waits`, `opened` or `expired`; NULL for an invented link.
CREATE FUNCTION act.answer_link(p_token_hash bytea) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE WHEN l.used_at IS NOT NULL THEN 'opened' WHEN l.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE 'waits' END
  FROM sec.inquiry_link l WHERE l.token_hash = p_token_hash
$$;
-- What a waiting link leads to, still sealed.
CREATE FUNCTION act.sealed_answer(p_token_hash bytea) RETURNS TABLE (id uuid, number bigint, category text, body bytea, at timestamptz, answer_id uuid, answer bytea, answered_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT i.id, i.number, i.category, i.body, i.at, a.id, a.body, a.at
  FROM sec.inquiry_link l JOIN care.inquiry_answer a ON a.id = l.answer_id JOIN care.inquiry i ON i.id = a.inquiry_id
  WHERE l.token_hash = p_token_hash AND l.used_at IS NULL AND l.expires_at > pg_catalog.clock_timestamp()
$$;
-- Uses a link up, after its answer was opened and before it is shown. True for one caller alone.
CREATE FUNCTION act.use_answer_link(p_token_hash bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE sec.inquiry_link l SET used_at = pg_catalog.clock_timestamp() WHERE l.token_hash = p_token_hash AND l.used_at IS NULL AND l.expires_at > pg_catalog.clock_timestamp();
  RETURN FOUND;
END $$;

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

-- ---- Invitations: taken back, and asked about again when they are answered ---------------------------------
-- Whether the host of now has to approve who accepts: not for own staff of the managing facility, and not for whom this very
-- host has invited. Who was host at the time of inviting does not count.
CREATE FUNCTION sec.needs_approval(i care.invitation) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT i.needs_approval OR NOT EXISTS (SELECT 1 FROM care.groups g WHERE g.id = i.group_id AND g.facility_id = i.facility_id)
    AND NOT EXISTS (SELECT 1 FROM care.group_state s WHERE s.group_id = i.group_id AND s.host_id = i.invited_by)
$$;
CREATE OR REPLACE FUNCTION act.find_invitation(p_invitation uuid, p_link_hash bytea)
RETURNS TABLE (id uuid, group_id uuid, facility_id uuid, role text, until timestamptz, from_now_on bool, needs_approval bool, state text, created_at timestamptz, expires_at timestamptz,
  managing_facility text, by_account uuid, by_name text, by_profession text, by_facility text,
  membership_stream uuid, team_seq bigint, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT i.id, i.group_id, i.facility_id, i.role, i.until, i.from_now_on, sec.needs_approval(i),
      CASE WHEN i.state = 'invited' AND i.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE i.state END, i.created_at, i.expires_at,
      gf.name, p.account_id, p.name, p.profession, pf.name, s.id, th.seq, k.wrapped, k.facility_id, k.facility_key_version, fk.wrapped
    FROM care.invitation i JOIN care.groups g ON g.id = i.group_id JOIN care.facility_now gf ON gf.facility_id = g.facility_id
    JOIN care.person_now p ON p.account_id = i.invited_by JOIN care.facility_now pf ON pf.facility_id = i.invited_for
    JOIN care.stream s ON s.group_id = i.group_id AND s.kind = 'membership' JOIN care.data_key k ON k.stream_id = s.id
    JOIN care.facility_key fk ON fk.facility_id = k.facility_id AND fk.version = k.facility_key_version
    JOIN care.stream t ON t.group_id = i.group_id AND t.kind = 'team' JOIN care.stream_head th ON th.stream_id = t.id
    WHERE (i.id = p_invitation OR i.link_hash = p_link_hash) AND i.account_id = c.account_id;
END $$;
CREATE OR REPLACE FUNCTION act.my_invitations() RETURNS TABLE (id uuid, created_at timestamptz, expires_at timestamptz, by_account uuid, by_name text, by_profession text, by_facility text,
  managing_facility text, facility_id uuid, role text, until timestamptz, needs_approval bool)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT i.id, i.created_at, i.expires_at, p.account_id, p.name, p.profession, pf.name, gf.name, i.facility_id, i.role, i.until, sec.needs_approval(i)
    FROM care.invitation i JOIN care.groups g ON g.id = i.group_id JOIN care.facility_now gf ON gf.facility_id = g.facility_id
    JOIN care.person_now p ON p.account_id = i.invited_by JOIN care.facility_now pf ON pf.facility_id = i.invited_for
    WHERE i.account_id = c.account_id AND i.state = 'invited' AND i.expires_at > pg_catalog.clock_timestamp() ORDER BY i.created_at DESC;
END $$;
CREATE OR REPLACE FUNCTION act.answer_invitation(p_invitation uuid, p_kind text, p_seen bigint, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i care.invitation; g uuid;
BEGIN
  SELECT x.group_id INTO g FROM care.invitation x WHERE x.id = p_invitation AND x.account_id = c.account_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no invitation' USING ERRCODE = 'RK404'; END IF;
  IF sec.done_before(c, g, p_client, p_kind, c.account_id) THEN
    RETURN (SELECT x.state FROM care.invitation x WHERE x.id = p_invitation);
  END IF;
  SELECT * INTO i FROM care.invitation x WHERE x.id = p_invitation FOR UPDATE;
  IF i.state <> 'invited' OR i.expires_at <= sec.clock() THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  IF i.facility_id <> c.facility_id THEN RAISE EXCEPTION 'act for the invited facility' USING ERRCODE = 'RK403'; END IF;
  IF p_kind = 'declined' THEN
    UPDATE care.invitation SET state = 'declined', decided_at = sec.clock() WHERE id = i.id;
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', i.invited_by, sec.clock());
  ELSE
    PERFORM sec.must_be_open(g);
    IF i.until <= sec.clock() THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
    IF p_kind = 'accepted' AND sec.needs_approval(i) THEN
      UPDATE care.invitation SET state = 'accepted', decided_at = sec.clock() WHERE id = i.id;
      INSERT INTO care.event (kind, account_id, at) SELECT 'notice', s.host_id, sec.clock() FROM care.group_state s WHERE s.group_id = g;
    ELSIF p_kind = 'joined' AND NOT sec.needs_approval(i) THEN
      PERFORM sec.join(i, p_seen);
    ELSIF p_kind IN ('accepted', 'joined') THEN
      -- The host changed since the answer was sealed: it is sealed anew.
      RAISE EXCEPTION 'moved on' USING ERRCODE = 'RK409';
    ELSE
      RAISE EXCEPTION 'not that way' USING ERRCODE = 'RK409';
    END IF;
  END IF;
  PERFORM sec.membership_event(c, g, p_kind, c.account_id, p_id, p_client, p_commitment, p_envelope);
  RETURN p_kind;
END $$;
-- The host, or the managing facility's admin, takes back an invitation that nobody has answered. In the group's stream that is a
-- refusal. False where it was taken back before.
CREATE FUNCTION act.cancel_invitation(p_invitation uuid, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i care.invitation; g uuid;
BEGIN
  SELECT x.group_id INTO g FROM care.invitation x WHERE x.id = p_invitation;
  IF NOT FOUND THEN RAISE EXCEPTION 'no invitation' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.must_keep(c, g);
  -- The order of locks is that of an answer: of the two, one comes first.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = (SELECT s.id FROM care.stream s WHERE s.group_id = g AND s.kind = 'membership') FOR UPDATE;
  SELECT * INTO i FROM care.invitation x WHERE x.id = p_invitation FOR UPDATE;
  IF i.state = 'cancelled' THEN RETURN false; END IF;
  IF i.state <> 'invited' THEN RAISE EXCEPTION 'answered already' USING ERRCODE = 'RK409'; END IF;
  UPDATE care.invitation SET state = 'cancelled', decided_at = sec.clock() WHERE id = i.id;
  PERFORM sec.membership_event(c, g, 'refused', i.account_id, p_id, p_client, p_commitment, p_envelope);
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', i.account_id, sec.clock());
  RETURN true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.ask_signed_in(uuid, uuid, bytea, text, text, bytea, bytea), act.cancel_invitation(uuid, uuid, uuid, bytea, bytea) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.ask(uuid, uuid, bytea, text, text, bytea, bytea), act.answer_link(bytea), act.sealed_answer(bytea), act.use_answer_link(bytea),
  act.operator_sign_in_begin(uuid, text, bytea, bytea, text),
  act.operator_sign_in_done(uuid, uuid, uuid, bytea, bigint, interval, bytea, uuid, bytea, text) TO renkei_auth;
GRANT EXECUTE ON FUNCTION op.answer_inquiry(uuid, uuid, bytea, bytea, bytea, jsonb) TO renkei_operator;
SET LOCAL ROLE renkei_owner;
