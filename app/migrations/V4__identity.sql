-- Who is asking: sessions, devices, credentials, the signed context of a transaction.
-- Everything here belongs to renkei_sec, which nobody can log in as.
GRANT SELECT ON ALL TABLES IN SCHEMA care TO renkei_sec;
SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.ctx_key (id int PRIMARY KEY, key bytea NOT NULL);
INSERT INTO sec.ctx_key VALUES (1, ext.gen_random_bytes(32));

CREATE TABLE sec.credential (
  account_id uuid PRIMARY KEY,
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  totp_secret bytea,                                           -- sealed by the service under the sign-in key
  totp_confirmed_at timestamptz,
  totp_last_step bigint NOT NULL DEFAULT 0,                    -- a step once used is burnt
  changed_at timestamptz NOT NULL
);
CREATE TABLE sec.recovery_code (
  account_id uuid NOT NULL,
  code_hash bytea NOT NULL,
  made_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (account_id, code_hash)
);
CREATE TABLE sec.device (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  name text NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  remembered_until timestamptz,                                -- within it, a TOTP is not asked again for ordinary work
  ended_at timestamptz
);
CREATE INDEX device_by_account ON sec.device (account_id);
CREATE TABLE sec.session (
  token_hash bytea PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('browser', 'token')),
  account_id uuid NOT NULL,
  account uuid NOT NULL,                                       -- the account version that new records carry
  facility_id uuid NOT NULL,                                   -- the acting facility
  facility uuid NOT NULL,                                      -- and its version
  device_id uuid NOT NULL REFERENCES sec.device,
  factors text[] NOT NULL,
  state text NOT NULL CHECK (state IN ('enrolling', 'active', 'locked', 'ended')),
  idle interval,                                               -- NULL: does not lock by itself
  created_at timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  stepped_up_at timestamptz,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX session_by_account ON sec.session (account_id) WHERE state <> 'ended';
-- Between the password and the code.
CREATE TABLE sec.pre_sign_in (
  token_hash bytea PRIMARY KEY,
  account_id uuid NOT NULL,
  device_token_hash bytea,
  attempt_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
-- Every try to sign in, counted as failed until it has succeeded: parallel guesses cannot slip past the count.
CREATE TABLE sec.attempt (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  login_hash bytea NOT NULL,                                   -- known or not, the same
  device_id uuid,                                              -- a device that this account has used before
  address_block text NOT NULL,
  ok bool NOT NULL DEFAULT false
);
CREATE INDEX attempt_by_login ON sec.attempt (login_hash, at DESC);
CREATE INDEX attempt_by_block ON sec.attempt (address_block, at DESC);

-- ---- The signed context -----------------------------------------------------------------------------
CREATE TYPE sec.context AS (
  account_id uuid, facility_id uuid, account uuid, facility uuid, session_id uuid, device_id uuid, admin bool
);

-- The clock of records. Only the role that plants a sample region may set it, and that role exists in demos alone.
CREATE FUNCTION sec.clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT CASE WHEN session_user = 'renkei_seed'
    THEN coalesce(nullif(pg_catalog.current_setting('renkei.clock', true), '')::timestamptz, pg_catalog.clock_timestamp())
    ELSE pg_catalog.clock_timestamp() END
$$;

-- Nearly everything here runs on every statement, so it is written for that: plpgsql, which keeps its plans for the life
-- of the connection (a SQL function that cannot be inlined is planned anew in each transaction); and functions that only
-- definer functions call neither change the user nor set the search path again, each of which costs as much as a lookup.
CREATE FUNCTION sec.sign(p text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN pg_catalog.encode(ext.hmac(pg_catalog.convert_to(p, 'UTF8'), (SELECT k.key FROM sec.ctx_key k ORDER BY k.id DESC LIMIT 1), 'sha256'), 'hex');
END $$;

-- Who a session's token belongs to, now. RK401: no such session; RK423: locked; RK428: second factor not set up yet.
CREATE FUNCTION sec.caller(p_token_hash bytea, p_background bool) RETURNS sec.context LANGUAGE plpgsql VOLATILE AS $$
DECLARE s record; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.account_id, x.facility_id, x.account, x.facility, x.id, x.device_id, x.state, x.expires_at, x.idle, x.last_seen, f.admin INTO s
    FROM sec.session x LEFT JOIN care.staff f ON f.account_id = x.account_id AND f.facility_id = x.facility_id AND f.state = 'active'
    WHERE x.token_hash = p_token_hash;
  IF NOT FOUND OR s.state = 'ended' OR s.expires_at <= t THEN
    RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
  END IF;
  IF s.state = 'enrolling' THEN
    RAISE EXCEPTION 'second factor not set up' USING ERRCODE = 'RK428';
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

-- Opens the caller's identity for this transaction: signed, and bound to this backend and this transaction, so that it
-- is worthless anywhere else.
CREATE FUNCTION sec.open(p_token_hash bytea, p_background bool) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER VOLATILE SET search_path = '' AS $$
DECLARE c sec.context := sec.caller(p_token_hash, p_background); p text;
BEGIN
  p := pg_catalog.concat_ws('|', c.account_id, c.facility_id, c.account, c.facility, c.session_id, c.device_id, c.admin,
    pg_catalog.pg_backend_pid(), (extract(epoch from pg_catalog.transaction_timestamp()) * 1000000)::bigint);
  PERFORM pg_catalog.set_config('renkei.ctx', p || '|' || sec.sign(p), true);
  RETURN true;
END $$;

-- The context of this transaction, verified; NULL where none was opened. For definer functions.
CREATE FUNCTION sec.verified() RETURNS sec.context LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE c text := pg_catalog.current_setting('renkei.ctx', true); cut int; p text; f text[];
BEGIN
  IF c IS NULL OR c = '' THEN RETURN NULL; END IF;
  cut := pg_catalog.length(c) - 64;
  IF cut < 2 THEN RAISE EXCEPTION 'forged context' USING ERRCODE = '28000'; END IF;
  p := pg_catalog.substr(c, 1, cut - 1);
  IF sec.sign(p) IS DISTINCT FROM pg_catalog.substr(c, cut + 1) THEN
    RAISE EXCEPTION 'forged context' USING ERRCODE = '28000';
  END IF;
  f := pg_catalog.string_to_array(p, '|');
  IF f[8]::int <> pg_catalog.pg_backend_pid()
     OR f[9]::bigint <> (extract(epoch from pg_catalog.transaction_timestamp()) * 1000000)::bigint THEN
    RAISE EXCEPTION 'stale context' USING ERRCODE = '28000';
  END IF;
  RETURN ROW(f[1], f[2], f[3], f[4], f[5], f[6], f[7] = 't')::sec.context;
END $$;

-- The same for everybody else.
CREATE FUNCTION sec.ctx() RETURNS sec.context LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
BEGIN
  RETURN sec.verified();
END $$;

-- ---- What the row policies ask -----------------------------------------------------------------------
CREATE FUNCTION sec.me() RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
BEGIN
  RETURN (sec.verified()).account_id;
END $$;
-- Groups the caller is in now, acting for this facility. Read on every statement: removal is immediate.
CREATE FUNCTION sec.my_groups() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN (SELECT coalesce(pg_catalog.array_agg(m.group_id), '{}') FROM care.membership m
          WHERE m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL
            AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()));
END $$;
-- Groups the caller's facility manages, if the caller is its admin: existence, members and log, not posts.
CREATE FUNCTION sec.managed_groups() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  IF c.admin IS NOT TRUE THEN RETURN '{}'; END IF;
  RETURN (SELECT coalesce(pg_catalog.array_agg(g.id), '{}') FROM care.groups g WHERE g.facility_id = c.facility_id);
END $$;
-- The same, parted: groups whose whole timeline the caller may read, and those joined "from now on", with where that was.
-- Few have any of the second kind, so the row policy asks for them only when the first list does not settle it.
CREATE FUNCTION sec.my_whole_groups() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN (SELECT coalesce(pg_catalog.array_agg(m.group_id), '{}') FROM care.membership m
          WHERE m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL
            AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) AND m.from_seq = 0);
