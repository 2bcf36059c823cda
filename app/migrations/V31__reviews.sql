-- Reviews (棚卸): every quarter each facility goes through its accounts, and through the memberships of the groups that its staff
-- host. What nobody confirms ends: accounts are suspended after a notice and a reminder; memberships are listed. The result stays,
-- chained and signed. And guests whose date has passed leave a record of it.
-- No foreign keys to older tables, see V13.

-- A membership that ended by its date.
ALTER TABLE care.membership_event DROP CONSTRAINT membership_event_kind_check,
  ADD CONSTRAINT membership_event_kind_check CHECK (kind IN ('opened', 'invited', 'accepted', 'declined', 'approved', 'refused', 'joined', 'removed', 'left', 'expired',
                                     'role_changed', 'handed_over', 'archived', 'reopened')) NOT VALID;
-- Every older row met the narrower rule.
ALTER TABLE care.membership_event VALIDATE CONSTRAINT membership_event_kind_check;
CREATE INDEX membership_with_a_date ON care.membership (until) WHERE until IS NOT NULL AND ended_at IS NULL;
-- NULL: nobody did it. A review ended, and the account had not been confirmed.
ALTER TABLE care.staff_event ALTER COLUMN by_account DROP NOT NULL;

CREATE TABLE care.review (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  quarter text NOT NULL CHECK (quarter ~ '^[0-9]{4}-Q[1-4]$'),
  opened_by uuid,                                              -- NULL: the schedule
  client_id uuid,
  opened_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  items int NOT NULL,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),     -- of the whole list, in its order: where the chain of answers begins
  CONSTRAINT review_client_id_key UNIQUE (opened_by, client_id),
  CHECK ((opened_by IS NULL) = (client_id IS NULL)),
  CHECK (due_at > opened_at)
);
CREATE INDEX review_by_facility ON care.review (facility_id, opened_at DESC);
SELECT care.make_append_only('care.review');
-- What was asked about, as it was when the review was opened.
CREATE TABLE care.review_item (
  id uuid PRIMARY KEY,
  review_id uuid NOT NULL REFERENCES care.review,
  n int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('account', 'membership')),
  account_id uuid NOT NULL,
  facility_id uuid NOT NULL,                                   -- the tie, or through which the person is in the group
  group_id uuid,
  role text NOT NULL CHECK (role IN ('admin', 'staff', 'host', 'member', 'guest')),
  state text NOT NULL CHECK (state IN ('active', 'suspended')),
  used_at timestamptz,                                         -- the last request for the facility; of a member: the last reading in the group
  until timestamptz,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  CONSTRAINT review_item_place_key UNIQUE (review_id, n),
  CHECK ((kind = 'membership') = (group_id IS NOT NULL))
);
CREATE INDEX review_item_by_group ON care.review_item (group_id) WHERE group_id IS NOT NULL;
SELECT care.make_append_only('care.review_item');
-- One answer for each item: by a person, or, at the end, by what the rules say of those that nobody answered.
CREATE TABLE care.review_answer (
  item_id uuid PRIMARY KEY REFERENCES care.review_item,
  review_id uuid NOT NULL,
  n int NOT NULL,
  answer text NOT NULL CHECK (answer IN ('keep', 'remove', 'gone', 'suspended', 'spared', 'unanswered')),
  by_account uuid,                                             -- NULL: the end of the review
  client_id uuid,
  at timestamptz NOT NULL,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  CONSTRAINT review_answer_place_key UNIQUE (review_id, n),
  CHECK (by_account IS NOT NULL OR answer NOT IN ('keep', 'remove'))
);
SELECT care.make_append_only('care.review_answer');
CREATE TABLE care.review_state (
  review_id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  reminded_at timestamptz,
  closed_at timestamptz,
  answers int NOT NULL DEFAULT 0,
  digest bytea NOT NULL                                        -- the end of the chain of answers
);
CREATE UNIQUE INDEX review_one_open ON care.review_state (facility_id) WHERE closed_at IS NULL;
-- The deployment's key for results: its seed under the master key, its public half in clear.
CREATE TABLE care.review_key (
  version int PRIMARY KEY,
  master text NOT NULL,
  wrapped bytea NOT NULL,
  public bytea NOT NULL CHECK (octet_length(public) = 32),
  created_at timestamptz NOT NULL
);
SELECT care.make_append_only('care.review_key');
CREATE TABLE care.review_signature (
  review_id uuid PRIMARY KEY REFERENCES care.review,
  key_version int NOT NULL REFERENCES care.review_key,
  signature bytea NOT NULL CHECK (octet_length(signature) = 64),
  at timestamptz NOT NULL
);
SELECT care.make_append_only('care.review_signature');
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['review', 'review_item', 'review_answer', 'review_state', 'review_key', 'review_signature'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT ON care.%I TO renkei_sec', t);
  END LOOP;
  GRANT UPDATE ON care.review_state TO renkei_sec;
  CREATE TRIGGER no_delete BEFORE DELETE OR TRUNCATE ON care.review_state FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
  ALTER TABLE care.review_state ENABLE ALWAYS TRIGGER no_delete;
  FOREACH t IN ARRAY ARRAY['review', 'review_item', 'review_answer', 'review_state', 'review_key', 'review_signature'] LOOP
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;
-- Foreign key checks run as the owner with a key-share lock.
GRANT UPDATE (id) ON care.review, care.review_item TO renkei_owner;
GRANT UPDATE (version) ON care.review_key TO renkei_owner;

SET LOCAL ROLE renkei_sec;

-- ---- The bytes that are hashed ------------------------------------------------------------------------------------
CREATE FUNCTION sec.in_bytes(p_parts text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.array_to_string(p_parts, '|', '-'), 'UTF8'))
$$;
CREATE FUNCTION sec.in_utc(p timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- ---- Opening --------------------------------------------------------------------------------------------------------
-- Whom a review asks: the facility's admins for its accounts, the hosts of now for the members of their groups.
CREATE FUNCTION sec.asked_by(p_review uuid) RETURNS TABLE (account_id uuid, as_host bool, remaining bigint) LANGUAGE sql STABLE AS $$
  WITH open AS (SELECT i.* FROM care.review_item i WHERE i.review_id = p_review AND NOT EXISTS (SELECT 1 FROM care.review_answer a WHERE a.item_id = i.id))
  SELECT s.account_id, false, x.n FROM care.review r JOIN care.staff s ON s.facility_id = r.facility_id AND s.admin AND s.state = 'active'
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM open o WHERE o.kind = 'account') x WHERE r.id = p_review AND x.n > 0
  UNION ALL
  SELECT g.host_id, true, count(*) FROM open o JOIN care.group_state g ON g.group_id = o.group_id GROUP BY g.host_id
