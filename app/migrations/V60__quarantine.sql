-- Quarantine (誤投稿隔離, decision 0047): a post about another patient leaves the team's sight at once. It stays in the record, sealed; whoever found it
-- and one other person see it, and the other one decides: it stays hidden, or it comes back. Who hid it, why, and what the other one said are records
-- like any other. Here stand ids and times alone.
-- No foreign keys to older tables, see V13.

CREATE TABLE care.quarantine (
  id uuid PRIMARY KEY,                                         -- that of its first record
  group_id uuid NOT NULL,
  post_id uuid NOT NULL,                                       -- the one that somebody pointed at, or what it corrects
  author_id uuid NOT NULL,                                     -- whose post it is
  found_by uuid NOT NULL,
  finder uuid NOT NULL,                                        -- who that was, as of then
  said_at bigint NOT NULL,                                     -- the place of its first record among the receipts of the group
  second_id uuid NOT NULL,                                     -- who decides
  at timestamptz NOT NULL,
  client_id uuid NOT NULL,
  fingerprint bytea NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'confirmed', 'lifted')),
  decided_at timestamptz,
  decided_said_at bigint,                                      -- the place of the other one's word
  moved_to uuid,                                               -- the post in the right group that took its place
  CONSTRAINT quarantine_client_id_key UNIQUE (group_id, found_by, client_id),
  CHECK (second_id <> found_by),
  CHECK ((state = 'waiting') = (decided_at IS NULL)),
  CHECK (moved_to IS NULL OR state = 'confirmed')
);
CREATE INDEX quarantine_of_two ON care.quarantine (second_id, state);
CREATE INDEX quarantine_found ON care.quarantine (found_by, at DESC);
CREATE INDEX quarantine_by_post ON care.quarantine (post_id);
-- What it hides: the post, its corrections and withdrawals, and what the family was shown of it. The columns are those of the post, for the line that
-- stands in its place.
CREATE TABLE care.quarantined_post (
  post_id uuid NOT NULL,
  quarantine_id uuid NOT NULL,
  stream_id uuid NOT NULL, seq bigint NOT NULL, group_id uuid NOT NULL, kind text NOT NULL,
  author_id uuid NOT NULL, author uuid NOT NULL, facility_id uuid NOT NULL, facility uuid NOT NULL,
  at timestamptz NOT NULL, reply_to uuid, target uuid,
  hidden bool NOT NULL DEFAULT true,
  PRIMARY KEY (post_id, quarantine_id)
);
CREATE UNIQUE INDEX quarantined_post_once ON care.quarantined_post (post_id) WHERE hidden;
CREATE INDEX quarantined_post_place ON care.quarantined_post (stream_id, seq) WHERE hidden;
CREATE INDEX quarantined_post_group ON care.quarantined_post (group_id) WHERE hidden;
-- The receipt in the right group, for the line under the post that was written again there.
CREATE TABLE care.moved_post (
  post_id uuid PRIMARY KEY,
  group_id uuid NOT NULL,
  written_at timestamptz NOT NULL,                             -- where it did not belong
  hidden_at timestamptz NOT NULL,
  seen_by int NOT NULL CHECK (seen_by >= 0)                    -- people who had it on the screen between the two
);
SELECT care.make_append_only('care.moved_post');

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['quarantine', 'quarantined_post'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.%I FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change()', t);
    EXECUTE pg_catalog.format('ALTER TABLE care.%I ENABLE ALWAYS TRIGGER no_delete', t);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE ON care.%I TO renkei_sec', t);
  END LOOP;
  GRANT SELECT, INSERT ON care.moved_post TO renkei_sec;
  FOREACH t IN ARRAY ARRAY['quarantine', 'quarantined_post'] LOOP
    EXECUTE pg_catalog.format('CREATE POLICY verify ON care.%I FOR SELECT TO renkei_verify USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_verify', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['quarantine', 'quarantined_post', 'moved_post'] LOOP
    PERFORM care.protect(('care.' || t)::regclass);
    EXECUTE pg_catalog.format('CREATE POLICY backup ON care.%I FOR SELECT TO renkei_backup USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_backup', t);
  END LOOP;
END $$;

ALTER TABLE care.receipt DROP CONSTRAINT IF EXISTS receipt_kind_check,
  ADD CONSTRAINT receipt_kind_check CHECK (kind IN ('read', 'acknowledged', 'stamped', 'unstamped', 'pinned', 'unpinned', 'handled', 'called', 'confirmed',
    'quarantined', 'quarantine_confirmed', 'quarantine_lifted', 'moved')) NOT VALID;
ALTER TABLE care.asked DROP CONSTRAINT IF EXISTS asked_ended_check,
  ADD CONSTRAINT asked_ended_check CHECK (ended IN ('acknowledged', 'read', 'corrected', 'withdrawn', 'quarantined')) NOT VALID;
ALTER TABLE care.ask_notice DROP CONSTRAINT IF EXISTS ask_notice_kind_check,
  ADD CONSTRAINT ask_notice_kind_check CHECK (kind IN ('reminder', 'overdue', 'substitute', 'unanswered', 'proxy', 'quarantine', 'quarantined', 'quarantine_decided')) NOT VALID;
ALTER TABLE care.notification DROP CONSTRAINT IF EXISTS notification_cause_check,
  ADD CONSTRAINT notification_cause_check CHECK (cause IN ('post', 'reminder', 'overdue', 'substitute', 'unanswered', 'task', 'proxy', 'quarantine', 'quarantined', 'quarantine_decided')) NOT VALID;
-- Every older row met the narrower rules.
ALTER TABLE care.receipt VALIDATE CONSTRAINT receipt_kind_check;
ALTER TABLE care.asked VALIDATE CONSTRAINT asked_ended_check;
ALTER TABLE care.ask_notice VALIDATE CONSTRAINT ask_notice_kind_check;
ALTER TABLE care.notification VALIDATE CONSTRAINT notification_cause_check;

SET LOCAL ROLE renkei_sec;
-- ---- Sight ------------------------------------------------------------------------------------------------------------
-- What is hidden from the caller in her groups; of what she is one of the two for, nothing, unless `p_all`.
CREATE FUNCTION sec.hidden_posts(p_all bool) RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER STABLE PARALLEL RESTRICTED SET search_path = '' AS $$
DECLARE c sec.context;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.quarantined_post x WHERE x.hidden) THEN RETURN '{}'; END IF;
  c := sec.verified();
  RETURN (SELECT coalesce(pg_catalog.array_agg(x.post_id), '{}') FROM care.membership m JOIN care.quarantined_post x ON x.group_id = m.group_id AND x.hidden JOIN care.quarantine q ON q.id = x.quarantine_id
    WHERE m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
      AND (p_all OR c.account_id NOT IN (q.found_by, q.second_id)));
END $$;
GRANT EXECUTE ON FUNCTION sec.hidden_posts(bool) TO renkei_app, renkei_owner;
CREATE FUNCTION sec.is_hidden(p_post uuid) RETURNS bool LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT EXISTS (SELECT 1 FROM care.quarantined_post x WHERE x.post_id = p_post AND x.hidden)
$$;
SET LOCAL ROLE renkei_owner;
-- On top of every rule that lets somebody read: files, marks, asks and deliveries look at the post, so they follow.
CREATE POLICY quarantine ON care.post AS RESTRICTIVE FOR SELECT TO renkei_app USING (id <> ALL ((SELECT sec.hidden_posts(false))::uuid[]));
-- A value of another patient is wrong on everybody's chart.
CREATE POLICY quarantine ON care.observation AS RESTRICTIVE FOR SELECT TO renkei_app USING (post_id IS NULL OR post_id <> ALL ((SELECT sec.hidden_posts(true))::uuid[]));
-- As the post itself: members alone, and whoever joined "from now on" from there on.
CREATE POLICY member ON care.quarantined_post FOR SELECT TO renkei_app USING (group_id = ANY ((SELECT sec.my_whole_groups())::uuid[])
  OR (group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) AND CASE WHEN EXISTS (SELECT 1 FROM care.stream s WHERE s.id = stream_id AND s.kind = 'family')
    THEN at >= sec.my_since(group_id) ELSE seq > sec.my_first(group_id) END));
