-- Whom a post asks: mentions, 了解 until a deadline, reminders, substitutes; who is on duty in a facility; what was done about a
-- post, and who was called. Nothing here holds a word: texts are in the sealed records.
-- No foreign keys to older tables, see V13.

-- An urgent post passes quiet hours.
ALTER TABLE care.post ADD COLUMN urgent bool NOT NULL DEFAULT false;

-- Receipts of more kinds. Whom somebody called about a post stands in `subject_id`; what was sent, for telling a retry from another
-- act, in `fingerprint`.
ALTER TABLE care.receipt ADD COLUMN IF NOT EXISTS subject_id uuid, ADD COLUMN IF NOT EXISTS fingerprint bytea,
  DROP CONSTRAINT IF EXISTS receipt_kind_check,
  ADD CONSTRAINT receipt_kind_check CHECK (kind IN ('read', 'acknowledged', 'stamped', 'unstamped', 'pinned', 'unpinned', 'handled', 'called')),
  DROP CONSTRAINT IF EXISTS receipt_check1,
  DROP CONSTRAINT IF EXISTS receipt_post_check,
  ADD CONSTRAINT receipt_post_check CHECK ((kind = 'read') = (post_id IS NULL)),
  ADD CONSTRAINT receipt_called_check CHECK (kind <> 'called' OR subject_id IS NOT NULL);
CREATE UNIQUE INDEX receipt_one_handled ON care.receipt (post_id, author_id) WHERE kind = 'handled';
CREATE INDEX receipt_of_asked ON care.receipt (post_id, seq) WHERE kind IN ('handled', 'called');

-- Who is asked by a post: resolved when it is written, in its transaction. State that the records can rebuild: `ended` says what
-- ended the asking (its own 了解, having read it where no 了解 was asked, or a correction or withdrawal of the post).
CREATE TABLE care.asked (
  post_id uuid NOT NULL, account_id uuid NOT NULL, group_id uuid NOT NULL, stream_id uuid NOT NULL, seq bigint NOT NULL,
  author_id uuid NOT NULL,                                     -- who asks
  why text NOT NULL CHECK (why IN ('mentioned', 'must', 'corrected', 'substitute')),
  again bool NOT NULL DEFAULT false,                           -- had read what a correction corrects
  by timestamptz,                                              -- until when 了解 is asked; NULL: it is enough to read it
  at timestamptz NOT NULL,
  remind_at timestamptz,                                       -- when the job looks next: half-way, at the deadline, never
  overdue bool NOT NULL DEFAULT false,                         -- the deadline passed without 了解
  substitute_id uuid,                                          -- who was asked too when it passed
  ended text CHECK (ended IN ('acknowledged', 'read', 'corrected', 'withdrawn')),
  ended_at timestamptz,
  PRIMARY KEY (post_id, account_id),
  CHECK ((ended IS NULL) = (ended_at IS NULL)),
  CHECK (ended IS NULL OR remind_at IS NULL)
) WITH (fillfactor = 80);
CREATE INDEX asked_open ON care.asked (account_id, group_id) WHERE ended IS NULL;
CREATE INDEX asked_open_of ON care.asked (author_id) WHERE ended IS NULL AND by IS NOT NULL;
CREATE INDEX asked_due ON care.asked (remind_at) WHERE remind_at IS NOT NULL;
CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.asked FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.asked ENABLE ALWAYS TRIGGER no_delete;

-- What the job told whom about a post, once each.
CREATE TABLE care.ask_notice (
  post_id uuid NOT NULL, account_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('reminder', 'overdue', 'substitute', 'unanswered')),
  group_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (post_id, account_id, kind)
);
CREATE INDEX ask_notice_mine ON care.ask_notice (account_id, at DESC);
SELECT care.make_append_only('care.ask_notice');

