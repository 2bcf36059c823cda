-- One function per verb. Each finds the caller in the signed context, checks the floor (membership now, role, frozen
-- or not), writes the record, its event and its access event, in the caller's transaction.
-- Errors: RK401 no session, RK403 may see it but not do this, RK404 may not know of it, RK409 the state does not allow it,
-- RK412 stale, RK422 impossible value, RK503 the clock has jumped.

GRANT INSERT ON care.facility, care.facility_version, care.account, care.account_version, care.staff_event, care.staff, care.patient, care.groups, care.group_state,
  care.stream, care.stream_head, care.facility_key, care.data_key, care.post, care.receipt, care.read_position, care.membership_event, care.face_sheet_version,
  care.membership, care.invitation, care.file, care.file_state, care.post_file, care.event, care.access_event TO renkei_sec;
GRANT UPDATE ON care.staff, care.group_state, care.stream_head, care.read_position, care.membership, care.invitation, care.file_state TO renkei_sec;
GRANT DELETE ON care.event TO renkei_sec;
SET LOCAL ROLE renkei_sec;

-- The small ones below are called by definer functions alone, whose search path they inherit.
CREATE FUNCTION sec.must() RETURNS sec.context LANGUAGE plpgsql STABLE AS $$
DECLARE c sec.context := sec.verified();
BEGIN
  IF c.account_id IS NULL THEN RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401'; END IF;
  RETURN c;
END $$;

-- The caller's membership in a group now, or RK404: a stranger may not even know that it exists.
CREATE FUNCTION sec.member(c sec.context, p_group uuid) RETURNS care.membership LANGUAGE plpgsql STABLE AS $$
DECLARE m care.membership;
BEGIN
  SELECT * INTO m FROM care.membership x WHERE x.account_id = c.account_id AND x.group_id = p_group AND x.facility_id = c.facility_id
    AND x.ended_at IS NULL AND (x.until IS NULL OR x.until > pg_catalog.clock_timestamp());
  IF NOT FOUND THEN RAISE EXCEPTION 'not a member' USING ERRCODE = 'RK404'; END IF;
  RETURN m;
END $$;
-- Member, or the admin of the managing facility.
CREATE FUNCTION sec.keeper(c sec.context, p_group uuid) RETURNS text LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE r text;
BEGIN
  SELECT x.role INTO r FROM care.membership x WHERE x.account_id = c.account_id AND x.group_id = p_group AND x.facility_id = c.facility_id
    AND x.ended_at IS NULL AND (x.until IS NULL OR x.until > pg_catalog.clock_timestamp());
  IF r = 'host' THEN RETURN 'host'; END IF;
  IF c.admin AND EXISTS (SELECT 1 FROM care.groups g WHERE g.id = p_group AND g.facility_id = c.facility_id) THEN RETURN 'admin'; END IF;
  IF r IS NOT NULL THEN RETURN r; END IF;
  RAISE EXCEPTION 'not a member' USING ERRCODE = 'RK404';
END $$;
-- Host or managing admin, or RK403 for a mere member.
CREATE FUNCTION sec.must_keep(c sec.context, p_group uuid) RETURNS text LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE r text := sec.keeper(c, p_group);
BEGIN
  IF r NOT IN ('host', 'admin') THEN RAISE EXCEPTION 'host only' USING ERRCODE = 'RK403'; END IF;
  RETURN r;
