-- Vital signs and other observations of a patient: what was measured, its withdrawal, the patient's reference ranges, and which posted
-- picture shows which wound. Records like posts, in a stream of their own, which is made with the first of them.
-- What was measured, and how much, is ciphertext; the database knows when, by whom, and from which post.

ALTER TABLE care.stream DROP CONSTRAINT stream_kind_check,
  ADD CONSTRAINT stream_kind_check CHECK (kind IN ('team', 'family', 'membership', 'receipts', 'face_sheet', 'observations')) NOT VALID;
-- Every older row met the narrower rule.
ALTER TABLE care.stream VALIDATE CONSTRAINT stream_kind_check;

CREATE TABLE care.observation (
  stream_id uuid NOT NULL, seq bigint NOT NULL, id uuid NOT NULL, group_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('observation', 'withdrawal', 'reference_range', 'wound_picture')),
  author_id uuid NOT NULL, author uuid NOT NULL, entered_by uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, client_id uuid NOT NULL, fingerprint bytea NOT NULL,
  measured_at timestamptz, post_id uuid, file_id uuid, target uuid,
  prev bytea NOT NULL, commitment bytea NOT NULL CHECK (octet_length(commitment) = 32), hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 32 AND 20000),
  PRIMARY KEY (stream_id, seq),
  CONSTRAINT observation_id_key UNIQUE (id),
  CONSTRAINT observation_client_id_key UNIQUE (stream_id, author_id, client_id),
  CHECK ((kind = 'observation') = (measured_at IS NOT NULL)),
  CHECK (measured_at <= at),
  CHECK ((kind = 'withdrawal') = (target IS NOT NULL)),
  CHECK ((kind = 'wound_picture') = (file_id IS NOT NULL)),
  CHECK (post_id IS NULL OR kind IN ('observation', 'wound_picture'))
);
CREATE UNIQUE INDEX observation_one_withdrawal ON care.observation (target) WHERE target IS NOT NULL;
CREATE INDEX observation_by_time ON care.observation (group_id, measured_at DESC) WHERE kind = 'observation';
CREATE INDEX observation_besides ON care.observation (group_id, kind, seq) WHERE kind <> 'observation';
CREATE INDEX observation_by_post ON care.observation (post_id) WHERE post_id IS NOT NULL;
SELECT care.make_append_only('care.observation');

-- That a value crossed the patient's range, for the notices of the members: ids and times alone.
CREATE TABLE care.observation_notice (
  observation_id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  author_id uuid NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX observation_notice_by_group ON care.observation_notice (group_id, at DESC);
SELECT care.make_append_only('care.observation_notice');
-- When a member last looked at the patient's observations.
CREATE TABLE care.observation_seen (
  group_id uuid NOT NULL,
  account_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (group_id, account_id)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT ON care.observation, care.observation_notice, care.observation_seen TO renkei_sec;
GRANT UPDATE ON care.observation_seen TO renkei_sec;
SELECT care.protect(t) FROM unnest(ARRAY['care.observation', 'care.observation_notice', 'care.observation_seen']::regclass[]) t;

-- As the team timeline: members alone, and whoever joined "from now on" from there on. Ranges hold for everybody who looks.
CREATE POLICY member ON care.observation FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_whole_groups())::uuid[])
  OR (group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) AND (kind = 'reference_range' OR at >= sec.my_since(group_id))));
CREATE POLICY member ON care.observation_notice FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_whole_groups())::uuid[])
  OR (group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) AND at >= sec.my_since(group_id)));
CREATE POLICY mine ON care.observation_seen FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()));
GRANT SELECT ON care.observation, care.observation_notice, care.observation_seen TO renkei_app;
CREATE POLICY verify ON care.observation FOR SELECT TO renkei_verify USING (true);
GRANT SELECT ON care.observation TO renkei_verify;
CREATE POLICY sealer ON care.observation FOR SELECT TO renkei_sealer USING (true);
GRANT SELECT (stream_id, seq, hash) ON care.observation TO renkei_sealer;
CREATE POLICY backup ON care.observation FOR SELECT TO renkei_backup USING (true);
GRANT SELECT ON care.observation TO renkei_backup;

SET LOCAL ROLE renkei_sec;

-- Where a patient's observations stand, found through the caller's membership: RK404 for everybody else. Without a stream yet, the key
-- under which the managing facility's next one will be wrapped. By patient, or by group.
CREATE FUNCTION act.observation_room(p_patient uuid, p_group uuid) RETURNS TABLE (group_id uuid, patient_id uuid, stream_id uuid, wrapped bytea, key_facility uuid, key_version int,
  key_facility_wrapped bytea, archived bool, host bool, sets_ranges bool) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); g care.groups; m care.membership;
