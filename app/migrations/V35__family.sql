-- The third door: a patient and relatives (患者・家族) on the family timeline of their own group, and nowhere else (decision 0026).
-- They have accounts, credentials and sessions of their own: no row in care.staff, none in sec.session, so nothing that the service's
-- role may do ever opens for them. What they may do is a handful of functions in the schema `fam`, for the role renkei_family, which has
-- no right on any table. Names of patients and relatives are sealed; what stands in care.account_version for them is a fixed word.
-- No foreign keys to older tables, see V13.

ALTER TABLE care.membership_event DROP CONSTRAINT membership_event_kind_check,
  ADD CONSTRAINT membership_event_kind_check CHECK (kind IN ('opened', 'invited', 'accepted', 'declined', 'approved', 'refused', 'joined', 'removed', 'left', 'expired',
                                                             'role_changed', 'handed_over', 'archived', 'reopened', 'relative_joined', 'relative_removed')) NOT VALID;
ALTER TABLE care.membership_event VALIDATE CONSTRAINT membership_event_kind_check;

-- Who is on the family timeline now, and was: the sum of the membership stream. One row for each time that somebody joined.
CREATE TABLE care.relative (
  version uuid PRIMARY KEY,                                    -- the account version that her records carry in this group: it names her
  group_id uuid NOT NULL,
  account_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('patient', 'family')),
  person bytea NOT NULL CHECK (octet_length(person) <= 4000),  -- name, 続柄 and whose group it is, sealed under the family stream's key
  promise int NOT NULL,                                        -- which version of the promise she accepted on joining
  since timestamptz NOT NULL,
  until timestamptz,
  ended_at timestamptz
);
CREATE UNIQUE INDEX relative_once ON care.relative (group_id, account_id) WHERE ended_at IS NULL;
CREATE INDEX relative_by_account ON care.relative (account_id);

CREATE TABLE care.relative_invitation (
  id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('patient', 'family')),
  person bytea NOT NULL CHECK (octet_length(person) <= 4000),
  fingerprint bytea NOT NULL,
  link_hash bytea NOT NULL CONSTRAINT relative_invitation_link_key UNIQUE,
  invited_by uuid NOT NULL,
  client_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'joined', 'cancelled')),
  decided_at timestamptz,
  taken int NOT NULL DEFAULT 0,                                -- how often an ID was asked for that somebody else has
  CONSTRAINT relative_invitation_client_id_key UNIQUE (group_id, invited_by, client_id)
);
CREATE INDEX relative_invitation_open ON care.relative_invitation (group_id) WHERE state = 'open';

-- When somebody reads, in the host's words. The newest stands; what stood before stays.
CREATE TABLE care.office_hours (
  id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  words bytea NOT NULL CHECK (octet_length(words) <= 8000),    -- sealed under the family stream's key
  set_by uuid NOT NULL,
  at timestamptz NOT NULL,
  fingerprint bytea NOT NULL
);
CREATE INDEX office_hours_newest ON care.office_hours (group_id, at DESC);
SELECT care.make_append_only('care.office_hours');

-- Which family post repeats which team post, and who let it through. The team post itself stays the team's.
CREATE TABLE care.release (
  post_id uuid PRIMARY KEY,                                    -- on the family timeline
  source_id uuid NOT NULL,                                     -- on the team's
  group_id uuid NOT NULL,
  released_by uuid NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX release_by_source ON care.release (source_id);
SELECT care.make_append_only('care.release');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['relative', 'relative_invitation'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.%I FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change()', t);
    EXECUTE pg_catalog.format('ALTER TABLE care.%I ENABLE ALWAYS TRIGGER no_delete', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT ON care.relative, care.relative_invitation, care.office_hours, care.release TO renkei_sec;
GRANT UPDATE ON care.relative, care.relative_invitation TO renkei_sec;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['relative', 'relative_invitation', 'office_hours', 'release'] LOOP
    PERFORM care.protect(('care.' || t)::regclass);
    PERFORM care.stop_with_service(('care.' || t)::regclass);
  END LOOP;
END $$;
-- The team sees who reads along; the managing facility's admin sees that somebody does.
CREATE POLICY member ON care.relative FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY member ON care.relative_invitation FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY member ON care.office_hours FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) OR group_id = ANY ((SELECT sec.managed_groups())::uuid[]));
CREATE POLICY member ON care.release FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]));
GRANT SELECT ON care.relative, care.office_hours, care.release TO renkei_app;
GRANT SELECT (id, group_id, role, person, invited_by, created_at, expires_at, state) ON care.relative_invitation TO renkei_app;

SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.relative_credential (
  account_id uuid PRIMARY KEY,
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  totp_secret bytea,                                           -- sealed by the service under the sign-in key
  totp_confirmed_at timestamptz,
  totp_last_step bigint NOT NULL DEFAULT 0,
  changed_at timestamptz NOT NULL
);
CREATE TABLE sec.relative_session (
  token_hash bytea PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  account_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('enrolling', 'active', 'ended')),
  created_at timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX relative_session_open ON sec.relative_session (account_id) WHERE state <> 'ended';
SELECT care.guard_from_migrator('sec.relative_credential');
SELECT care.guard_from_migrator('sec.relative_session');

-- ---- Who is asking ---------------------------------------------------------------------------------------
CREATE FUNCTION sec.is_now(r care.relative) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT r.ended_at IS NULL AND (r.until IS NULL OR r.until > pg_catalog.clock_timestamp())
$$;
-- Whose session this is, in this state. It ends by itself after its time, or after fourteen days without use. RK401 for anything else.
CREATE FUNCTION sec.kin_session(p_token_hash bytea, p_state text) RETURNS sec.relative_session LANGUAGE plpgsql AS $$
DECLARE s sec.relative_session; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT * INTO s FROM sec.relative_session x WHERE x.token_hash = p_token_hash AND x.state = p_state AND x.expires_at > t AND x.last_seen > t - interval '14 days';
  IF NOT FOUND THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(NULL, 'open'); END IF;
  IF s.last_seen < t - interval '30 seconds' THEN UPDATE sec.relative_session SET last_seen = t WHERE token_hash = p_token_hash; END IF;
  RETURN s;