$$;
-- Tells everybody who is asked, in the product and by a letter without content. Where no admin can be written to, the facility's
-- contact for emergencies is.
CREATE FUNCTION sec.tell_reviewers(p_review uuid, p_letter jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record; reached bool := false; m text;
BEGIN
  FOR r IN SELECT x.account_id, pg_catalog.bool_and(x.as_host) AS host_only FROM sec.asked_by(p_review) x GROUP BY x.account_id LOOP
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', r.account_id, sec.clock());
    IF sec.write_to(r.account_id, p_letter) AND NOT r.host_only THEN reached := true; END IF;
  END LOOP;
  IF reached OR p_letter IS NULL THEN RETURN; END IF;
  SELECT c.mail INTO m FROM care.facility_contact c WHERE c.facility_id = (SELECT x.facility_id FROM care.review x WHERE x.id = p_review) ORDER BY c.at DESC LIMIT 1;
  IF m <> '' THEN
    PERFORM sec.enqueue('mail', p_letter || pg_catalog.jsonb_build_object('to', m, 'message', pg_catalog.gen_random_uuid()), interval '0', 18);
  END IF;
END $$;
CREATE FUNCTION sec.open_review(p_review uuid, p_facility uuid, p_quarter text, p_by uuid, p_client uuid, p_at timestamptz, p_due timestamptz, p_letter jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE list care.review_item[]; d bytea;
BEGIN
  -- The staff by kana, then the members of each group by kana; a group's host is asked about all but herself.
  SELECT coalesce(pg_catalog.array_agg(ROW(y.id, p_review, y.n, y.kind, y.account_id, y.facility_id, y.group_id, y.role, y.state, y.used_at, y.until,
      sec.in_bytes(ARRAY['renkei/review-item/v1', y.id::text, p_review::text, y.n::text, y.kind, y.account_id::text, y.facility_id::text, y.group_id::text, y.role, y.state,
        sec.in_utc(y.used_at), sec.in_utc(y.until)]))::care.review_item ORDER BY y.n), '{}') INTO list
    FROM (SELECT x.*, pg_catalog.gen_random_uuid() AS id, pg_catalog.row_number() OVER (ORDER BY x.kind, x.group_id, p.kana, x.account_id)::int AS n FROM (
        SELECT 'account' AS kind, s.account_id, s.facility_id, NULL::uuid AS group_id, CASE WHEN s.admin THEN 'admin' ELSE 'staff' END AS role, s.state,
            (SELECT max(z.last_seen) FROM sec.session z WHERE z.account_id = s.account_id AND z.facility_id = s.facility_id) AS used_at, NULL::timestamptz AS until
          FROM care.staff s WHERE s.facility_id = p_facility AND s.state <> 'left'
        UNION ALL
        SELECT 'membership', m.account_id, m.facility_id, m.group_id, m.role, 'active',
            (SELECT max(z.at) FROM care.read_position z WHERE z.group_id = m.group_id AND z.account_id = m.account_id), m.until
          FROM care.group_state g JOIN care.groups gg ON gg.id = g.group_id AND gg.kind <> 'direct'
          JOIN care.membership h ON h.group_id = g.group_id AND h.account_id = g.host_id AND h.facility_id = p_facility AND h.role = 'host' AND h.ended_at IS NULL
          JOIN care.membership m ON m.group_id = g.group_id AND m.account_id <> g.host_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > p_at)
          WHERE g.archived_at IS NULL) x
      JOIN care.person_now p ON p.account_id = x.account_id) y;
  SELECT sec.in_bytes(ARRAY['renkei/review-list/v1', p_review::text, p_facility::text, p_quarter, sec.in_utc(p_at), sec.in_utc(p_due),
    coalesce(pg_catalog.string_agg(pg_catalog.encode(i.digest, 'hex'), '' ORDER BY i.n), '')]) INTO d FROM unnest(list) i;
  INSERT INTO care.review VALUES (p_review, p_facility, p_quarter, p_by, p_client, p_at, p_due, pg_catalog.cardinality(list), d);
  INSERT INTO care.review_item SELECT i.* FROM unnest(list) i;
  INSERT INTO care.review_state (review_id, facility_id, digest) VALUES (p_review, p_facility, d);
  PERFORM sec.tell_reviewers(p_review, p_letter);
END $$;

-- The facility's admin, at any time when none is open. The same client id again is the same review.
CREATE FUNCTION act.open_review(p_review uuid, p_client uuid, p_quarter text, p_due timestamptz, p_letter jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); e uuid;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.facility_id::text, 31));
  SELECT r.id INTO e FROM care.review r WHERE r.opened_by = c.account_id AND r.client_id = p_client;
  IF FOUND THEN RETURN e; END IF;
  IF EXISTS (SELECT 1 FROM care.review_state s WHERE s.facility_id = c.facility_id AND s.closed_at IS NULL) THEN RAISE EXCEPTION 'open already' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.open_review(p_review, c.facility_id, p_quarter, c.account_id, p_client, sec.clock(), p_due, p_letter);
  PERFORM sec.log(c, 'opened_review', NULL, NULL, c.facility_id, p_review, 'done', NULL);
  RETURN p_review;