BEGIN
  SELECT * INTO g FROM care.groups x WHERE x.kind = 'patient' AND (x.patient_id = p_patient OR x.id = p_group);
  IF NOT FOUND THEN RAISE EXCEPTION 'no such patient' USING ERRCODE = 'RK404'; END IF;
  m := sec.member(c, g.id);
  RETURN QUERY SELECT g.id, g.patient_id, k.stream_id, k.wrapped, f.facility_id, f.version, f.wrapped, s.archived_at IS NOT NULL, m.role = 'host', sec.sets_ranges(c, m)
    FROM care.group_state s LEFT JOIN (care.stream x JOIN care.data_key k ON k.stream_id = x.id) ON x.group_id = g.id AND x.kind = 'observations'
    JOIN LATERAL (SELECT y.* FROM care.facility_key y WHERE y.facility_id = coalesce(k.facility_id, g.facility_id) AND (k.stream_id IS NULL OR y.version = k.facility_key_version)
      ORDER BY y.version DESC LIMIT 1) f ON true
    WHERE s.group_id = g.id;
END $$;
-- The host, and the doctors of the team.
CREATE FUNCTION sec.sets_ranges(c sec.context, m care.membership) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN m.role = 'host' OR EXISTS (SELECT 1 FROM care.account_version v WHERE v.id = c.account AND v.profession = 'doctor');
END $$;

-- Makes the stream, or gives the one that somebody else has made meanwhile.
CREATE FUNCTION act.open_observations(p_group uuid, p_stream uuid, p_key_version int, p_wrapped bytea) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); s uuid; owner uuid;
BEGIN
  PERFORM sec.member(c, p_group);
  SELECT g.facility_id INTO owner FROM care.groups g WHERE g.id = p_group AND g.kind = 'patient';
  IF NOT FOUND THEN RAISE EXCEPTION 'no patient here' USING ERRCODE = 'RK404'; END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_group::text, 40));
  SELECT x.id INTO s FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'observations';
  IF FOUND THEN RETURN s; END IF;
  PERFORM sec.must_be_open(p_group);
  PERFORM sec.make_stream(p_stream, 'observations', p_group, NULL, owner, p_key_version, p_wrapped);
  RETURN p_stream;
END $$;

-- Whether an own post of the team may still become data: nobody has withdrawn or corrected it.
CREATE FUNCTION sec.must_stand(c sec.context, m care.membership, p_post uuid, p_file uuid) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE p care.post;
BEGIN
  SELECT x.* INTO p FROM care.post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'team' WHERE x.id = p_post AND x.group_id = m.group_id AND x.kind <> 'withdrawal' AND x.seq > m.from_seq;
  IF NOT FOUND OR (p_file IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.post_file f WHERE f.post_id = p_post AND f.file_id = p_file)) THEN
    RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404';
  END IF;
  IF p_file IS NULL AND p.author_id <> c.account_id THEN RAISE EXCEPTION 'the author only' USING ERRCODE = 'RK403'; END IF;
  IF EXISTS (SELECT 1 FROM care.post x WHERE x.target = p_post) THEN RAISE EXCEPTION 'withdrawn or corrected already' USING ERRCODE = 'RK409'; END IF;
END $$;

-- Writes records of the observations' stream, each at its own place, all or none. What was sent before (author and client id) is answered as
-- it stands. `p_crossed`: a value beyond the patient's range, of which the members are told.
CREATE FUNCTION act.observe(p_group uuid, p_kinds text[], p_ids uuid[], p_clients uuid[], p_fingerprints bytea[], p_measured timestamptz[], p_posts uuid[], p_files uuid[], p_targets uuid[],
  p_commitments bytea[], p_envelopes bytea[], p_crossed bool[]) RETURNS TABLE (id uuid, seq bigint, at timestamptz, existing bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); m care.membership := sec.member(c, p_group); s uuid; e care.observation; o care.observation; l sec.link; written int := 0; crossed int := 0; owner uuid; patient uuid;