-- Who is on duty (当番) in a facility: the newest row holds until its end. NULL: nobody.
CREATE TABLE care.duty (
  facility_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  account_id uuid,
  until timestamptz NOT NULL,
  by_account uuid NOT NULL,
  client_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (facility_id, version),
  CONSTRAINT duty_client_id_key UNIQUE (facility_id, by_account, client_id)
);
SELECT care.make_append_only('care.duty');
-- Who is asked too when somebody does not answer in time (代理): the newest row holds. NULL: nobody.
CREATE TABLE care.substitute (
  facility_id uuid NOT NULL,
  account_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  substitute_id uuid,
  by_account uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (facility_id, account_id, version)
);
SELECT care.make_append_only('care.substitute');
-- The telephone at work that somebody shows to the members of the own groups; empty: none.
CREATE TABLE care.shown_phone (
  account_id uuid NOT NULL,
  version int NOT NULL CHECK (version > 0),
  phone text NOT NULL CHECK (length(phone) <= 40),
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, version)
);
SELECT care.make_append_only('care.shown_phone');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['asked', 'ask_notice', 'duty', 'substitute', 'shown_phone'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
  END LOOP;
  GRANT UPDATE ON care.asked TO renkei_sec;
  FOREACH t IN ARRAY ARRAY['asked', 'ask_notice', 'duty', 'substitute', 'shown_phone'] LOOP
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['duty', 'substitute', 'shown_phone'] LOOP
    PERFORM care.stop_with_service(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Whoever may read a post may see whom it asks, as 既読 and 了解 are seen.
CREATE POLICY member ON care.asked FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
CREATE POLICY mine ON care.ask_notice FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()));
CREATE POLICY signed_in ON care.duty FOR SELECT TO renkei_app USING ((SELECT sec.me()) IS NOT NULL);
GRANT SELECT ON care.asked, care.ask_notice, care.duty TO renkei_app;

SET LOCAL ROLE renkei_sec;

-- What is open as this comes: everybody who was a member when the post was written, and of a corrected post on its correction.
INSERT INTO care.asked (post_id, account_id, group_id, stream_id, seq, author_id, why, by, at, remind_at, ended, ended_at)
  SELECT coalesce(c.id, p.id), m.account_id, p.group_id, p.stream_id, coalesce(c.seq, p.seq), p.author_id, 'must', p.must_acknowledge_by, coalesce(c.at, p.at),
    CASE WHEN a.at IS NULL AND p.must_acknowledge_by > pg_catalog.clock_timestamp() THEN p.must_acknowledge_by END, CASE WHEN a.at IS NOT NULL THEN 'acknowledged' END, a.at
  FROM care.post p JOIN care.stream t ON t.id = p.stream_id AND t.kind = 'team'
  LEFT JOIN care.post c ON c.target = p.id AND c.kind = 'correction'
  JOIN LATERAL (SELECT DISTINCT x.account_id FROM care.membership x WHERE x.group_id = p.group_id AND x.account_id <> p.author_id AND x.since <= p.at AND x.ended_at IS NULL) m ON true
  LEFT JOIN LATERAL (SELECT min(r.at) AS at FROM care.receipt r WHERE r.kind = 'acknowledged' AND r.post_id IN (p.id, c.id) AND r.author_id = m.account_id) a ON true
  WHERE p.must_acknowledge_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target IN (p.id, c.id) AND w.kind = 'withdrawal')
  ON CONFLICT DO NOTHING;

-- ---- Duty ---------------------------------------------------------------------------------------------------------
CREATE FUNCTION sec.on_duty(p_facility uuid, p_at timestamptz) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT x.account_id FROM (SELECT d.account_id, d.until FROM care.duty d WHERE d.facility_id = p_facility ORDER BY d.version DESC LIMIT 1) x
    WHERE x.until > p_at AND EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = x.account_id AND s.facility_id = p_facility AND s.state = 'active'));