END $$;
-- The schedule: one facility that was there when the quarter began and has had no review in it; NULL when there is none left.
CREATE FUNCTION act.open_next_review(p_quarter text, p_begins timestamptz, p_now timestamptz, p_due timestamptz, p_letter jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE f uuid; i uuid := pg_catalog.gen_random_uuid();
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  SELECT x.id INTO f FROM care.facility x WHERE x.created_at < p_begins
    AND EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = x.id AND s.state <> 'left')
    AND NOT EXISTS (SELECT 1 FROM care.review r WHERE r.facility_id = x.id AND r.quarter = p_quarter)
    AND NOT EXISTS (SELECT 1 FROM care.review_state s WHERE s.facility_id = x.id AND s.closed_at IS NULL) ORDER BY x.id LIMIT 1;
  IF f IS NULL THEN RETURN NULL; END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(f::text, 31));
  IF NOT EXISTS (SELECT 1 FROM care.review r WHERE r.facility_id = f AND r.quarter = p_quarter)
     AND NOT EXISTS (SELECT 1 FROM care.review_state s WHERE s.facility_id = f AND s.closed_at IS NULL) THEN
    PERFORM sec.open_review(i, f, p_quarter, NULL, NULL, p_now, p_due, p_letter);
    PERFORM sec.log(NULL, 'opened_review', NULL, NULL, f, i, 'done', NULL);
  END IF;
  RETURN f;
END $$;
CREATE FUNCTION act.remind_next_review(p_now timestamptz, p_before interval, p_letter jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE i uuid;
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  SELECT s.review_id INTO i FROM care.review_state s JOIN care.review r ON r.id = s.review_id
    WHERE s.closed_at IS NULL AND s.reminded_at IS NULL AND r.due_at - p_before <= p_now AND r.due_at > p_now ORDER BY r.due_at LIMIT 1 FOR UPDATE OF s;
  IF i IS NULL THEN RETURN NULL; END IF;
  UPDATE care.review_state SET reminded_at = p_now WHERE review_id = i;
  PERFORM sec.tell_reviewers(i, p_letter);
  RETURN i;
END $$;

-- ---- Answering ------------------------------------------------------------------------------------------------------
CREATE FUNCTION sec.still_there(i care.review_item) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN i.kind = 'account' THEN EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = i.account_id AND s.facility_id = i.facility_id AND s.state <> 'left')
    ELSE EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = i.group_id AND m.account_id = i.account_id AND m.facility_id = i.facility_id AND m.ended_at IS NULL
      AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())) END