END $$;
-- The context under which a relative's records are written in this group: its managing facility answers for her. RK404 for whoever is
-- not on its family timeline now.
CREATE FUNCTION sec.kin(p_token_hash bytea, p_group uuid) RETURNS sec.context LANGUAGE plpgsql AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); c sec.context;
BEGIN
  SELECT r.account_id, g.facility_id, r.version, f.version, s.id, NULL, false INTO c
    FROM care.relative r JOIN care.groups g ON g.id = r.group_id JOIN care.facility_now f ON f.facility_id = g.facility_id
    WHERE r.account_id = s.account_id AND r.group_id = p_group AND sec.is_now(r);
  IF NOT FOUND THEN RAISE EXCEPTION 'no such group' USING ERRCODE = 'RK404'; END IF;
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(c.facility_id, 'open'); END IF;
  RETURN c;
END $$;
CREATE FUNCTION sec.kin_log(c sec.context, p_act text, p_group uuid, p_ref uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sec.log(c, p_act, p_group, g.patient_id, g.facility_id, p_ref, 'done', NULL) FROM care.groups g WHERE g.id = p_group;
END $$;
-- An invitation that still opens; RK404 for an invented link, RK409 for one that is used, taken back or too old. Whoever joins takes the
-- head of the membership stream before the group's state, in the order of an archiving.
CREATE FUNCTION sec.kin_link(p_link_hash bytea, p_joins bool) RETURNS care.relative_invitation LANGUAGE plpgsql AS $$
DECLARE i care.relative_invitation;
BEGIN
  SELECT * INTO i FROM care.relative_invitation x WHERE x.link_hash = p_link_hash FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such link' USING ERRCODE = 'RK404'; END IF;
  IF i.state <> 'open' OR i.expires_at <= sec.clock() THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service((SELECT g.facility_id FROM care.groups g WHERE g.id = i.group_id), 'sign_in'); END IF;
  IF p_joins THEN PERFORM 1 FROM care.stream_head h WHERE h.stream_id = (SELECT x.id FROM care.stream x WHERE x.group_id = i.group_id AND x.kind = 'membership') FOR UPDATE; END IF;
  PERFORM sec.must_be_open(i.group_id);
  RETURN i;
END $$;

-- Whoever holds a link is nobody yet: what is done with it stands in the log without a person.
CREATE FUNCTION sec.kin_link_log(i care.relative_invitation, p_act text, p_outcome text) RETURNS void LANGUAGE sql AS $$
  SELECT sec.log(ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL)::sec.context, p_act, g.id, g.patient_id, g.facility_id, i.id, p_outcome, NULL) FROM care.groups g WHERE g.id = i.group_id
$$;