END $$;
-- Hands the duty over, or takes it where nobody has it. False: this very act was done before.
CREATE FUNCTION act.hand_over_duty(p_facility uuid, p_account uuid, p_until timestamptz, p_client uuid) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp(); has uuid; n int; e care.duty;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.facility f WHERE f.id = p_facility) THEN RAISE EXCEPTION 'no such facility' USING ERRCODE = 'RK404'; END IF;
  IF c.facility_id <> p_facility THEN RAISE EXCEPTION 'not staff there' USING ERRCODE = 'RK403'; END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_facility::text, 37));
  SELECT d.* INTO e FROM care.duty d WHERE d.facility_id = p_facility AND d.by_account = c.account_id AND d.client_id = p_client;
  IF FOUND THEN
    IF e.account_id IS DISTINCT FROM p_account OR e.until <> p_until THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  has := sec.on_duty(p_facility, t);
  IF NOT (c.admin OR has IS NOT DISTINCT FROM c.account_id OR (has IS NULL AND p_account IS NOT DISTINCT FROM c.account_id)) THEN RAISE EXCEPTION 'on duty or admin only' USING ERRCODE = 'RK403'; END IF;
  IF p_account IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.facility_id = p_facility AND s.state = 'active') THEN
    RAISE EXCEPTION 'no such person there' USING ERRCODE = 'RK422';
  END IF;
  -- The clock of the sample region, where it is planted, is the past.
  IF p_until <= sec.clock() OR p_until > t + interval '7 days' THEN RAISE EXCEPTION 'ends before it begins' USING ERRCODE = 'RK422'; END IF;
  SELECT coalesce(max(d.version), 0) + 1 INTO n FROM care.duty d WHERE d.facility_id = p_facility;
  INSERT INTO care.duty VALUES (p_facility, n, p_account, p_until, c.account_id, p_client, sec.clock());
  IF p_account IS NOT NULL AND p_account <> c.account_id THEN INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, sec.clock()); END IF;
  PERFORM sec.log(c, 'handed_over_duty', NULL, NULL, p_facility, p_account, 'done', NULL);
  RETURN true;
END $$;
-- The facility's newest hand-overs first.
CREATE FUNCTION act.duty_log(p_facility uuid, p_limit int) RETURNS TABLE (account_id uuid, name text, until timestamptz, by_name text, at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF c.facility_id <> p_facility THEN RAISE EXCEPTION 'not staff there' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT d.account_id, p.name, d.until, b.name, d.at FROM care.duty d LEFT JOIN care.person_now p ON p.account_id = d.account_id
    JOIN care.person_now b ON b.account_id = d.by_account WHERE d.facility_id = p_facility ORDER BY d.version DESC LIMIT p_limit;
END $$;
CREATE FUNCTION sec.substitute_of(p_facility uuid, p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT x.substitute_id FROM (SELECT s.substitute_id FROM care.substitute s WHERE s.facility_id = p_facility AND s.account_id = p_account ORDER BY s.version DESC LIMIT 1) x
    WHERE EXISTS (SELECT 1 FROM care.staff f WHERE f.account_id = x.substitute_id AND f.facility_id = p_facility AND f.state = 'active'));
END $$;
-- One's own substitute in the acting facility, or, for its admin, anybody's.
CREATE FUNCTION act.set_substitute(p_account uuid, p_substitute uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); n int;
BEGIN
  IF p_account <> c.account_id AND NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.facility_id = c.facility_id AND s.state = 'active') THEN
    RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404';
  END IF;
  IF p_substitute = p_account OR (p_substitute IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_substitute AND s.facility_id = c.facility_id AND s.state = 'active')) THEN
    RAISE EXCEPTION 'no such person there' USING ERRCODE = 'RK422';
  END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_account::text, 37));
  IF (SELECT s.substitute_id FROM care.substitute s WHERE s.facility_id = c.facility_id AND s.account_id = p_account ORDER BY s.version DESC LIMIT 1) IS NOT DISTINCT FROM p_substitute THEN RETURN; END IF;
  SELECT coalesce(max(s.version), 0) + 1 INTO n FROM care.substitute s WHERE s.facility_id = c.facility_id AND s.account_id = p_account;
  INSERT INTO care.substitute VALUES (c.facility_id, p_account, n, p_substitute, c.account_id, sec.clock());
  PERFORM sec.log(c, 'set_substitute', NULL, NULL, c.facility_id, p_account, 'done', NULL);
