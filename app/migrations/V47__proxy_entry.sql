-- Proxy entry (代行入力): a system outside Renkei (an electronic chart, a laboratory) enters a post in the name of somebody of its facility
-- who agreed, who then confirms it, or corrects or withdraws it as her own. The header of the record says both: whose post it is, and who
-- typed it. No text stands here: what was entered, and the entry's id over there, are sealed with the post.
-- No foreign keys to older tables, see V13.

-- What a facility lets in. The id stands in the header of records for who typed; so a name never changes, and no row goes.
CREATE TABLE care.outside_system (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  registered_by uuid NOT NULL,
  registered_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_by uuid,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX outside_system_by_facility ON care.outside_system (facility_id, registered_at);
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.outside_system FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.outside_system ENABLE ALWAYS TRIGGER no_delete;

-- Who lets which system speak for her: the newest version counts; none: no.
CREATE TABLE care.proxy_consent (
  account_id uuid NOT NULL,
  system_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  agreed bool NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, system_id, version)
);
CREATE INDEX proxy_consent_by_system ON care.proxy_consent (system_id, account_id, version DESC);
SELECT care.make_append_only('care.proxy_consent');

-- What was entered, for whom, and what she said to it. `client_id` follows from the system and the entry's id there.
CREATE TABLE care.proxy_entry (
  post_id uuid PRIMARY KEY,
  system_id uuid NOT NULL,
  client_id uuid NOT NULL,
  group_id uuid NOT NULL, stream_id uuid NOT NULL,
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'confirmed', 'corrected', 'withdrawn')),
  state_at timestamptz,
  CONSTRAINT proxy_entry_external UNIQUE (system_id, client_id),
  CHECK ((state = 'waiting') = (state_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX proxy_entry_waiting ON care.proxy_entry (account_id, at) WHERE state = 'waiting';
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.proxy_entry FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.proxy_entry ENABLE ALWAYS TRIGGER no_delete;

GRANT SELECT, INSERT, UPDATE ON care.outside_system, care.proxy_entry TO renkei_sec;
GRANT SELECT, INSERT ON care.proxy_consent TO renkei_sec;
SELECT care.protect(t) FROM unnest(ARRAY['care.outside_system', 'care.proxy_consent', 'care.proxy_entry']::regclass[]) t;
SELECT care.stop_with_service('care.outside_system');
-- Each sees what became of her own.
CREATE POLICY mine ON care.proxy_entry FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()));
GRANT SELECT ON care.proxy_entry TO renkei_app;
CREATE POLICY verify ON care.outside_system FOR SELECT TO renkei_verify USING (true);
GRANT SELECT ON care.outside_system TO renkei_verify;

-- Receipts of one more kind: the person in whose name a post was entered says that it is hers.
ALTER TABLE care.receipt DROP CONSTRAINT IF EXISTS receipt_kind_check,
  ADD CONSTRAINT receipt_kind_check CHECK (kind IN ('read', 'acknowledged', 'stamped', 'unstamped', 'pinned', 'unpinned', 'handled', 'called', 'confirmed')) NOT VALID;

-- She is told, on the page of notices and on the ways that she chose.
ALTER TABLE care.ask_notice DROP CONSTRAINT IF EXISTS ask_notice_kind_check,
  ADD CONSTRAINT ask_notice_kind_check CHECK (kind IN ('reminder', 'overdue', 'substitute', 'unanswered', 'proxy')) NOT VALID;
ALTER TABLE care.notification DROP CONSTRAINT IF EXISTS notification_cause_check,
  ADD CONSTRAINT notification_cause_check CHECK (cause IN ('post', 'reminder', 'overdue', 'substitute', 'unanswered', 'task', 'proxy')) NOT VALID;

SET LOCAL ROLE renkei_sec;
-- What a system shows. It opens one route and stands for nobody: whom an entry is for is asked for each.
CREATE TABLE sec.system_token (
  id uuid PRIMARY KEY,                                         -- stands in the access log for session and device
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  system_id uuid NOT NULL,
  facility_id uuid NOT NULL,
  made_by uuid NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > made_at AND expires_at <= made_at + interval '366 days'),
  used_at timestamptz,
  ended_at timestamptz,
  ended_by uuid
);
CREATE INDEX system_token_by_system ON sec.system_token (system_id, made_at DESC);
SELECT care.guard_from_migrator('sec.system_token');