END $$;
CREATE FUNCTION sec.must_be_open(p_group uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Share lock: an archive that is being written now is waited for, so nothing lands behind it.
  PERFORM 1 FROM care.group_state s WHERE s.group_id = p_group AND s.archived_at IS NULL FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'archived' USING ERRCODE = 'RK409'; END IF;
END $$;

CREATE TYPE sec.link AS (seq bigint, at timestamptz, prev bytea, hash bytea);
-- Takes the next place in a stream: dense number, time never before the last record's, hash over the header.
-- The row lock of the head is what orders the stream; everything before it should be done already.
CREATE FUNCTION sec.chain(c sec.context, p_stream uuid, p_kind text, p_client uuid, p_files bytea[], p_commitment bytea)
RETURNS sec.link LANGUAGE plpgsql AS $$
DECLARE l sec.link; now timestamptz := sec.clock();
BEGIN
  UPDATE care.stream_head h SET seq = h.seq + 1, at = greatest(now, h.at + interval '1 microsecond'), prev = h.hash,
    hash = sec.record_hash((SELECT d.id FROM care.deployment d), p_stream, h.seq + 1, p_kind, c.account, c.account, c.facility,
      greatest(now, h.at + interval '1 microsecond'), p_client, p_files, h.hash, p_commitment)
  WHERE h.stream_id = p_stream RETURNING h.seq, h.at, h.prev, h.hash INTO l;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such stream' USING ERRCODE = 'RK404'; END IF;
  IF l.at > now + interval '5 minutes' THEN RAISE EXCEPTION 'the clock is behind the record' USING ERRCODE = 'RK503'; END IF;
  RETURN l;
END $$;

CREATE FUNCTION sec.make_stream(p_id uuid, p_kind text, p_group uuid, p_patient uuid, p_facility uuid, p_key_version int, p_wrapped bytea)
RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE t timestamptz := sec.clock(); root bytea := sec.stream_root((SELECT d.id FROM care.deployment d), p_id, p_kind);
BEGIN
  INSERT INTO care.stream VALUES (p_id, p_kind, p_group, p_patient, t);
  INSERT INTO care.stream_head (stream_id, at, prev, hash) VALUES (p_id, t, root, root);
  INSERT INTO care.data_key VALUES (p_id, p_facility, p_key_version, p_wrapped);
END $$;

-- ---- Team and family timelines -------------------------------------------------------------------------
-- Posts, corrections and withdrawals. Called with the session's token in one statement, so that a post is one round trip.
CREATE FUNCTION act.post(p_token_hash bytea, p_group uuid, p_timeline text, p_id uuid, p_kind text, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea,
  p_reply_to uuid, p_target uuid, p_must_by timestamptz, p_file_ids uuid[], p_file_keys bytea[], p_file_digests bytea[])
RETURNS TABLE (seq bigint, at timestamptz, account uuid, facility uuid, stream_id uuid, total bigint, existing uuid, same bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context; s uuid; l sec.link; e record; owner uuid; patient uuid; author uuid; members bigint;
BEGIN
  c := CASE WHEN p_token_hash IS NULL THEN sec.must() ELSE sec.caller(p_token_hash, false) END;
  SELECT x.id, g.facility_id, g.patient_id INTO s, owner, patient
    FROM care.membership m JOIN care.groups g ON g.id = m.group_id JOIN care.stream x ON x.group_id = m.group_id
    WHERE m.account_id = c.account_id AND m.group_id = p_group AND m.facility_id = c.facility_id
      AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
      AND x.kind = p_timeline AND x.kind IN ('team', 'family');
  IF NOT FOUND THEN RAISE EXCEPTION 'not a member' USING ERRCODE = 'RK404'; END IF;
  SELECT p.seq, p.at, p.author, p.facility, p.id, p.fingerprint, p.kind INTO e
    FROM care.post p WHERE p.stream_id = s AND p.author_id = c.account_id AND p.client_id = p_client;
  IF FOUND THEN
    RETURN QUERY SELECT e.seq, e.at, e.author, e.facility, s, NULL::bigint, e.id, e.fingerprint = p_fingerprint AND e.kind = p_kind;
    RETURN;
  END IF;
  IF p_reply_to IS NOT NULL THEN
    PERFORM 1 FROM care.post p WHERE p.id = p_reply_to AND p.stream_id = s AND p.kind <> 'withdrawal';
    IF NOT FOUND THEN RAISE EXCEPTION 'reply to nothing' USING ERRCODE = 'RK422'; END IF;
  END IF;
  IF p_target IS NOT NULL THEN
    SELECT p.author_id INTO author FROM care.post p WHERE p.id = p_target AND p.stream_id = s AND p.kind <> 'withdrawal';
    IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
    IF author <> c.account_id THEN RAISE EXCEPTION 'the author only' USING ERRCODE = 'RK403'; END IF;
    IF EXISTS (SELECT 1 FROM care.post p WHERE p.target = p_target AND (p.kind = 'withdrawal' OR p.kind = p_kind)) THEN
      RAISE EXCEPTION 'withdrawn or corrected already' USING ERRCODE = 'RK409';
    END IF;
  END IF;
  IF pg_catalog.cardinality(p_file_ids) > 0 AND (SELECT count(*) FROM care.file f JOIN care.file_state x ON x.file_id = f.id AND x.state <> 'refused'
      WHERE f.id = ANY (p_file_ids) AND f.uploader_id = c.account_id AND f.facility_id = c.facility_id) <> pg_catalog.cardinality(p_file_ids) THEN
    RAISE EXCEPTION 'not your file' USING ERRCODE = 'RK422';
  END IF;
  l := sec.chain(c, s, p_kind, p_client, p_file_digests, p_commitment);
  -- The end of the chain is locked by now, and archiving locks it too: what is read here stays so until the commit.
  SELECT count(DISTINCT m.account_id) - 1 INTO members FROM care.group_state g JOIN care.membership m ON m.group_id = g.group_id
    WHERE g.group_id = p_group AND g.archived_at IS NULL AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp());
  IF members < 0 THEN RAISE EXCEPTION 'archived' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.post VALUES (s, l.seq, p_id, p_group, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_fingerprint,
    p_reply_to, p_target, p_must_by, p_file_digests, l.prev, p_commitment, l.hash, p_envelope);
  IF pg_catalog.cardinality(p_file_ids) > 0 THEN
    INSERT INTO care.post_file SELECT p_id, f.o, f.id, s, p_group, l.seq, f.k FROM ROWS FROM (pg_catalog.unnest(p_file_ids), pg_catalog.unnest(p_file_keys)) WITH ORDINALITY f(id, k, o);
  END IF;
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at)
    VALUES (CASE p_kind WHEN 'post' THEN 'post.created' WHEN 'correction' THEN 'post.corrected' ELSE 'post.withdrawn' END,
      p_group, p_timeline, CASE p_kind WHEN 'withdrawal' THEN p_target ELSE p_id END, l.seq, l.at);
  PERFORM sec.log(c, CASE p_kind WHEN 'post' THEN 'post' WHEN 'correction' THEN 'corrected' ELSE 'withdrew' END, p_group, patient, owner, p_id, 'done', NULL);
  RETURN QUERY SELECT l.seq, l.at, c.account, c.facility, s, members, NULL::uuid, true;