END $$;
CREATE FUNCTION act.substitute(p_account uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  IF p_account <> c.account_id AND NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = p_account AND s.facility_id = c.facility_id AND s.state = 'active') THEN
    RAISE EXCEPTION 'no such person' USING ERRCODE = 'RK404';
  END IF;
  RETURN sec.substitute_of(c.facility_id, p_account);
END $$;
CREATE FUNCTION act.show_phone(p_phone text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); n int;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.account_id::text, 37));
  IF coalesce((SELECT s.phone FROM care.shown_phone s WHERE s.account_id = c.account_id ORDER BY s.version DESC LIMIT 1), '') = p_phone THEN RETURN; END IF;
  SELECT coalesce(max(s.version), 0) + 1 INTO n FROM care.shown_phone s WHERE s.account_id = c.account_id;
  INSERT INTO care.shown_phone VALUES (c.account_id, n, p_phone, sec.clock());
  PERFORM sec.log(c, 'showed_phone', NULL, NULL, c.facility_id, c.account_id, 'done', NULL);
END $$;
-- What these people show: to themselves, and to whoever is in a group with them now.
CREATE FUNCTION act.shown_phones(p_accounts uuid[]) RETURNS TABLE (account_id uuid, phone text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); mine uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT a.id, s.phone FROM pg_catalog.unnest(p_accounts) a(id)
    CROSS JOIN LATERAL (SELECT x.phone FROM care.shown_phone x WHERE x.account_id = a.id ORDER BY x.version DESC LIMIT 1) s
    WHERE s.phone <> '' AND (a.id = c.account_id OR EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = a.id AND m.group_id = ANY (mine)
      AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())));
END $$;

-- ---- Asking -------------------------------------------------------------------------------------------------------
-- The staff in a group at a time, with what a mention may name.
CREATE FUNCTION sec.team_of(p_group uuid, p_at timestamptz) RETURNS TABLE (account_id uuid, facility_id uuid, profession text) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT m.account_id, m.facility_id, p.profession FROM care.membership m JOIN care.person_now p ON p.account_id = m.account_id
    WHERE m.group_id = p_group AND m.role IN ('host', 'member', 'guest') AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > p_at);
END $$;
-- Writes down whom a record of the team timeline asks, or whom it does not ask any more. Called under the stream's lock.
-- Mentions that reach nobody, or the author alone, are refused: who wrote them would wait for nobody.
CREATE FUNCTION sec.ask(c sec.context, p_group uuid, p_stream uuid, l sec.link, p_post uuid, p_kind text, p_target uuid, p_by timestamptz,
  p_accounts uuid[], p_facilities uuid[], p_professions text[], p_duty uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); half timestamptz := l.at + (p_by - l.at) / 2; old bigint; missed bigint; n bigint;