-- A correction or a withdrawal is the person's own word, and ends the waiting too.
CREATE FUNCTION sec.take_over_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE care.proxy_entry SET state = CASE NEW.kind WHEN 'correction' THEN 'corrected' ELSE 'withdrawn' END, state_at = NEW.at WHERE post_id = NEW.target AND state = 'waiting';
  RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION sec.take_over_entry() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.post TO renkei_owner;
CREATE TRIGGER take_over_entry AFTER INSERT ON care.post FOR EACH ROW WHEN (NEW.target IS NOT NULL) EXECUTE FUNCTION sec.take_over_entry();
REVOKE TRIGGER ON care.post FROM renkei_owner;
SET LOCAL ROLE renkei_sec;

-- ---- The system's door ------------------------------------------------------------------------------------------------
CREATE FUNCTION sec.good_system(p_token_hash bytea) RETURNS sec.system_token LANGUAGE plpgsql STABLE AS $$
DECLARE k sec.system_token;
BEGIN
  SELECT x.* INTO k FROM sec.system_token x JOIN care.outside_system s ON s.id = x.system_id AND s.ended_at IS NULL
    WHERE x.token_hash = p_token_hash AND x.ended_at IS NULL AND x.expires_at > pg_catalog.clock_timestamp();
  IF NOT FOUND THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  RETURN k;
END $$;
-- As whom an entry for this person is written; without one, the system by itself, for the log.
CREATE FUNCTION sec.speaking_for(k sec.system_token, p_account uuid) RETURNS sec.context LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ROW(p_account, k.facility_id, (SELECT v.version FROM care.person_now v WHERE v.account_id = p_account),
    (SELECT v.version FROM care.facility_now v WHERE v.facility_id = k.facility_id), k.id, k.id, false)::sec.context;
END $$;
CREATE FUNCTION sec.lets_speak(p_account uuid, p_system uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT x.agreed FROM care.proxy_consent x WHERE x.account_id = p_account AND x.system_id = p_system ORDER BY x.version DESC LIMIT 1), false)
$$;
-- Why a system may not enter there for this person; NULL: it may. Who is not of the system's facility, or not in the group for it, is
-- nobody that it may know of.
CREATE FUNCTION sec.may_not_enter(k sec.system_token, p_group uuid, p_account uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.membership m JOIN care.staff f ON f.account_id = m.account_id AND f.facility_id = m.facility_id AND f.state = 'active'
      WHERE m.group_id = p_group AND m.account_id = p_account AND m.facility_id = k.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())) THEN
    RETURN 'nobody';
  END IF;
  RETURN CASE WHEN NOT sec.lets_speak(p_account, k.system_id) THEN 'no_consent' END;
END $$;

-- Before a request by a system's token is let on. False: it is none of the routes that there are for it, which the log now holds.
CREATE FUNCTION act.use_system_token(p_token_hash bytea, p_fits bool) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE k sec.system_token := sec.good_system(p_token_hash); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_in_service(k.facility_id, 'open');
  IF NOT p_fits THEN
    PERFORM sec.log(sec.speaking_for(k, NULL), 'used_system_token', NULL, NULL, k.facility_id, k.system_id, 'refused', NULL);
    RETURN false;
  END IF;
  IF k.used_at IS NULL OR k.used_at < t - interval '1 minute' THEN UPDATE sec.system_token SET used_at = t WHERE id = k.id; END IF;
  RETURN true;
