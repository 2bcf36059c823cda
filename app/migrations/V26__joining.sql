-- Joining a facility by an invitation of its admin, how a person is reached, who administrates, and leaving by oneself.
SET LOCAL ROLE renkei_sec;

-- An admin has said who is to come; the link is good once. Of the link there is only the hash. What the admin wrote stays 30 days
-- after the link has run out, the address no longer than until it was used.
CREATE TABLE sec.staff_invitation (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  invited_by uuid NOT NULL,
  client_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  kana text NOT NULL CHECK (length(kana) BETWEEN 1 AND 240),
  profession text NOT NULL CHECK (profession ~ '^[a-z_]{2,40}$'),
  licence_note text NOT NULL CHECK (length(licence_note) <= 200),
  login_hint text CHECK (login_hint ~ '^[a-z0-9][a-z0-9._-]{2,63}$'),
  mail text CHECK (length(mail) <= 254),
  admin bool NOT NULL,
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'joined', 'refused', 'cancelled')),
  ended_at timestamptz,
  account_id uuid,                                             -- who has joined by it
  code_hash bytea,                                             -- over link and code: six digits alone would be guessed
  code_until timestamptz,
  code_tries int NOT NULL DEFAULT 0,
  codes_sent int NOT NULL DEFAULT 0,
  code_sent_at timestamptz,
  CONSTRAINT staff_invitation_client_id_key UNIQUE (invited_by, client_id),
  CHECK ((state = 'open') = (ended_at IS NULL)),
  CHECK (state = 'open' OR mail IS NULL)
);
CREATE INDEX staff_invitation_by_facility ON sec.staff_invitation (facility_id, created_at DESC);
CREATE INDEX staff_invitation_over ON sec.staff_invitation (expires_at);
SELECT care.guard_from_migrator('sec.staff_invitation');

