-- Work orders (作業指示): the rare case in which an operator looks after what belongs to one facility. One operator asks, a second one
-- approves, the facility is told (and asked, where the deployment wants it); then the first may use the maintenance command for some
-- hours. Everything that the command does is an act here; when the time is over there is a report, whatever has happened to the
-- machine, and the facility says whether it is right. Nothing here holds or opens a word about a patient.
-- No foreign keys to older tables, see V13.

CREATE TABLE care.work_order (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  operator_id uuid NOT NULL,                                   -- who asks, and alone may use the grant
  purpose text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 120),
  planned text NOT NULL CHECK (length(planned) BETWEEN 1 AND 2000),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
  rescan bool NOT NULL,                                        -- whether files may be given to the scanner again; otherwise looking alone
  from_at timestamptz NOT NULL,
  until_at timestamptz NOT NULL,
  facility_must_agree bool NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT work_order_time_box CHECK (until_at > from_at AND until_at - from_at <= interval '4 hours')
);
CREATE INDEX work_order_by_facility ON care.work_order (facility_id, at DESC);
SELECT care.make_append_only('care.work_order');
-- What became of it. Its state is what these say, and the clock.
CREATE TABLE care.work_order_step (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES care.work_order,
  kind text NOT NULL CHECK (kind IN ('approved', 'refused', 'agreed', 'disagreed', 'withdrawn', 'reported', 'confirmed', 'objected')),
  operator_id uuid,
  account_id uuid,                                             -- NULL with no operator either: the schedule
  words bytea,                                                 -- of an objection, sealed under the desk's key
  acts int,                                                    -- of a report: how many acts it lists, and their digest
  digest bytea CHECK (octet_length(digest) = 32),
  at timestamptz NOT NULL,
  CHECK ((kind = 'reported') = (acts IS NOT NULL AND digest IS NOT NULL)),
  CHECK (operator_id IS NULL OR kind IN ('approved', 'refused', 'withdrawn', 'reported')),
  CHECK (account_id IS NULL OR kind IN ('agreed', 'disagreed', 'confirmed', 'objected')),
  CHECK (words IS NULL OR kind = 'objected')
);
-- One answer to each question.
CREATE UNIQUE INDEX work_order_one_decision ON care.work_order_step (order_id) WHERE kind IN ('approved', 'refused', 'withdrawn');
CREATE UNIQUE INDEX work_order_one_agreement ON care.work_order_step (order_id) WHERE kind IN ('agreed', 'disagreed');
CREATE UNIQUE INDEX work_order_one_report ON care.work_order_step (order_id) WHERE kind = 'reported';
CREATE UNIQUE INDEX work_order_one_confirmation ON care.work_order_step (order_id) WHERE kind IN ('confirmed', 'objected');
SELECT care.make_append_only('care.work_order_step');
-- Each use of the grant, written by the same statement that reads or changes something.
CREATE TABLE care.work_order_act (
  order_id uuid NOT NULL REFERENCES care.work_order,
  n int NOT NULL,
  id uuid NOT NULL,
  operator_id uuid NOT NULL,
  act text NOT NULL CHECK (act IN ('listed_streams', 'listed_files', 'rescanned_file')),
  subject uuid,                                                -- the file
  seen int NOT NULL CHECK (seen >= 0),                         -- how many rows it showed
  at timestamptz NOT NULL,
  PRIMARY KEY (order_id, n)
);
SELECT care.make_append_only('care.work_order_act');
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['work_order', 'work_order_step', 'work_order_act'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Foreign key checks run as the owner with a key-share lock.
GRANT UPDATE (id) ON care.work_order TO renkei_owner;

SET LOCAL ROLE renkei_sec;

-- What the maintenance command shows instead of a session: given out once at the console, worth something in the time box alone.
CREATE TABLE sec.maintenance_key (
  token_hash bytea PRIMARY KEY,
  order_id uuid NOT NULL,
  operator_id uuid NOT NULL,
  at timestamptz NOT NULL
);
SELECT care.guard_from_migrator('sec.maintenance_key');

-- `waiting`, `asked` (the facility), `approved` (the time is still to come), `open`, `over` (no report yet), `reported`, `confirmed`, `objected`;
-- `refused`, `withdrawn`, `lapsed` (nobody approved in time): in these three nothing was ever open.
CREATE FUNCTION sec.order_state(o care.work_order, p_now timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE k text[] := ARRAY(SELECT s.kind FROM care.work_order_step s WHERE s.order_id = o.id);
BEGIN
  RETURN CASE WHEN 'confirmed' = ANY (k) THEN 'confirmed' WHEN 'objected' = ANY (k) THEN 'objected' WHEN 'reported' = ANY (k) THEN 'reported'
    WHEN 'withdrawn' = ANY (k) THEN 'withdrawn' WHEN k && ARRAY['refused', 'disagreed'] THEN 'refused'
    WHEN NOT 'approved' = ANY (k) THEN CASE WHEN p_now >= o.until_at THEN 'lapsed' ELSE 'waiting' END
    WHEN o.facility_must_agree AND NOT 'agreed' = ANY (k) THEN CASE WHEN p_now >= o.until_at THEN 'lapsed' ELSE 'asked' END
    WHEN p_now >= o.until_at THEN 'over' WHEN p_now >= o.from_at THEN 'open' ELSE 'approved' END;
END $$;
CREATE FUNCTION sec.order_step(p_order uuid, p_kind text, p_operator uuid, p_account uuid, p_words bytea, p_acts int, p_digest bytea) RETURNS void LANGUAGE sql AS $$
  INSERT INTO care.work_order_step VALUES (pg_catalog.gen_random_uuid(), p_order, p_kind, p_operator, p_account, p_words, p_acts, p_digest, pg_catalog.clock_timestamp())
$$;
-- Tells the facility's admins, in the product and by a letter without content; its contact where none of them can be written to.
CREATE FUNCTION sec.tell_admins(p_facility uuid, p_letter jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a uuid; reached bool := false; m text;
BEGIN
  FOR a IN SELECT s.account_id FROM care.staff s WHERE s.facility_id = p_facility AND s.admin AND s.state = 'active' LOOP
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', a, pg_catalog.clock_timestamp());
    reached := sec.write_to(a, p_letter) OR reached;
  END LOOP;
  IF reached OR p_letter IS NULL THEN RETURN; END IF;
  SELECT c.mail INTO m FROM care.facility_contact c WHERE c.facility_id = p_facility ORDER BY c.at DESC LIMIT 1;
  IF m <> '' THEN
    PERFORM sec.enqueue('mail', p_letter || pg_catalog.jsonb_build_object('to', m, 'message', pg_catalog.gen_random_uuid()), interval '0', 18);
  END IF;
END $$;
-- Asking, approving and taking the key need a sign-in of the last fifteen minutes.
CREATE FUNCTION sec.must_operate_freshly() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE o uuid := sec.must_operate();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM sec.operator_session s WHERE s.id::text = pg_catalog.split_part(pg_catalog.current_setting('renkei.operator'), '|', 3)
      AND s.created_at > pg_catalog.clock_timestamp() - interval '15 minutes') THEN
    RAISE EXCEPTION 'sign in again' USING ERRCODE = 'RK403';
  END IF;
  RETURN o;
END $$;
-- One order, locked: whoever decides and whoever ends come one after the other. RK404 for an invented one.
CREATE FUNCTION sec.order_locked(p_order uuid) RETURNS care.work_order LANGUAGE plpgsql AS $$
DECLARE o care.work_order;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_order::text, 32));
  SELECT * INTO o FROM care.work_order x WHERE x.id = p_order;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such order' USING ERRCODE = 'RK404'; END IF;
  RETURN o;