END $$;
-- Where an entry goes, with the key under which it is sealed, or why it may not: that is written down here, for both sides.
CREATE FUNCTION act.proxy_room(p_token_hash bytea, p_group uuid, p_account uuid) RETURNS TABLE (refused text, system_id uuid, system text, stream_id uuid, wrapped bytea, key_facility uuid,
  key_version int, key_facility_wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE k sec.system_token := sec.good_system(p_token_hash); why text := sec.may_not_enter(k, p_group, p_account); owner uuid; patient uuid;
BEGIN
  IF why IS NOT NULL THEN
    SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
    PERFORM sec.log(sec.speaking_for(k, CASE why WHEN 'no_consent' THEN p_account END), 'entered_by_proxy', CASE WHEN owner IS NOT NULL THEN p_group END, patient, coalesce(owner, k.facility_id), k.system_id, 'refused', NULL);
    RETURN QUERY SELECT why, NULL::uuid, NULL::text, NULL::uuid, NULL::bytea, NULL::uuid, NULL::int, NULL::bytea;
    RETURN;
  END IF;
  RETURN QUERY SELECT NULL::text, s.id, s.name, x.id, d.wrapped, d.facility_id, d.facility_key_version, f.wrapped
    FROM care.outside_system s, care.stream x JOIN care.data_key d ON d.stream_id = x.id JOIN care.facility_key f ON f.facility_id = d.facility_id AND f.version = d.facility_key_version
    WHERE s.id = k.system_id AND x.group_id = p_group AND x.kind = 'team';
END $$;

-- As sec.chain (V45), for a record that somebody else typed than who answers for it.
CREATE FUNCTION sec.chain_for(c sec.context, p_entered_by uuid, p_stream uuid, p_kind text, p_client uuid, p_commitment bytea) RETURNS sec.link LANGUAGE plpgsql AS $$
DECLARE l sec.link; now timestamptz := sec.clock();
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  UPDATE care.stream_head h SET seq = h.seq + 1, at = greatest(now, h.at + interval '1 microsecond'), prev = h.hash,
    hash = sec.record_hash((SELECT d.id FROM care.deployment d), p_stream, h.seq + 1, p_kind, c.account, p_entered_by, c.facility,
      greatest(now, h.at + interval '1 microsecond'), p_client, '{}', h.hash, p_commitment)
  WHERE h.stream_id = p_stream RETURNING h.seq, h.at, h.prev, h.hash INTO l;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such stream' USING ERRCODE = 'RK404'; END IF;
  -- Asked behind the lock: whoever waited for it sees the mode of now.
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF l.at > now + interval '5 minutes' THEN RAISE EXCEPTION 'the clock is behind the record' USING ERRCODE = 'RK503'; END IF;
  RETURN l;
END $$;

-- Enters a post on the team's timeline for somebody who agreed. The same entry again is answered with the post that it made; with
-- other words, for another person or in another group, it is refused. It reads, acknowledges and displays nothing for anybody.
CREATE FUNCTION act.enter_for(p_token_hash bytea, p_group uuid, p_account uuid, p_id uuid, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea)
RETURNS TABLE (post_id uuid, seq bigint, at timestamptz, state text, existing bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE k sec.system_token := sec.good_system(p_token_hash); c sec.context := sec.speaking_for(k, p_account); why text; e record; s uuid; l sec.link; owner uuid; patient uuid;
BEGIN
  -- Two sends of one entry come one after the other, wherever they go; so do an entry and the taking back of its consent.
  PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended(p_account::text || k.system_id::text, 47));
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_client::text, 47));
  why := sec.may_not_enter(k, p_group, p_account);
  IF why = 'no_consent' THEN RAISE EXCEPTION 'no consent' USING ERRCODE = 'RK403'; END IF;
  IF why IS NOT NULL THEN RAISE EXCEPTION 'nobody there' USING ERRCODE = 'RK404'; END IF;
  SELECT x.group_id, x.account_id, x.state, p.id, p.seq, p.at, p.fingerprint INTO e FROM care.proxy_entry x JOIN care.post p ON p.id = x.post_id
    WHERE x.system_id = k.system_id AND x.client_id = p_client;
  IF FOUND THEN
    IF e.group_id <> p_group OR e.account_id <> p_account OR e.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'external id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.id, e.seq, e.at, e.state, true;
    RETURN;
  END IF;
  SELECT x.id, g.facility_id, g.patient_id INTO s, owner, patient FROM care.groups g JOIN care.stream x ON x.group_id = g.id AND x.kind = 'team' WHERE g.id = p_group;
  l := sec.chain_for(c, k.system_id, s, 'post', p_client, p_commitment);
  -- The end of the chain is locked by now, and archiving locks it too.
  IF NOT EXISTS (SELECT 1 FROM care.group_state g WHERE g.group_id = p_group AND g.archived_at IS NULL) THEN RAISE EXCEPTION 'archived' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.post (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, fingerprint, files, prev, commitment, hash, envelope, urgent)
    VALUES (s, l.seq, p_id, p_group, 'post', c.account_id, c.account, k.system_id, c.facility_id, c.facility, l.at, p_client, p_fingerprint, '{}', l.prev, p_commitment, l.hash, p_envelope, false);
  INSERT INTO care.proxy_entry (post_id, system_id, client_id, group_id, stream_id, account_id, facility_id, at)
    VALUES (p_id, k.system_id, p_client, p_group, s, p_account, k.facility_id, l.at);
  INSERT INTO care.ask_notice VALUES (p_id, p_account, 'proxy', p_group, pg_catalog.clock_timestamp());
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.created', p_group, 'team', p_id, l.seq, l.at);
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, l.at);
  PERFORM sec.log(c, 'entered_by_proxy', p_group, patient, owner, p_id, 'done', NULL);
  RETURN QUERY SELECT p_id, l.seq, l.at, 'waiting'::text, false;