BEGIN
  IF p_kind = 'post' AND pg_catalog.cardinality(p_accounts) + pg_catalog.cardinality(p_facilities) + pg_catalog.cardinality(p_professions) + pg_catalog.cardinality(p_duty) > 0 THEN
    WITH team AS MATERIALIZED (SELECT x.account_id, x.facility_id, x.profession FROM sec.team_of(p_group, t) x),
    duty AS MATERIALIZED (SELECT f.id, sec.on_duty(f.id, t) AS account_id FROM pg_catalog.unnest(p_duty) f(id)),
    mention AS (SELECT 'account' AS k, x::text AS v FROM pg_catalog.unnest(p_accounts) x UNION SELECT 'facility', x::text FROM pg_catalog.unnest(p_facilities) x
      UNION SELECT 'profession', x FROM pg_catalog.unnest(p_professions) x UNION SELECT 'duty', x::text FROM pg_catalog.unnest(p_duty) x),
    hit AS (SELECT m.k, m.v, x.account_id FROM mention m JOIN team x ON CASE m.k WHEN 'account' THEN x.account_id::text = m.v WHEN 'facility' THEN x.facility_id::text = m.v
        WHEN 'profession' THEN x.profession = m.v
        -- Nobody on duty, or somebody who may not read this: then the facility's people in the group.
        ELSE x.facility_id::text = m.v AND (NOT EXISTS (SELECT 1 FROM duty d JOIN team y ON y.account_id = d.account_id WHERE d.id = x.facility_id)
          OR x.account_id = (SELECT d.account_id FROM duty d WHERE d.id = x.facility_id)) END),
    put AS (INSERT INTO care.asked (post_id, account_id, group_id, stream_id, seq, author_id, why, by, at, remind_at)
      SELECT DISTINCT p_post, h.account_id, p_group, p_stream, l.seq, c.account_id, 'mentioned', p_by, l.at, half FROM hit h WHERE h.account_id <> c.account_id RETURNING 1)
    SELECT (SELECT count(*) FROM mention m WHERE NOT EXISTS (SELECT 1 FROM hit h WHERE h.k = m.k AND h.v = m.v)), (SELECT count(*) FROM put) INTO missed, n;
    IF missed > 0 THEN RAISE EXCEPTION 'mentioned somebody who is not here' USING ERRCODE = 'RK422'; END IF;
    IF n = 0 THEN RAISE EXCEPTION 'mentioned only oneself' USING ERRCODE = 'RK422'; END IF;
  ELSIF p_kind = 'post' AND p_by IS NOT NULL THEN
    INSERT INTO care.asked (post_id, account_id, group_id, stream_id, seq, author_id, why, by, at, remind_at)
      SELECT DISTINCT p_post, x.account_id, p_group, p_stream, l.seq, c.account_id, 'must', p_by, l.at, half FROM sec.team_of(p_group, t) x WHERE x.account_id <> c.account_id;
  ELSIF p_kind = 'correction' THEN
    -- Asked again: whoever was asked by the old text, and whoever had it on the screen.
    SELECT p.seq INTO old FROM care.post p WHERE p.id = p_target;
    INSERT INTO care.asked (post_id, account_id, group_id, stream_id, seq, author_id, why, again, by, at, remind_at)
      SELECT DISTINCT p_post, x.account_id, p_group, p_stream, l.seq, c.account_id, coalesce(o.why, 'corrected'), coalesce(r.up_to_seq >= old, false) OR coalesce(o.ended = 'acknowledged', false),
        CASE WHEN o.by IS NOT NULL THEN p_by END, l.at, CASE WHEN o.by IS NOT NULL THEN half END
      FROM sec.team_of(p_group, t) x LEFT JOIN care.asked o ON o.post_id = p_target AND o.account_id = x.account_id AND o.why <> 'substitute'
        LEFT JOIN care.read_position r ON r.stream_id = p_stream AND r.account_id = x.account_id
      WHERE x.account_id <> c.account_id AND (o.post_id IS NOT NULL OR r.up_to_seq >= old)
        -- Whoever joined "from now on" after the old text has never read it.
        AND EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = p_group AND m.account_id = x.account_id AND m.facility_id = x.facility_id AND m.ended_at IS NULL AND old > m.from_seq);
    UPDATE care.asked SET ended = 'corrected', ended_at = l.at, remind_at = NULL WHERE post_id = p_target AND ended IS NULL;
  ELSIF p_kind = 'withdrawal' THEN
    UPDATE care.asked SET ended = 'withdrawn', ended_at = l.at, remind_at = NULL WHERE post_id = p_target AND ended IS NULL;
  END IF;
END $$;