END $$;

-- ---- The console -----------------------------------------------------------------------------------------------------
CREATE FUNCTION op.open_work_order(p_order uuid, p_facility uuid, p_purpose text, p_planned text, p_reason text, p_rescan bool, p_from timestamptz, p_until timestamptz, p_must_agree bool)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o uuid := sec.must_operate(); t timestamptz := pg_catalog.clock_timestamp(); e care.work_order;
BEGIN
  PERFORM sec.must_operate_freshly();
  IF NOT EXISTS (SELECT 1 FROM care.facility f WHERE f.id = p_facility) THEN RAISE EXCEPTION 'no such facility' USING ERRCODE = 'RK404'; END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_order::text, 32));
  SELECT * INTO e FROM care.work_order x WHERE x.id = p_order;
  IF FOUND THEN
    IF ROW(e.facility_id, e.operator_id, e.purpose, e.planned, e.reason, e.rescan, e.from_at, e.until_at) IS DISTINCT FROM ROW(p_facility, o, p_purpose, p_planned, p_reason, p_rescan, p_from, p_until) THEN
      RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409';
    END IF;
    RETURN;
  END IF;
  IF p_until <= p_from OR p_until - p_from > interval '4 hours' THEN RAISE EXCEPTION 'four hours at most' USING ERRCODE = 'RK422'; END IF;
  IF p_until <= t OR p_from > t + interval '30 days' THEN RAISE EXCEPTION 'not at that time' USING ERRCODE = 'RK422'; END IF;
  INSERT INTO care.work_order VALUES (p_order, p_facility, o, p_purpose, p_planned, p_reason, p_rescan, p_from, p_until, p_must_agree, t);
  PERFORM sec.log_operator('work_order_opened', p_order, p_purpose);