-- A link that shows that the person reads what goes to an address. Whoever works nowhere any more takes it along.
CREATE TABLE sec.contact_link (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  account_id uuid NOT NULL REFERENCES sec.contact ON DELETE CASCADE,
  mail text NOT NULL CHECK (length(mail) <= 254),
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX contact_link_by_account ON sec.contact_link (account_id, made_at DESC);
SELECT care.guard_from_migrator('sec.contact_link');

-- ---- Ties --------------------------------------------------------------------------------------------------------
-- The tie begins, or begins anew for somebody who had left: the events before stay. RK409 for whoever works there, suspended or not.
CREATE FUNCTION sec.join_staff(p_facility uuid, p_account uuid, p_admin bool, p_by uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO care.staff AS s (facility_id, account_id, admin, state, since) VALUES (p_facility, p_account, p_admin, 'active', sec.clock())
    ON CONFLICT (account_id, facility_id) DO UPDATE SET admin = excluded.admin, state = 'active', since = excluded.since WHERE s.state = 'left';
  IF NOT FOUND THEN RAISE EXCEPTION 'staff already' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (p_facility, p_account, 'joined', p_by, sec.clock());
END $$;
CREATE OR REPLACE FUNCTION act.add_staff(p_facility uuid, p_account uuid, p_admin bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.join_staff(p_facility, p_account, p_admin, p_account);
  PERFORM sec.log(NULL, 'added_staff', NULL, NULL, p_facility, p_account, 'done', NULL);
END $$;

-- Whoever changes who administrates holds the rows of all admins, in one order: of two admins who act on each other at once the
-- second finds that he is none any more.
CREATE FUNCTION sec.must_administrate_alone(c sec.context, p_account uuid) RETURNS care.staff LANGUAGE plpgsql AS $$
DECLARE tie care.staff;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND (s.admin OR s.account_id = p_account) ORDER BY s.account_id FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = c.account_id AND s.admin AND s.state = 'active') THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
  END IF;
  SELECT * INTO tie FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account AND s.state <> 'left';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  RETURN tie;
END $$;
CREATE FUNCTION sec.must_leave_an_admin(p_facility uuid, p_account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = p_facility AND s.account_id <> p_account AND s.admin AND s.state = 'active') THEN
    RAISE EXCEPTION 'last admin' USING ERRCODE = 'RK409';
  END IF;
END $$;
CREATE OR REPLACE FUNCTION act.set_suspended(p_account uuid, p_suspended bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_administrate_alone(c, p_account);
  IF p_account = c.account_id THEN RAISE EXCEPTION 'not oneself' USING ERRCODE = 'RK409'; END IF;
  IF p_suspended THEN PERFORM sec.must_leave_an_admin(c.facility_id, p_account); END IF;
  UPDATE care.staff SET state = CASE WHEN p_suspended THEN 'suspended' ELSE 'active' END
    WHERE account_id = p_account AND facility_id = c.facility_id AND state = CASE WHEN p_suspended THEN 'active' ELSE 'suspended' END;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (c.facility_id, p_account, CASE WHEN p_suspended THEN 'suspended' ELSE 'resumed' END, c.account_id, sec.clock());
  PERFORM sec.end_sessions(p_account, NULL, NULL, c.facility_id);
  PERFORM sec.log(c, CASE WHEN p_suspended THEN 'suspended' ELSE 'resumed' END, NULL, NULL, c.facility_id, p_account, 'done', NULL);
END $$;
-- Makes somebody admin, or no admin any more. Asked for what is so already, it does nothing.
CREATE FUNCTION act.set_admin(p_account uuid, p_admin bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); tie care.staff;
BEGIN
  tie := sec.must_administrate_alone(c, p_account);
  IF tie.admin = p_admin THEN RETURN; END IF;
  IF tie.state <> 'active' THEN RAISE EXCEPTION 'suspended' USING ERRCODE = 'RK409'; END IF;
  IF p_admin THEN PERFORM sec.must_be_fresh(c); END IF;
  IF NOT p_admin THEN PERFORM sec.must_leave_an_admin(c.facility_id, p_account); END IF;
  UPDATE care.staff SET admin = p_admin WHERE account_id = p_account AND facility_id = c.facility_id;
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (c.facility_id, p_account, CASE WHEN p_admin THEN 'made_admin' ELSE 'made_staff' END, c.account_id, sec.clock());
  PERFORM sec.log(c, CASE WHEN p_admin THEN 'made_admin' ELSE 'made_staff' END, NULL, NULL, c.facility_id, p_account, 'done', NULL);
END $$;
-- Another profession or licence of one of the own staff, from now on: records keep what they carry. The person is told.
CREATE FUNCTION act.correct_person(p_account uuid, p_version uuid, p_profession text, p_licence text, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); v care.account_version;
BEGIN
  PERFORM sec.must_have_staff(c, p_account);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account FOR UPDATE;
  SELECT x.* INTO v FROM care.account_version x WHERE x.account_id = p_account ORDER BY x.from_at DESC LIMIT 1;
  IF v.profession = p_profession AND v.licence_note = p_licence THEN RETURN; END IF;
  INSERT INTO care.account_version VALUES (p_version, p_account, v.name, v.kana, v.work_name, p_profession, p_licence, sec.clock());
  UPDATE sec.session SET account = p_version WHERE account_id = p_account AND state <> 'ended';
  PERFORM sec.write_to(p_account, p_letter);
  PERFORM sec.log(c, 'corrected_person', NULL, NULL, c.facility_id, p_account, 'done', NULL);
END $$;
-- One of the own staff, with how they are reached.
CREATE FUNCTION act.staff_person(p_account uuid) RETURNS TABLE (login_id text, name text, kana text, profession text, licence_note text, admin bool, state text, since timestamptz,
  mail text, mail_confirmed bool, phone text, version uuid) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_have_staff(c, p_account);
  RETURN QUERY SELECT a.login_id, coalesce(v.work_name, v.name), v.kana, v.profession, v.licence_note, s.admin, s.state, s.since, x.mail, x.mail_confirmed_at IS NOT NULL, coalesce(x.phone, ''), v.id
    FROM care.staff s JOIN care.account a ON a.id = s.account_id CROSS JOIN LATERAL (SELECT y.* FROM care.account_version y WHERE y.account_id = a.id ORDER BY y.from_at DESC LIMIT 1) v
    LEFT JOIN sec.contact x ON x.account_id = a.id WHERE s.facility_id = c.facility_id AND s.account_id = p_account;
END $$;

-- ---- Inviting ----------------------------------------------------------------------------------------------------
-- One person or five hundred, each with a client id: what was made before is not made again. A letter goes only with what is new.
CREATE FUNCTION act.invite_staff(p_ids uuid[], p_clients uuid[], p_names text[], p_kanas text[], p_professions text[], p_licences text[], p_logins text[], p_mails text[], p_admins bool[],
  p_hashes bytea[], p_letters jsonb[]) RETURNS TABLE (id uuid, client_id uuid, expires_at timestamptz, state text, created bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp(); r record;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF true = ANY (p_admins) THEN PERFORM sec.must_be_fresh(c); END IF;
  IF pg_catalog.cardinality(p_ids) > 500 THEN RAISE EXCEPTION 'too many at once' USING ERRCODE = 'RK422'; END IF;
  DELETE FROM sec.staff_invitation x WHERE x.expires_at < t - interval '30 days';
  IF EXISTS (SELECT 1 FROM ROWS FROM (pg_catalog.unnest(p_clients), pg_catalog.unnest(p_names), pg_catalog.unnest(p_kanas), pg_catalog.unnest(p_professions), pg_catalog.unnest(p_licences),
      pg_catalog.unnest(p_logins), pg_catalog.unnest(p_mails), pg_catalog.unnest(p_admins)) n(client, name, kana, profession, licence, login, mail, admin)
      JOIN sec.staff_invitation x ON x.invited_by = c.account_id AND x.client_id = n.client
      WHERE x.facility_id <> c.facility_id OR (x.name, x.kana, x.profession, x.licence_note, x.admin) IS DISTINCT FROM (n.name, n.kana, n.profession, n.licence, n.admin)
        OR x.state = 'open' AND (x.login_hint, x.mail) IS DISTINCT FROM (n.login, n.mail)) THEN
    RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
  END IF;
  IF pg_catalog.cardinality(p_ids) + (SELECT count(*) FROM sec.staff_invitation x WHERE x.facility_id = c.facility_id AND x.state = 'open' AND x.expires_at > t) > 3000 THEN
    RAISE EXCEPTION 'too many open invitations' USING ERRCODE = 'RK409';
  END IF;
  FOR r IN SELECT n.* FROM ROWS FROM (pg_catalog.unnest(p_ids), pg_catalog.unnest(p_clients), pg_catalog.unnest(p_names), pg_catalog.unnest(p_kanas), pg_catalog.unnest(p_professions),
      pg_catalog.unnest(p_licences), pg_catalog.unnest(p_logins), pg_catalog.unnest(p_mails), pg_catalog.unnest(p_admins), pg_catalog.unnest(p_hashes), pg_catalog.unnest(p_letters)) WITH ORDINALITY
      n(id, client, name, kana, profession, licence, login, mail, admin, hash, letter, place) ORDER BY n.place LOOP
    INSERT INTO sec.staff_invitation (id, facility_id, invited_by, client_id, name, kana, profession, licence_note, login_hint, mail, admin, token_hash, created_at, expires_at)
      VALUES (r.id, c.facility_id, c.account_id, r.client, r.name, r.kana, r.profession, r.licence, r.login, r.mail, r.admin, r.hash, t, t + interval '7 days')
      ON CONFLICT ON CONSTRAINT staff_invitation_client_id_key DO NOTHING;
    IF FOUND THEN
      IF r.letter IS NOT NULL THEN PERFORM sec.enqueue('mail', r.letter, interval '0', 18); END IF;
      PERFORM sec.log(c, 'invited_staff', NULL, NULL, c.facility_id, r.id, 'done', NULL);
    END IF;
  END LOOP;
  RETURN QUERY SELECT x.id, x.client_id, x.expires_at, x.state, x.id = ANY (p_ids) FROM sec.staff_invitation x WHERE x.invited_by = c.account_id AND x.client_id = ANY (p_clients);
END $$;
-- The facility's invitations that wait for an answer or were refused; the newest first. `p_id` NULL: all of them.
CREATE FUNCTION act.staff_invitations(p_id uuid) RETURNS TABLE (id uuid, name text, kana text, profession text, licence_note text, client_id uuid, mail text, admin bool, state text, created_at timestamptz,
  expires_at timestamptz, invited_by text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT x.id, x.name, x.kana, x.profession, x.licence_note, x.client_id, x.mail, x.admin,
      CASE WHEN x.state = 'open' AND x.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE x.state END, x.created_at, x.expires_at, p.name
    FROM sec.staff_invitation x JOIN care.person_now p ON p.account_id = x.invited_by
    WHERE x.facility_id = c.facility_id AND (p_id IS NULL AND x.state IN ('open', 'refused') OR x.id = p_id) ORDER BY x.created_at DESC, x.kana LIMIT 4000;
END $$;
CREATE FUNCTION sec.open_invitation(c sec.context, p_id uuid) RETURNS sec.staff_invitation LANGUAGE plpgsql AS $$
DECLARE i sec.staff_invitation;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO i FROM sec.staff_invitation x WHERE x.id = p_id AND x.facility_id = c.facility_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such invitation' USING ERRCODE = 'RK404'; END IF;
  RETURN i;
END $$;
CREATE FUNCTION sec.end_invitation(p_id uuid, p_state text, p_account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sec.staff_invitation SET state = p_state, account_id = p_account, ended_at = pg_catalog.clock_timestamp(), mail = NULL, login_hint = NULL, code_hash = NULL, code_until = NULL WHERE id = p_id;
END $$;
CREATE FUNCTION act.cancel_staff_invitation(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i sec.staff_invitation := sec.open_invitation(c, p_id);
BEGIN
  IF i.state = 'cancelled' THEN RETURN; END IF;
  IF i.state <> 'open' THEN RAISE EXCEPTION 'answered already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.end_invitation(p_id, 'cancelled', NULL);
  PERFORM sec.log(c, 'cancelled_staff_invitation', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- Another link and seven more days; the link before is dead.
CREATE FUNCTION act.renew_staff_invitation(p_id uuid, p_hash bytea, p_letter jsonb) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i sec.staff_invitation := sec.open_invitation(c, p_id); e timestamptz := pg_catalog.clock_timestamp() + interval '7 days';
BEGIN
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF i.state <> 'open' THEN RAISE EXCEPTION 'answered already' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.staff_invitation SET token_hash = p_hash, expires_at = e, code_hash = NULL, code_until = NULL, code_tries = 0, codes_sent = 0, code_sent_at = NULL WHERE id = p_id;
  IF p_letter IS NOT NULL THEN PERFORM sec.enqueue('mail', p_letter, interval '0', 18); END IF;
  PERFORM sec.log(c, 'renewed_staff_invitation', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN e;
END $$;

-- ---- Joining: whoever holds the link. Callable by renkei_auth alone, except where a signed-in person ties the own account ---
-- Looking uses nothing up. No row: there is no such link.
CREATE FUNCTION act.join_look(p_hash bytea) RETURNS TABLE (state text, facility_id uuid, facility text, by_name text, by_profession text, name text, kana text, profession text, login_hint text,
  mail text, admin bool, expires_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE WHEN x.state = 'open' AND x.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE x.state END, x.facility_id, f.name, p.name, p.profession, x.name, x.kana, x.profession, x.login_hint,
    x.mail, x.admin, x.expires_at
  FROM sec.staff_invitation x JOIN care.facility_now f ON f.facility_id = x.facility_id JOIN care.person_now p ON p.account_id = x.invited_by WHERE x.token_hash = p_hash
$$;
-- The first of these IDs that nobody has.
CREATE FUNCTION act.join_free_login(p_hash bytea, p_logins text[]) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT l.login FROM pg_catalog.unnest(p_logins) WITH ORDINALITY l(login, place)
  WHERE EXISTS (SELECT 1 FROM sec.staff_invitation x WHERE x.token_hash = p_hash AND x.state = 'open')
    AND NOT EXISTS (SELECT 1 FROM care.account a WHERE a.login_id = l.login) ORDER BY l.place LIMIT 1
$$;
-- The row, held; RK409 unless the link is good now.
CREATE FUNCTION sec.good_invitation(p_hash bytea) RETURNS sec.staff_invitation LANGUAGE plpgsql AS $$
DECLARE i sec.staff_invitation;
BEGIN
  SELECT * INTO i FROM sec.staff_invitation x WHERE x.token_hash = p_hash FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such invitation' USING ERRCODE = 'RK404'; END IF;
  IF i.state <> 'open' OR i.expires_at <= pg_catalog.clock_timestamp() THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  RETURN i;
END $$;
-- Puts the letter with a code in. Seconds to wait where one went a moment ago, or too many did.
CREATE FUNCTION act.join_send_code(p_hash bytea, p_code_hash bytea, p_letter jsonb) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i sec.staff_invitation := sec.good_invitation(p_hash); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF i.mail IS NULL THEN RAISE EXCEPTION 'no address' USING ERRCODE = 'RK409'; END IF;
  IF i.code_sent_at > t - interval '1 minute' THEN RETURN ceil(extract(epoch FROM i.code_sent_at + interval '1 minute' - t)); END IF;
  IF i.codes_sent >= 10 THEN RAISE EXCEPTION 'too many codes' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.staff_invitation SET code_hash = p_code_hash, code_until = t + interval '15 minutes', code_tries = 0, codes_sent = i.codes_sent + 1, code_sent_at = t WHERE id = i.id;
  PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
  RETURN 0;
END $$;
-- One counted look at a code, in a transaction of its own: five for each code, whoever asks at once. `right`, `wrong` or `over`.
CREATE FUNCTION act.join_check_code(p_hash bytea, p_code_hash bytea) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i sec.staff_invitation := sec.good_invitation(p_hash);
BEGIN
  IF i.code_hash IS NULL OR i.code_until <= pg_catalog.clock_timestamp() OR i.code_tries >= 5 THEN RETURN 'over'; END IF;
  IF i.code_hash = p_code_hash THEN RETURN 'right'; END IF;
  UPDATE sec.staff_invitation SET code_tries = i.code_tries + 1 WHERE id = i.id;
  RETURN 'wrong';
END $$;
-- The link is used. `p_code_hash` NULL: no code was asked for.
CREATE FUNCTION sec.use_invitation(p_hash bytea, p_code_hash bytea, p_account uuid, p_told jsonb) RETURNS sec.staff_invitation LANGUAGE plpgsql AS $$
DECLARE i sec.staff_invitation := sec.good_invitation(p_hash);
BEGIN
  PERFORM sec.must_be_in_service(i.facility_id, 'sign_in');
  IF p_code_hash IS NOT NULL AND (i.code_hash IS DISTINCT FROM p_code_hash OR i.code_until <= pg_catalog.clock_timestamp() OR i.code_tries >= 5) THEN
    RAISE EXCEPTION 'code over' USING ERRCODE = 'RK409';
  END IF;
  -- An invitation is worth what its maker is: it dies with the maker's tie.
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = i.facility_id AND s.account_id = i.invited_by AND s.admin AND s.state = 'active') THEN
    RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409';
  END IF;
  PERFORM sec.join_staff(i.facility_id, p_account, i.admin, i.invited_by);
  PERFORM sec.end_invitation(i.id, 'joined', p_account);
  PERFORM sec.write_to(i.invited_by, p_told);
  -- Of a new admin all of them hear.
  IF i.admin THEN
    PERFORM sec.write_to(s.account_id, p_told) FROM care.staff s
      WHERE s.facility_id = i.facility_id AND s.admin AND s.state = 'active' AND s.account_id NOT IN (i.invited_by, p_account);
  END IF;
  PERFORM sec.log(ROW(p_account, i.facility_id, (SELECT v.version FROM care.person_now v WHERE v.account_id = p_account), NULL, NULL, NULL, NULL)::sec.context,
    'joined_facility', NULL, NULL, i.facility_id, i.id, 'done', NULL);
  RETURN i;
END $$;
-- Keeps an address that waits for its confirmation, and puts the letter with the link in.
CREATE FUNCTION sec.ask_to_confirm(p_account uuid, p_mail text, p_hash bytea, p_letter jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.contact_link SET expires_at = t WHERE account_id = p_account AND used_at IS NULL AND expires_at > t;
  IF p_hash IS NULL THEN RETURN; END IF;
  INSERT INTO sec.contact_link (token_hash, account_id, mail, made_at, expires_at) VALUES (p_hash, p_account, p_mail, t, t + interval '3 days');
  PERFORM sec.enqueue('mail', p_letter, interval '0', 18);
END $$;
-- Somebody new: the account with what the admin said of the person, its ID and password by the person alone. An address to which the
-- code went is confirmed with that; any other gets a link.
CREATE FUNCTION act.join_new(p_hash bytea, p_code_hash bytea, p_account uuid, p_version uuid, p_login text, p_password_hash text, p_mail text, p_phone text, p_link_hash bytea, p_letter jsonb, p_told jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i sec.staff_invitation := sec.good_invitation(p_hash); t timestamptz := pg_catalog.clock_timestamp(); proved bool;
BEGIN
  proved := p_code_hash IS NOT NULL AND pg_catalog.lower(i.mail) = pg_catalog.lower(p_mail);
  IF proved AND EXISTS (SELECT 1 FROM sec.contact x WHERE pg_catalog.lower(x.mail) = pg_catalog.lower(p_mail) AND x.mail_confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'address has an account' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.account VALUES (p_account, p_login, sec.clock());
  INSERT INTO care.account_version VALUES (p_version, p_account, i.name, i.kana, NULL, i.profession, i.licence_note, sec.clock());
  INSERT INTO sec.credential VALUES (p_account, p_password_hash, NULL, NULL, 0, sec.clock());
  INSERT INTO sec.contact VALUES (p_account, p_mail, CASE WHEN proved THEN t END, p_phone, t);
  IF p_mail IS NOT NULL AND NOT proved THEN PERFORM sec.ask_to_confirm(p_account, p_mail, p_link_hash, p_letter); END IF;
  PERFORM sec.use_invitation(p_hash, p_code_hash, p_account, p_told);
END $$;
-- Somebody who has an account, also one that works nowhere now and so cannot sign in: what checks password and code, as one counted
-- try like any other.
CREATE FUNCTION act.rejoin_begin(p_hash bytea, p_attempt uuid, p_login text, p_login_hash bytea, p_device_hash bytea, p_block text)
RETURNS TABLE (wait int, account_id uuid, password_hash text, totp_secret bytea, totp_last_step bigint, name text, kana text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE a uuid; w int;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM sec.staff_invitation x WHERE x.token_hash = p_hash AND x.state = 'open' AND x.expires_at > pg_catalog.clock_timestamp()) THEN
    RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409';
  END IF;
  SELECT x.id INTO a FROM care.account x WHERE x.login_id = p_login;
  w := sec.begin_try(p_attempt, p_login_hash, (sec.known_device(p_device_hash, a)).id, p_block);
  -- Whoever has passkeys alone signs in with one first: here nothing but the password would be left.
  RETURN QUERY SELECT w, x.account_id, x.password_hash, CASE WHEN x.totp_confirmed_at IS NOT NULL THEN x.totp_secret END, x.totp_last_step, p.name, p.kana
    FROM (SELECT 1) one LEFT JOIN sec.credential x ON x.account_id = a AND w = 0
      AND (x.totp_confirmed_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM sec.passkey k WHERE k.account_id = a AND k.removed_at IS NULL)) LEFT JOIN care.person_now p ON p.account_id = x.account_id;
END $$;
CREATE FUNCTION act.rejoin(p_hash bytea, p_code_hash bytea, p_account uuid, p_attempt uuid, p_told jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  PERFORM sec.use_invitation(p_hash, p_code_hash, p_account, p_told);
END $$;
-- The same for whoever is signed in. Gives the facility.
CREATE FUNCTION act.join_as_me(p_hash bytea, p_code_hash bytea, p_told jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); i sec.staff_invitation;
BEGIN
  i := sec.use_invitation(p_hash, p_code_hash, c.account_id, p_told);
  RETURN i.facility_id;
END $$;
-- The wrong person, or one who will not. The admin sees it.
CREATE FUNCTION act.join_refuse(p_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i sec.staff_invitation := sec.good_invitation(p_hash);
BEGIN
  PERFORM sec.end_invitation(i.id, 'refused', NULL);
  PERFORM sec.log(NULL, 'refused_staff_invitation', NULL, NULL, i.facility_id, i.id, 'done', NULL);
END $$;

-- ---- How a person is reached ---------------------------------------------------------------------------------------
-- `waiting`: an address that still waits for its link to be opened.
CREATE FUNCTION act.own_contact() RETURNS TABLE (mail text, confirmed bool, phone text, waiting text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT x.mail, x.mail_confirmed_at IS NOT NULL, coalesce(x.phone, ''), l.mail FROM (SELECT 1) one LEFT JOIN sec.contact x ON x.account_id = c.account_id
    LEFT JOIN LATERAL (SELECT y.mail FROM sec.contact_link y WHERE y.account_id = c.account_id AND y.used_at IS NULL AND y.expires_at > pg_catalog.clock_timestamp() ORDER BY y.made_at DESC LIMIT 1) l ON true;
END $$;
-- The telephone counts at once, an address when its link was opened; until then the one before stays, and is told. Seconds to wait where
-- too many links went within the hour.
CREATE FUNCTION act.change_contact(p_mail text, p_phone text, p_link_hash bytea, p_letter jsonb, p_told jsonb) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp(); x sec.contact;
BEGIN
  PERFORM sec.must_be_fresh(c);
  INSERT INTO sec.contact (account_id, changed_at) VALUES (c.account_id, t) ON CONFLICT (account_id) DO NOTHING;
  SELECT * INTO x FROM sec.contact y WHERE y.account_id = c.account_id FOR UPDATE;
  IF (SELECT count(*) FROM sec.contact_link l WHERE l.account_id = c.account_id AND l.made_at > t - interval '1 hour') >= 5 AND p_link_hash IS NOT NULL THEN RETURN 3600; END IF;
  IF p_mail IS NULL OR pg_catalog.lower(x.mail) = pg_catalog.lower(p_mail) AND x.mail_confirmed_at IS NOT NULL THEN
    -- Nothing to confirm. A letter that is still under way no longer counts.
    PERFORM sec.ask_to_confirm(c.account_id, NULL, NULL, NULL);
    IF p_mail IS NULL AND x.mail_confirmed_at IS NOT NULL THEN PERFORM sec.write_to(c.account_id, p_told); END IF;
    UPDATE sec.contact SET mail = p_mail, mail_confirmed_at = CASE WHEN p_mail IS NULL THEN NULL ELSE mail_confirmed_at END, phone = p_phone, changed_at = t WHERE account_id = c.account_id;
  ELSE
    PERFORM sec.write_to(c.account_id, p_told);
    UPDATE sec.contact SET mail = CASE WHEN x.mail_confirmed_at IS NULL THEN p_mail ELSE mail END, phone = p_phone, changed_at = t WHERE account_id = c.account_id;
    PERFORM sec.ask_to_confirm(c.account_id, p_mail, p_link_hash, p_letter);
  END IF;
  PERFORM sec.log(c, 'changed_own_contact', NULL, NULL, c.facility_id, NULL, 'done', NULL);
  RETURN 0;
END $$;
-- `waits`, `used` or `expired`; NULL: there is no such link.
CREATE FUNCTION act.contact_link(p_hash bytea) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE WHEN l.used_at IS NOT NULL THEN 'used' WHEN l.expires_at <= pg_catalog.clock_timestamp() THEN 'expired' ELSE 'waits' END FROM sec.contact_link l WHERE l.token_hash = p_hash
$$;
-- Of two accounts that ask for one address the first to confirm has it; the other's confirmation is a conflict (contact_mail).
CREATE FUNCTION act.confirm_contact(p_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE l sec.contact_link; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.contact_link SET used_at = t WHERE token_hash = p_hash AND used_at IS NULL AND expires_at > t RETURNING * INTO l;
  IF NOT FOUND THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.contact SET mail = l.mail, mail_confirmed_at = t, changed_at = t WHERE account_id = l.account_id;
  PERFORM sec.log(ROW(l.account_id, sec.facility_to_act_for(l.account_id), (SELECT v.version FROM care.person_now v WHERE v.account_id = l.account_id), NULL, NULL, NULL, NULL)::sec.context,
    'confirmed_mail', NULL, NULL, NULL, NULL, 'done', NULL);
END $$;
-- For sample regions: a contact as if it had been confirmed.
CREATE FUNCTION act.add_contact(p_account uuid, p_mail text, p_phone text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO sec.contact (account_id, mail, mail_confirmed_at, phone, changed_at) VALUES (p_account, p_mail, CASE WHEN p_mail IS NOT NULL THEN sec.clock() END, p_phone, sec.clock())
$$;

-- ---- Leaving, by an admin's act or by oneself --------------------------------------------------------------------------
-- What V23 did, for whoever may: the callers have asked. A person who leaves by oneself needs no other right than the own tie.
CREATE FUNCTION sec.depart(c sec.context, p_departure uuid, p_account uuid, p_client uuid, p_what text[], p_groups uuid[], p_subjects uuid[], p_facilities uuid[], p_invitations uuid[],
  p_ids uuid[], p_clients uuid[], p_commitments bytea[], p_envelopes bytea[]) RETURNS SETOF care.departure LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); e care.departure; tie care.staff; r record; n_sessions int; n_devices int;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account) THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  -- Every other act on a membership moves one of these heads and waits for it; those of two departures are taken in one order.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id IN (SELECT s.id FROM care.stream s WHERE s.group_id = ANY (p_groups) AND s.kind = 'membership') ORDER BY h.stream_id FOR UPDATE;
  -- And two admins who end each other's ties come one after the other.
  PERFORM 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND (s.admin OR s.account_id = p_account) ORDER BY s.account_id FOR UPDATE;
  SELECT * INTO e FROM care.departure d WHERE d.by_account = c.account_id AND d.client_id = p_client;
  IF FOUND THEN
    IF e.account_id <> p_account OR e.facility_id <> c.facility_id THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN NEXT e; RETURN;
  END IF;
  IF p_account <> c.account_id AND NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = c.account_id AND s.admin AND s.state = 'active') THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
  END IF;
  SELECT * INTO tie FROM care.staff s WHERE s.facility_id = c.facility_id AND s.account_id = p_account;
  IF tie.state = 'left' THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  IF tie.admin THEN PERFORM sec.must_leave_an_admin(c.facility_id, p_account); END IF;
  -- What was sealed must be what ends.
  IF EXISTS (SELECT 1 FROM unnest(p_what, p_groups, p_subjects, p_facilities) x(what, g, subject, facility)
      WHERE x.what = 'handed_over' AND NOT EXISTS (SELECT 1 FROM sec.successors_of(p_account, c.facility_id, c.account_id) s
        WHERE s.group_id = x.g AND s.account_id = x.subject AND s.facility_id = x.facility)) THEN
    RAISE EXCEPTION 'successor cannot be host' USING ERRCODE = 'RK409';
  END IF;
  IF (SELECT pg_catalog.array_agg(m.group_id ORDER BY m.group_id) FROM sec.memberships_of(p_account, c.facility_id) m) IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.g ORDER BY x.g) FROM unnest(p_what, p_groups) x(what, g) WHERE x.what = CASE WHEN p_account = c.account_id THEN 'left' ELSE 'removed' END)
    OR (SELECT pg_catalog.array_agg(m.group_id ORDER BY m.group_id) FROM sec.memberships_of(p_account, c.facility_id) m WHERE m.role = 'host') IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.g ORDER BY x.g) FROM unnest(p_what, p_groups) x(what, g) WHERE x.what = 'handed_over')
    OR (SELECT pg_catalog.array_agg(i.id ORDER BY i.id) FROM sec.invitations_of(p_account, c.facility_id) i) IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.i ORDER BY x.i) FROM unnest(p_what, p_invitations) x(what, i) WHERE x.what = 'refused')
    -- Whoever is no full member is taken in first; nobody else is.
    OR (SELECT pg_catalog.array_agg(h.g || coalesce(s.membership, '') || h.subject ORDER BY h.g) FROM unnest(p_what, p_groups, p_subjects) h(what, g, subject)
        JOIN sec.successors_of(p_account, c.facility_id, c.account_id) s ON s.group_id = h.g AND s.account_id = h.subject
        WHERE h.what = 'handed_over' AND s.membership IS DISTINCT FROM 'member') IS DISTINCT FROM
      (SELECT pg_catalog.array_agg(x.g || CASE WHEN x.what = 'role_changed' THEN 'guest' ELSE '' END || x.subject ORDER BY x.g)
        FROM unnest(p_what, p_groups, p_subjects) x(what, g, subject) WHERE x.what IN ('joined', 'role_changed')) THEN
    RAISE EXCEPTION 'moved on' USING ERRCODE = 'RK409';
  END IF;
  FOR r IN SELECT * FROM ROWS FROM (pg_catalog.unnest(p_what), pg_catalog.unnest(p_groups), pg_catalog.unnest(p_subjects), pg_catalog.unnest(p_facilities), pg_catalog.unnest(p_invitations),
      pg_catalog.unnest(p_ids), pg_catalog.unnest(p_clients), pg_catalog.unnest(p_commitments), pg_catalog.unnest(p_envelopes)) WITH ORDINALITY
      x(what, g, subject, facility, invitation, id, client, commitment, envelope, n) ORDER BY x.n LOOP
    IF r.what IN ('joined', 'role_changed') THEN
      INSERT INTO care.membership AS m (group_id, account_id, facility_id, role, since, from_seq) VALUES (r.g, r.subject, r.facility, 'member', sec.clock(), 0)
        ON CONFLICT (account_id, group_id, facility_id) DO UPDATE SET role = 'member', since = CASE WHEN r.what = 'joined' THEN excluded.since ELSE m.since END,
          until = NULL, from_seq = 0, ended_at = NULL;
      -- An invitation of hers, if one is open, has come true this way.
      UPDATE care.invitation i SET state = 'joined', decided_at = sec.clock() WHERE i.group_id = r.g AND i.account_id = r.subject AND i.state IN ('invited', 'accepted');
      PERFORM sec.membership_event(c, r.g, r.what, r.subject, r.id, r.client, r.commitment, r.envelope);
    ELSIF r.what = 'handed_over' THEN
      PERFORM sec.hand_over(c, r.g, p_account, r.subject, r.client, r.id, r.commitment, r.envelope);
    ELSIF r.what IN ('removed', 'left') THEN
      PERFORM sec.end_membership(c, r.g, p_account, c.facility_id, r.what, r.client, r.id, r.commitment, r.envelope);
    ELSIF r.what = 'refused' THEN
      UPDATE care.invitation i SET state = 'cancelled', decided_at = sec.clock() WHERE i.id = r.invitation;
      PERFORM sec.membership_event(c, r.g, 'refused', r.subject, r.id, r.client, r.commitment, r.envelope);
      INSERT INTO care.event (kind, account_id, at) VALUES ('notice', r.subject, sec.clock());
    ELSE
      RAISE EXCEPTION 'not a step of a departure' USING ERRCODE = 'RK422';
    END IF;
  END LOOP;
  UPDATE care.staff SET state = 'left', admin = false WHERE facility_id = c.facility_id AND account_id = p_account;
  INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (c.facility_id, p_account, 'left', c.account_id, sec.clock());
  SELECT count(*), count(DISTINCT s.device_id) INTO n_sessions, n_devices FROM sec.session s
    WHERE s.account_id = p_account AND s.facility_id = c.facility_id AND s.state <> 'ended' AND s.expires_at > t;
  PERFORM sec.end_sessions(p_account, NULL, NULL, c.facility_id);
  -- Whoever works nowhere any more is not remembered by any device.
  UPDATE sec.device SET ended_at = t, remembered_until = NULL WHERE account_id = p_account AND ended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.state <> 'left');
  INSERT INTO care.departure VALUES (p_departure, c.facility_id, p_account, c.account_id, p_client, sec.clock(),
    ARRAY(SELECT x.g FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) WHERE x.what IN ('removed', 'left') ORDER BY x.n),
    ARRAY(SELECT g.facility_id FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) JOIN care.groups g ON g.id = x.g WHERE x.what IN ('removed', 'left') ORDER BY x.n),
    ARRAY(SELECT (SELECT h.subject FROM unnest(p_what, p_groups, p_subjects) h(what, g, subject) WHERE h.what = 'handed_over' AND h.g = x.g)
      FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) WHERE x.what IN ('removed', 'left') ORDER BY x.n),
    ARRAY(SELECT x.i FROM unnest(p_what, p_invitations) WITH ORDINALITY x(what, i, n) WHERE x.what = 'refused' ORDER BY x.n),
    ARRAY(SELECT x.g FROM unnest(p_what, p_groups) WITH ORDINALITY x(what, g, n) WHERE x.what = 'refused' ORDER BY x.n),
    n_sessions, n_devices);
  PERFORM sec.log(c, 'departed', NULL, NULL, c.facility_id, p_account, 'done', NULL);
  RETURN QUERY SELECT d.* FROM care.departure d WHERE d.id = p_departure;
END $$;

CREATE OR REPLACE FUNCTION act.depart(p_departure uuid, p_account uuid, p_client uuid, p_what text[], p_groups uuid[], p_subjects uuid[], p_facilities uuid[], p_invitations uuid[],
  p_ids uuid[], p_clients uuid[], p_commitments bytea[], p_envelopes bytea[]) RETURNS SETOF care.departure LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  RETURN QUERY SELECT d.* FROM sec.depart(c, p_departure, p_account, p_client, p_what, p_groups, p_subjects, p_facilities, p_invitations, p_ids, p_clients, p_commitments, p_envelopes) d;
END $$;
-- The caller, acting for another of the own facilities: one that is left need not be the one that the session acts for.
CREATE FUNCTION sec.must_work_for(p_facility uuid) RETURNS sec.context LANGUAGE plpgsql STABLE AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = c.account_id AND s.facility_id = p_facility AND s.state <> 'left') THEN
    RAISE EXCEPTION 'not staff there' USING ERRCODE = 'RK404';
  END IF;
  c.facility_id := p_facility;
  c.facility := (SELECT f.version FROM care.facility_now f WHERE f.facility_id = p_facility);
  c.admin := false;
  RETURN c;
END $$;
CREATE FUNCTION act.withdraw(p_departure uuid, p_facility uuid, p_client uuid, p_what text[], p_groups uuid[], p_subjects uuid[], p_facilities uuid[], p_invitations uuid[],
  p_ids uuid[], p_clients uuid[], p_commitments bytea[], p_envelopes bytea[]) RETURNS SETOF care.departure LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_be_fresh(c);
  c := sec.must_work_for(p_facility);
  RETURN QUERY SELECT d.* FROM sec.depart(c, p_departure, c.account_id, p_client, p_what, p_groups, p_subjects, p_facilities, p_invitations, p_ids, p_clients, p_commitments, p_envelopes) d;
END $$;

CREATE FUNCTION sec.departure_groups(p_account uuid, p_facility uuid) RETURNS TABLE (group_id uuid, role text, patient_id uuid, owner uuid, owner_name text, archived bool,
  stream uuid, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea) LANGUAGE sql STABLE AS $$
  SELECT g.id, x.role, g.patient_id, g.facility_id, f.name, s.archived_at IS NOT NULL, t.id, k.wrapped, k.facility_id, k.facility_key_version, fk.wrapped
    FROM (SELECT m.group_id, m.role FROM sec.memberships_of(p_account, p_facility) m
      UNION ALL SELECT DISTINCT i.group_id, NULL::text FROM sec.invitations_of(p_account, p_facility) i
        WHERE NOT EXISTS (SELECT 1 FROM sec.memberships_of(p_account, p_facility) m WHERE m.group_id = i.group_id)) x
    JOIN care.groups g ON g.id = x.group_id JOIN care.group_state s ON s.group_id = g.id JOIN care.facility_now f ON f.facility_id = g.facility_id
    JOIN care.stream t ON t.group_id = g.id AND t.kind = 'membership' JOIN care.data_key k ON k.stream_id = t.id
    JOIN care.facility_key fk ON fk.facility_id = k.facility_id AND fk.version = k.facility_key_version ORDER BY g.id
$$;
CREATE OR REPLACE FUNCTION act.departure_groups(p_account uuid) RETURNS TABLE (group_id uuid, role text, patient_id uuid, owner uuid, owner_name text, archived bool,
  stream uuid, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_have_staff(c, p_account);
  RETURN QUERY SELECT x.* FROM sec.departure_groups(p_account, c.facility_id) x;
END $$;
CREATE FUNCTION act.withdrawal_groups(p_facility uuid) RETURNS TABLE (group_id uuid, role text, patient_id uuid, owner uuid, owner_name text, archived bool,
  stream uuid, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  c := sec.must_work_for(p_facility);
  RETURN QUERY SELECT x.* FROM sec.departure_groups(c.account_id, p_facility) x;
END $$;
CREATE FUNCTION act.withdrawal_successors(p_facility uuid) RETURNS TABLE (group_id uuid, account_id uuid, facility_id uuid, membership text, name text, profession text, facility text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  c := sec.must_work_for(p_facility);
  RETURN QUERY SELECT x.group_id, x.account_id, x.facility_id, x.membership, p.name, p.profession, f.name FROM sec.successors_of(c.account_id, p_facility, c.account_id) x
    JOIN care.person_now p ON p.account_id = x.account_id JOIN care.facility_now f ON f.facility_id = x.facility_id ORDER BY x.group_id, x.rank, x.since, x.account_id;
END $$;
CREATE FUNCTION act.withdrawal_invitations(p_facility uuid) RETURNS TABLE (id uuid, group_id uuid, account_id uuid, facility_id uuid) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  c := sec.must_work_for(p_facility);
  RETURN QUERY SELECT x.id, x.group_id, x.account_id, x.facility_id FROM sec.invitations_of(c.account_id, p_facility) x ORDER BY x.id;
END $$;
-- The facilities in which the caller works, suspended or not, and whether leaving would leave one without an admin.
CREATE FUNCTION act.my_ties() RETURNS TABLE (facility_id uuid, facility text, last_admin bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT s.facility_id, f.name,
      s.admin AND NOT EXISTS (SELECT 1 FROM care.staff o WHERE o.facility_id = s.facility_id AND o.account_id <> c.account_id AND o.admin AND o.state = 'active')
    FROM care.staff s JOIN care.facility_now f ON f.facility_id = s.facility_id WHERE s.account_id = c.account_id AND s.state <> 'left' ORDER BY s.facility_id = c.facility_id, s.since;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.set_admin(uuid, bool), act.correct_person(uuid, uuid, text, text, jsonb), act.staff_person(uuid),
  act.invite_staff(uuid[], uuid[], text[], text[], text[], text[], text[], text[], bool[], bytea[], jsonb[]), act.staff_invitations(uuid), act.cancel_staff_invitation(uuid),
  act.renew_staff_invitation(uuid, bytea, jsonb), act.join_as_me(bytea, bytea, jsonb), act.own_contact(), act.change_contact(text, text, bytea, jsonb, jsonb), act.my_ties(),
  act.withdraw(uuid, uuid, uuid, text[], uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], bytea[], bytea[]), act.withdrawal_groups(uuid), act.withdrawal_successors(uuid),
  act.withdrawal_invitations(uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.join_look(bytea), act.join_free_login(bytea, text[]), act.join_send_code(bytea, bytea, jsonb), act.join_check_code(bytea, bytea),
  act.join_new(bytea, bytea, uuid, uuid, text, text, text, text, bytea, jsonb, jsonb), act.rejoin_begin(bytea, uuid, text, bytea, bytea, text), act.rejoin(bytea, bytea, uuid, uuid, jsonb),
  act.join_refuse(bytea), act.contact_link(bytea), act.confirm_contact(bytea) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.add_contact(uuid, text, text) TO renkei_job;
SET LOCAL ROLE renkei_owner;
-- Whoever left by oneself finds the own report.
CREATE POLICY own ON care.departure FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()));