-- As in V6, with whom a post addresses and whether it is urgent. A plain post costs what it did.
CREATE FUNCTION act.post(p_token_hash bytea, p_group uuid, p_timeline text, p_id uuid, p_kind text, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea,
  p_reply_to uuid, p_target uuid, p_must_by timestamptz, p_file_ids uuid[], p_file_keys bytea[], p_file_digests bytea[],
  p_urgent bool, p_accounts uuid[], p_facilities uuid[], p_professions text[], p_duty uuid[])
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
  INSERT INTO care.post (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, fingerprint, reply_to, target, must_acknowledge_by, files, prev,
      commitment, hash, envelope, urgent)
    VALUES (s, l.seq, p_id, p_group, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_fingerprint,
    p_reply_to, p_target, p_must_by, p_file_digests, l.prev, p_commitment, l.hash, p_envelope, p_urgent);
  IF p_timeline = 'team' AND (p_kind <> 'post' OR p_must_by IS NOT NULL OR p_accounts <> '{}' OR p_facilities <> '{}' OR p_professions <> '{}' OR p_duty <> '{}') THEN
    PERFORM sec.ask(c, p_group, s, l, p_id, p_kind, p_target, p_must_by, p_accounts, p_facilities, p_professions, p_duty);
  END IF;
  IF pg_catalog.cardinality(p_file_ids) > 0 THEN
    INSERT INTO care.post_file SELECT p_id, f.o, f.id, s, p_group, l.seq, f.k FROM ROWS FROM (pg_catalog.unnest(p_file_ids), pg_catalog.unnest(p_file_keys)) WITH ORDINALITY f(id, k, o);
  END IF;
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at)
    VALUES (CASE p_kind WHEN 'post' THEN 'post.created' WHEN 'correction' THEN 'post.corrected' ELSE 'post.withdrawn' END,
      p_group, p_timeline, CASE p_kind WHEN 'withdrawal' THEN p_target ELSE p_id END, l.seq, l.at);
  PERFORM sec.log(c, CASE p_kind WHEN 'post' THEN 'post' WHEN 'correction' THEN 'corrected' ELSE 'withdrew' END, p_group, patient, owner, p_id, 'done', NULL);
  RETURN QUERY SELECT l.seq, l.at, c.account, c.facility, s, members, NULL::uuid, true;
END $$;
-- As nodes of the version before call it: with their own rights, for the one above asks who they are.
CREATE OR REPLACE FUNCTION act.post(p_token_hash bytea, p_group uuid, p_timeline text, p_id uuid, p_kind text, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea,
  p_reply_to uuid, p_target uuid, p_must_by timestamptz, p_file_ids uuid[], p_file_keys bytea[], p_file_digests bytea[])
RETURNS TABLE (seq bigint, at timestamptz, account uuid, facility uuid, stream_id uuid, total bigint, existing uuid, same bool)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = '' AS $$
BEGIN
  RETURN QUERY SELECT * FROM act.post(p_token_hash, p_group, p_timeline, p_id, p_kind, p_client, p_fingerprint, p_commitment, p_envelope, p_reply_to, p_target, p_must_by,
    p_file_ids, p_file_keys, p_file_digests, false, '{}'::uuid[], '{}'::uuid[], '{}'::text[], '{}'::uuid[]);
END $$;