CREATE POLICY member ON care.quarantine FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.quarantined_post x WHERE x.quarantine_id = id));
CREATE POLICY member ON care.moved_post FOR SELECT TO renkei_app USING (EXISTS (SELECT 1 FROM care.post p WHERE p.id = post_id));
GRANT SELECT ON care.quarantined_post, care.moved_post TO renkei_app;
-- Where it was moved to is nothing to the group that it left.
GRANT SELECT (id, group_id, post_id, author_id, found_by, finder, said_at, second_id, at, state, decided_at, decided_said_at) ON care.quarantine TO renkei_app;

-- ---- Nothing is written about what is hidden --------------------------------------------------------------------------
SET LOCAL ROLE renkei_sec;
CREATE FUNCTION sec.still_seen(p_post uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF sec.is_hidden(p_post) THEN RAISE EXCEPTION 'quarantined' USING ERRCODE = 'RK409'; END IF;
END $$;
CREATE FUNCTION sec.post_is_about_what_is_seen() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.still_seen(coalesce(NEW.target, NEW.reply_to));
  RETURN NEW;
END $$;
CREATE FUNCTION sec.is_about_a_seen_post() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.still_seen(NEW.post_id);
  RETURN NEW;
END $$;
CREATE FUNCTION sec.is_of_a_seen_post() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.still_seen(NEW.source_id);
  RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION sec.post_is_about_what_is_seen(), sec.is_about_a_seen_post(), sec.is_of_a_seen_post() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.post, care.receipt, care.observation, care.task, care.release TO renkei_owner;
CREATE TRIGGER of_what_is_seen BEFORE INSERT ON care.post FOR EACH ROW WHEN (NEW.target IS NOT NULL OR NEW.reply_to IS NOT NULL) EXECUTE FUNCTION sec.post_is_about_what_is_seen();
CREATE TRIGGER of_what_is_seen BEFORE INSERT ON care.receipt FOR EACH ROW
  WHEN (NEW.post_id IS NOT NULL AND NEW.kind NOT IN ('quarantined', 'quarantine_confirmed', 'quarantine_lifted')) EXECUTE FUNCTION sec.is_about_a_seen_post();
CREATE TRIGGER of_what_is_seen BEFORE INSERT ON care.observation FOR EACH ROW WHEN (NEW.post_id IS NOT NULL) EXECUTE FUNCTION sec.is_about_a_seen_post();
CREATE TRIGGER of_what_is_seen BEFORE INSERT ON care.task FOR EACH ROW WHEN (NEW.post_id IS NOT NULL) EXECUTE FUNCTION sec.is_about_a_seen_post();
CREATE TRIGGER of_what_is_seen BEFORE INSERT ON care.release FOR EACH ROW EXECUTE FUNCTION sec.is_of_a_seen_post();
REVOKE TRIGGER ON care.post, care.receipt, care.observation, care.task, care.release FROM renkei_owner;
SET LOCAL ROLE renkei_sec;
-- As in V37; what is hidden gets no mark.
CREATE OR REPLACE FUNCTION sec.readable_post(c sec.context, p_post uuid) RETURNS care.post LANGUAGE plpgsql AS $$
DECLARE p care.post; m care.membership;
BEGIN
  SELECT * INTO p FROM care.post x WHERE x.id = p_post AND x.kind <> 'withdrawal';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  m := sec.member(c, p.group_id);
  IF m.role NOT IN ('host', 'member', 'guest') OR p.seq <= m.from_seq
    OR NOT EXISTS (SELECT 1 FROM care.stream s WHERE s.id = p.stream_id AND s.kind = 'team') THEN
    RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404';
  END IF;
  PERFORM sec.still_seen(p_post);
  RETURN p;
END $$;

-- ---- Hiding -----------------------------------------------------------------------------------------------------------
-- The post that a correction goes back to.
CREATE FUNCTION sec.first_text(p_post uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  WITH RECURSIVE up AS (SELECT p.id, p.target FROM care.post p WHERE p.id = p_post UNION ALL SELECT p.id, p.target FROM care.post p JOIN up ON p.id = up.target)
  SELECT up.id FROM up WHERE up.target IS NULL
$$;
-- A post with all that repeats it: its corrections and withdrawals, and what the family was shown of any of them.
CREATE FUNCTION sec.all_of_post(p_post uuid) RETURNS SETOF care.post LANGUAGE sql STABLE AS $$
  WITH RECURSIVE x AS (SELECT p_post AS id UNION SELECT n.id FROM x CROSS JOIN LATERAL
    (SELECT t.id FROM care.post t WHERE t.target = x.id UNION ALL SELECT r.post_id FROM care.release r WHERE r.source_id = x.id) n(id))
  SELECT p.* FROM care.post p JOIN x ON x.id = p.id
$$;
CREATE FUNCTION sec.is_in(p_group uuid, p_account uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = p_group AND m.account_id = p_account AND m.role IN ('host', 'member', 'guest') AND m.ended_at IS NULL
    AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()))
$$;
-- One record about a quarantine, beside the others of the group, and the line in the access log.
CREATE FUNCTION sec.quarantine_record(c sec.context, p_group uuid, p_post uuid, p_stream uuid, p_kind text, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS sec.link LANGUAGE plpgsql AS $$
DECLARE r uuid; l sec.link; owner uuid; patient uuid;
BEGIN
  SELECT x.id INTO r FROM care.stream x WHERE x.group_id = p_group AND x.kind = 'receipts';
  l := sec.chain(c, r, p_kind, p_client, '{}', p_commitment);
  INSERT INTO care.receipt (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, target_stream, post_id, prev, commitment, hash, envelope)
    VALUES (r, l.seq, p_id, p_group, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_stream, p_post, l.prev, p_commitment, l.hash, p_envelope);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = p_group;
  PERFORM sec.log(c, p_kind, p_group, patient, owner, p_post, 'done', NULL);
  RETURN l;
END $$;
-- Tells pages that are open, of each post that is hidden or comes back.
CREATE FUNCTION sec.quarantine_event(p_quarantine uuid, p_kind text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at)
    SELECT p_kind, x.group_id, s.kind, x.post_id, x.seq, p_at FROM care.quarantined_post x JOIN care.stream s ON s.id = x.stream_id WHERE x.quarantine_id = p_quarantine AND x.kind <> 'withdrawal'
$$;
-- Tells somebody who is in the group; not twice.
CREATE FUNCTION sec.quarantine_notice(p_post uuid, p_account uuid, p_kind text, p_group uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT sec.is_in(p_group, p_account) THEN RETURN; END IF;
  INSERT INTO care.ask_notice VALUES (p_post, p_account, p_kind, p_group, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
  INSERT INTO care.event (kind, account_id, at) VALUES ('notice', p_account, pg_catalog.clock_timestamp());
END $$;
-- The first text of a post that the caller may read now, on either timeline; RK404 for everybody else.
CREATE FUNCTION sec.pointed_at(c sec.context, p_post uuid) RETURNS care.post LANGUAGE plpgsql AS $$
DECLARE p care.post; m care.membership;
BEGIN
  SELECT x.* INTO p FROM care.post x WHERE x.id = p_post AND x.kind <> 'withdrawal';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  m := sec.member(c, p.group_id);
  IF m.role NOT IN ('host', 'member', 'guest')
    OR (m.from_seq > 0 AND CASE WHEN EXISTS (SELECT 1 FROM care.stream s WHERE s.id = p.stream_id AND s.kind = 'family') THEN p.at < m.since ELSE p.seq <= m.from_seq END) THEN
    RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404';
  END IF;
  SELECT x.* INTO p FROM care.post x WHERE x.id = sec.first_text(p_post);
  RETURN p;
END $$;
CREATE FUNCTION act.first_text(p_post uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE p care.post := sec.pointed_at(sec.must(), p_post);
BEGIN
  RETURN p.id;
END $$;
-- Hides a post that is about somebody else. `p_second` NULL: its author decides, and of an own post the host. Which quarantine, and whether this
-- very act was done before.
CREATE FUNCTION act.quarantine(p_post uuid, p_second uuid, p_id uuid, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea) RETURNS TABLE (id uuid, again bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); p care.post := sec.pointed_at(c, p_post); first uuid := p.id; q care.quarantine; second uuid; host uuid; l sec.link;
BEGIN
  IF sec.is_token(c) THEN RAISE EXCEPTION 'the person only' USING ERRCODE = 'RK403'; END IF;
  IF EXISTS (SELECT 1 FROM care.direct d WHERE d.group_id = p.group_id) THEN RAISE EXCEPTION 'not in a conversation of two' USING ERRCODE = 'RK409'; END IF;
  -- Whoever writes about it waits here, or is in what is hidden: the team's end before the family's, as a release takes them.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = (SELECT s.id FROM care.stream s WHERE s.group_id = p.group_id AND s.kind = 'team') FOR UPDATE;
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = (SELECT s.id FROM care.stream s WHERE s.group_id = p.group_id AND s.kind = 'family') FOR UPDATE;
  SELECT x.* INTO q FROM care.quarantine x WHERE x.group_id = p.group_id AND x.found_by = c.account_id AND x.client_id = p_client;
  IF FOUND THEN
    IF q.post_id <> first OR q.fingerprint <> p_fingerprint THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT q.id, true;
    RETURN;
  END IF;
  PERFORM sec.must_be_open(p.group_id);
  IF sec.is_hidden(first) OR sec.is_hidden(p_post) THEN RAISE EXCEPTION 'quarantined' USING ERRCODE = 'RK409'; END IF;
  SELECT g.host_id INTO host FROM care.group_state g WHERE g.group_id = p.group_id;
  second := CASE WHEN p_second IS NOT NULL THEN p_second WHEN p.author_id <> c.account_id AND sec.is_in(p.group_id, p.author_id) THEN p.author_id ELSE host END;
  IF second = c.account_id OR NOT sec.is_in(p.group_id, second) THEN RAISE EXCEPTION 'a second person is needed' USING ERRCODE = 'RK422'; END IF;
  l := sec.quarantine_record(c, p.group_id, first, p.stream_id, 'quarantined', p_id, p_client, p_commitment, p_envelope);
  INSERT INTO care.quarantine (id, group_id, post_id, author_id, found_by, finder, said_at, second_id, at, client_id, fingerprint)
    VALUES (p_id, p.group_id, first, p.author_id, c.account_id, c.account, l.seq, second, l.at, p_client, p_fingerprint);
  -- What is hidden already, by a quarantine of its own, stays that one's.
  INSERT INTO care.quarantined_post SELECT x.id, p_id, x.stream_id, x.seq, x.group_id, x.kind, x.author_id, x.author, x.facility_id, x.facility, x.at, x.reply_to, x.target, true
    FROM sec.all_of_post(first) x WHERE NOT sec.is_hidden(x.id);
  UPDATE care.asked a SET ended = 'quarantined', ended_at = l.at, remind_at = NULL FROM care.quarantined_post x WHERE x.quarantine_id = p_id AND a.post_id = x.post_id AND a.ended IS NULL;
  PERFORM sec.quarantine_event(p_id, 'post.quarantined', l.at);
  PERFORM sec.quarantine_notice(first, second, 'quarantine', p.group_id);
  PERFORM sec.quarantine_notice(first, w.who, 'quarantined', p.group_id) FROM (SELECT DISTINCT x FROM pg_catalog.unnest(ARRAY[p.author_id, host]) x) w(who) WHERE w.who NOT IN (c.account_id, second);
  RETURN QUERY SELECT p_id, false;
END $$;

-- ---- Deciding ---------------------------------------------------------------------------------------------------------
-- A quarantine for one of its two, who is in the group now; RK404 for everybody else.
CREATE FUNCTION sec.quarantine_of(c sec.context, p_quarantine uuid) RETURNS care.quarantine LANGUAGE plpgsql AS $$
DECLARE q care.quarantine;
BEGIN
  SELECT x.* INTO q FROM care.quarantine x WHERE x.id = p_quarantine AND c.account_id IN (x.found_by, x.second_id) FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such quarantine' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, q.group_id);
  RETURN q;
END $$;
-- The other one's word: it is about somebody else and stays hidden, or it comes back. False: said before.
CREATE FUNCTION act.decide_quarantine(p_quarantine uuid, p_stays bool, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine); l sec.link; said text := CASE WHEN p_stays THEN 'confirmed' ELSE 'lifted' END; s uuid;
BEGIN
  IF q.second_id <> c.account_id OR sec.is_token(c) THEN RAISE EXCEPTION 'the second person only' USING ERRCODE = 'RK403'; END IF;
  IF q.state = said THEN RETURN false; END IF;
  IF q.state <> 'waiting' THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.must_be_open(q.group_id);
  SELECT p.stream_id INTO s FROM care.post p WHERE p.id = q.post_id;
  l := sec.quarantine_record(c, q.group_id, q.post_id, s, 'quarantine_' || said, p_id, p_client, p_commitment, p_envelope);
  UPDATE care.quarantine SET state = said, decided_at = l.at, decided_said_at = l.seq WHERE id = q.id;
  IF NOT p_stays THEN
    UPDATE care.quarantined_post SET hidden = false WHERE quarantine_id = q.id;
    UPDATE care.asked a SET ended = NULL, ended_at = NULL, remind_at = a.by FROM care.quarantined_post x WHERE x.quarantine_id = q.id AND a.post_id = x.post_id AND a.ended = 'quarantined';
    PERFORM sec.quarantine_event(q.id, 'post.lifted', l.at);
  ELSE
    PERFORM sec.quarantine_event(q.id, 'post.quarantined', l.at);
  END IF;
  PERFORM sec.quarantine_notice(q.post_id, w.who, 'quarantine_decided', q.group_id) FROM (SELECT DISTINCT x FROM pg_catalog.unnest(ARRAY[q.found_by, q.author_id]) x) w(who) WHERE w.who <> c.account_id;
  RETURN true;
END $$;
-- Somebody else decides: named by the finder, or by whoever was to decide. False: so already.
CREATE FUNCTION act.name_second(p_quarantine uuid, p_second uuid) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine); owner uuid; patient uuid;
BEGIN
  IF sec.is_token(c) THEN RAISE EXCEPTION 'the person only' USING ERRCODE = 'RK403'; END IF;
  IF q.second_id = p_second THEN RETURN false; END IF;
  IF q.state <> 'waiting' THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  IF p_second = q.found_by OR NOT sec.is_in(q.group_id, p_second) THEN RAISE EXCEPTION 'a second person is needed' USING ERRCODE = 'RK422'; END IF;
  UPDATE care.quarantine SET second_id = p_second WHERE id = q.id;
  PERFORM sec.quarantine_notice(q.post_id, p_second, 'quarantine', q.group_id);
  SELECT g.facility_id, g.patient_id INTO owner, patient FROM care.groups g WHERE g.id = q.group_id;
  PERFORM sec.log(c, 'named_second', q.group_id, patient, owner, q.post_id, 'done', NULL);
  RETURN true;
END $$;
-- What is the caller's to look at: what waits for her word or that of the other one, for a month what was decided.
-- What waits before all. `p_one`: this one, however old.
CREATE FUNCTION act.my_quarantines(p_one uuid) RETURNS TABLE (id uuid, group_id uuid, post_id uuid, family bool, state text, at timestamptz, decided_at timestamptz, mine bool, author_id uuid, second_id uuid,
  finder text, second text, said_at bigint, decided_said_at bigint, moved_to uuid, moved_group uuid)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); groups uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT q.id, q.group_id, q.post_id, s.kind = 'family', q.state, q.at, q.decided_at, q.second_id = c.account_id, q.author_id, q.second_id, f.name, n.name, q.said_at, q.decided_said_at, q.moved_to,
      (SELECT v.group_id FROM care.moved_post v WHERE v.post_id = q.moved_to)
    FROM care.quarantine q JOIN care.post p ON p.id = q.post_id JOIN care.stream s ON s.id = p.stream_id JOIN care.person_now f ON f.account_id = q.found_by JOIN care.person_now n ON n.account_id = q.second_id
    WHERE c.account_id IN (q.found_by, q.second_id) AND q.group_id = ANY (groups)
      AND CASE WHEN p_one IS NOT NULL THEN q.id = p_one ELSE q.state = 'waiting' OR q.decided_at > pg_catalog.clock_timestamp() - interval '30 days' END
    ORDER BY q.state <> 'waiting', q.at DESC LIMIT 100;
END $$;
-- What else came of what is hidden, for its two: things that stand on their own and that somebody has to look at.
CREATE FUNCTION act.quarantine_traces(p_quarantine uuid) RETURNS TABLE (tasks bigint, measured bigint, replies bigint, relatives bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine); posts uuid[];
BEGIN
  posts := ARRAY(SELECT x.post_id FROM care.quarantined_post x WHERE x.quarantine_id = q.id);
  RETURN QUERY SELECT (SELECT count(*) FROM care.task k WHERE k.post_id = ANY (posts)), (SELECT count(*) FROM care.observation o WHERE o.post_id = ANY (posts) AND o.kind = 'observation'),
    (SELECT count(*) FROM care.post r WHERE r.reply_to = ANY (posts) AND r.id <> ALL (posts) AND NOT sec.is_hidden(r.id)),
    (SELECT count(DISTINCT r.account_id) FROM care.quarantined_post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'family' JOIN care.read_position r ON r.stream_id = s.id AND r.up_to_seq >= x.seq
      JOIN care.relative k ON k.account_id = r.account_id AND k.group_id = q.group_id WHERE x.quarantine_id = q.id);
END $$;
-- The post that took its place in the right group, written there by the caller: with its receipt, which says how long it stood where it did not belong, and
-- how many people had it on the screen. False: so already.
CREATE FUNCTION act.move_quarantined(p_quarantine uuid, p_post uuid, p_seen_by int, p_id uuid, p_client uuid, p_commitment bytea, p_envelope bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); q care.quarantine := sec.quarantine_of(c, p_quarantine); p care.post; l sec.link; written timestamptz;
BEGIN
  IF sec.is_token(c) THEN RAISE EXCEPTION 'the person only' USING ERRCODE = 'RK403'; END IF;
  IF q.moved_to = p_post THEN RETURN false; END IF;
  IF q.state <> 'confirmed' OR q.moved_to IS NOT NULL THEN RAISE EXCEPTION 'decided otherwise' USING ERRCODE = 'RK409'; END IF;
  SELECT x.* INTO p FROM care.post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'team' WHERE x.id = p_post AND x.author_id = c.account_id AND x.group_id <> q.group_id AND x.at > q.at AND x.kind = 'post';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, p.group_id);
  PERFORM sec.must_be_open(p.group_id);
  l := sec.quarantine_record(c, p.group_id, p_post, p.stream_id, 'moved', p_id, p_client, p_commitment, p_envelope);
  SELECT x.at INTO written FROM care.post x WHERE x.id = q.post_id;
  INSERT INTO care.moved_post VALUES (p_post, p.group_id, written, q.at, p_seen_by);
  UPDATE care.quarantine SET moved_to = p_post WHERE id = q.id;
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.moved', p.group_id, 'team', p_post, p.seq, l.at);
  RETURN true;
END $$;

-- ---- The family's side ------------------------------------------------------------------------------------------------
-- As in V35; of what is hidden a relative sees that something stood there.
CREATE OR REPLACE FUNCTION fam.posts(p_token_hash bytea, p_group uuid, p_one uuid, p_before bigint, p_after bigint, p_limit int, p_opens bool)
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
    page AS MATERIALIZED (SELECT p.*, sec.is_hidden(p.id) AS gone FROM care.post p JOIN mine ON mine.id = p.stream_id WHERE p.kind <> 'withdrawal' AND (p_one IS NULL OR p.id = p_one)
      AND (p_before IS NULL OR p.seq < p_before) AND (p_after IS NULL OR p.seq > p_after)
      ORDER BY CASE WHEN p_after IS NULL THEN -p.seq ELSE p.seq END LIMIT least(greatest(p_limit, 1), 200)),
    people AS MATERIALIZED (SELECT m.account_id FROM care.membership m WHERE m.group_id = g AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
      UNION SELECT r.account_id FROM care.relative r WHERE r.group_id = g AND sec.is_now(r)),
    positions AS MATERIALIZED (SELECT q.account_id, coalesce(x.up_to_seq, 0) AS up_to FROM people q CROSS JOIN mine LEFT JOIN care.read_position x ON x.stream_id = mine.id AND x.account_id = q.account_id)
    SELECT p.stream_id, p.seq, p.id, p.group_id, p.kind, p.author_id, p.at, p.reply_to, p.target, p.must_acknowledge_by, CASE WHEN NOT p.gone THEN p.envelope END,
      coalesce(v.work_name, v.name), v.profession, f.name, p.facility_id, k.version, k.person, t.id, w.id, w.at, w.envelope,
      (SELECT count(*) FROM care.receipt a WHERE a.post_id = p.id AND a.kind = 'acknowledged'),
      EXISTS (SELECT 1 FROM care.receipt a WHERE a.post_id = p.id AND a.kind = 'acknowledged' AND a.author_id = c.account_id),
      (SELECT count(*) FROM positions q WHERE q.account_id <> p.author_id), (SELECT count(*) FROM positions q WHERE q.account_id <> p.author_id AND q.up_to >= p.seq)
    FROM page p JOIN care.account_version v ON v.id = p.author JOIN care.facility_version f ON f.id = p.facility LEFT JOIN care.relative k ON k.version = p.author
    LEFT JOIN care.post t ON t.target = p.id AND t.kind = 'correction' LEFT JOIN care.post w ON w.target = p.id AND w.kind = 'withdrawal' AND NOT p.gone
    ORDER BY CASE WHEN p_after IS NULL THEN -p.seq ELSE p.seq END;
END $$;
-- As in V53: what closes the files of a family post. Its own quarantine does too.
CREATE OR REPLACE FUNCTION sec.source_is_another_now(p_post uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT sec.is_hidden(p_post) OR EXISTS (SELECT 1 FROM care.release r JOIN care.post w ON w.target = r.source_id AND w.kind IN ('correction', 'withdrawal') WHERE r.post_id = p_post)
$$;
-- As before (V47), and: what was decided calls nobody any more.
CREATE OR REPLACE FUNCTION sec.is_seen(n care.notification) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF n.cause = 'post' THEN RETURN sec.is_hidden(n.post_id) OR EXISTS (SELECT 1 FROM care.read_position r WHERE r.stream_id = n.stream_id AND r.account_id = n.account_id AND r.up_to_seq >= n.seq); END IF;
  RETURN EXISTS (SELECT 1 FROM care.notices_seen s WHERE s.account_id = n.account_id AND s.at >= n.made_at) OR CASE n.cause
    WHEN 'task' THEN NOT EXISTS (SELECT 1 FROM care.task k WHERE k.id = n.post_id AND k.owner_id = n.account_id AND k.state = 'open')
    WHEN 'proxy' THEN NOT EXISTS (SELECT 1 FROM care.proxy_entry e WHERE e.post_id = n.post_id AND e.state = 'waiting')
    WHEN 'quarantine' THEN NOT EXISTS (SELECT 1 FROM care.quarantine q WHERE q.post_id = n.post_id AND q.state = 'waiting' AND q.second_id = n.account_id)
    WHEN 'quarantined' THEN false
    WHEN 'quarantine_decided' THEN false
    WHEN 'unanswered' THEN NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.overdue AND a.ended IS NULL)
    ELSE NOT EXISTS (SELECT 1 FROM care.asked a WHERE a.post_id = n.post_id AND a.account_id = n.account_id AND a.ended IS NULL) END;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.first_text(uuid), act.quarantine(uuid, uuid, uuid, uuid, bytea, bytea, bytea), act.decide_quarantine(uuid, bool, uuid, uuid, bytea, bytea), act.name_second(uuid, uuid), act.my_quarantines(uuid),
  act.quarantine_traces(uuid), act.move_quarantined(uuid, uuid, int, uuid, uuid, bytea, bytea) TO renkei_app;
SET LOCAL ROLE renkei_owner;
