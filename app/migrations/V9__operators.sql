-- Operators: those who run the deployment. They have accounts, sessions and a role of their own, and that role can read
-- no record, no patient and no key: the console has no way to content, whatever a page of it does.

-- What V8 did for the tables of its time, for a table that comes later. Call it last, after the grants.
CREATE FUNCTION care.protect(p_table regclass) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
  EXECUTE pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
  EXECUTE pg_catalog.format('CREATE POLICY definers ON %s TO renkei_sec USING (true) WITH CHECK (true)', p_table);
  PERFORM care.guard_from_migrator(p_table);
  EXECUTE pg_catalog.format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON %s FROM renkei_owner', p_table);
END $$;

CREATE TABLE care.operator (
  id uuid PRIMARY KEY,
  login_id text NOT NULL CONSTRAINT operator_login_id_key UNIQUE CHECK (login_id ~ '^[a-z0-9][a-z0-9._-]{2,63}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.operator');

-- Everything that operators do. `subject` is the id of what it was done to, `detail` a short text that the console shows;
-- neither ever holds a word about a patient: operators have none.
CREATE TABLE care.operator_event (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  operator_id uuid REFERENCES care.operator,                   -- NULL: the command line
  act text NOT NULL CHECK (act ~ '^[a-z_]{2,60}$'),
  subject uuid,
  detail text NOT NULL DEFAULT '' CHECK (length(detail) <= 400),
  leaf bytea NOT NULL CHECK (length(leaf) = 32)
);
CREATE INDEX operator_event_latest ON care.operator_event (at DESC);
SELECT care.make_append_only('care.operator_event');

GRANT SELECT, INSERT ON care.operator, care.operator_event TO renkei_sec;
-- Foreign key checks run as the owner with a key-share lock, which needs UPDATE on some column; the guards refuse real updates.
SELECT care.protect('care.operator');
SELECT care.protect('care.operator_event');
GRANT UPDATE (id) ON care.operator TO renkei_owner;

SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.operator_credential (
  operator_id uuid PRIMARY KEY,
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  totp_secret bytea NOT NULL,                                  -- sealed by the service under the sign-in key; never optional
  totp_last_step bigint NOT NULL DEFAULT 0,
  suspended_at timestamptz,
  changed_at timestamptz NOT NULL
);
CREATE TABLE sec.operator_session (
  token_hash bytea PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  operator_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX operator_session_open ON sec.operator_session (operator_id) WHERE ended_at IS NULL;
SELECT care.guard_from_migrator('sec.operator_credential');
SELECT care.guard_from_migrator('sec.operator_session');

-- ---- The signed context of an operator ---------------------------------------------------------------
-- As sec.open, with a setting and a prefix of its own: neither context passes for the other.
CREATE FUNCTION sec.open_operator(p_token_hash bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER VOLATILE SET search_path = '' AS $$
DECLARE s sec.operator_session; t timestamptz := pg_catalog.clock_timestamp(); p text;
BEGIN
  SELECT x.* INTO s FROM sec.operator_session x JOIN sec.operator_credential c ON c.operator_id = x.operator_id AND c.suspended_at IS NULL
    WHERE x.token_hash = p_token_hash AND x.ended_at IS NULL AND x.expires_at > t AND x.last_seen > t - interval '15 minutes';
  IF NOT FOUND THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF s.last_seen < t - interval '30 seconds' THEN
    UPDATE sec.operator_session SET last_seen = t WHERE token_hash = p_token_hash;
  END IF;
  p := pg_catalog.concat_ws('|', 'operator', s.operator_id, s.id, pg_catalog.pg_backend_pid(),
    (extract(epoch from pg_catalog.transaction_timestamp()) * 1000000)::bigint);
  PERFORM pg_catalog.set_config('renkei.operator', p || '|' || sec.sign(p), true);
  RETURN true;
END $$;

-- The operator of this transaction, verified; NULL where none was opened.
CREATE FUNCTION sec.verified_operator() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE c text := pg_catalog.current_setting('renkei.operator', true); cut int; p text; f text[];
BEGIN
  IF c IS NULL OR c = '' THEN RETURN NULL; END IF;
  cut := pg_catalog.length(c) - 64;
  IF cut < 2 THEN RAISE EXCEPTION 'forged context' USING ERRCODE = '28000'; END IF;
  p := pg_catalog.substr(c, 1, cut - 1);
  f := pg_catalog.string_to_array(p, '|');
  IF sec.sign(p) IS DISTINCT FROM pg_catalog.substr(c, cut + 1) OR f[1] IS DISTINCT FROM 'operator' THEN
    RAISE EXCEPTION 'forged context' USING ERRCODE = '28000';
  END IF;
  IF f[4]::int <> pg_catalog.pg_backend_pid()
     OR f[5]::bigint <> (extract(epoch from pg_catalog.transaction_timestamp()) * 1000000)::bigint THEN
    RAISE EXCEPTION 'stale context' USING ERRCODE = '28000';
  END IF;
  RETURN f[2]::uuid;
END $$;
-- The same for row policies.
CREATE FUNCTION sec.operator() RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
BEGIN
  RETURN sec.verified_operator();
END $$;
-- The first line of every op.* function.
CREATE FUNCTION sec.must_operate() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE o uuid := sec.verified_operator();
BEGIN
  IF o IS NULL THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  RETURN o;
END $$;
-- One line in the operators' own log, in the act's transaction.
CREATE FUNCTION sec.log_operator_as(p_operator uuid, p_act text, p_subject uuid, p_detail text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE i uuid := pg_catalog.gen_random_uuid(); t timestamptz := sec.clock(); d text := pg_catalog."left"(coalesce(p_detail, ''), 400);
BEGIN
  INSERT INTO care.operator_event (id, at, operator_id, act, subject, detail, leaf)
  VALUES (i, t, p_operator, p_act, p_subject, d, pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/operator/v1', i,
    pg_catalog.to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), coalesce(p_operator::text, '-'), p_act, coalesce(p_subject::text, '-'), d), 'UTF8')));