END $$;
CREATE FUNCTION sec.my_late_groups() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN (SELECT coalesce(pg_catalog.array_agg(m.group_id), '{}') FROM care.membership m
          WHERE m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL
            AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) AND m.from_seq > 0);
END $$;
CREATE FUNCTION sec.my_first(p_group uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN (SELECT m.from_seq FROM care.membership m WHERE m.account_id = c.account_id AND m.group_id = p_group AND m.facility_id = c.facility_id);
END $$;
-- Patients whose face sheet the caller may read: those of the caller's groups, and the admin's own facility's.
CREATE FUNCTION sec.my_patients() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN (SELECT coalesce(pg_catalog.array_agg(x.id), '{}') FROM (
    SELECT g.patient_id AS id FROM care.groups g WHERE g.id = ANY (sec.my_groups()) AND g.patient_id IS NOT NULL
    UNION SELECT p.id FROM care.patient p WHERE c.admin AND p.facility_id = c.facility_id) x);
END $$;
-- Whether any post carries a file of the caller's own, also one that the caller may not read.
CREATE FUNCTION sec.is_posted(p_file uuid) RETURNS bool LANGUAGE sql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM care.post_file x JOIN care.file f ON f.id = x.file_id WHERE x.file_id = p_file AND f.uploader_id = (sec.verified()).account_id)
$$;
CREATE FUNCTION sec.admin_of() RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN CASE WHEN c.admin THEN c.facility_id END;
END $$;

-- ---- The access log, written in the caller's transaction ----------------------------------------------
CREATE FUNCTION sec.log(c sec.context, p_act text, p_group uuid, p_patient uuid, p_owner uuid, p_ref uuid, p_outcome text, p_seconds int)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE i uuid := pg_catalog.gen_random_uuid(); t timestamptz := sec.clock();
BEGIN
  INSERT INTO care.access_event (id, at, act, outcome, account_id, account, session_id, device_id, facility_id, owner_facility_id, group_id, patient_id, ref, seconds, leaf)
  VALUES (i, t, p_act, p_outcome, c.account_id, c.account, c.session_id, c.device_id, c.facility_id, p_owner, p_group, p_patient, p_ref, p_seconds,
    pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/access/v1', i,
      pg_catalog.to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p_act, p_outcome, coalesce(c.account_id::text, '-'), coalesce(c.account::text, '-'),
      coalesce(c.session_id::text, '-'), coalesce(c.device_id::text, '-'), coalesce(c.facility_id::text, '-'), coalesce(p_owner::text, '-'),
      coalesce(p_group::text, '-'), coalesce(p_patient::text, '-'), coalesce(p_ref::text, '-'), coalesce(p_seconds::text, '-')), 'UTF8')));
END $$;
SET LOCAL ROLE renkei_owner;
