-- Saying it well: templates, stamps, pins; who has read the summary card; bookmarks and labels.
-- No foreign keys to older tables, see V13.

-- 定型文 of a person and of a facility; those of the deployment are files of the program. Each has a key of its own under the
-- facility's: words of a patient may stand in one by mistake. A change is a new version; the newest holds.
CREATE TABLE care.template (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  account_id uuid,                                             -- whose it is alone; NULL: the facility's
  facility_key_version int NOT NULL,
  wrapped_key bytea NOT NULL,
  made_by uuid NOT NULL,
  client_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT template_client_id_key UNIQUE (made_by, client_id)
);
CREATE INDEX template_by_facility ON care.template (facility_id);
SELECT care.make_append_only('care.template');
CREATE TABLE care.template_version (
  template_id uuid NOT NULL REFERENCES care.template,
  version int NOT NULL CHECK (version > 0),
  author uuid NOT NULL,                                        -- the account's version
  at timestamptz NOT NULL,
  name bytea NOT NULL CHECK (octet_length(name) <= 1000),
  content bytea NOT NULL CHECK (octet_length(content) <= 40000),
  retired bool NOT NULL,                                       -- no longer offered
  PRIMARY KEY (template_id, version)
);
SELECT care.make_append_only('care.template_version');

-- ---- Stamps and pins are records of the receipts stream --------------------------------------------------------------
ALTER TABLE care.receipt DROP CONSTRAINT IF EXISTS receipt_kind_check, DROP CONSTRAINT IF EXISTS receipt_check1,
  ADD CONSTRAINT receipt_kind_check CHECK (kind IN ('read','acknowledged','stamped','unstamped','pinned','unpinned','handled','called')) NOT VALID,
  ADD CONSTRAINT receipt_check1 CHECK ((kind <> 'read') = (post_id IS NOT NULL)) NOT VALID;
-- What holds now, kept beside the records for pages of one statement: which stamps and pins there are. `root_id` is what stands on
-- the timeline: the post itself, or the one that it answers.
CREATE TABLE care.stamp (
  post_id uuid NOT NULL,
  code text NOT NULL CHECK (code ~ '^[a-z_]{2,20}$'),
  account_id uuid NOT NULL,
  account uuid NOT NULL,                                       -- her version at the time
  root_id uuid NOT NULL,
  group_id uuid NOT NULL,
  at timestamptz NOT NULL,
  taken_back_at timestamptz,
  PRIMARY KEY (post_id, code, account_id)
);
CREATE INDEX stamp_by_root ON care.stamp (root_id) WHERE taken_back_at IS NULL;
CREATE TABLE care.pin (
  post_id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  account_id uuid NOT NULL,
  account uuid NOT NULL,
  at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX pin_by_group ON care.pin (group_id) WHERE ended_at IS NULL;

-- ---- Bookmarks are the person's own: nobody else sees that there are any ----------------------------------------------
CREATE TABLE care.bookmark (
  id uuid NOT NULL,                                            -- of the newest note: what it is sealed for
  account_id uuid NOT NULL,
  post_id uuid NOT NULL,
  root_id uuid NOT NULL,
  group_id uuid NOT NULL,
  stream_id uuid NOT NULL,
  note bytea CHECK (octet_length(note) <= 4000),
  at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (account_id, post_id)
);
CREATE INDEX bookmark_by_root ON care.bookmark (root_id, account_id) WHERE ended_at IS NULL;
CREATE INDEX bookmark_newest ON care.bookmark (account_id, at DESC) WHERE ended_at IS NULL;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['stamp', 'pin', 'bookmark'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.%I FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change()', t);
    EXECUTE pg_catalog.format('ALTER TABLE care.%I ENABLE ALWAYS TRIGGER no_delete', t);
    EXECUTE pg_catalog.format('GRANT UPDATE ON care.%I TO renkei_sec', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['template', 'template_version', 'stamp', 'pin', 'bookmark'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_app', t);
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['template', 'template_version', 'bookmark'] LOOP
    PERFORM care.stop_with_service(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Foreign key checks run as the owner with a key-share lock.
GRANT UPDATE (id) ON care.template TO renkei_owner;
CREATE POLICY mine ON care.template FOR SELECT TO renkei_app
  USING (facility_id = (SELECT (sec.ctx()).facility_id) AND (account_id IS NULL OR account_id = (SELECT sec.me())));
CREATE POLICY mine ON care.template_version FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.template t WHERE t.id = template_id));
CREATE POLICY member ON care.stamp FOR SELECT TO renkei_app
  USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
CREATE POLICY member ON care.pin FOR SELECT TO renkei_app
  USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
-- The post decides too: what the person may not read any more, she does not find by her bookmark.
CREATE POLICY mine ON care.bookmark FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()) AND EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));