END $$;
-- A second operator says yes or no. The same again changes nothing.
CREATE FUNCTION op.decide_work_order(p_order uuid, p_yes bool, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE me uuid := sec.must_operate(); o care.work_order; k text := CASE WHEN p_yes THEN 'approved' ELSE 'refused' END;
BEGIN
  PERFORM sec.must_operate_freshly();
  o := sec.order_locked(p_order);
  IF EXISTS (SELECT 1 FROM care.work_order_step s WHERE s.order_id = p_order AND s.kind = k AND s.operator_id = me) THEN RETURN; END IF;
  IF o.operator_id = me THEN RAISE EXCEPTION 'a second person' USING ERRCODE = 'RK403'; END IF;
  IF sec.order_state(o, pg_catalog.clock_timestamp()) <> 'waiting' THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.order_step(p_order, k, me, NULL, NULL, NULL, NULL);
  PERFORM sec.log_operator(CASE WHEN p_yes THEN 'work_order_approved' ELSE 'work_order_refused' END, p_order, o.purpose);
  IF p_yes THEN
    PERFORM sec.log(NULL, 'maintenance_approved', NULL, NULL, o.facility_id, p_order, 'done', NULL);
    PERFORM sec.tell_admins(o.facility_id, p_letter);
  END IF;
END $$;
-- A key for the command: for who asked, while the box is open. Earlier ones of the order are worth nothing any more.
CREATE FUNCTION op.take_maintenance_key(p_order uuid, p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE me uuid := sec.must_operate(); o care.work_order;
BEGIN
  PERFORM sec.must_operate_freshly();
  o := sec.order_locked(p_order);
  IF o.operator_id <> me THEN RAISE EXCEPTION 'who asked only' USING ERRCODE = 'RK403'; END IF;
  IF sec.order_state(o, pg_catalog.clock_timestamp()) <> 'open' THEN RAISE EXCEPTION 'no grant' USING ERRCODE = 'RK409'; END IF;
  DELETE FROM sec.maintenance_key k WHERE k.order_id = p_order;
  INSERT INTO sec.maintenance_key VALUES (p_token_hash, p_order, me, pg_catalog.clock_timestamp());
  PERFORM sec.log_operator('maintenance_key_taken', p_order, '');
END $$;
-- The report: what was done, as a count and a digest of the rows that the facility reads.
CREATE FUNCTION sec.report_order(o care.work_order, p_operator uuid, p_letter jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE n int; d bytea;
BEGIN
  SELECT count(*), pg_catalog.sha256(pg_catalog.convert_to('renkei/work-order/v1|' || o.id || coalesce(pg_catalog.string_agg('|' || a.n || '|' || a.id || '|' || a.operator_id || '|' || a.act || '|'
      || coalesce(a.subject::text, '-') || '|' || a.seen || '|' || sec.in_utc(a.at), '' ORDER BY a.n), ''), 'UTF8'))
    INTO n, d FROM care.work_order_act a WHERE a.order_id = o.id;
  PERFORM sec.order_step(o.id, 'reported', p_operator, NULL, NULL, n, d);
  DELETE FROM sec.maintenance_key k WHERE k.order_id = o.id;
  PERFORM sec.log_operator_as(p_operator, 'work_order_reported', o.id, n || '件');
  PERFORM sec.log(NULL, 'maintenance_reported', NULL, NULL, o.facility_id, o.id, 'done', NULL);
  PERFORM sec.tell_admins(o.facility_id, p_letter);
END $$;
-- Who asked ends it before its time: with a report where it was approved, without where nobody had. The same again changes nothing.
CREATE FUNCTION op.end_work_order(p_order uuid, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE me uuid := sec.must_operate(); o care.work_order; s text;
BEGIN
  o := sec.order_locked(p_order);
  IF o.operator_id <> me THEN RAISE EXCEPTION 'who asked only' USING ERRCODE = 'RK403'; END IF;
  s := sec.order_state(o, pg_catalog.clock_timestamp());
  IF s = 'waiting' THEN
    PERFORM sec.order_step(p_order, 'withdrawn', me, NULL, NULL, NULL, NULL);
    PERFORM sec.log_operator('work_order_withdrawn', p_order, o.purpose);
  ELSIF s IN ('asked', 'approved', 'open', 'over') THEN
    PERFORM sec.report_order(o, me, p_letter);
  END IF;
END $$;
CREATE FUNCTION op.work_orders() RETURNS TABLE (id uuid, facility_id uuid, facility text, operator_id uuid, operator text, mine bool, purpose text, planned text, reason text, rescan bool, from_at timestamptz, until_at timestamptz,
  at timestamptz, must_agree bool, state text, approved_by text, reported_at timestamptz, words bytea, confirmed_by text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE me uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT o.id, o.facility_id, f.name, o.operator_id, p.name, o.operator_id = me, o.purpose, o.planned, o.reason, o.rescan, o.from_at, o.until_at, o.at, o.facility_must_agree,
      sec.order_state(o, pg_catalog.clock_timestamp()),
      (SELECT q.name FROM care.work_order_step s JOIN care.operator q ON q.id = s.operator_id WHERE s.order_id = o.id AND s.kind = 'approved'),
      (SELECT s.at FROM care.work_order_step s WHERE s.order_id = o.id AND s.kind = 'reported'),
      (SELECT s.words FROM care.work_order_step s WHERE s.order_id = o.id AND s.kind = 'objected'),
      (SELECT v.name FROM care.work_order_step s JOIN care.person_now v ON v.account_id = s.account_id WHERE s.order_id = o.id AND s.kind IN ('confirmed', 'objected'))
    FROM care.work_order o JOIN care.facility_now f ON f.facility_id = o.facility_id JOIN care.operator p ON p.id = o.operator_id ORDER BY o.at DESC LIMIT 300;
END $$;
CREATE FUNCTION op.work_order_acts(p_order uuid) RETURNS TABLE (n int, operator text, act text, subject uuid, seen int, at timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE me uuid := sec.must_operate();
BEGIN
  RETURN QUERY SELECT a.n, p.name, a.act, a.subject, a.seen, a.at FROM care.work_order_act a JOIN care.operator p ON p.id = a.operator_id WHERE a.order_id = p_order ORDER BY a.n;
END $$;

-- ---- The facility ------------------------------------------------------------------------------------------------------
CREATE FUNCTION sec.order_of_mine(c sec.context, p_order uuid) RETURNS care.work_order LANGUAGE plpgsql AS $$
DECLARE o care.work_order;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  o := sec.order_locked(p_order);
  IF o.facility_id <> c.facility_id OR sec.order_state(o, pg_catalog.clock_timestamp()) = 'waiting'
      OR NOT EXISTS (SELECT 1 FROM care.work_order_step s WHERE s.order_id = p_order AND s.kind = 'approved') THEN
    RAISE EXCEPTION 'no such order' USING ERRCODE = 'RK404';
  END IF;
  RETURN o;
END $$;
CREATE FUNCTION act.agree_to_work_order(p_order uuid, p_yes bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); o care.work_order; k text := CASE WHEN p_yes THEN 'agreed' ELSE 'disagreed' END; e text;
BEGIN
  o := sec.order_of_mine(c, p_order);
  SELECT s.kind INTO e FROM care.work_order_step s WHERE s.order_id = p_order AND s.kind IN ('agreed', 'disagreed');
  IF e = k THEN RETURN; END IF;
  IF sec.order_state(o, pg_catalog.clock_timestamp()) <> 'asked' THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.order_step(p_order, k, NULL, c.account_id, NULL, NULL, NULL);
  PERFORM sec.log(c, CASE WHEN p_yes THEN 'maintenance_agreed' ELSE 'maintenance_disagreed' END, NULL, NULL, c.facility_id, p_order, 'done', NULL);
END $$;
-- Signs the report off, or objects in words. Once.
CREATE FUNCTION act.confirm_work_order(p_order uuid, p_yes bool, p_words bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); o care.work_order; k text := CASE WHEN p_yes THEN 'confirmed' ELSE 'objected' END; e care.work_order_step;
BEGIN
  o := sec.order_of_mine(c, p_order);
  SELECT * INTO e FROM care.work_order_step s WHERE s.order_id = p_order AND s.kind IN ('confirmed', 'objected');
  IF e.kind = k AND e.account_id = c.account_id THEN RETURN; END IF;
  IF sec.order_state(o, pg_catalog.clock_timestamp()) <> 'reported' THEN RAISE EXCEPTION 'decided already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.order_step(p_order, k, NULL, c.account_id, CASE WHEN p_yes THEN NULL ELSE p_words END, NULL, NULL);
  PERFORM sec.log(c, CASE WHEN p_yes THEN 'maintenance_confirmed' ELSE 'maintenance_objected' END, NULL, NULL, c.facility_id, p_order, 'done', NULL);
END $$;
-- Those that a second operator approved; what was never approved concerns nobody.
CREATE FUNCTION act.my_work_orders() RETURNS TABLE (id uuid, operator text, approved_by text, approved_at timestamptz, purpose text, planned text, reason text, rescan bool, from_at timestamptz, until_at timestamptz,
  must_agree bool, state text, reported_at timestamptz, report_digest bytea, words bytea, answered_by text, answered_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT o.id, p.name, q.name, y.at, o.purpose, o.planned, o.reason, o.rescan, o.from_at, o.until_at, o.facility_must_agree, sec.order_state(o, pg_catalog.clock_timestamp()), r.at, r.digest, z.words, v.name, z.at
    FROM care.work_order o JOIN care.operator p ON p.id = o.operator_id JOIN care.work_order_step y ON y.order_id = o.id AND y.kind = 'approved' JOIN care.operator q ON q.id = y.operator_id
    LEFT JOIN care.work_order_step r ON r.order_id = o.id AND r.kind = 'reported' LEFT JOIN care.work_order_step z ON z.order_id = o.id AND z.kind IN ('confirmed', 'objected')
    LEFT JOIN care.person_now v ON v.account_id = z.account_id WHERE o.facility_id = c.facility_id ORDER BY o.at DESC LIMIT 300;
END $$;
CREATE FUNCTION act.my_work_order_acts(p_order uuid) RETURNS TABLE (n int, operator text, act text, subject uuid, seen int, at timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT a.n, p.name, a.act, a.subject, a.seen, a.at FROM care.work_order_act a JOIN care.work_order o ON o.id = a.order_id AND o.facility_id = c.facility_id
    JOIN care.operator p ON p.id = a.operator_id WHERE a.order_id = p_order ORDER BY a.n;
END $$;
-- For the notices: how many orders wait for the admin's word, and how many are coming or open.
CREATE FUNCTION act.work_orders_waiting() RETURNS TABLE (id uuid, state text, at timestamptz, from_at timestamptz, until_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RETURN; END IF;
  RETURN QUERY SELECT x.* FROM (SELECT o.id, sec.order_state(o, pg_catalog.clock_timestamp()) AS state, (SELECT max(s.at) FROM care.work_order_step s WHERE s.order_id = o.id), o.from_at, o.until_at
    FROM care.work_order o WHERE o.facility_id = c.facility_id AND EXISTS (SELECT 1 FROM care.work_order_step s WHERE s.order_id = o.id AND s.kind = 'approved')) x
    WHERE x.state IN ('asked', 'approved', 'open', 'reported') ORDER BY 3 DESC LIMIT 20;
END $$;

-- ---- The command ---------------------------------------------------------------------------------------------------------
-- The order behind a key whose box is open now. RK403 for everything else: no order, another one's key, before, after, a suspended operator.
CREATE FUNCTION sec.must_be_granted(p_order uuid, p_token_hash bytea) RETURNS care.work_order LANGUAGE plpgsql AS $$
DECLARE o care.work_order;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_order::text, 32));
  SELECT x.* INTO o FROM care.work_order x JOIN sec.maintenance_key k ON k.order_id = x.id AND k.operator_id = x.operator_id AND k.token_hash = p_token_hash
    JOIN sec.operator_credential c ON c.operator_id = x.operator_id AND c.suspended_at IS NULL WHERE x.id = p_order;
  IF NOT FOUND OR sec.order_state(o, pg_catalog.clock_timestamp()) <> 'open' THEN RAISE EXCEPTION 'no grant' USING ERRCODE = 'RK403'; END IF;
  RETURN o;
END $$;
-- Writes an act down: for the report, for the facility's access log, for the operators' log.
CREATE FUNCTION sec.order_act(o care.work_order, p_act text, p_subject uuid, p_seen int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE i uuid := pg_catalog.gen_random_uuid();
BEGIN
  INSERT INTO care.work_order_act VALUES (o.id, 1 + coalesce((SELECT max(a.n) FROM care.work_order_act a WHERE a.order_id = o.id), 0), i, o.operator_id, p_act, p_subject, p_seen, pg_catalog.clock_timestamp());
  PERFORM sec.log(NULL, CASE p_act WHEN 'rescanned_file' THEN 'maintenance_changed' ELSE 'maintenance_read' END, NULL, NULL, o.facility_id, o.id, 'done', NULL);
  PERFORM sec.log_operator_as(o.operator_id, 'maintenance_act', o.id, p_act);
END $$;
-- The streams of the facility: ids, counts, sizes, and whether the head is the last record. No group's name, no word.
CREATE FUNCTION act.maintain_streams(p_order uuid, p_token_hash bytea) RETURNS TABLE (stream uuid, kind text, records bigint, bytes bigint, last_at timestamptz, head_fits bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o care.work_order := sec.must_be_granted(p_order, p_token_hash); n int;
BEGIN
  RETURN QUERY SELECT s.id, s.kind, h.seq, coalesce(r.bytes, 0), h.at, coalesce(r.n, 0) = h.seq AND (h.seq = 0 OR r.hash = h.hash)
    FROM care.stream s JOIN care.stream_head h ON h.stream_id = s.id JOIN care.data_key k ON k.stream_id = s.id
    LEFT JOIN LATERAL (SELECT count(*) AS n, pg_catalog.sum(pg_catalog.octet_length(x.envelope))::bigint AS bytes, (pg_catalog.array_agg(x.hash ORDER BY x.seq DESC))[1] AS hash FROM (
      SELECT p.seq, p.hash, p.envelope FROM care.post p WHERE p.stream_id = s.id UNION ALL SELECT p.seq, p.hash, p.envelope FROM care.receipt p WHERE p.stream_id = s.id
      UNION ALL SELECT p.seq, p.hash, p.envelope FROM care.membership_event p WHERE p.stream_id = s.id UNION ALL SELECT p.seq, p.hash, p.envelope FROM care.face_sheet_version p WHERE p.stream_id = s.id) x) r ON true
    WHERE k.facility_id = o.facility_id ORDER BY s.created_at, s.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  PERFORM sec.order_act(o, 'listed_streams', NULL, n);
END $$;
-- Its files that are not ready: ids, sizes, states.
CREATE FUNCTION act.maintain_files(p_order uuid, p_token_hash bytea) RETURNS TABLE (file uuid, state text, bytes bigint, media_type text, uploaded_at timestamptz, state_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE o care.work_order := sec.must_be_granted(p_order, p_token_hash); n int;
BEGIN
  RETURN QUERY SELECT f.id, x.state, f.bytes, f.media_type, f.created_at, x.at FROM care.file f JOIN care.file_state x ON x.file_id = f.id
    WHERE f.facility_id = o.facility_id AND x.state <> 'ready' ORDER BY x.at DESC LIMIT 1000;
  GET DIAGNOSTICS n = ROW_COUNT;
  PERFORM sec.order_act(o, 'listed_files', NULL, n);
END $$;
-- Gives a file to the scanner again whose scan never came or hangs; a refused one stays refused. RK404 for files of others.
CREATE FUNCTION act.maintain_rescan(p_order uuid, p_token_hash bytea, p_file uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o care.work_order := sec.must_be_granted(p_order, p_token_hash);
BEGIN
  IF NOT o.rescan THEN RAISE EXCEPTION 'not in the order' USING ERRCODE = 'RK403'; END IF;
  IF NOT EXISTS (SELECT 1 FROM care.file f WHERE f.id = p_file AND f.facility_id = o.facility_id) THEN RAISE EXCEPTION 'no such file' USING ERRCODE = 'RK404'; END IF;
  UPDATE care.file_state SET state = 'scanning', at = pg_catalog.clock_timestamp() WHERE file_id = p_file AND state IN ('scanning', 'unscanned');
  IF NOT FOUND THEN RAISE EXCEPTION 'scanned already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.order_act(o, 'rescanned_file', p_file, 1);
END $$;
-- The schedule: a report for every order whose time is over, whatever ended the work. How many.
CREATE FUNCTION act.report_work_orders(p_letter jsonb) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE o care.work_order; n int := 0;
BEGIN
  FOR o IN SELECT x.* FROM care.work_order x WHERE x.until_at <= pg_catalog.clock_timestamp() AND EXISTS (SELECT 1 FROM care.work_order_step s WHERE s.order_id = x.id AND s.kind = 'approved')
      AND sec.order_state(x, pg_catalog.clock_timestamp()) = 'over' ORDER BY x.until_at LIMIT 100 LOOP
    PERFORM sec.order_locked(o.id);
    IF sec.order_state(o, pg_catalog.clock_timestamp()) = 'over' THEN
      PERFORM sec.report_order(o, NULL, p_letter);
      n := n + 1;
    END IF;
  END LOOP;
  RETURN n;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION op.open_work_order(uuid, uuid, text, text, text, bool, timestamptz, timestamptz, bool), op.decide_work_order(uuid, bool, jsonb), op.take_maintenance_key(uuid, bytea),
  op.end_work_order(uuid, jsonb), op.work_orders(), op.work_order_acts(uuid) TO renkei_operator;
GRANT EXECUTE ON FUNCTION act.agree_to_work_order(uuid, bool), act.confirm_work_order(uuid, bool, bytea), act.my_work_orders(), act.my_work_order_acts(uuid), act.work_orders_waiting() TO renkei_app;
GRANT EXECUTE ON FUNCTION act.maintain_streams(uuid, bytea), act.maintain_files(uuid, bytea), act.maintain_rescan(uuid, bytea, uuid), act.report_work_orders(jsonb) TO renkei_job;
SET LOCAL ROLE renkei_owner;