-- ---- Answering ----------------------------------------------------------------------------------------------------
-- As in V6; being mentioned ends with having it on the screen.
CREATE OR REPLACE FUNCTION act.read(p_group uuid, p_timeline text, p_up_to bigint, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
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
  UPDATE care.asked SET ended = 'read', ended_at = l.at, remind_at = NULL
    WHERE account_id = c.account_id AND group_id = p_group AND ended IS NULL AND by IS NULL AND stream_id = s AND seq <= p_up_to;
  INSERT INTO care.event (kind, group_id, timeline, seq, at) VALUES ('receipt.read', p_group, p_timeline, p_up_to, l.at);
  RETURN true;
END $$;
-- As in V6; it ends the asking.
CREATE OR REPLACE FUNCTION act.acknowledge(p_group uuid, p_post uuid, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
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
  UPDATE care.asked SET ended = 'acknowledged', ended_at = l.at, remind_at = NULL WHERE post_id = p_post AND account_id = c.account_id AND ended IS NULL;
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.acknowledged', p_group, tl, p_post, p.seq, l.at);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, 'acknowledged', p_group, patient, owner, p_post, 'done', NULL);
  RETURN true;
END $$;
-- Something was done about a post that asks somebody (対応済, by its author or somebody asked, once each), or somebody who is asked was
-- called about it. `p_subject`: who was called. False: this very act was done before.
CREATE FUNCTION act.follow_up(p_kind text, p_group uuid, p_post uuid, p_subject uuid, p_id uuid, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post; r uuid; l sec.link; e care.receipt; owner uuid; patient uuid;
BEGIN
  PERFORM sec.member(c, p_group);
  SELECT x.* INTO p FROM care.post x JOIN care.stream t ON t.id = x.stream_id AND t.kind = 'team' WHERE x.id = p_post AND x.group_id = p_group AND x.kind <> 'withdrawal';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'receipts';
  -- Of two sends of one client id the second waits here, and finds the first.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = r FOR UPDATE;
  SELECT * INTO e FROM care.receipt x WHERE x.post_id = p_post AND x.kind IN ('handled', 'called') AND x.author_id = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF e.kind <> p_kind OR e.subject_id IS DISTINCT FROM p_subject OR e.fingerprint IS DISTINCT FROM p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  PERFORM sec.must_be_open(p_group);
  IF EXISTS (SELECT 1 FROM care.post x WHERE x.target = p_post) THEN RAISE EXCEPTION 'withdrawn or corrected already' USING ERRCODE = 'RK409'; END IF;
  IF p_kind = 'handled' THEN
    IF NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = p_post AND (a.account_id = c.account_id OR p.author_id = c.account_id)) THEN
      RAISE EXCEPTION 'not asked' USING ERRCODE = 'RK403';
    END IF;
    IF EXISTS (SELECT 1 FROM care.receipt x WHERE x.post_id = p_post AND x.kind = 'handled' AND x.author_id = c.account_id) THEN
      RAISE EXCEPTION 'handled already' USING ERRCODE = 'RK409';
    END IF;
  ELSIF p_kind = 'called' THEN
    IF p_subject = c.account_id OR NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = p_post AND a.account_id = p_subject) THEN
      RAISE EXCEPTION 'this person is not asked' USING ERRCODE = 'RK422';
    END IF;
  ELSE
    RAISE EXCEPTION 'no such kind' USING ERRCODE = 'RK422';
  END IF;
  l := sec.chain(c, r, p_kind, p_client, '{}', p_commitment);
  INSERT INTO care.receipt (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, target_stream, post_id, prev, commitment, hash, envelope, subject_id, fingerprint)
    VALUES (r, l.seq, p_id, p_group, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p.stream_id, p_post, l.prev, p_commitment, l.hash, p_envelope, p_subject, p_fingerprint);
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.' || p_kind, p_group, 'team', p_post, p.seq, l.at);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, CASE p_kind WHEN 'called' THEN 'called_asked' ELSE p_kind END, p_group, patient, owner, p_post, 'done', NULL);
  RETURN true;
END $$;

-- ---- The job ------------------------------------------------------------------------------------------------------
-- Who stands in for somebody in a group: the own substitute, else whoever is on duty in the own facility. Only somebody who may
-- read the post: a member of now.
CREATE FUNCTION sec.stand_in(p_group uuid, p_account uuid, p_author uuid, p_at timestamptz) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT x.who FROM sec.team_of(p_group, p_at) m
    CROSS JOIN LATERAL (VALUES (sec.substitute_of(m.facility_id, p_account), 1), (sec.on_duty(m.facility_id, p_at), 2)) x(who, rank)
    WHERE m.account_id = p_account AND x.who <> p_account AND x.who <> p_author AND EXISTS (SELECT 1 FROM sec.team_of(p_group, p_at) y WHERE y.account_id = x.who)
    ORDER BY x.rank LIMIT 1);