END $$;
CREATE FUNCTION sec.log_operator(p_act text, p_subject uuid, p_detail text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sec.log_operator_as(sec.verified_operator(), p_act, p_subject, p_detail);
END $$;

-- ---- Signing in: the sign-in principal ---------------------------------------------------------------
-- Counted and answered as for everybody else (see sec.sign_in_wait); the hash of the ID keeps the two kinds of account apart.
CREATE FUNCTION act.operator_sign_in_begin(p_attempt uuid, p_login text, p_login_hash bytea, p_block text)
RETURNS TABLE (wait int, operator_id uuid, password_hash text, totp_secret bytea, totp_last_step bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE w int;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.encode(p_login_hash, 'hex'), 7));
  w := sec.sign_in_wait(p_login_hash, NULL, p_block);
  IF w > 0 THEN
    RETURN QUERY SELECT w, NULL::uuid, NULL::text, NULL::bytea, NULL::bigint;
    RETURN;
  END IF;
  INSERT INTO sec.attempt (id, at, login_hash, device_id, address_block) VALUES (p_attempt, pg_catalog.clock_timestamp(), p_login_hash, NULL, p_block);
  RETURN QUERY SELECT 0, c.operator_id, c.password_hash, c.totp_secret, c.totp_last_step
    FROM (SELECT 1) one LEFT JOIN (care.operator o JOIN sec.operator_credential c ON c.operator_id = o.id AND c.suspended_at IS NULL) ON o.login_id = p_login;