$$;
-- The item, if it is the caller's to answer: an account for the facility's admin, a membership for the group's host of now. RK404 for
-- whoever may not know of it, RK403 for an admin who asks about a membership that is the host's to answer.
CREATE FUNCTION sec.item_to_answer(c sec.context, p_item uuid) RETURNS care.review_item LANGUAGE plpgsql STABLE AS $$
DECLARE i care.review_item; f uuid;
BEGIN
  SELECT x.* INTO i FROM care.review_item x WHERE x.id = p_item;
  SELECT r.facility_id INTO f FROM care.review r WHERE r.id = i.review_id;
  IF i.kind = 'account' AND f = c.facility_id THEN
    IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
    RETURN i;
  END IF;
  IF i.kind = 'membership' THEN
    IF EXISTS (SELECT 1 FROM care.group_state g JOIN care.membership m ON m.group_id = g.group_id AND m.account_id = g.host_id AND m.role = 'host' AND m.ended_at IS NULL
        WHERE g.group_id = i.group_id AND g.host_id = c.account_id AND m.facility_id = c.facility_id) THEN RETURN i; END IF;
    IF f = c.facility_id AND c.admin THEN RAISE EXCEPTION 'host only' USING ERRCODE = 'RK403'; END IF;
  END IF;
  RAISE EXCEPTION 'no such item' USING ERRCODE = 'RK404';
END $$;
-- What answering takes: whom and what it is about, and whether there is something left to end.
CREATE FUNCTION act.review_item(p_item uuid) RETURNS TABLE (review_id uuid, kind text, account_id uuid, facility_id uuid, group_id uuid, there bool, answer text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); i care.review_item;
BEGIN
  i := sec.item_to_answer(c, p_item);
  RETURN QUERY SELECT i.review_id, i.kind, i.account_id, i.facility_id, i.group_id, sec.still_there(i), (SELECT a.answer FROM care.review_answer a WHERE a.item_id = p_item);
END $$;
-- One more link of the chain. The caller holds the row of the review's state.
CREATE FUNCTION sec.link_answer(i care.review_item, p_answer text, p_by uuid, p_client uuid, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s care.review_state; d bytea;
BEGIN
  SELECT * INTO s FROM care.review_state x WHERE x.review_id = i.review_id;
  d := sec.in_bytes(ARRAY['renkei/review-answer/v1', pg_catalog.encode(s.digest, 'hex'), pg_catalog.encode(i.digest, 'hex'), p_answer, p_by::text, sec.in_utc(p_at)]);
  INSERT INTO care.review_answer VALUES (i.id, i.review_id, s.answers + 1, p_answer, p_by, p_client, p_at, d);
  UPDATE care.review_state SET answers = s.answers + 1, digest = d WHERE review_id = i.review_id;
END $$;
-- Keeps or removes. To remove an account is to suspend it; a membership has been ended before, by the act on groups, in the same
-- transaction. The same answer again changes nothing; another one is RK409. With the last answer the review is over.
CREATE FUNCTION act.answer_review(p_item uuid, p_answer text, p_client uuid) RETURNS TABLE (answer text, closed bool) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); i care.review_item; s care.review_state; e text; tie text; given text := p_answer; t timestamptz; over bool;
BEGIN
  IF p_answer NOT IN ('keep', 'remove') THEN RAISE EXCEPTION 'keep or remove' USING ERRCODE = 'RK422'; END IF;
  i := sec.item_to_answer(c, p_item);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF i.kind = 'account' THEN
    -- Two admins who remove each other come one after the other; so do a departure and this.
    PERFORM 1 FROM care.staff x WHERE x.facility_id = c.facility_id AND (x.admin OR x.account_id = i.account_id) ORDER BY x.account_id FOR UPDATE;
    IF NOT EXISTS (SELECT 1 FROM care.staff x WHERE x.facility_id = c.facility_id AND x.account_id = c.account_id AND x.admin AND x.state = 'active') THEN
      RAISE EXCEPTION 'no session' USING ERRCODE = 'RK401';
    END IF;
  END IF;
  SELECT * INTO s FROM care.review_state x WHERE x.review_id = i.review_id FOR UPDATE;
  SELECT a.answer INTO e FROM care.review_answer a WHERE a.item_id = p_item;
  IF FOUND THEN
    IF e <> p_answer AND e <> 'gone' THEN RAISE EXCEPTION 'answered already' USING ERRCODE = 'RK409'; END IF;
    RETURN QUERY SELECT e, s.closed_at IS NOT NULL; RETURN;
  END IF;
  IF s.closed_at IS NOT NULL THEN RAISE EXCEPTION 'review is over' USING ERRCODE = 'RK409'; END IF;
  IF i.kind = 'account' THEN
    SELECT x.state INTO tie FROM care.staff x WHERE x.facility_id = c.facility_id AND x.account_id = i.account_id;
    IF tie = 'left' THEN given := 'gone';
    ELSIF p_answer = 'remove' THEN
      IF i.account_id = c.account_id THEN RAISE EXCEPTION 'not oneself' USING ERRCODE = 'RK409'; END IF;
      IF tie = 'active' THEN PERFORM act.set_suspended(i.account_id, true); END IF;
    END IF;
  ELSIF p_answer = 'keep' AND NOT sec.still_there(i) THEN given := 'gone';
  ELSIF p_answer = 'remove' AND sec.still_there(i) THEN RAISE EXCEPTION 'still a member' USING ERRCODE = 'RK409';
  END IF;
  t := sec.clock();
  PERFORM sec.link_answer(i, given, c.account_id, p_client, t);
  over := s.answers + 1 = (SELECT r.items FROM care.review r WHERE r.id = i.review_id);
  IF over THEN UPDATE care.review_state SET closed_at = t WHERE review_id = i.review_id; END IF;
  PERFORM sec.log(c, CASE given WHEN 'remove' THEN 'review_removed' ELSE 'review_kept' END, i.group_id, NULL,
    coalesce((SELECT g.facility_id FROM care.groups g WHERE g.id = i.group_id), s.facility_id), i.account_id, 'done', NULL);
  RETURN QUERY SELECT given, over;