END $$;

-- Notes that the caller has displayed the stream up to a place. Going backwards, or repeating, writes nothing.
CREATE FUNCTION act.read(p_group uuid, p_timeline text, p_up_to bigint, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s uuid; r uuid; l sec.link; top bigint;
BEGIN
  PERFORM sec.member(c, p_group);
  SELECT x.id INTO s FROM care.stream x WHERE x.group_id = p_group AND x.kind = p_timeline AND x.kind IN ('team', 'family');
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'receipts';
  SELECT h.seq INTO top FROM care.stream_head h WHERE h.stream_id = s;
  IF p_up_to > top OR p_up_to < 1 THEN RAISE EXCEPTION 'nothing there yet' USING ERRCODE = 'RK422'; END IF;
  INSERT INTO care.read_position AS x VALUES (s, c.account_id, p_group, p_up_to, sec.clock())
    ON CONFLICT (stream_id, account_id) DO UPDATE SET up_to_seq = excluded.up_to_seq, at = excluded.at WHERE x.up_to_seq < excluded.up_to_seq;
  IF NOT FOUND THEN RETURN false; END IF;
  l := sec.chain(c, r, 'read', p_client, '{}', p_commitment);
  INSERT INTO care.receipt VALUES (r, l.seq, p_id, p_group, 'read', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, s, p_up_to, NULL,
    l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, timeline, seq, at) VALUES ('receipt.read', p_group, p_timeline, p_up_to, l.at);
  RETURN true;
END $$;

-- The members of now and how far each has read a stream of the group. RK404 for everybody else: a page that asks this
-- first is never an empty page for a stranger.
CREATE FUNCTION act.positions(p_group uuid, p_stream uuid) RETURNS TABLE (account_id uuid, up_to_seq bigint)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.member(c, p_group);
  RETURN QUERY SELECT m.account_id, coalesce(max(r.up_to_seq), 0) FROM care.membership m
    LEFT JOIN care.read_position r ON r.stream_id = p_stream AND r.account_id = m.account_id AND r.group_id = p_group
    WHERE m.group_id = p_group AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) GROUP BY m.account_id;
END $$;