SET LOCAL ROLE renkei_sec;

-- ---- Templates -----------------------------------------------------------------------------------------------------------
-- A template of the caller's own, or of the facility for which the caller acts: the admin's to make. `same` is NULL for a new one.
CREATE FUNCTION act.add_template(p_id uuid, p_own bool, p_client uuid, p_fingerprint bytea, p_key_version int, p_wrapped bytea, p_name bytea, p_content bytea)
RETURNS TABLE (id uuid, same bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); e care.template; t timestamptz := sec.clock();
BEGIN
  IF NOT p_own AND NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  -- Makers for one facility come one after the other, so that the number of templates is what it says.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.facility_id::text, 36));
  SELECT * INTO e FROM care.template x WHERE x.made_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN RETURN QUERY SELECT e.id, e.fingerprint = p_fingerprint; RETURN; END IF;
  IF (SELECT count(*) FROM care.template x WHERE x.facility_id = c.facility_id AND x.account_id IS NOT DISTINCT FROM CASE WHEN p_own THEN c.account_id END
      AND NOT (SELECT v.retired FROM care.template_version v WHERE v.template_id = x.id ORDER BY v.version DESC LIMIT 1)) >= 100 THEN
    RAISE EXCEPTION 'too many templates' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.template VALUES (p_id, c.facility_id, CASE WHEN p_own THEN c.account_id END, p_key_version, p_wrapped, c.account_id, p_client, p_fingerprint, t);
  INSERT INTO care.template_version VALUES (p_id, 1, c.account, t, p_name, p_content, false);
  PERFORM sec.log(c, 'added_template', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN QUERY SELECT p_id, NULL::bool;
END $$;
-- The next version of one, or its end. RK412: somebody else was first; nothing is written.
CREATE FUNCTION act.save_template(p_id uuid, p_seen int, p_name bytea, p_content bytea, p_retired bool) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); e care.template; v int; gone bool;
BEGIN
  SELECT * INTO e FROM care.template x WHERE x.id = p_id AND x.facility_id = c.facility_id AND (x.account_id IS NULL OR x.account_id = c.account_id);
  IF NOT FOUND THEN RAISE EXCEPTION 'no such template' USING ERRCODE = 'RK404'; END IF;
  IF e.account_id IS NULL AND NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_id::text, 36));
  SELECT x.version, x.retired INTO v, gone FROM care.template_version x WHERE x.template_id = p_id ORDER BY x.version DESC LIMIT 1;
  IF gone THEN RAISE EXCEPTION 'no such template' USING ERRCODE = 'RK404'; END IF;
  IF v <> p_seen THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'RK412'; END IF;
  -- Every version stays. One that is over may always be put aside.
  IF NOT p_retired AND (SELECT count(*) FROM care.template_version x JOIN care.template y ON y.id = x.template_id AND y.facility_id = c.facility_id AND y.account_id IS NOT DISTINCT FROM e.account_id
      WHERE x.at > sec.clock() - interval '1 day') >= 100 THEN
    RAISE EXCEPTION 'saved enough today' USING ERRCODE = 'RK409';
  END IF;
  INSERT INTO care.template_version VALUES (p_id, v + 1, c.account, sec.clock(), p_name, p_content, p_retired);
  PERFORM sec.log(c, CASE WHEN p_retired THEN 'removed_template' ELSE 'changed_template' END, NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN v + 1;
END $$;

-- ---- What members put on posts ------------------------------------------------------------------------------------------------
-- A post of the team timeline that the caller may read now; RK404 for everybody else, also for whoever joined "from now on" after it.
CREATE FUNCTION sec.readable_post(c sec.context, p_post uuid) RETURNS care.post LANGUAGE plpgsql AS $$
DECLARE p care.post; m care.membership;
BEGIN
  SELECT * INTO p FROM care.post x WHERE x.id = p_post AND x.kind <> 'withdrawal';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  m := sec.member(c, p.group_id);
  IF m.role NOT IN ('host', 'member', 'guest') OR p.seq <= m.from_seq
    OR NOT EXISTS (SELECT 1 FROM care.stream s WHERE s.id = p.stream_id AND s.kind = 'team') THEN
    RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404';
  END IF;
  RETURN p;
END $$;
CREATE FUNCTION sec.still_stands(p_post uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM care.post x WHERE x.target = p_post) THEN RAISE EXCEPTION 'withdrawn or corrected already' USING ERRCODE = 'RK409'; END IF;
END $$;
-- Writes one record about a post on the group's receipts stream, with its live event and its line in the access log.
CREATE FUNCTION sec.receipt(c sec.context, p care.post, p_kind text, p_event text, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE r uuid; l sec.link; owner uuid; patient uuid;
BEGIN
  PERFORM sec.must_be_open(p.group_id);
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p.group_id AND x.kind = 'receipts';
  l := sec.chain(c, r, p_kind, p_client, '{}', p_commitment);
  INSERT INTO care.receipt (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, target_stream, post_id, prev, commitment, hash, envelope)
    VALUES (r, l.seq, p_id, p.group_id, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p.stream_id, p.id, l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES (p_event, p.group_id, 'team', p.id, p.seq, l.at);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p.group_id;
  PERFORM sec.log(c, p_kind, p.group_id, patient, owner, p.id, 'done', NULL);
  RETURN l.at;
END $$;
-- Puts a stamp of the caller's on a post, or takes it back; one of each kind. Whether anything changed.
CREATE FUNCTION act.stamp(p_post uuid, p_code text, p_on bool, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post := sec.readable_post(c, p_post); t timestamptz; there bool;
BEGIN
  -- One person's taps on one post come one after the other.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_post::text || c.account_id::text, 36));
  there := EXISTS (SELECT 1 FROM care.stamp s WHERE s.post_id = p_post AND s.code = p_code AND s.account_id = c.account_id AND s.taken_back_at IS NULL);
  IF there = p_on THEN RETURN false; END IF;
  IF p_on THEN PERFORM sec.still_stands(p_post); END IF;
  t := sec.receipt(c, p, CASE WHEN p_on THEN 'stamped' ELSE 'unstamped' END, 'post.stamped', p_id, p_client, p_commitment, p_envelope);
  INSERT INTO care.stamp AS s VALUES (p_post, p_code, c.account_id, c.account, coalesce(p.reply_to, p.id), p.group_id, t, NULL)
    ON CONFLICT (post_id, code, account_id) DO UPDATE SET account = excluded.account,
      at = CASE WHEN p_on THEN excluded.at ELSE s.at END, taken_back_at = CASE WHEN NOT p_on THEN t END;
  RETURN true;
END $$;
-- Pins a post, at most five of a group, or unpins it: whoever pinned it, and who keeps the group.
CREATE FUNCTION act.pin(p_post uuid, p_on bool, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post := sec.readable_post(c, p_post); t timestamptz; whose uuid;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p.group_id::text || 'pin', 36));
  SELECT x.account_id INTO whose FROM care.pin x WHERE x.post_id = p_post AND x.ended_at IS NULL;
  IF FOUND = p_on THEN RETURN false; END IF;
  IF p_on THEN
    PERFORM sec.still_stands(p_post);
    IF (SELECT count(*) FROM care.pin x WHERE x.group_id = p.group_id AND x.ended_at IS NULL) >= 5 THEN RAISE EXCEPTION 'five pins already' USING ERRCODE = 'RK409'; END IF;
  ELSIF whose <> c.account_id THEN
    PERFORM sec.must_keep(c, p.group_id);
  END IF;
  t := sec.receipt(c, p, CASE WHEN p_on THEN 'pinned' ELSE 'unpinned' END, 'post.pinned', p_id, p_client, p_commitment, p_envelope);
  INSERT INTO care.pin AS x VALUES (p_post, p.group_id, c.account_id, c.account, t, NULL)
    ON CONFLICT (post_id) DO UPDATE SET account_id = CASE WHEN p_on THEN excluded.account_id ELSE x.account_id END, account = CASE WHEN p_on THEN excluded.account ELSE x.account END,
      at = CASE WHEN p_on THEN excluded.at ELSE x.at END, ended_at = CASE WHEN NOT p_on THEN t END;
  RETURN true;
END $$;
-- Keeps a post for the caller alone, with a note or without, or forgets it.
CREATE FUNCTION act.bookmark(p_post uuid, p_on bool, p_id uuid, p_note bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post := sec.readable_post(c, p_post); t timestamptz := sec.clock();
BEGIN
  IF NOT p_on THEN
    UPDATE care.bookmark SET ended_at = t, note = NULL WHERE account_id = c.account_id AND post_id = p_post AND ended_at IS NULL;
    RETURN FOUND;
  END IF;
  IF (SELECT count(*) FROM care.bookmark b WHERE b.account_id = c.account_id AND b.ended_at IS NULL) >= 500 THEN RAISE EXCEPTION 'too many bookmarks' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO care.bookmark AS b VALUES (p_id, c.account_id, p_post, coalesce(p.reply_to, p.id), p.group_id, p.stream_id, p_note, t, NULL)
    ON CONFLICT (account_id, post_id) DO UPDATE SET id = excluded.id, note = excluded.note, at = CASE WHEN b.ended_at IS NULL THEN b.at ELSE excluded.at END, ended_at = NULL;
  RETURN true;
END $$;
-- ---- The summary card is a section of the face sheet: that a member has read it is a receipt about the sheet's stream ---------
-- Going backwards, or repeating, writes nothing.
CREATE FUNCTION act.read_summary(p_patient uuid, p_up_to bigint, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); g care.groups; s uuid; r uuid; l sec.link; top bigint;
BEGIN
  SELECT * INTO g FROM care.groups x WHERE x.patient_id = p_patient;
  IF NOT FOUND THEN RAISE EXCEPTION 'not yours' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, g.id);
  SELECT x.id, h.seq INTO s, top FROM care.stream x JOIN care.stream_head h ON h.stream_id = x.id WHERE x.patient_id = p_patient AND x.kind = 'face_sheet';
  IF p_up_to > top OR p_up_to < 1 THEN RAISE EXCEPTION 'nothing there yet' USING ERRCODE = 'RK422'; END IF;
  INSERT INTO care.read_position AS x VALUES (s, c.account_id, g.id, p_up_to, sec.clock())
    ON CONFLICT (stream_id, account_id) DO UPDATE SET up_to_seq = excluded.up_to_seq, at = excluded.at WHERE x.up_to_seq < excluded.up_to_seq;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = g.id AND x.kind = 'receipts';
  l := sec.chain(c, r, 'read', p_client, '{}', p_commitment);
  INSERT INTO care.receipt (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, target_stream, up_to_seq, prev, commitment, hash, envelope)
    VALUES (r, l.seq, p_id, g.id, 'read', c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, s, p_up_to, l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.event (kind, group_id, seq, at) VALUES ('face_sheet.read', g.id, p_up_to, l.at);
  PERFORM sec.log(c, 'read_summary', g.id, p_patient, g.facility_id, NULL, 'done', NULL);
  RETURN true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.add_template(uuid, bool, uuid, bytea, int, bytea, bytea, bytea), act.save_template(uuid, int, bytea, bytea, bool),
  act.stamp(uuid, text, bool, uuid, uuid, bytea, bytea), act.pin(uuid, bool, uuid, uuid, bytea, bytea), act.bookmark(uuid, bool, uuid, bytea), act.read_summary(uuid, bigint, uuid, uuid, bytea, bytea) TO renkei_app;
SET LOCAL ROLE renkei_owner;