-- ---- The service's own role: the team's side --------------------------------------------------------------
-- Idempotent on the client's id: the same words again are the same invitation.
CREATE FUNCTION act.invite_relative(p_invitation uuid, p_group uuid, p_role text, p_person bytea, p_fingerprint bytea, p_link_hash bytea, p_client uuid)
RETURNS TABLE (id uuid, expires_at timestamptz, state text, created bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e care.relative_invitation; t timestamptz := sec.clock();
BEGIN
  PERFORM sec.must_keep(c, p_group);
  PERFORM 1 FROM care.groups g WHERE g.id = p_group AND g.kind = 'patient';
  IF NOT FOUND THEN RAISE EXCEPTION 'no family timeline' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.must_be_open(p_group);
  INSERT INTO care.relative_invitation (id, group_id, role, person, fingerprint, link_hash, invited_by, client_id, created_at, expires_at)
    VALUES (p_invitation, p_group, p_role, p_person, p_fingerprint, p_link_hash, c.account_id, p_client, t, t + interval '72 hours')
    ON CONFLICT ON CONSTRAINT relative_invitation_client_id_key DO NOTHING;
  IF FOUND THEN PERFORM sec.kin_log(c, 'invited_relative', p_group, p_invitation); END IF;
  SELECT * INTO e FROM care.relative_invitation x WHERE x.group_id = p_group AND x.invited_by = c.account_id AND x.client_id = p_client;
  IF e.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
  RETURN QUERY SELECT e.id, e.expires_at, e.state, e.id = p_invitation;
END $$;
CREATE FUNCTION act.cancel_relative_invitation(p_group uuid, p_invitation uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_keep(c, p_group);
  UPDATE care.relative_invitation SET state = 'cancelled', decided_at = sec.clock() WHERE id = p_invitation AND group_id = p_group AND state = 'open';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such invitation' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.kin_log(c, 'cancelled_relative_invitation', p_group, p_invitation);
END $$;
-- Ends somebody's place on the family timeline: live connections close, the next request is refused. Whoever has no other group left is
-- signed out everywhere.
CREATE FUNCTION act.end_relative(p_group uuid, p_account uuid, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := sec.clock();
BEGIN
  IF sec.done_before(c, p_group, p_client, 'relative_removed', p_account) THEN RETURN false; END IF;
  PERFORM sec.must_keep(c, p_group);
  UPDATE care.relative SET ended_at = t WHERE group_id = p_group AND account_id = p_account AND ended_at IS NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.membership_event(c, p_group, 'relative_removed', p_account, p_id, p_client, p_commitment, p_envelope);
  INSERT INTO care.event (kind, group_id, account_id, at) VALUES ('membership.ended', p_group, p_account, t);
  IF NOT EXISTS (SELECT 1 FROM care.relative r WHERE r.account_id = p_account AND sec.is_now(r)) THEN
    UPDATE sec.relative_session SET state = 'ended' WHERE account_id = p_account AND state <> 'ended';
  END IF;
  RETURN true;
END $$;
-- Idempotent on the id: other words, or another group, are something else.
CREATE FUNCTION act.set_office_hours(p_id uuid, p_group uuid, p_words bytea, p_fingerprint bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_keep(c, p_group);
  INSERT INTO care.office_hours VALUES (p_id, p_group, p_words, c.account_id, sec.clock(), p_fingerprint) ON CONFLICT (id) DO NOTHING;
  IF FOUND THEN PERFORM sec.kin_log(c, 'set_office_hours', p_group, p_id);
  ELSIF NOT EXISTS (SELECT 1 FROM care.office_hours o WHERE o.id = p_id AND o.group_id = p_group AND o.set_by = c.account_id AND o.fingerprint = p_fingerprint) THEN
    RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
  END IF;
END $$;
-- Before a post is let through: both timelines stand still until the commit, in the order of an archiving, so that the team post is not
-- taken back meanwhile.
CREATE FUNCTION act.hold_timelines(p_group uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.member(c, p_group);
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id IN (SELECT x.id FROM care.stream x WHERE x.group_id = p_group AND x.kind IN ('team', 'family')) ORDER BY h.stream_id FOR UPDATE;
END $$;
-- Says of a family post that the caller has just written which team post it repeats. Again is fine. RK409 where the team post was
-- corrected or withdrawn: what the family would read is not what stands any more.
CREATE FUNCTION act.note_release(p_post uuid, p_source uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); g uuid; first bigint;
BEGIN
  SELECT p.group_id INTO g FROM care.post p JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'family' WHERE p.id = p_post AND p.author_id = c.account_id AND p.kind = 'post';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  first := (sec.member(c, g)).from_seq;
  PERFORM 1 FROM care.post p JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'team' WHERE p.id = p_source AND p.group_id = g AND p.kind <> 'withdrawal' AND p.seq > first;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  IF EXISTS (SELECT 1 FROM care.release r WHERE r.post_id = p_post AND r.source_id = p_source) THEN RETURN; END IF;
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = (SELECT p.stream_id FROM care.post p WHERE p.id = p_source) FOR UPDATE;
  IF EXISTS (SELECT 1 FROM care.post p WHERE p.target = p_source) THEN RAISE EXCEPTION 'source is another now' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.release VALUES (p_post, p_source, g, c.account_id, sec.clock());
  PERFORM sec.kin_log(c, 'released_to_family', g, p_source);
END $$;

-- ---- Signing in: the sign-in principal. Counted as for everybody else; the hash of the ID keeps the doors apart. -------
-- Whether this ID comes in by the family's door. IDs are unique over both doors.
CREATE FUNCTION act.is_relative(p_login text) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM care.account a JOIN sec.relative_credential c ON c.account_id = a.id WHERE a.login_id = p_login)
$$;
CREATE FUNCTION act.relative_sign_in_begin(p_attempt uuid, p_login text, p_login_hash bytea, p_block text)
RETURNS TABLE (wait int, account_id uuid, password_hash text, totp_secret bytea, totp_last_step bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE w int;
BEGIN
  PERFORM sec.must_be_in_service(NULL, 'sign_in');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.encode(p_login_hash, 'hex'), 7));
  w := sec.sign_in_wait(p_login_hash, NULL, p_block);
  IF w > 0 THEN RETURN QUERY SELECT w, NULL::uuid, NULL::text, NULL::bytea, NULL::bigint; RETURN; END IF;
  INSERT INTO sec.attempt (id, at, login_hash, device_id, address_block) VALUES (p_attempt, pg_catalog.clock_timestamp(), p_login_hash, NULL, p_block);
  RETURN QUERY SELECT 0, c.account_id, c.password_hash, CASE WHEN c.totp_confirmed_at IS NOT NULL THEN c.totp_secret END, c.totp_last_step
    FROM (SELECT 1) one LEFT JOIN (care.account a JOIN sec.relative_credential c ON c.account_id = a.id) ON a.login_id = p_login
      AND EXISTS (SELECT 1 FROM care.relative r WHERE r.account_id = a.id AND sec.is_now(r));
END $$;
-- Burns the code and opens the session. Without a code it can do nothing but set up app authentication, and only where there is none.
-- Step 0 is no code's: it opens a session that nobody signed in to (a sample's, a test's), and burns nothing.
CREATE FUNCTION act.relative_sign_in_done(p_attempt uuid, p_account uuid, p_session uuid, p_token_hash bytea, p_step bigint, p_ttl interval)
RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF p_step IS NULL THEN
    PERFORM 1 FROM sec.relative_credential c WHERE c.account_id = p_account AND c.totp_confirmed_at IS NULL;
  ELSIF p_step = 0 THEN
    PERFORM 1 FROM sec.relative_credential c WHERE c.account_id = p_account AND c.totp_confirmed_at IS NOT NULL;
  ELSE
    UPDATE sec.relative_credential SET totp_last_step = p_step WHERE account_id = p_account AND totp_last_step < p_step AND totp_confirmed_at IS NOT NULL;
  END IF;
  IF NOT FOUND THEN RAISE EXCEPTION 'code used before' USING ERRCODE = 'RK401'; END IF;
  UPDATE sec.attempt SET ok = true WHERE id = p_attempt;
  INSERT INTO sec.relative_session VALUES (p_token_hash, p_session, p_account, CASE WHEN p_step IS NULL THEN 'enrolling' ELSE 'active' END, t, t, t + p_ttl);
  PERFORM sec.log(ROW(p_account, NULL, NULL, NULL, p_session, NULL, NULL)::sec.context, 'signed_in', NULL, NULL, NULL, NULL, 'done', NULL);
  RETURN t + p_ttl;
END $$;
CREATE FUNCTION act.relative_sign_in_refused(p_account uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.log(ROW(p_account, NULL, NULL, NULL, NULL, NULL, NULL)::sec.context, 'signed_in', NULL, NULL, NULL, NULL, 'refused', NULL);
END $$;
-- One's own session, whatever its state: signing out always works.
CREATE FUNCTION act.relative_sign_out(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.relative_session SET state = 'ended' WHERE token_hash = p_token_hash AND state <> 'ended' RETURNING * INTO s;
  IF FOUND THEN
    INSERT INTO care.event (kind, session_id, at) VALUES ('session.ended', s.id, t);
    PERFORM sec.log(ROW(s.account_id, NULL, NULL, NULL, s.id, NULL, NULL)::sec.context, 'signed_out', NULL, NULL, NULL, NULL, 'done', NULL);
  END IF;
END $$;

-- ---- "From now on": `from_seq` is a number of the team's timeline and says nothing of the family's, which begins with `since`. ----
CREATE OR REPLACE FUNCTION sec.join(p_invitation care.invitation, p_seen bigint) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE first bigint := 0;
BEGIN
  IF NOT sec.holds_tie(p_invitation.account_id, p_invitation.facility_id) THEN RAISE EXCEPTION 'used or expired' USING ERRCODE = 'RK409'; END IF;
  IF p_invitation.from_now_on THEN
    SELECT h.seq INTO first FROM care.stream_head h WHERE h.stream_id = (SELECT s.id FROM care.stream s WHERE s.group_id = p_invitation.group_id AND s.kind = 'team') FOR UPDATE;
    IF first <> p_seen THEN RAISE EXCEPTION 'moved on' USING ERRCODE = 'RK409'; END IF;
    -- 0 would say "everything", also of what is not on that timeline.
    IF first = 0 THEN first := -1; END IF;
  END IF;
  INSERT INTO care.membership AS m (group_id, account_id, facility_id, role, since, until, from_seq)
    VALUES (p_invitation.group_id, p_invitation.account_id, p_invitation.facility_id, p_invitation.role, sec.clock(), p_invitation.until, first)
    ON CONFLICT (account_id, group_id, facility_id) DO UPDATE SET role = excluded.role, since = excluded.since, until = excluded.until, from_seq = excluded.from_seq, ended_at = NULL;
  UPDATE care.invitation SET state = 'joined', decided_at = sec.clock() WHERE id = p_invitation.id;
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_invitation.account_id, sec.clock());
END $$;
CREATE OR REPLACE FUNCTION sec.my_late_groups() RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN (SELECT coalesce(pg_catalog.array_agg(m.group_id), '{}') FROM care.membership m
          WHERE m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL
            AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) AND m.from_seq <> 0);
END $$;
CREATE FUNCTION sec.my_since(p_group uuid) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  RETURN (SELECT m.since FROM care.membership m WHERE m.account_id = c.account_id AND m.group_id = p_group AND m.facility_id = c.facility_id);
END $$;
GRANT EXECUTE ON FUNCTION sec.my_since(uuid) TO renkei_app, renkei_owner;
CREATE FUNCTION sec.family_post_since(p_post uuid, p_since timestamptz) RETURNS bool LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM care.post p WHERE p.id = p_post AND p.at >= p_since)
$$;

-- ---- Live events: the listeners of a family timeline are its relatives too, and of nothing else ----------------------
CREATE OR REPLACE FUNCTION act.fan_out(p_from text) RETURNS TABLE (id bigint, kind text, group_id uuid, timeline text, post_id uuid, seq bigint, account_id uuid, session_id uuid, next text, listeners text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE p xid8 := p_from::xid8;
BEGIN
  RETURN QUERY SELECT e.id, e.kind, e.group_id, e.timeline, e.post_id, e.seq, e.account_id, e.session_id, pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text,
    CASE WHEN e.account_id IS NULL AND e.group_id IS NOT NULL THEN ARRAY(
      SELECT m.account_id::text || m.facility_id::text FROM care.membership m WHERE m.group_id = e.group_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
        AND (e.seq IS NULL OR e.timeline IS NULL OR m.from_seq = 0 OR CASE e.timeline WHEN 'family' THEN sec.family_post_since(e.post_id, m.since) ELSE e.seq > m.from_seq END)
      UNION ALL SELECT 'kin' || r.account_id::text FROM care.relative r WHERE e.timeline = 'family' AND r.group_id = e.group_id AND sec.is_now(r)) END
  FROM (SELECT * FROM care.event x WHERE x.xid >= p ORDER BY x.xid) e ORDER BY e.id;
END $$;
-- What one reader missed, as before.
CREATE OR REPLACE FUNCTION act.events_since(p_from text) RETURNS TABLE (id bigint, kind text, group_id uuid, timeline text, post_id uuid, seq bigint, account_id uuid, session_id uuid, next text, gap bool)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE c sec.context := sec.must(); p xid8 := p_from::xid8;
BEGIN
  IF p < (SELECT e.xid FROM care.event e ORDER BY e.xid LIMIT 1) AND (SELECT e.id FROM care.event e ORDER BY e.id LIMIT 1) > 1 THEN
    RETURN QUERY SELECT NULL::bigint, NULL::text, NULL::uuid, NULL::text, NULL::uuid, NULL::bigint, NULL::uuid, NULL::uuid, NULL::text, true;
    RETURN;
  END IF;
  RETURN QUERY SELECT e.id, e.kind, e.group_id, e.timeline, e.post_id, e.seq, e.account_id, e.session_id, pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text, false
    FROM (SELECT * FROM care.event x WHERE x.xid >= p ORDER BY x.xid) e
    WHERE e.account_id = c.account_id OR e.session_id = c.session_id OR (e.account_id IS NULL AND e.group_id = ANY ((SELECT sec.my_groups())::uuid[])
      AND (e.seq IS NULL OR e.timeline IS NULL OR NOT e.group_id = ANY ((SELECT sec.my_late_groups())::uuid[])
        OR CASE e.timeline WHEN 'family' THEN sec.family_post_since(e.post_id, sec.my_since(e.group_id)) ELSE e.seq > sec.my_first(e.group_id) END))
    ORDER BY e.id;
END $$;
-- As before, and the same of the family's sessions, which have no lock.
CREATE OR REPLACE FUNCTION act.dead_sessions(p_sessions uuid[]) RETURNS TABLE (id uuid, state text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.id, CASE WHEN s.state = 'ended' OR s.expires_at <= pg_catalog.clock_timestamp() THEN 'ended'
      WHEN s.state <> 'active' OR s.last_seen < pg_catalog.clock_timestamp() - s.idle THEN 'locked' ELSE 'moved' END FROM sec.session s
  WHERE s.id = ANY (p_sessions) AND (s.state <> 'active' OR s.expires_at <= pg_catalog.clock_timestamp() OR s.last_seen < pg_catalog.clock_timestamp() - s.idle
    OR EXISTS (SELECT 1 FROM sec.service_mode m WHERE m.mode = 'stopped' AND (m.facility_id = '00000000-0000-0000-0000-000000000000' OR m.facility_id = s.facility_id)))
  UNION ALL SELECT s.id, 'ended' FROM sec.relative_session s WHERE s.id = ANY (p_sessions) AND (s.state <> 'active' OR s.expires_at <= pg_catalog.clock_timestamp()
    OR EXISTS (SELECT 1 FROM sec.service_mode m WHERE m.mode = 'stopped' AND m.facility_id = '00000000-0000-0000-0000-000000000000'))
$$;

-- ---- The family's door: everything that renkei_family may do. Each begins with who is asking. ------------------------
-- The groups of the caller now, with what opens the family timeline of each.
CREATE FUNCTION fam.groups(p_token_hash bytea) RETURNS TABLE (account_id uuid, login_id text, session_id uuid, group_id uuid, role text, version uuid, person bytea,
  stream_id uuid, wrapped bytea, key_facility uuid, key_version int, key_wrapped bytea, facility text, phone text, hours_id uuid, hours bytea,
  archived bool, unread bigint, last_post_at timestamptz, since timestamptz, read_up_to bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active');
BEGIN
  RETURN QUERY SELECT r.account_id, a.login_id, s.id, r.group_id, r.role, r.version, r.person, x.id, k.wrapped, k.facility_id, k.facility_key_version, w.wrapped,
      f.name, (SELECT v.phone FROM care.facility_version v WHERE v.id = f.version), h.id, h.words, gs.archived_at IS NOT NULL,
      (SELECT count(*) FROM care.post p WHERE p.stream_id = x.id AND p.seq > coalesce(rp.up_to_seq, 0) AND p.author_id <> r.account_id AND p.kind <> 'withdrawal'),
      (SELECT p.at FROM care.post p WHERE p.stream_id = x.id ORDER BY p.seq DESC LIMIT 1), r.since, coalesce(rp.up_to_seq, 0)
    FROM care.relative r JOIN care.account a ON a.id = r.account_id JOIN care.groups g ON g.id = r.group_id JOIN care.group_state gs ON gs.group_id = r.group_id
    JOIN care.stream x ON x.group_id = r.group_id AND x.kind = 'family' JOIN care.data_key k ON k.stream_id = x.id
    JOIN care.facility_key w ON w.facility_id = k.facility_id AND w.version = k.facility_key_version JOIN care.facility_now f ON f.facility_id = g.facility_id
    LEFT JOIN care.read_position rp ON rp.stream_id = x.id AND rp.account_id = r.account_id
    LEFT JOIN LATERAL (SELECT o.id, o.words FROM care.office_hours o WHERE o.group_id = r.group_id ORDER BY o.at DESC LIMIT 1) h ON true
    WHERE r.account_id = s.account_id AND sec.is_now(r) ORDER BY r.since, r.group_id;
END $$;
-- Who will read what is written: the team of now, and those on the family timeline.
CREATE FUNCTION fam.readers(p_token_hash bytea, p_group uuid) RETURNS TABLE (account_id uuid, name text, profession text, facility text, version uuid, person bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT r.account_id, NULL::text, r.role, NULL::text, r.version, r.person FROM care.relative r WHERE r.group_id = p_group AND sec.is_now(r)
    UNION ALL SELECT * FROM (SELECT DISTINCT ON (m.account_id) m.account_id, p.name, p.profession, f.name AS facility, NULL::uuid, NULL::bytea FROM care.membership m
      JOIN care.person_now p ON p.account_id = m.account_id JOIN care.facility_now f ON f.facility_id = m.facility_id
      WHERE m.group_id = p_group AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) ORDER BY m.account_id, m.role <> 'host') team;
END $$;
-- Posts of the family timeline as its readers see them: one, those before a place (newest first), or those after it (oldest first).
-- The stream is found through the caller's place in the group in the same statement. `p_opens`: a page is opened, which the log tells.
CREATE FUNCTION fam.posts(p_token_hash bytea, p_group uuid, p_one uuid, p_before bigint, p_after bigint, p_limit int, p_opens bool)
RETURNS TABLE (stream_id uuid, seq bigint, id uuid, group_id uuid, kind text, author_id uuid, at timestamptz, reply_to uuid, target uuid, must_acknowledge_by timestamptz, envelope bytea,
  name text, profession text, facility text, facility_id uuid, version uuid, person bytea, corrected_by uuid, withdrawal uuid, withdrawn_at timestamptz, withdrawal_envelope bytea,
  acknowledgements bigint, mine bool, readers bigint, read_by bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE g uuid := coalesce(p_group, (SELECT p.group_id FROM care.post p JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'family' WHERE p.id = p_one)); c sec.context := sec.kin(p_token_hash, g);
BEGIN
  IF p_opens THEN PERFORM sec.kin_log(c, CASE WHEN p_one IS NULL THEN 'viewed_family_timeline' ELSE 'viewed_post' END, g, p_one); END IF;
  RETURN QUERY WITH mine AS MATERIALIZED (SELECT s.id FROM care.relative r JOIN care.stream s ON s.group_id = r.group_id AND s.kind = 'family'
      WHERE r.account_id = c.account_id AND r.group_id = g AND sec.is_now(r)),
    page AS MATERIALIZED (SELECT p.* FROM care.post p JOIN mine ON mine.id = p.stream_id WHERE p.kind <> 'withdrawal' AND (p_one IS NULL OR p.id = p_one)
      AND (p_before IS NULL OR p.seq < p_before) AND (p_after IS NULL OR p.seq > p_after)
      ORDER BY CASE WHEN p_after IS NULL THEN -p.seq ELSE p.seq END LIMIT least(greatest(p_limit, 1), 200)),
    people AS MATERIALIZED (SELECT m.account_id FROM care.membership m WHERE m.group_id = g AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
      UNION SELECT r.account_id FROM care.relative r WHERE r.group_id = g AND sec.is_now(r)),
    positions AS MATERIALIZED (SELECT q.account_id, coalesce(x.up_to_seq, 0) AS up_to FROM people q CROSS JOIN mine LEFT JOIN care.read_position x ON x.stream_id = mine.id AND x.account_id = q.account_id)
    SELECT p.stream_id, p.seq, p.id, p.group_id, p.kind, p.author_id, p.at, p.reply_to, p.target, p.must_acknowledge_by, p.envelope,
      coalesce(v.work_name, v.name), v.profession, f.name, p.facility_id, k.version, k.person, t.id, w.id, w.at, w.envelope,
      (SELECT count(*) FROM care.receipt a WHERE a.post_id = p.id AND a.kind = 'acknowledged'),
      EXISTS (SELECT 1 FROM care.receipt a WHERE a.post_id = p.id AND a.kind = 'acknowledged' AND a.author_id = c.account_id),
      (SELECT count(*) FROM positions q WHERE q.account_id <> p.author_id), (SELECT count(*) FROM positions q WHERE q.account_id <> p.author_id AND q.up_to >= p.seq)
    FROM page p JOIN care.account_version v ON v.id = p.author JOIN care.facility_version f ON f.id = p.facility LEFT JOIN care.relative k ON k.version = p.author
    LEFT JOIN care.post t ON t.target = p.id AND t.kind = 'correction' LEFT JOIN care.post w ON w.target = p.id AND w.kind = 'withdrawal'
    ORDER BY CASE WHEN p_after IS NULL THEN -p.seq ELSE p.seq END;
END $$;
-- The keys of what a relative writes to: the family timeline, and the receipts of the group.
CREATE FUNCTION fam.streams(p_token_hash bytea, p_group uuid) RETURNS TABLE (kind text, stream_id uuid, wrapped bytea, key_facility uuid, key_version int, key_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT s.kind, s.id, k.wrapped, k.facility_id, k.facility_key_version, w.wrapped FROM care.stream s JOIN care.data_key k ON k.stream_id = s.id
    JOIN care.facility_key w ON w.facility_id = k.facility_id AND w.version = k.facility_key_version WHERE s.group_id = p_group AND s.kind IN ('family', 'receipts');
END $$;
CREATE FUNCTION fam.post(p_token_hash bytea, p_group uuid, p_id uuid, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea, p_reply_to uuid)
RETURNS TABLE (existing uuid, same bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group); s uuid; l sec.link; e record;
BEGIN
  SELECT x.id INTO s FROM care.relative r JOIN care.stream x ON x.group_id = r.group_id AND x.kind = 'family'
    WHERE r.account_id = c.account_id AND r.group_id = p_group AND sec.is_now(r);
  SELECT p.id, p.fingerprint INTO e FROM care.post p WHERE p.stream_id = s AND p.author_id = c.account_id AND p.client_id = p_client;
  IF FOUND THEN RETURN QUERY SELECT e.id, e.fingerprint = p_fingerprint; RETURN; END IF;
  IF p_reply_to IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.post p WHERE p.id = p_reply_to AND p.stream_id = s AND p.kind <> 'withdrawal') THEN
    RAISE EXCEPTION 'reply to nothing' USING ERRCODE = 'RK422';
  END IF;
  -- In the order of an archiving, as the team's posts.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = s FOR UPDATE;
  PERFORM sec.must_be_open(p_group);
  l := sec.chain(c, s, 'post', p_client, '{}', p_commitment);
  INSERT INTO care.post VALUES (s, l.seq, p_id, p_group, 'post', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_fingerprint,
    p_reply_to, NULL, NULL, '{}', l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.created', p_group, 'family', p_id, l.seq, l.at);
  PERFORM sec.kin_log(c, 'post', p_group, p_id);
  RETURN QUERY SELECT NULL::uuid, true;
END $$;
CREATE FUNCTION fam.read(p_token_hash bytea, p_group uuid, p_up_to bigint, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.kin(p_token_hash, p_group); s uuid; r uuid; l sec.link;
BEGIN
  SELECT x.id INTO s FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'family';
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'receipts';
  IF p_up_to < 1 OR p_up_to > (SELECT h.seq FROM care.stream_head h WHERE h.stream_id = s) THEN RAISE EXCEPTION 'nothing there yet' USING ERRCODE = 'RK422'; END IF;
  INSERT INTO care.read_position AS x VALUES (s, c.account_id, p_group, p_up_to, sec.clock())
    ON CONFLICT (stream_id, account_id) DO UPDATE SET up_to_seq = excluded.up_to_seq, at = excluded.at WHERE x.up_to_seq < excluded.up_to_seq;
  IF NOT FOUND THEN RETURN false; END IF;
  l := sec.chain(c, r, 'read', p_client, '{}', p_commitment);
  INSERT INTO care.receipt VALUES (r, l.seq, p_id, p_group, 'read', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, s, p_up_to, NULL,
    l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, timeline, seq, at) VALUES ('receipt.read', p_group, 'family', p_up_to, l.at);
  RETURN true;
END $$;
-- 了解 on a post of the family timeline. Again is fine and writes nothing.
CREATE FUNCTION fam.acknowledge(p_token_hash bytea, p_group uuid, p_post uuid, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.kin(p_token_hash, p_group); p care.post; r uuid; l sec.link;
BEGIN
  SELECT x.* INTO p FROM care.post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'family' WHERE x.id = p_post AND x.group_id = p_group AND x.kind <> 'withdrawal';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  IF EXISTS (SELECT 1 FROM care.receipt x WHERE x.post_id = p_post AND x.author_id = c.account_id AND x.kind = 'acknowledged') THEN RETURN false; END IF;
  PERFORM sec.must_be_open(p_group);
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'receipts';
  l := sec.chain(c, r, 'acknowledged', p_client, '{}', p_commitment);
  INSERT INTO care.receipt VALUES (r, l.seq, p_id, p_group, 'acknowledged', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p.stream_id, NULL, p_post,
    l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.acknowledged', p_group, 'family', p_post, p.seq, l.at);
  PERFORM sec.kin_log(c, 'acknowledged', p_group, p_post);
  RETURN true;
END $$;
-- What a reader of the live stream missed: the family timelines of the caller's own groups alone.
CREATE FUNCTION fam.events_since(p_token_hash bytea, p_from text) RETURNS TABLE (id bigint, kind text, group_id uuid, timeline text, post_id uuid, seq bigint, account_id uuid, session_id uuid, next text, gap bool)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); p xid8 := p_from::xid8;
BEGIN
  IF p < (SELECT e.xid FROM care.event e ORDER BY e.xid LIMIT 1) AND (SELECT e.id FROM care.event e ORDER BY e.id LIMIT 1) > 1 THEN
    RETURN QUERY SELECT NULL::bigint, NULL::text, NULL::uuid, NULL::text, NULL::uuid, NULL::bigint, NULL::uuid, NULL::uuid, NULL::text, true;
    RETURN;
  END IF;
  RETURN QUERY SELECT e.id, e.kind, e.group_id, e.timeline, e.post_id, e.seq, e.account_id, e.session_id, pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text, false
    FROM (SELECT * FROM care.event x WHERE x.xid >= p ORDER BY x.xid) e
    WHERE e.account_id = s.account_id OR e.session_id = s.id OR (e.account_id IS NULL AND e.timeline = 'family'
      AND EXISTS (SELECT 1 FROM care.relative r WHERE r.account_id = s.account_id AND r.group_id = e.group_id AND sec.is_now(r)))
    ORDER BY e.id;
END $$;
-- What a link shows to whoever fetches it, as programs do that look at links in letters: whose it is, and nobody's name.
CREATE FUNCTION fam.link_facility(p_link_hash bytea) RETURNS TABLE (facility text, phone text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i care.relative_invitation := sec.kin_link(p_link_hash, false);
BEGIN
  RETURN QUERY SELECT f.name, (SELECT v.phone FROM care.facility_version v WHERE v.id = f.version) FROM care.groups g JOIN care.facility_now f ON f.facility_id = g.facility_id WHERE g.id = i.group_id;
END $$;
-- What opens behind a link, for whoever holds it. Looking uses nothing up. `p_opens`: the names are shown, which the log tells.
CREATE FUNCTION fam.link(p_link_hash bytea, p_opens bool) RETURNS TABLE (id uuid, group_id uuid, role text, person bytea, facility text, phone text, by_name text, expires_at timestamptz, invited_by uuid,
  kind text, stream_id uuid, wrapped bytea, key_facility uuid, key_version int, key_wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE i care.relative_invitation := sec.kin_link(p_link_hash, false);
BEGIN
  IF p_opens THEN PERFORM sec.kin_link_log(i, 'viewed_relative_invitation', 'done'); END IF;
  RETURN QUERY SELECT i.id, i.group_id, i.role, i.person, f.name, (SELECT v.phone FROM care.facility_version v WHERE v.id = f.version), b.name, i.expires_at, i.invited_by,
      s.kind, s.id, k.wrapped, k.facility_id, k.facility_key_version, w.wrapped
    FROM care.groups g JOIN care.facility_now f ON f.facility_id = g.facility_id JOIN care.person_now b ON b.account_id = i.invited_by
    JOIN care.stream s ON s.group_id = g.id AND s.kind IN ('family', 'membership') JOIN care.data_key k ON k.stream_id = s.id
    JOIN care.facility_key w ON w.facility_id = k.facility_id AND w.version = k.facility_key_version WHERE g.id = i.group_id;
END $$;
-- The join itself, for a new account or one that is there. RK409 where the person is on this timeline already.
CREATE FUNCTION sec.kin_join(i care.relative_invitation, p_account uuid, p_session uuid, p_version uuid, p_person bytea, p_promise int, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE c sec.context; t timestamptz := sec.clock();
BEGIN
  IF EXISTS (SELECT 1 FROM care.relative r WHERE r.group_id = i.group_id AND r.account_id = p_account AND r.ended_at IS NULL) THEN
    RAISE EXCEPTION 'already there' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.account_version VALUES (p_version, p_account, CASE i.role WHEN 'patient' THEN 'ご本人' ELSE 'ご家族' END, CASE i.role WHEN 'patient' THEN 'ごほんにん' ELSE 'ごかぞく' END,
    NULL, i.role, '', t);
  INSERT INTO care.relative (version, group_id, account_id, role, person, promise, since) VALUES (p_version, i.group_id, p_account, i.role, p_person, p_promise, t);
  UPDATE care.relative_invitation SET state = 'joined', decided_at = t WHERE id = i.id;
  SELECT p_account, g.facility_id, p_version, f.version, p_session, NULL, false INTO c FROM care.groups g JOIN care.facility_now f ON f.facility_id = g.facility_id WHERE g.id = i.group_id;
  PERFORM sec.membership_event(c, i.group_id, 'relative_joined', p_account, p_id, p_client, p_commitment, p_envelope);
END $$;
-- False: somebody has this ID already. An answer that tells of other people's IDs, so a link gives ten of them and is over.
CREATE FUNCTION fam.join(p_link_hash bytea, p_account uuid, p_login text, p_password_hash text, p_session uuid, p_token_hash bytea, p_ttl interval,
  p_version uuid, p_person bytea, p_promise int, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i care.relative_invitation := sec.kin_link(p_link_hash, true); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF EXISTS (SELECT 1 FROM care.account a WHERE a.login_id = p_login) THEN
    PERFORM sec.kin_link_log(i, 'member_relative_joined', 'refused');
    UPDATE care.relative_invitation SET taken = taken + 1 WHERE id = i.id;
    IF i.taken + 1 >= 10 THEN
      UPDATE care.relative_invitation SET state = 'cancelled', decided_at = sec.clock() WHERE id = i.id;
      PERFORM sec.kin_link_log(i, 'cancelled_relative_invitation', 'done');
    END IF;
    RETURN false;
  END IF;
  INSERT INTO care.account VALUES (p_account, p_login, t);
  INSERT INTO sec.relative_credential (account_id, password_hash, changed_at) VALUES (p_account, p_password_hash, t);
  INSERT INTO sec.relative_session VALUES (p_token_hash, p_session, p_account, 'enrolling', t, t, t + p_ttl);
  PERFORM sec.kin_join(i, p_account, p_session, p_version, p_person, p_promise, p_id, p_client, p_commitment, p_envelope);
  RETURN true;
END $$;
-- Another group for somebody who has an account here.
CREATE FUNCTION fam.join_also(p_link_hash bytea, p_token_hash bytea, p_account uuid, p_version uuid, p_person bytea, p_promise int, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i care.relative_invitation := sec.kin_link(p_link_hash, true); s sec.relative_session := sec.kin_session(p_token_hash, 'active');
BEGIN
  IF s.account_id <> p_account THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  PERFORM sec.kin_join(i, p_account, s.id, p_version, p_person, p_promise, p_id, p_client, p_commitment, p_envelope);
END $$;
-- Keeps the first offered secret until it is confirmed. A confirmed one is never shown again.
CREATE FUNCTION fam.enrol_offer(p_token_hash bytea, p_secret bytea) RETURNS TABLE (account_id uuid, login_id text, secret bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'enrolling');
BEGIN
  UPDATE sec.relative_credential SET totp_secret = p_secret WHERE account_id = s.account_id AND totp_secret IS NULL AND p_secret IS NOT NULL;
  RETURN QUERY SELECT c.account_id, a.login_id, c.totp_secret FROM sec.relative_credential c JOIN care.account a ON a.id = c.account_id
    WHERE c.account_id = s.account_id AND c.totp_confirmed_at IS NULL;
END $$;
CREATE FUNCTION fam.enrol_account(p_token_hash bytea) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  RETURN (sec.kin_session(p_token_hash, 'enrolling')).account_id;
END $$;
-- The session may read from here on, under a new token.
CREATE FUNCTION fam.enrol_confirm(p_token_hash bytea, p_step bigint, p_renewed bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'enrolling'); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  UPDATE sec.relative_credential SET totp_confirmed_at = t, totp_last_step = p_step WHERE account_id = s.account_id AND totp_confirmed_at IS NULL AND totp_secret IS NOT NULL;
  IF NOT FOUND THEN RAISE EXCEPTION 'already set up' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.relative_session SET state = 'ended' WHERE account_id = s.account_id AND id <> s.id AND state <> 'ended';
  UPDATE sec.relative_session SET state = 'active', token_hash = p_renewed, last_seen = t WHERE token_hash = p_token_hash;
  PERFORM sec.log(ROW(s.account_id, NULL, NULL, NULL, s.id, NULL, NULL)::sec.context, 'factor_enrolled', NULL, NULL, NULL, NULL, 'done', NULL);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op, fam FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.invite_relative(uuid, uuid, text, bytea, bytea, bytea, uuid), act.cancel_relative_invitation(uuid, uuid), act.end_relative(uuid, uuid, uuid, uuid, bytea, bytea),
  act.set_office_hours(uuid, uuid, bytea, bytea), act.hold_timelines(uuid), act.note_release(uuid, uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.is_relative(text), act.relative_sign_in_begin(uuid, text, bytea, text), act.relative_sign_in_done(uuid, uuid, uuid, bytea, bigint, interval),
  act.relative_sign_in_refused(uuid), act.relative_sign_out(bytea) TO renkei_auth;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA fam TO renkei_family;
SET LOCAL ROLE renkei_owner;
-- Posts: of the family timeline, a member "from now on" sees what was written since.
ALTER POLICY member ON care.post USING (group_id = ANY ((SELECT sec.my_whole_groups())::uuid[])
  OR (group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) AND CASE WHEN EXISTS (SELECT 1 FROM care.stream s WHERE s.id = stream_id AND s.kind = 'family')
    THEN at >= sec.my_since(group_id) ELSE seq > sec.my_first(group_id) END));