END $$;

-- ---- The end --------------------------------------------------------------------------------------------------------
-- One review that is due. Accounts that nobody confirmed are suspended; an admin only where another active admin remains who was
-- confirmed or came later, so that the facility is never without one. Nobody is taken out of a group by a machine: a patient's team
-- could lose the one who should know. Those memberships are listed. `p_told` goes to the admins, `p_stopped` to who was suspended.
CREATE FUNCTION act.close_next_review(p_now timestamptz, p_told jsonb, p_stopped jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE r care.review; i care.review_item; tie care.staff; spared bool; given text; x record;
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  SELECT v.* INTO r FROM care.review v JOIN care.review_state s ON s.review_id = v.id WHERE s.closed_at IS NULL AND v.due_at <= p_now ORDER BY v.due_at LIMIT 1;
  IF NOT FOUND THEN RETURN NULL; END IF;
  PERFORM 1 FROM care.staff s WHERE s.facility_id = r.facility_id ORDER BY s.account_id FOR UPDATE;
  PERFORM 1 FROM care.review_state s WHERE s.review_id = r.id AND s.closed_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN r.id; END IF;
  spared := NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.facility_id = r.facility_id AND s.admin AND s.state = 'active' AND NOT EXISTS (
    SELECT 1 FROM care.review_item y WHERE y.review_id = r.id AND y.kind = 'account' AND y.account_id = s.account_id AND NOT EXISTS (SELECT 1 FROM care.review_answer a WHERE a.item_id = y.id)));
  FOR i IN SELECT y.* FROM care.review_item y WHERE y.review_id = r.id AND NOT EXISTS (SELECT 1 FROM care.review_answer a WHERE a.item_id = y.id) ORDER BY y.n LOOP
    IF NOT sec.still_there(i) THEN given := 'gone';
    ELSIF i.kind = 'membership' THEN given := 'unanswered';
    ELSE
      SELECT * INTO tie FROM care.staff s WHERE s.facility_id = r.facility_id AND s.account_id = i.account_id;
      given := CASE WHEN tie.admin AND tie.state = 'active' AND spared THEN 'spared' ELSE 'suspended' END;
      IF given = 'suspended' AND tie.state = 'active' THEN
        UPDATE care.staff SET state = 'suspended' WHERE facility_id = r.facility_id AND account_id = i.account_id;
        INSERT INTO care.staff_event (facility_id, account_id, kind, by_account, at) VALUES (r.facility_id, i.account_id, 'suspended', NULL, p_now);
        PERFORM sec.end_sessions(i.account_id, NULL, NULL, r.facility_id);
        PERFORM sec.log(NULL, 'review_suspended', NULL, NULL, r.facility_id, i.account_id, 'done', NULL);
        PERFORM sec.write_to(i.account_id, p_stopped);
      END IF;
    END IF;
    PERFORM sec.link_answer(i, given, NULL, NULL, p_now);
  END LOOP;
  UPDATE care.review_state SET closed_at = p_now WHERE review_id = r.id;
  PERFORM sec.log(NULL, 'closed_review', NULL, NULL, r.facility_id, r.id, 'done', NULL);
  FOR x IN SELECT s.account_id FROM care.staff s WHERE s.facility_id = r.facility_id AND s.admin AND s.state = 'active' LOOP
    INSERT INTO care.event (kind, account_id, at) VALUES ('notice', x.account_id, sec.clock());
    PERFORM sec.write_to(x.account_id, p_told);
  END LOOP;
  RETURN r.id;
END $$;