END $$;
-- Burns the code and opens the session. RK401 where the code was used before.
CREATE FUNCTION act.operator_sign_in_done(p_attempt uuid, p_operator uuid, p_session uuid, p_token_hash bytea, p_step bigint, p_ttl interval)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.operator_credential SET totp_last_step = p_step WHERE operator_id = p_operator AND totp_last_step < p_step AND suspended_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  INSERT INTO sec.operator_session (token_hash, id, operator_id, created_at, last_seen, expires_at) VALUES (p_token_hash, p_session, p_operator, t, t, t + p_ttl);
  PERFORM sec.log_operator_as(p_operator, 'signed_in', NULL, '');
END $$;
-- A refused try, in its own transaction. The operator is NULL for an unknown ID: the same row either way.
CREATE FUNCTION act.operator_sign_in_refused(p_operator uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.log_operator_as(p_operator, 'sign_in_refused', NULL, '');
END $$;
CREATE FUNCTION act.operator_sign_out(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid;
BEGIN
  UPDATE sec.operator_session SET ended_at = pg_catalog.clock_timestamp() WHERE token_hash = p_token_hash AND ended_at IS NULL RETURNING operator_id INTO o;
  IF FOUND THEN PERFORM sec.log_operator_as(o, 'signed_out', NULL, ''); END IF;
END $$;

-- ---- The command line: making operators --------------------------------------------------------------
CREATE FUNCTION act.add_operator(p_operator uuid, p_login text, p_name text, p_password_hash text, p_totp_secret bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  INSERT INTO care.operator (id, login_id, name, created_at) VALUES (p_operator, p_login, p_name, t);
  INSERT INTO sec.operator_credential (operator_id, password_hash, totp_secret, changed_at) VALUES (p_operator, p_password_hash, p_totp_secret, t);
  PERFORM sec.log_operator_as(NULL, 'operator_added', p_operator, '');
END $$;
-- Lets nobody in as this operator any more; sessions end at once.
CREATE FUNCTION act.suspend_operator(p_login text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.id INTO o FROM care.operator x WHERE x.login_id = p_login;
  IF o IS NULL THEN RETURN false; END IF;
  UPDATE sec.operator_credential SET suspended_at = t WHERE operator_id = o AND suspended_at IS NULL;
  UPDATE sec.operator_session SET ended_at = t WHERE operator_id = o AND ended_at IS NULL;
  PERFORM sec.log_operator_as(NULL, 'operator_suspended', o, '');
  RETURN true;
END $$;

-- ---- The console ---------------------------------------------------------------------------------------
CREATE FUNCTION op.me() RETURNS TABLE (id uuid, login_id text, name text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT x.id, x.login_id, x.name FROM care.operator x WHERE x.id = o;
END $$;
-- The operators' log, newest first; `p_before` continues.
CREATE FUNCTION op.events(p_before timestamptz, p_limit int) RETURNS TABLE (at timestamptz, name text, act text, subject uuid, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT e.at, x.name, e.act, e.subject, e.detail FROM care.operator_event e LEFT JOIN care.operator x ON x.id = e.operator_id
    WHERE p_before IS NULL OR e.at < p_before ORDER BY e.at DESC LIMIT least(p_limit, 500);
END $$;

REVOKE ALL ON FUNCTION sec.open_operator(bytea), sec.verified_operator(), sec.operator(), sec.must_operate(), sec.log_operator_as(uuid, text, uuid, text), sec.log_operator(text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.open_operator(bytea), sec.operator() TO renkei_operator;
GRANT EXECUTE ON FUNCTION sec.operator() TO renkei_owner;
GRANT EXECUTE ON FUNCTION op.me(), op.events(timestamptz, int) TO renkei_operator;
GRANT EXECUTE ON FUNCTION act.operator_sign_in_begin(uuid, text, bytea, text), act.operator_sign_in_done(uuid, uuid, uuid, bytea, bigint, interval),
  act.operator_sign_in_refused(uuid), act.operator_sign_out(bytea) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.add_operator(uuid, text, text, text, bytea), act.suspend_operator(text) TO renkei_job;
SET LOCAL ROLE renkei_owner;