BEGIN
  SELECT x.id INTO s FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'observations';
  IF NOT FOUND THEN RAISE EXCEPTION 'no observations yet' USING ERRCODE = 'RK404'; END IF;
  -- Senders to one stream come one after the other, so that a retry finds what its first send has written.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = s FOR UPDATE;
  FOR i IN 1 .. pg_catalog.cardinality(p_ids) LOOP
    SELECT * INTO e FROM care.observation x WHERE x.stream_id = s AND x.author_id = c.account_id AND x.client_id = p_clients[i];
    IF FOUND THEN
      IF e.fingerprint <> p_fingerprints[i] OR e.kind <> p_kinds[i] THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
      RETURN QUERY SELECT e.id, e.seq, e.at, true;
      CONTINUE;
    END IF;
    IF written = 0 THEN PERFORM sec.must_be_open(p_group); END IF;
    written := written + 1;
    IF p_posts[i] IS NOT NULL THEN PERFORM sec.must_stand(c, m, p_posts[i], p_files[i]); END IF;
    IF p_kinds[i] = 'reference_range' THEN
      IF NOT sec.sets_ranges(c, m) THEN RAISE EXCEPTION 'host or doctor only' USING ERRCODE = 'RK403'; END IF;
      -- Of which number a range is, is sealed: whoever looks at values opens every version. So there are not too many of them.
      IF (SELECT count(*) FROM care.observation x WHERE x.group_id = p_group AND x.kind = 'reference_range' AND x.at > sec.clock() - interval '1 day') >= 50 THEN
        RAISE EXCEPTION 'set enough ranges today' USING ERRCODE = 'RK409';
      END IF;
    END IF;
    IF p_kinds[i] = 'withdrawal' THEN
      SELECT * INTO o FROM care.observation x WHERE x.id = p_targets[i] AND x.stream_id = s AND x.kind IN ('observation', 'wound_picture')
        AND (m.from_seq = 0 OR x.at >= m.since);
      IF NOT FOUND THEN RAISE EXCEPTION 'no such observation' USING ERRCODE = 'RK404'; END IF;
      IF o.author_id <> c.account_id AND m.role <> 'host' THEN RAISE EXCEPTION 'author or host only' USING ERRCODE = 'RK403'; END IF;
      IF EXISTS (SELECT 1 FROM care.observation x WHERE x.target = p_targets[i]) THEN RAISE EXCEPTION 'withdrawn already' USING ERRCODE = 'RK409'; END IF;
    END IF;
    l := sec.chain(c, s, p_kinds[i], p_clients[i], '{}', p_commitments[i]);
    IF p_measured[i] > l.at THEN RAISE EXCEPTION 'measured in the future' USING ERRCODE = 'RK422'; END IF;
    INSERT INTO care.observation VALUES (s, l.seq, p_ids[i], p_group, p_kinds[i], c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_clients[i], p_fingerprints[i],
      p_measured[i], p_posts[i], p_files[i], p_targets[i], l.prev, p_commitments[i], l.hash, p_envelopes[i]);
    IF p_crossed[i] THEN
      INSERT INTO care.observation_notice VALUES (p_ids[i], p_group, c.account_id, l.at);
      crossed := crossed + 1;
    END IF;
    RETURN QUERY SELECT p_ids[i], l.seq, l.at, false;
  END LOOP;
  IF written = 0 THEN RETURN; END IF;
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  INSERT INTO care.event (kind, group_id, timeline, post_id, at) VALUES ('observations.changed', p_group, 'team', p_posts[1], l.at);
  IF crossed > 0 THEN
    INSERT INTO care.event (kind, account_id, at) SELECT DISTINCT 'notice', x.account_id, l.at FROM care.membership x
      WHERE x.group_id = p_group AND x.account_id <> c.account_id AND x.ended_at IS NULL AND (x.until IS NULL OR x.until > pg_catalog.clock_timestamp());
  END IF;
  PERFORM sec.log(c, CASE p_kinds[1] WHEN 'observation' THEN 'recorded_vitals' WHEN 'withdrawal' THEN 'withdrew_vitals' WHEN 'reference_range' THEN 'set_reference_range' ELSE 'tagged_wound' END,
    p_group, patient, owner, p_ids[1], 'done', NULL);
END $$;

-- The caller has the patient's observations on the screen: what crossed a range until now is no news any more.
CREATE FUNCTION act.saw_observations(p_group uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  PERFORM sec.member(c, p_group);
  INSERT INTO care.observation_seen VALUES (p_group, c.account_id, sec.clock()) ON CONFLICT (group_id, account_id) DO UPDATE SET at = excluded.at;
END $$;

-- As in V32, with the records of this version.
CREATE OR REPLACE FUNCTION act.maintain_streams(p_order uuid, p_token_hash bytea) RETURNS TABLE (stream uuid, kind text, records bigint, bytes bigint, last_at timestamptz, head_fits bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o care.work_order := sec.must_be_granted(p_order, p_token_hash); n int;
BEGIN
  RETURN QUERY SELECT s.id, s.kind, h.seq, coalesce(r.bytes, 0), h.at, coalesce(r.n, 0) = h.seq AND (h.seq = 0 OR r.hash = h.hash)
    FROM care.stream s JOIN care.stream_head h ON h.stream_id = s.id JOIN care.data_key k ON k.stream_id = s.id
    LEFT JOIN LATERAL (SELECT count(*) AS n, pg_catalog.sum(pg_catalog.octet_length(x.envelope))::bigint AS bytes, (pg_catalog.array_agg(x.hash ORDER BY x.seq DESC))[1] AS hash FROM (
      SELECT p.seq, p.hash, p.envelope FROM care.post p WHERE p.stream_id = s.id UNION ALL SELECT p.seq, p.hash, p.envelope FROM care.receipt p WHERE p.stream_id = s.id
      UNION ALL SELECT p.seq, p.hash, p.envelope FROM care.membership_event p WHERE p.stream_id = s.id UNION ALL SELECT p.seq, p.hash, p.envelope FROM care.face_sheet_version p WHERE p.stream_id = s.id
      UNION ALL SELECT p.seq, p.hash, p.envelope FROM care.observation p WHERE p.stream_id = s.id) x) r ON true
    WHERE k.facility_id = o.facility_id ORDER BY s.created_at, s.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  PERFORM sec.order_act(o, 'listed_streams', NULL, n);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.observation_room(uuid, uuid), act.open_observations(uuid, uuid, int, bytea), act.observe(uuid, text[], uuid[], uuid[], bytea[], timestamptz[], uuid[], uuid[], uuid[], bytea[], bytea[], bool[]),
  act.saw_observations(uuid) TO renkei_app;
SET LOCAL ROLE renkei_owner;