-- ---- The signature ----------------------------------------------------------------------------------------------------
-- The first key offered is the deployment's.
CREATE FUNCTION act.review_key(p_master text, p_wrapped bytea, p_public bytea) RETURNS TABLE (version int, wrapped bytea, public bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.review_key k) THEN
    INSERT INTO care.review_key VALUES (1, p_master, p_wrapped, p_public, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT k.version, k.wrapped, k.public FROM care.review_key k ORDER BY k.version DESC LIMIT 1;
END $$;
CREATE FUNCTION act.unsigned_reviews() RETURNS TABLE (id uuid, facility_id uuid, quarter text, opened_at timestamptz, due_at timestamptz, closed_at timestamptz, items int, list bytea, result bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT r.id, r.facility_id, r.quarter, r.opened_at, r.due_at, s.closed_at, r.items, r.digest, s.digest FROM care.review_state s JOIN care.review r ON r.id = s.review_id
  WHERE s.closed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.review_signature g WHERE g.review_id = r.id) ORDER BY s.closed_at LIMIT 200
$$;
CREATE FUNCTION act.sign_review(p_review uuid, p_key int, p_signature bytea) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.review_signature VALUES (p_review, p_key, p_signature, pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING
$$;

-- ---- What people see --------------------------------------------------------------------------------------------------
-- The open reviews that wait for the caller, as admin and as host.
CREATE FUNCTION act.my_reviews() RETURNS TABLE (review_id uuid, as_host bool, opened_at timestamptz, due_at timestamptz, remaining bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT r.id, false, r.opened_at, r.due_at, count(*) FROM care.review_state s JOIN care.review r ON r.id = s.review_id JOIN care.review_item i ON i.review_id = r.id AND i.kind = 'account'
      WHERE c.admin AND s.facility_id = c.facility_id AND s.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM care.review_answer a WHERE a.item_id = i.id) GROUP BY r.id
    UNION ALL
    SELECT r.id, true, r.opened_at, r.due_at, count(*) FROM care.group_state g JOIN care.membership m ON m.group_id = g.group_id AND m.account_id = g.host_id AND m.role = 'host' AND m.ended_at IS NULL
      JOIN care.review_item i ON i.group_id = g.group_id JOIN care.review r ON r.id = i.review_id JOIN care.review_state s ON s.review_id = r.id AND s.closed_at IS NULL
      WHERE g.host_id = c.account_id AND m.facility_id = c.facility_id AND NOT EXISTS (SELECT 1 FROM care.review_answer a WHERE a.item_id = i.id) GROUP BY r.id;
END $$;
-- The reviews of the admin's facility, the newest first.
CREATE FUNCTION act.reviews() RETURNS TABLE (id uuid, quarter text, opened_by text, opened_at timestamptz, due_at timestamptz, closed_at timestamptz, items int, answers int, accounts bigint, accounts_left bigint)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT r.id, r.quarter, p.name, r.opened_at, r.due_at, s.closed_at, r.items, s.answers,
      (SELECT count(*) FROM care.review_item i WHERE i.review_id = r.id AND i.kind = 'account'),
      (SELECT count(*) FROM care.review_item i WHERE i.review_id = r.id AND i.kind = 'account' AND NOT EXISTS (SELECT 1 FROM care.review_answer a WHERE a.item_id = i.id))
    FROM care.review r JOIN care.review_state s ON s.review_id = r.id LEFT JOIN care.person_now p ON p.account_id = r.opened_by
    WHERE r.facility_id = c.facility_id ORDER BY r.opened_at DESC LIMIT 100;
END $$;
-- One review with everything that proves it. RK404 for other facilities.
CREATE FUNCTION act.review(p_review uuid) RETURNS TABLE (id uuid, facility_id uuid, quarter text, opened_by text, opened_at timestamptz, due_at timestamptz, closed_at timestamptz, items int, answers int,
  list bytea, result bytea, key_version int, public bytea, master text, wrapped bytea, signature bytea) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT r.id, r.facility_id, r.quarter, p.name, r.opened_at, r.due_at, s.closed_at, r.items, s.answers, r.digest, s.digest, k.version, k.public, k.master, k.wrapped, g.signature
    FROM care.review r JOIN care.review_state s ON s.review_id = r.id LEFT JOIN care.person_now p ON p.account_id = r.opened_by
    LEFT JOIN care.review_signature g ON g.review_id = r.id LEFT JOIN care.review_key k ON k.version = g.key_version
    WHERE r.id = p_review AND r.facility_id = c.facility_id;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such review' USING ERRCODE = 'RK404'; END IF;
END $$;
-- Its items. Of a group that another facility manages the admin learns no more than that one of the own staff hosts it: neither who
-- the member is nor which group.
CREATE FUNCTION act.review_items(p_review uuid) RETURNS TABLE (id uuid, n int, kind text, account_id uuid, name text, profession text, login_id text, facility_id uuid, facility text, role text, state text, used_at timestamptz,
  group_id uuid, host text, until timestamptz, there bool, tie text, answer text, by_account uuid, by_name text, at timestamptz, place int, item bytea, digest bytea)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT i.id, i.n, i.kind, CASE WHEN o.open THEN i.account_id END, CASE WHEN o.open THEN p.name END, CASE WHEN o.open THEN p.profession END,
      CASE WHEN i.kind = 'account' THEN acc.login_id END, CASE WHEN o.open THEN i.facility_id END, CASE WHEN o.open THEN f.name END, i.role, i.state, CASE WHEN o.open THEN i.used_at END,
      CASE WHEN o.open THEN i.group_id END, h.name, CASE WHEN o.open THEN i.until END, sec.still_there(i),
      (SELECT s.state FROM care.staff s WHERE i.kind = 'account' AND s.account_id = i.account_id AND s.facility_id = i.facility_id),
      a.answer, a.by_account, b.name, a.at, a.n, i.digest, a.digest
    FROM care.review_item i JOIN care.review r ON r.id = i.review_id AND r.facility_id = c.facility_id
    LEFT JOIN care.groups g ON g.id = i.group_id LEFT JOIN care.group_state gs ON gs.group_id = i.group_id LEFT JOIN care.person_now h ON h.account_id = gs.host_id
    CROSS JOIN LATERAL (SELECT i.kind = 'account' OR g.facility_id = c.facility_id AS open) o
    JOIN care.person_now p ON p.account_id = i.account_id JOIN care.account acc ON acc.id = i.account_id JOIN care.facility_now f ON f.facility_id = i.facility_id
    LEFT JOIN care.review_answer a ON a.item_id = i.id LEFT JOIN care.person_now b ON b.account_id = a.by_account
    WHERE i.review_id = p_review ORDER BY i.n;
END $$;
-- The host's: the memberships of the groups that the caller hosts now, in reviews that are open.
CREATE FUNCTION act.my_review_items() RETURNS TABLE (id uuid, review_id uuid, due_at timestamptz, group_id uuid, account_id uuid, name text, profession text, facility text, role text, used_at timestamptz, until timestamptz,
  there bool, answer text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT i.id, r.id, r.due_at, i.group_id, i.account_id, p.name, p.profession, f.name, i.role, i.used_at, i.until, sec.still_there(i), a.answer
    FROM care.group_state g JOIN care.membership m ON m.group_id = g.group_id AND m.account_id = g.host_id AND m.role = 'host' AND m.ended_at IS NULL
    JOIN care.review_item i ON i.group_id = g.group_id JOIN care.review r ON r.id = i.review_id JOIN care.review_state s ON s.review_id = r.id AND s.closed_at IS NULL
    JOIN care.person_now p ON p.account_id = i.account_id JOIN care.facility_now f ON f.facility_id = i.facility_id LEFT JOIN care.review_answer a ON a.item_id = i.id
    WHERE g.host_id = c.account_id AND m.facility_id = c.facility_id ORDER BY r.due_at, i.group_id, i.n;
END $$;

-- ---- Unused for long ----------------------------------------------------------------------------------------------------
-- Accounts and devices of the own staff that nobody has used for so many days.
CREATE FUNCTION act.unused_of_mine(p_days int) RETURNS TABLE (account_id uuid, name text, profession text, login_id text, admin bool, device_id uuid, device text, used_at timestamptz, since timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); b timestamptz := pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => p_days);
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT x.* FROM (
      SELECT s.account_id, p.name, p.profession, a.login_id, s.admin, NULL::uuid, NULL::text,
          (SELECT max(z.last_seen) FROM sec.session z WHERE z.account_id = s.account_id AND z.facility_id = s.facility_id) AS used, s.since
        FROM care.staff s JOIN care.person_now p ON p.account_id = s.account_id JOIN care.account a ON a.id = s.account_id
        WHERE s.facility_id = c.facility_id AND s.state = 'active' AND s.account_id <> c.account_id
      UNION ALL
      SELECT s.account_id, p.name, p.profession, a.login_id, s.admin, d.id, d.name, greatest(d.last_seen, (SELECT max(z.last_seen) FROM sec.session z WHERE z.device_id = d.id)), d.first_seen
        FROM care.staff s JOIN care.person_now p ON p.account_id = s.account_id JOIN care.account a ON a.id = s.account_id JOIN sec.device d ON d.account_id = s.account_id AND d.ended_at IS NULL
        WHERE s.facility_id = c.facility_id AND s.state <> 'left' AND EXISTS (SELECT 1 FROM sec.session z WHERE z.device_id = d.id AND z.facility_id = c.facility_id)) x
    WHERE coalesce(x.used, x.since) < b ORDER BY 6 IS NOT NULL, coalesce(x.used, x.since), x.name;
END $$;
-- Forgets one of these devices: whoever comes with it again comes with a new one. Nobody is signed in on it.
CREATE FUNCTION act.forget_unused_device(p_device uuid, p_days int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); a uuid;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT d.account_id INTO a FROM sec.device d WHERE d.id = p_device AND EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = d.account_id AND s.facility_id = c.facility_id AND s.state <> 'left')
    AND EXISTS (SELECT 1 FROM sec.session z WHERE z.device_id = d.id AND z.facility_id = c.facility_id) FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such device' USING ERRCODE = 'RK404'; END IF;
  IF NOT EXISTS (SELECT 1 FROM act.unused_of_mine(p_days) u WHERE u.device_id = p_device) THEN
    IF EXISTS (SELECT 1 FROM sec.device d WHERE d.id = p_device AND d.ended_at IS NOT NULL) THEN RETURN; END IF;
    RAISE EXCEPTION 'used since' USING ERRCODE = 'RK409';
  END IF;
  UPDATE sec.device SET ended_at = pg_catalog.clock_timestamp(), remembered_until = NULL WHERE id = p_device;
  PERFORM sec.end_sessions(a, NULL, p_device, NULL);
  PERFORM sec.log(c, 'forgot_device', NULL, NULL, c.facility_id, a, 'done', NULL);
END $$;

-- ---- Guests end by themselves ---------------------------------------------------------------------------------------------
-- Since their date they see nothing (the rights ask it in every statement); this writes it down. With what seals a record of each.
CREATE FUNCTION act.expired_memberships(p_limit int) RETURNS TABLE (group_id uuid, account_id uuid, facility_id uuid, stream uuid, wrapped bytea, key_facility uuid, key_version int, key_facility_wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT m.group_id, m.account_id, m.facility_id, t.id, k.wrapped, k.facility_id, k.facility_key_version, fk.wrapped
  FROM care.membership m JOIN care.stream t ON t.group_id = m.group_id AND t.kind = 'membership' JOIN care.data_key k ON k.stream_id = t.id
  JOIN care.facility_key fk ON fk.facility_id = k.facility_id AND fk.version = k.facility_key_version
  WHERE m.until <= pg_catalog.clock_timestamp() AND m.ended_at IS NULL ORDER BY m.until LIMIT p_limit
$$;
-- Ends one, if its date has still passed: false where another node was first, or somebody took the person in for longer. The record
-- names the member, whose term it was: nobody else did anything.
CREATE FUNCTION act.expire_membership(p_group uuid, p_account uuid, p_facility uuid, p_client uuid, p_id uuid, p_commitment bytea, p_envelope bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := ROW(p_account, p_facility, (SELECT v.version FROM care.person_now v WHERE v.account_id = p_account),
  (SELECT v.version FROM care.facility_now v WHERE v.facility_id = p_facility), NULL, NULL, false)::sec.context;
BEGIN
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = (SELECT s.id FROM care.stream s WHERE s.group_id = p_group AND s.kind = 'membership') FOR UPDATE;
  UPDATE care.membership m SET ended_at = sec.clock() WHERE m.group_id = p_group AND m.account_id = p_account AND m.facility_id = p_facility
    AND m.ended_at IS NULL AND m.until <= pg_catalog.clock_timestamp();
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO care.event (kind, group_id, account_id, at) VALUES ('membership.ended', p_group, p_account, sec.clock());
  PERFORM sec.membership_event(c, p_group, 'expired', p_account, p_id, p_client, p_commitment, p_envelope);
  RETURN true;
END $$;
-- Of the groups that the caller hosts: whose date is near, the nearest first.
CREATE FUNCTION act.ending_soon(p_within interval) RETURNS TABLE (group_id uuid, account_id uuid, name text, profession text, facility text, until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT m.group_id, m.account_id, p.name, p.profession, f.name, m.until
    FROM care.group_state g JOIN care.membership h ON h.group_id = g.group_id AND h.account_id = g.host_id AND h.role = 'host' AND h.ended_at IS NULL AND h.facility_id = c.facility_id
    JOIN care.membership m ON m.group_id = g.group_id AND m.ended_at IS NULL AND m.until > pg_catalog.clock_timestamp() AND m.until <= pg_catalog.clock_timestamp() + p_within
    JOIN care.person_now p ON p.account_id = m.account_id JOIN care.facility_now f ON f.facility_id = m.facility_id
    WHERE g.host_id = c.account_id AND g.archived_at IS NULL ORDER BY m.until, p.kana;
END $$;
-- As before; an end by date is in the records now, and before the next round only in the membership.
CREATE OR REPLACE FUNCTION act.my_notices(p_limit int) RETURNS TABLE (kind text, at timestamptz, group_id uuid)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); mine uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT x.kind, x.at, CASE WHEN x.g = ANY (mine) THEN x.g END FROM (
      SELECT e.kind, e.at, e.group_id AS g FROM care.membership_event e
        WHERE e.subject_id = c.account_id AND e.kind IN ('joined', 'handed_over', 'refused', 'removed', 'expired')
      UNION ALL SELECT 'expired', m.until, m.group_id FROM care.membership m
        WHERE m.account_id = c.account_id AND m.ended_at IS NULL AND m.until <= pg_catalog.clock_timestamp()) x
    ORDER BY x.at DESC LIMIT p_limit;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.open_review(uuid, uuid, text, timestamptz, jsonb), act.review_item(uuid), act.answer_review(uuid, text, uuid), act.my_reviews(), act.reviews(), act.review(uuid),
  act.review_items(uuid), act.my_review_items(), act.unused_of_mine(int), act.forget_unused_device(uuid, int), act.ending_soon(interval) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.open_next_review(text, timestamptz, timestamptz, timestamptz, jsonb), act.remind_next_review(timestamptz, interval, jsonb),
  act.close_next_review(timestamptz, jsonb, jsonb), act.review_key(text, bytea, bytea), act.unsigned_reviews(), act.sign_review(uuid, int, bytea),
  act.expired_memberships(int), act.expire_membership(uuid, uuid, uuid, uuid, uuid, bytea, bytea) TO renkei_job;
SET LOCAL ROLE renkei_owner;