END $$;
-- Reminds half-way to a deadline; when it has passed, says so to whoever has not answered, asks who stands in for them, and tells the
-- author and the host. One statement: of two nodes each row is one's, and everything about it is written with it or not at all. How
-- many rows were looked at; up to a thousand in one call. `p_now` NULL: this server's clock.
CREATE FUNCTION act.remind_asked(p_now timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := coalesce(p_now, pg_catalog.clock_timestamp()); n bigint;
BEGIN
  WITH due AS MATERIALIZED (
    SELECT a.post_id, a.account_id, p.author_id, g.host_id, g.archived_at IS NULL AND EXISTS (SELECT 1 FROM sec.team_of(a.group_id, t) m WHERE m.account_id = a.account_id) AS lives
    FROM care.asked a JOIN care.post p ON p.id = a.post_id JOIN care.group_state g ON g.group_id = a.group_id
    WHERE a.remind_at <= t AND a.ended IS NULL ORDER BY a.remind_at LIMIT 1000 FOR UPDATE OF a SKIP LOCKED
  ), moved AS (
    UPDATE care.asked a SET remind_at = CASE WHEN t < a.by THEN a.by END, overdue = t >= a.by,
        substitute_id = CASE WHEN t >= a.by AND d.lives THEN sec.stand_in(a.group_id, a.account_id, d.author_id, t) END
      FROM due d WHERE a.post_id = d.post_id AND a.account_id = d.account_id
      RETURNING a.post_id, a.account_id, a.group_id, a.stream_id, a.seq, a.by, a.overdue, a.substitute_id, d.author_id, d.host_id, d.lives
  ), stood_in AS (
    INSERT INTO care.asked (post_id, account_id, group_id, stream_id, seq, author_id, why, by, at)
      SELECT DISTINCT m.post_id, m.substitute_id, m.group_id, m.stream_id, m.seq, m.author_id, 'substitute', m.by, t FROM moved m WHERE m.substitute_id IS NOT NULL
      ON CONFLICT DO NOTHING
  ), told AS (
    INSERT INTO care.ask_notice (post_id, account_id, kind, group_id, at)
      SELECT m.post_id, m.account_id, CASE WHEN m.overdue THEN 'overdue' ELSE 'reminder' END, m.group_id, t FROM moved m WHERE m.lives
      UNION SELECT m.post_id, m.substitute_id, 'substitute', m.group_id, t FROM moved m WHERE m.substitute_id IS NOT NULL
      UNION SELECT m.post_id, x.who, 'unanswered', m.group_id, t FROM moved m CROSS JOIN LATERAL (VALUES (m.author_id), (m.host_id)) x(who) WHERE m.lives AND m.overdue
      ON CONFLICT DO NOTHING RETURNING account_id
  ), rung AS (
    INSERT INTO care.event (kind, account_id, at) SELECT DISTINCT 'notice', x.account_id, pg_catalog.clock_timestamp() FROM told x
  ), changed AS (
    INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at)
      SELECT DISTINCT 'post.overdue', m.group_id, 'team', m.post_id, m.seq, pg_catalog.clock_timestamp() FROM moved m WHERE m.lives AND m.overdue
  )
  SELECT count(*) INTO n FROM moved;
  RETURN n;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  act.post(bytea, uuid, text, uuid, text, uuid, bytea, bytea, bytea, uuid, uuid, timestamptz, uuid[], bytea[], bytea[], bool, uuid[], uuid[], text[], uuid[]),
  act.follow_up(text, uuid, uuid, uuid, uuid, uuid, bytea, bytea, bytea), act.hand_over_duty(uuid, uuid, timestamptz, uuid), act.duty_log(uuid, int),
  act.set_substitute(uuid, uuid), act.substitute(uuid), act.show_phone(text), act.shown_phones(uuid[]) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.remind_asked(timestamptz) TO renkei_job;
SET LOCAL ROLE renkei_owner;