CREATE FUNCTION act.acknowledge(p_group uuid, p_post uuid, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post; r uuid; l sec.link; tl text; owner uuid; patient uuid;
BEGIN
  PERFORM sec.member(c, p_group);
  SELECT * INTO p FROM care.post x WHERE x.id = p_post AND x.group_id = p_group AND x.kind <> 'withdrawal';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  IF EXISTS (SELECT 1 FROM care.receipt x WHERE x.post_id = p_post AND x.author_id = c.account_id AND x.kind = 'acknowledged') THEN RETURN false; END IF;
  PERFORM sec.must_be_open(p_group);
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'receipts';
  SELECT x.kind INTO tl FROM care.stream x WHERE x.id = p.stream_id;
  l := sec.chain(c, r, 'acknowledged', p_client, '{}', p_commitment);
  INSERT INTO care.receipt VALUES (r, l.seq, p_id, p_group, 'acknowledged', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p.stream_id, NULL, p_post,
    l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.acknowledged', p_group, tl, p_post, p.seq, l.at);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, 'acknowledged', p_group, patient, owner, p_post, 'done', NULL);
  RETURN true;
END $$;

-- ---- Views, searches, prints: reads that leave a row ----------------------------------------------------
CREATE FUNCTION act.viewed(p_what text, p_group uuid, p_patient uuid, p_ref uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); patient uuid := p_patient; owner uuid;
BEGIN
  IF p_group IS NOT NULL THEN
    SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  ELSIF p_patient IS NOT NULL THEN
    SELECT p.facility_id INTO owner FROM care.patient p WHERE p.id = p_patient;
  END IF;
  PERFORM sec.log(c, p_what, p_group, patient, owner, p_ref, 'done', NULL);
END $$;
-- A refusal, in its own transaction, under the caller's own identity.
CREATE FUNCTION act.refused(p_what text, p_group uuid, p_patient uuid, p_ref uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); patient uuid := p_patient; owner uuid;
BEGIN
  SELECT g.facility_id, coalesce(p_patient, g.patient_id) INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  IF owner IS NULL THEN
    patient := p_patient;
    SELECT p.facility_id INTO owner FROM care.patient p WHERE p.id = p_patient;
  END IF;
  PERFORM sec.log(c, p_what, p_group, patient, owner, p_ref, 'refused', NULL);
END $$;

-- ---- Patients and face sheets -----------------------------------------------------------------------------
CREATE FUNCTION act.facility_key() RETURNS TABLE (facility_id uuid, version int, wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT k.facility_id, k.version, k.wrapped FROM care.facility_key k WHERE k.facility_id = c.facility_id ORDER BY k.version DESC LIMIT 1;
END $$;
CREATE FUNCTION act.register_patient(p_patient uuid, p_client uuid, p_fingerprint bytea, p_number bytea, p_stream uuid, p_key_version int, p_wrapped bytea,
  p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS TABLE (patient_id uuid, same bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); l sec.link; e care.patient;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO e FROM care.patient p WHERE p.registered_by = c.account_id AND p.client_id = p_client;
  IF FOUND THEN RETURN QUERY SELECT e.id, e.fingerprint = p_fingerprint; RETURN; END IF;
  INSERT INTO care.patient VALUES (p_patient, c.facility_id, p_number, c.account_id, p_client, p_fingerprint, sec.clock());
  PERFORM sec.make_stream(p_stream, 'face_sheet', NULL, p_patient, c.facility_id, p_key_version, p_wrapped);
  l := sec.chain(c, p_stream, 'version', p_client, '{}', p_commitment);
  INSERT INTO care.face_sheet_version VALUES (p_stream, l.seq, p_id, p_patient, 'version', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_fingerprint,
    l.prev, p_commitment, l.hash, p_envelope);
  PERFORM sec.log(c, 'registered_patient', NULL, p_patient, c.facility_id, NULL, 'done', NULL);
  RETURN QUERY SELECT p_patient, NULL::bool;
END $$;

-- Saves the next version if the caller saw the last one. RK412: somebody else was first; nothing is written.
CREATE FUNCTION act.save_face_sheet(p_patient uuid, p_seen bigint, p_id uuid, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea)
RETURNS TABLE (seq bigint, at timestamptz, account uuid, facility uuid) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); s uuid; g uuid; top bigint; l sec.link; e care.face_sheet_version; owner uuid;
BEGIN
  IF NOT p_patient = ANY (sec.my_patients()) THEN RAISE EXCEPTION 'not yours' USING ERRCODE = 'RK404'; END IF;
  SELECT x.id INTO s FROM care.stream x WHERE x.patient_id = p_patient;
  -- Savers of one sheet come one after the other, so that a retry finds what its first send has written.
  SELECT h.seq INTO top FROM care.stream_head h WHERE h.stream_id = s FOR UPDATE;
  SELECT * INTO e FROM care.face_sheet_version v WHERE v.stream_id = s AND v.author_id = c.account_id AND v.client_id = p_client;
  IF FOUND THEN
    IF e.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e.seq, e.at, e.author, e.facility; RETURN;
  END IF;
  SELECT x.id INTO g FROM care.groups x WHERE x.patient_id = p_patient;
  IF g IS NOT NULL THEN PERFORM sec.must_be_open(g); END IF;
  IF top <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  l := sec.chain(c, s, 'version', p_client, '{}', p_commitment);
  INSERT INTO care.face_sheet_version VALUES (s, l.seq, p_id, p_patient, 'version', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_fingerprint,
    l.prev, p_commitment, l.hash, p_envelope);
  SELECT p.facility_id INTO owner FROM care.patient p WHERE p.id = p_patient;
  IF g IS NOT NULL THEN INSERT INTO care.event (kind, group_id, seq, at) VALUES ('face_sheet.changed', g, l.seq, l.at); END IF;
  PERFORM sec.log(c, 'changed_face_sheet', g, p_patient, owner, p_id, 'done', NULL);
  RETURN QUERY SELECT l.seq, l.at, c.account, c.facility;
END $$;
SET LOCAL ROLE renkei_owner;