END $$;

-- ---- The person who is spoken for ----------------------------------------------------------------------------------------
-- The systems of the facility for which the caller acts, and whether each may speak for her.
CREATE FUNCTION act.systems_that_ask() RETURNS TABLE (id uuid, name text, agreed bool, since timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT s.id, s.name, coalesce(x.agreed, false), x.at FROM care.outside_system s
    LEFT JOIN LATERAL (SELECT y.agreed, y.at FROM care.proxy_consent y WHERE y.account_id = c.account_id AND y.system_id = s.id ORDER BY y.version DESC LIMIT 1) x ON true
    WHERE s.facility_id = c.facility_id AND s.ended_at IS NULL ORDER BY s.registered_at;
END $$;
-- Agreeing asks for somebody who has just shown who she is, in person; taking it back is always possible. Whether anything changed.
CREATE FUNCTION act.let_speak(p_system uuid, p_agreed bool) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.outside_system s WHERE s.id = p_system AND s.facility_id = c.facility_id AND (s.ended_at IS NULL OR NOT p_agreed)) THEN
    RAISE EXCEPTION 'no such system' USING ERRCODE = 'RK404';
  END IF;
  IF p_agreed THEN
    PERFORM sec.must_be_fresh(c);
    PERFORM sec.must_be_in_service(c.facility_id, 'write');
  END IF;
  -- An entry that is under way is waited for: once this is answered, no entry comes in.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.account_id::text || p_system::text, 47));
  IF sec.lets_speak(c.account_id, p_system) = p_agreed THEN RETURN false; END IF;
  INSERT INTO care.proxy_consent SELECT c.account_id, p_system, coalesce(max(x.version), 0) + 1, p_agreed, pg_catalog.clock_timestamp() FROM care.proxy_consent x WHERE x.account_id = c.account_id AND x.system_id = p_system;
  PERFORM sec.log(c, CASE WHEN p_agreed THEN 'allowed_proxy_entry' ELSE 'stopped_proxy_entry' END, NULL, NULL, c.facility_id, p_system, 'done', NULL);
  RETURN true;
END $$;
-- What waits for the caller's word, the oldest first: of groups that she is in now, also where they are archived.
CREATE FUNCTION act.my_proxy_entries(p_limit int) RETURNS TABLE (post_id uuid, group_id uuid, system text, at timestamptz, waiting bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); mine uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT e.post_id, e.group_id, s.name, e.at, count(*) OVER () FROM care.proxy_entry e JOIN care.outside_system s ON s.id = e.system_id
    WHERE e.account_id = c.account_id AND e.state = 'waiting' AND e.group_id = ANY (mine) ORDER BY e.at LIMIT p_limit;
END $$;
-- True: confirmed now. False: it was before. A program's token confirms nothing: that is for the person.
CREATE FUNCTION act.confirm_entry(p_post uuid, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post; e care.proxy_entry; r uuid; l sec.link; owner uuid; patient uuid;
BEGIN
  -- What is elsewhere is answered as what is nowhere.
  SELECT x.* INTO p FROM care.post x JOIN care.membership m ON m.group_id = x.group_id AND m.account_id = c.account_id AND m.facility_id = c.facility_id
      AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
    WHERE x.id = p_post AND x.kind <> 'withdrawal' AND (x.author_id = c.account_id OR x.seq > m.from_seq) LIMIT 1;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  IF p.author_id <> c.account_id OR sec.is_token(c) THEN RAISE EXCEPTION 'the author only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO e FROM care.proxy_entry x WHERE x.post_id = p_post FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'not entered by proxy' USING ERRCODE = 'RK409'; END IF;
  IF e.state = 'confirmed' THEN RETURN false; END IF;
  IF e.state <> 'waiting' THEN RAISE EXCEPTION 'withdrawn or corrected already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.must_be_open(p.group_id);
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p.group_id AND x.kind = 'receipts';
  l := sec.chain(c, r, 'confirmed', p_client, '{}', p_commitment);
  INSERT INTO care.receipt (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, target_stream, post_id, prev, commitment, hash, envelope)
    VALUES (r, l.seq, p_id, p.group_id, 'confirmed', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p.stream_id, p_post, l.prev, p_commitment, l.hash, p_envelope);
  UPDATE care.proxy_entry SET state = 'confirmed', state_at = l.at WHERE post_id = p_post;
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.confirmed', p.group_id, 'team', p_post, p.seq, l.at);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p.group_id;
  PERFORM sec.log(c, 'confirmed_entry', p.group_id, patient, owner, p_post, 'done', NULL);
  RETURN true;
END $$;

-- ---- The facility's admin ---------------------------------------------------------------------------------------------
CREATE FUNCTION sec.must_administrate(c sec.context) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
END $$;
CREATE FUNCTION sec.own_system(c sec.context, p_system uuid) RETURNS care.outside_system LANGUAGE plpgsql AS $$
DECLARE s care.outside_system;
BEGIN
  PERFORM sec.must_administrate(c);
  SELECT * INTO s FROM care.outside_system x WHERE x.id = p_system AND x.facility_id = c.facility_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such system' USING ERRCODE = 'RK404'; END IF;
  RETURN s;
END $$;
-- True: registered now; false: this id was registered before, under the same name.
CREATE FUNCTION act.register_system(p_id uuid, p_name text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s care.outside_system;
BEGIN
  PERFORM sec.must_administrate(c);
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.facility_id::text, 47));
  SELECT * INTO s FROM care.outside_system x WHERE x.id = p_id;
  IF FOUND THEN
    IF s.facility_id <> c.facility_id OR s.name <> p_name THEN RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  -- The id stands in records where a version of a person would: it must be nobody's.
  IF EXISTS (SELECT 1 FROM care.account_version v WHERE v.id = p_id) THEN RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409'; END IF;
  -- People tell systems by their names.
  IF EXISTS (SELECT 1 FROM care.outside_system x WHERE x.facility_id = c.facility_id AND x.ended_at IS NULL AND x.name = p_name) THEN RAISE EXCEPTION 'a system of this name already' USING ERRCODE = 'RK409'; END IF;
  IF (SELECT count(*) FROM care.outside_system x WHERE x.facility_id = c.facility_id AND x.ended_at IS NULL) >= 20 THEN RAISE EXCEPTION 'too many systems' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.outside_system (id, facility_id, name, registered_by, registered_at) VALUES (p_id, c.facility_id, p_name, c.account_id, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'registered_system', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN true;
END $$;
-- Its tokens end with it, and no new entry comes; what was entered stays, and its name with it.
CREATE FUNCTION act.end_system(p_system uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s care.outside_system := sec.own_system(c, p_system); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF s.ended_at IS NOT NULL THEN RETURN; END IF;
  UPDATE sec.system_token SET ended_at = t, ended_by = c.account_id WHERE system_id = p_system AND ended_at IS NULL;
  UPDATE care.outside_system SET ended_at = t, ended_by = c.account_id WHERE id = p_system;
  PERFORM sec.log(c, 'ended_system', NULL, NULL, c.facility_id, p_system, 'done', NULL);
END $$;
CREATE FUNCTION act.facility_systems() RETURNS TABLE (id uuid, name text, registered_at timestamptz, registered_by text, ended_at timestamptz, agreed bigint, entered bigint, waiting bigint, last_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.must_administrate(c);
  RETURN QUERY SELECT s.id, s.name, s.registered_at, p.name, s.ended_at,
      (SELECT count(*) FROM care.staff f WHERE f.facility_id = s.facility_id AND f.state = 'active' AND sec.lets_speak(f.account_id, s.id)), e.entered, e.waiting, e.last_at
    FROM care.outside_system s JOIN care.person_now p ON p.account_id = s.registered_by
      CROSS JOIN LATERAL (SELECT count(*) AS entered, count(*) FILTER (WHERE x.state = 'waiting') AS waiting, max(x.at) AS last_at FROM care.proxy_entry x WHERE x.system_id = s.id) e
    WHERE s.facility_id = c.facility_id ORDER BY s.ended_at IS NOT NULL, s.registered_at DESC LIMIT 200;
END $$;
-- Whom a system may speak for now.
CREATE FUNCTION act.spoken_for(p_system uuid) RETURNS TABLE (account_id uuid, name text, profession text, since timestamptz) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); s care.outside_system := sec.own_system(c, p_system);
BEGIN
  RETURN QUERY SELECT f.account_id, p.name, p.profession, (SELECT max(x.at) FROM care.proxy_consent x WHERE x.account_id = f.account_id AND x.system_id = s.id)
    FROM care.staff f JOIN care.person_now p ON p.account_id = f.account_id
    WHERE f.facility_id = s.facility_id AND f.state = 'active' AND sec.lets_speak(f.account_id, s.id) ORDER BY p.kana LIMIT 1000;
END $$;
CREATE FUNCTION act.make_system_token(p_system uuid, p_id uuid, p_token_hash bytea, p_days int) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s care.outside_system := sec.own_system(c, p_system); k sec.system_token; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF s.ended_at IS NOT NULL THEN RAISE EXCEPTION 'system ended' USING ERRCODE = 'RK409'; END IF;
  SELECT * INTO k FROM sec.system_token x WHERE x.id = p_id;
  IF FOUND THEN
    IF k.system_id <> p_system OR k.expires_at <> k.made_at + pg_catalog.make_interval(days => p_days) THEN RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  -- Two, so that one is changed for the next without a gap; of more nobody knows any more where they are.
  IF (SELECT count(*) FROM sec.system_token x WHERE x.system_id = p_system AND x.ended_at IS NULL AND x.expires_at > t) >= 2 THEN RAISE EXCEPTION 'too many tokens' USING ERRCODE = 'RK409'; END IF;
  -- The id stands for a device in the access log: it must be nobody's.
  IF EXISTS (SELECT 1 FROM sec.device d WHERE d.id = p_id) OR EXISTS (SELECT 1 FROM sec.session x WHERE x.id = p_id) OR EXISTS (SELECT 1 FROM sec.personal_token x WHERE x.id = p_id) THEN
    RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO sec.system_token (id, token_hash, system_id, facility_id, made_by, made_at, expires_at)
    VALUES (p_id, p_token_hash, p_system, s.facility_id, c.account_id, t, t + pg_catalog.make_interval(days => p_days));
  PERFORM sec.log(c, 'made_system_token', NULL, NULL, c.facility_id, p_system, 'done', NULL);
  RETURN true;
END $$;
CREATE FUNCTION act.system_tokens(p_system uuid) RETURNS TABLE (id uuid, made_at timestamptz, expires_at timestamptz, used_at timestamptz, ended_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); s care.outside_system := sec.own_system(c, p_system);
BEGIN
  RETURN QUERY SELECT k.id, k.made_at, k.expires_at, k.used_at, coalesce(k.ended_at, CASE WHEN k.expires_at <= pg_catalog.clock_timestamp() THEN k.expires_at END)
    FROM sec.system_token k WHERE k.system_id = s.id ORDER BY k.made_at DESC LIMIT 50;
END $$;
CREATE FUNCTION act.end_system_token(p_system uuid, p_token uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s care.outside_system := sec.own_system(c, p_system); k sec.system_token;
BEGIN
  SELECT * INTO k FROM sec.system_token x WHERE x.id = p_token AND x.system_id = s.id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such token' USING ERRCODE = 'RK404'; END IF;
  IF k.ended_at IS NOT NULL THEN RETURN; END IF;
  UPDATE sec.system_token SET ended_at = pg_catalog.clock_timestamp(), ended_by = c.account_id WHERE id = p_token;
  PERFORM sec.log(c, 'ended_system_token', NULL, NULL, c.facility_id, p_system, 'done', NULL);
END $$;

-- As before (V45), and: systems, whose tokens stand in the log where a device would.
CREATE OR REPLACE FUNCTION act.device_names(p_devices uuid[]) RETURNS TABLE (id uuid, name text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT d.id, d.name FROM (
      SELECT x.id, x.name, x.account_id FROM sec.device x WHERE x.id = ANY (p_devices)
      UNION ALL SELECT x.id, 'トークン「' || x.name || '」', x.account_id FROM sec.personal_token x WHERE x.id = ANY (p_devices)) d
    WHERE EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = d.account_id AND s.facility_id = c.facility_id)
      OR EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = d.account_id AND m.group_id = ANY (sec.managed_groups()));
  RETURN QUERY SELECT k.id, '外部システム「' || s.name || '」' FROM sec.system_token k JOIN care.outside_system s ON s.id = k.system_id WHERE k.id = ANY (p_devices)
    AND (s.facility_id = c.facility_id OR EXISTS (SELECT 1 FROM care.proxy_entry e WHERE e.system_id = s.id AND e.group_id = ANY (sec.managed_groups())));
END $$;
-- As before (V39), and: an entry that is no longer waiting calls nobody.
CREATE OR REPLACE FUNCTION sec.is_seen(n care.notification) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF n.cause = 'post' THEN RETURN EXISTS (SELECT 1 FROM care.read_position r WHERE r.stream_id = n.stream_id AND r.account_id = n.account_id AND r.up_to_seq >= n.seq); END IF;
  RETURN EXISTS (SELECT 1 FROM care.notices_seen s WHERE s.account_id = n.account_id AND s.at >= n.made_at) OR CASE n.cause
    WHEN 'task' THEN NOT EXISTS (SELECT 1 FROM care.task k WHERE k.id = n.post_id AND k.owner_id = n.account_id AND k.state = 'open')
    WHEN 'proxy' THEN NOT EXISTS (SELECT 1 FROM care.proxy_entry e WHERE e.post_id = n.post_id AND e.state = 'waiting')
    WHEN 'unanswered' THEN NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.overdue AND a.ended IS NULL)
    ELSE NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.account_id = n.account_id AND a.ended IS NULL) END;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.proxy_room(bytea, uuid, uuid), act.enter_for(bytea, uuid, uuid, uuid, uuid, bytea, bytea, bytea), act.systems_that_ask(), act.let_speak(uuid, bool),
  act.my_proxy_entries(int), act.confirm_entry(uuid, uuid, uuid, bytea, bytea), act.register_system(uuid, text), act.end_system(uuid), act.facility_systems(), act.spoken_for(uuid),
  act.make_system_token(uuid, uuid, bytea, int), act.system_tokens(uuid), act.end_system_token(uuid, uuid) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.use_system_token(bytea, bool) TO renkei_auth;
SET LOCAL ROLE renkei_owner;
