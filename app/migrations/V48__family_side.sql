-- The family's side (decision 0038): notices for patients and relatives, files, corrections and withdrawals of what they wrote.
-- Queue, subscriptions and pushes of theirs are tables of their own: nothing that rings the team can ring them, and the other way round.
-- No foreign keys to older tables, see V13.

-- ---- What they want --------------------------------------------------------------------------------------------------
-- No row: told on every way that there is, but for the night.
CREATE TABLE care.relative_setting (
  account_id uuid PRIMARY KEY,
  told bool NOT NULL,
  quiet_from time,                                             -- every day, in Asia/Tokyo. NULL: at any hour
  quiet_to time,
  changed_at timestamptz NOT NULL,
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);
-- How far the live events have been looked at for them.
CREATE TABLE care.relative_cursor (
  only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
  xid xid8 NOT NULL
);
-- One person to be told of one post of the team's on the family timeline. Rows only for whoever has a way and wants it.
CREATE TABLE care.relative_notice (
  post_id uuid NOT NULL,
  account_id uuid NOT NULL,
  group_id uuid NOT NULL,
  stream_id uuid NOT NULL,
  seq bigint NOT NULL,
  -- as of care.notification
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'seen', 'joined', 'void')),
  due_at timestamptz NOT NULL,
  held int NOT NULL DEFAULT 0,                                 -- how often it waited because the page was being used
  batch uuid,                                                  -- the ring that told of it
  made_at timestamptz NOT NULL,
  decided_at timestamptz,
  PRIMARY KEY (post_id, account_id),
  CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX relative_notice_due ON care.relative_notice (due_at) WHERE state = 'waiting';
CREATE INDEX relative_notice_told ON care.relative_notice (account_id, stream_id, decided_at DESC) WHERE state = 'told';
CREATE INDEX relative_notice_batch ON care.relative_notice (batch) WHERE batch IS NOT NULL;
CREATE INDEX relative_notice_made ON care.relative_notice (made_at);
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['relative_setting', 'relative_cursor', 'relative_notice'] LOOP
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON care.%I TO renkei_sec', t);
    PERFORM care.protect(('care.' || t)::regclass);
  END LOOP;
END $$;

SET LOCAL ROLE renkei_sec;

INSERT INTO care.relative_cursor (xid) VALUES (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
-- Where a phone is reached. What it takes to reach it is forgotten when it ends.
CREATE TABLE sec.relative_subscription (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  session_id uuid NOT NULL,
  endpoint text CHECK (length(endpoint) BETWEEN 10 AND 2000),
  p256dh bytea CHECK (octet_length(p256dh) = 65),
  auth bytea CHECK (octet_length(auth) = 16),
  made_at timestamptz NOT NULL,
  accepted_at timestamptz,                                     -- the push service last took something
  on_device_at timestamptz,                                    -- the phone last said that it had shown something
  failing_since timestamptz,                                   -- given up, and nothing taken since
  failure text CHECK (failure ~ '^[a-z0-9_]{1,60}$'),
  ended_at timestamptz,
  ended_why text CHECK (ended_why IN ('turned_off', 'replaced', 'signed_out', 'gone')),
  CHECK ((ended_at IS NULL) = (ended_why IS NULL)),
  CHECK ((ended_at IS NULL) = (endpoint IS NOT NULL AND p256dh IS NOT NULL AND auth IS NOT NULL))
);
CREATE UNIQUE INDEX relative_subscription_endpoint ON sec.relative_subscription (endpoint) WHERE ended_at IS NULL;
CREATE INDEX relative_subscription_by_account ON sec.relative_subscription (account_id) WHERE ended_at IS NULL;
CREATE INDEX relative_subscription_by_session ON sec.relative_subscription (session_id) WHERE ended_at IS NULL;
CREATE TABLE sec.relative_push (
  id uuid PRIMARY KEY,
  batch uuid NOT NULL,
  subscription_id uuid NOT NULL,
  account_id uuid NOT NULL,
  test bool NOT NULL,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'accepted', 'on_device', 'failed', 'seen')),
  code text CHECK (code ~ '^[a-z0-9_]{1,60}$'),
  tries int NOT NULL DEFAULT 0,
  token_hash bytea UNIQUE,                                     -- by which the phone says that it has shown it; used up then
  made_at timestamptz NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX relative_push_tests ON sec.relative_push (subscription_id, made_at DESC) WHERE test;
CREATE INDEX relative_push_made ON sec.relative_push (made_at);
-- Where letters go. An address counts once the number that went there was typed: before, it stands in `wanted`.
CREATE TABLE sec.relative_contact (
  account_id uuid PRIMARY KEY,
  mail text CHECK (length(mail) <= 254),
  confirmed_at timestamptz,
  wanted text CHECK (length(wanted) <= 254),
  code_hash bytea,
  code_until timestamptz,
  tries int NOT NULL DEFAULT 0,                                -- wrong numbers since the last letter
  asked_on date,
  asked int NOT NULL DEFAULT 0,                                -- letters with a number on that day: this door is no way to write to strangers
  job_id uuid,                                                 -- the last letter about something new
  CHECK ((mail IS NULL) = (confirmed_at IS NULL)),
  CHECK ((wanted IS NULL) = (code_hash IS NULL) AND (wanted IS NULL) = (code_until IS NULL))
);
SELECT care.guard_from_migrator('sec.relative_subscription');
SELECT care.guard_from_migrator('sec.relative_push');
SELECT care.guard_from_migrator('sec.relative_contact');

CREATE FUNCTION sec.end_relative_push(p_ids uuid[], p_why text) RETURNS void LANGUAGE sql AS $$
  UPDATE sec.relative_subscription SET ended_at = pg_catalog.clock_timestamp(), ended_why = p_why, endpoint = NULL, p256dh = NULL, auth = NULL
    WHERE id = ANY (p_ids) AND ended_at IS NULL
$$;
-- A phone that is signed out is not rung any more; one whose session merely grew old is.
CREATE FUNCTION sec.end_push_with_relative_session() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM sec.end_relative_push(ARRAY(SELECT s.id FROM sec.relative_subscription s WHERE s.session_id = NEW.id AND s.ended_at IS NULL), 'signed_out');
  RETURN NULL;
END $$;
CREATE TRIGGER push_ends AFTER UPDATE OF state ON sec.relative_session FOR EACH ROW WHEN (NEW.state = 'ended' AND OLD.state <> 'ended')
  EXECUTE FUNCTION sec.end_push_with_relative_session();

-- What stands in the log about a person of this door and no group in particular.
CREATE FUNCTION sec.kin_log_own(s sec.relative_session, p_act text) RETURNS void LANGUAGE sql AS $$
  SELECT sec.log(ROW(s.account_id, NULL, NULL, NULL, s.id, NULL, NULL)::sec.context, p_act, NULL, NULL, NULL, NULL, 'done', NULL)
$$;
CREATE FUNCTION sec.relative_setting(p_account uuid) RETURNS care.relative_setting LANGUAGE plpgsql STABLE AS $$
DECLARE r care.relative_setting;
BEGIN
  SELECT * INTO r FROM care.relative_setting x WHERE x.account_id = p_account;
  IF NOT FOUND THEN r := ROW(p_account, true, '21:00'::time, '07:00'::time, NULL)::care.relative_setting; END IF;
  RETURN r;
END $$;
-- Whether a person wants to be told and there is a way. `p_mail`: letters can be sent.
CREATE FUNCTION sec.reaches_relative(p_account uuid, p_mail bool) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (sec.relative_setting(p_account)).told AND (EXISTS (SELECT 1 FROM sec.relative_subscription s WHERE s.account_id = p_account AND s.ended_at IS NULL)
    OR (p_mail AND EXISTS (SELECT 1 FROM sec.relative_contact c WHERE c.account_id = p_account AND c.confirmed_at IS NOT NULL)));
END $$;

-- ---- Their settings: the family's door ---------------------------------------------------------------------------------
CREATE FUNCTION fam.notice_settings(p_token_hash bytea) RETURNS TABLE (told bool, quiet_from time, quiet_to time, mail text, wanted text, mail_state text, mail_error text,
  here uuid, since timestamptz, on_device_at timestamptz, failing_since timestamptz, elsewhere bigint, test_state text, test_code text, test_at timestamptz, gone bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); v care.relative_setting := sec.relative_setting(s.account_id);
BEGIN
  RETURN QUERY SELECT v.told, v.quiet_from, v.quiet_to, c.mail, CASE WHEN c.code_until > pg_catalog.clock_timestamp() THEN c.wanted END, j.state, j.last_error,
      p.id, p.made_at, p.on_device_at, p.failing_since,
      (SELECT count(*) FROM sec.relative_subscription o WHERE o.account_id = s.account_id AND o.ended_at IS NULL AND o.session_id <> s.id), t.state, t.code, t.at,
      -- The browser gave it up by itself: she believes that this phone rings.
      p.id IS NULL AND coalesce((SELECT o.ended_why = 'gone' FROM sec.relative_subscription o WHERE o.session_id = s.id ORDER BY o.made_at DESC LIMIT 1), false)
    FROM (SELECT 1) one LEFT JOIN sec.relative_contact c ON c.account_id = s.account_id LEFT JOIN care.job j ON j.id = c.job_id
    LEFT JOIN sec.relative_subscription p ON p.session_id = s.id AND p.ended_at IS NULL
    LEFT JOIN LATERAL (SELECT x.state, x.code, x.at FROM sec.relative_push x WHERE x.subscription_id = p.id AND x.test AND x.made_at > pg_catalog.clock_timestamp() - interval '1 day'
      ORDER BY x.made_at DESC LIMIT 1) t ON true;
END $$;
CREATE FUNCTION fam.set_notices(p_token_hash bytea, p_told bool, p_from time, p_to time) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active');
BEGIN
  INSERT INTO care.relative_setting AS x VALUES (s.account_id, p_told, p_from, p_to, pg_catalog.clock_timestamp())
    ON CONFLICT (account_id) DO UPDATE SET told = excluded.told, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, changed_at = excluded.changed_at;
  PERFORM sec.kin_log_own(s, 'changed_notifications');
END $$;
-- This phone is reached there. The same again changes nothing; another one at the same address, or another address here, replaces.
CREATE FUNCTION fam.subscribe_push(p_token_hash bytea, p_id uuid, p_endpoint text, p_p256dh bytea, p_auth bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); e sec.relative_subscription;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_endpoint, 48));
  SELECT * INTO e FROM sec.relative_subscription x WHERE x.endpoint = p_endpoint AND x.ended_at IS NULL;
  IF FOUND AND (e.account_id, e.session_id, e.p256dh, e.auth) = (s.account_id, s.id, p_p256dh, p_auth) THEN RETURN false; END IF;
  IF EXISTS (SELECT 1 FROM sec.relative_subscription x WHERE x.id = p_id) THEN RAISE EXCEPTION 'client id used for something else' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.end_relative_push(ARRAY(SELECT x.id FROM sec.relative_subscription x WHERE x.ended_at IS NULL AND (x.endpoint = p_endpoint OR x.session_id = s.id)), 'replaced');
  INSERT INTO sec.relative_subscription (id, account_id, session_id, endpoint, p256dh, auth, made_at) VALUES (p_id, s.account_id, s.id, p_endpoint, p_p256dh, p_auth, pg_catalog.clock_timestamp());
  PERFORM sec.kin_log_own(s, 'subscribed_push');
  RETURN true;
END $$;
-- `p_elsewhere`: the caller's other phones, not this one.
CREATE FUNCTION fam.end_push(p_token_hash bytea, p_elsewhere bool) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); ids uuid[];
BEGIN
  ids := ARRAY(SELECT x.id FROM sec.relative_subscription x WHERE x.account_id = s.account_id AND x.ended_at IS NULL AND (x.session_id <> s.id) = p_elsewhere);
  IF ids = '{}' THEN RETURN; END IF;
  PERFORM sec.end_relative_push(ids, 'turned_off');
  PERFORM sec.kin_log_own(s, 'ended_push');
END $$;
CREATE FUNCTION fam.test_push(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); e uuid; p uuid := pg_catalog.gen_random_uuid(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT x.id INTO e FROM sec.relative_subscription x WHERE x.session_id = s.id AND x.ended_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'not subscribed' USING ERRCODE = 'RK409'; END IF;
  IF EXISTS (SELECT 1 FROM sec.relative_push x WHERE x.subscription_id = e AND x.test AND x.made_at > t - interval '10 seconds') THEN RETURN; END IF;
  INSERT INTO sec.relative_push (id, batch, subscription_id, account_id, test, made_at, at) VALUES (p, p, e, s.account_id, true, t, t);
  PERFORM sec.enqueue('family_push', pg_catalog.jsonb_build_object('push', p), interval '0', 6);
END $$;
-- A letter with a number goes to this address. RK409 for the sixth of a day.
CREATE FUNCTION fam.ask_mail(p_token_hash bytea, p_mail text, p_code_hash bytea, p_letter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); t timestamptz := pg_catalog.clock_timestamp(); today date := (t AT TIME ZONE 'Asia/Tokyo')::date;
BEGIN
  INSERT INTO sec.relative_contact AS c (account_id, wanted, code_hash, code_until, asked_on, asked) VALUES (s.account_id, p_mail, p_code_hash, t + interval '30 minutes', today, 1)
    ON CONFLICT (account_id) DO UPDATE SET wanted = excluded.wanted, code_hash = excluded.code_hash, code_until = excluded.code_until, tries = 0, asked_on = today,
      asked = CASE WHEN c.asked_on = today THEN c.asked + 1 ELSE 1 END WHERE c.asked_on IS DISTINCT FROM today OR c.asked < 5;
  IF NOT FOUND THEN RAISE EXCEPTION 'asked too often' USING ERRCODE = 'RK409'; END IF;
  PERFORM sec.enqueue('mail', p_letter, interval '0', 6);
END $$;
-- False: another number, or one that is too old. The fifth wrong one ends it.
CREATE FUNCTION fam.confirm_mail(p_token_hash bytea, p_code_hash bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); c sec.relative_contact; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT * INTO c FROM sec.relative_contact x WHERE x.account_id = s.account_id FOR UPDATE;
  IF NOT FOUND OR c.code_hash IS NULL OR c.code_until <= t OR c.tries >= 5 THEN RETURN false; END IF;
  IF c.code_hash <> p_code_hash THEN
    UPDATE sec.relative_contact SET tries = tries + 1 WHERE account_id = s.account_id;
    RETURN false;
  END IF;
  UPDATE sec.relative_contact SET mail = c.wanted, confirmed_at = t, wanted = NULL, code_hash = NULL, code_until = NULL, tries = 0, job_id = NULL WHERE account_id = s.account_id;
  PERFORM sec.kin_log_own(s, 'confirmed_mail');
  RETURN true;
END $$;
-- No letters any more; the address is forgotten.
CREATE FUNCTION fam.forget_mail(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active');
BEGIN
  UPDATE sec.relative_contact SET mail = NULL, confirmed_at = NULL, wanted = NULL, code_hash = NULL, code_until = NULL, job_id = NULL WHERE account_id = s.account_id AND (mail IS NOT NULL OR wanted IS NOT NULL);
  IF FOUND THEN PERFORM sec.kin_log_own(s, 'changed_notifications'); END IF;
END $$;

-- ---- Deciding: as for the team (V39), from the family timeline alone -----------------------------------------------------
CREATE FUNCTION act.note_family(p_now timestamptz, p_mail bool) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET enable_seqscan = off AS $$
DECLARE x xid8; next xid8 := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()); posts uuid[]; seen bigint; last xid8; n int;
BEGIN
  IF NOT sec.may_notify() THEN RETURN 0; END IF;
  SELECT c.xid INTO x FROM care.relative_cursor c;
  -- A restored database may count from an earlier place.
  IF x > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()) THEN x := next; END IF;
  SELECT pg_catalog.array_agg(e.post_id) FILTER (WHERE e.timeline = 'family' AND e.kind IN ('post.created', 'post.corrected') AND e.at > p_now - interval '6 hours'),
      count(*) FILTER (WHERE e.xid < next), (max(e.xid::text::numeric) FILTER (WHERE e.xid < next) + 1)::text::xid8
    INTO posts, seen, last FROM (
      (SELECT v.kind, v.timeline, v.post_id, v.at, v.xid FROM care.event v WHERE v.xid >= x AND v.xid < next ORDER BY v.xid FETCH FIRST 5000 ROWS WITH TIES)
      UNION ALL SELECT v.kind, v.timeline, v.post_id, v.at, v.xid FROM care.event v WHERE v.xid >= greatest(x, next)) e;
  IF seen >= 5000 THEN next := last; END IF;
  IF seen > 0 THEN UPDATE care.relative_cursor SET xid = next WHERE xid <> next; END IF;
  IF posts IS NULL THEN RETURN 0; END IF;
  INSERT INTO care.relative_notice (post_id, account_id, group_id, stream_id, seq, due_at, made_at)
    SELECT p.id, r.account_id, p.group_id, p.stream_id, p.seq, p_now + interval '10 seconds', p_now
    FROM care.post p JOIN care.relative r ON r.group_id = p.group_id AND sec.is_now(r)
    -- What another relative wrote rings nobody.
    WHERE p.id = ANY (posts) AND NOT EXISTS (SELECT 1 FROM care.relative k WHERE k.version = p.author) AND sec.reaches_relative(r.account_id, p_mail)
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
-- `p_letter` is {subject, text}; NULL: no letters. Whoever has the page open is not rung: it is looked again a minute later, three times.
CREATE FUNCTION act.tell_family(p_now timestamptz, p_letter jsonb) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE one record; pushes uuid[]; people uuid[]; n int;
BEGIN
  IF NOT sec.may_notify() THEN RETURN 0; END IF;
  WITH due AS MATERIALIZED (SELECT x.* FROM care.relative_notice x WHERE x.state = 'waiting' AND x.due_at <= p_now ORDER BY x.due_at LIMIT 5000),
  judged AS MATERIALIZED (
    SELECT d.post_id, d.account_id, q.until, CASE
        WHEN NOT sec.reaches_relative(d.account_id, p_letter IS NOT NULL) OR EXISTS (SELECT 1 FROM care.post w WHERE w.target = d.post_id AND w.kind = 'withdrawal')
          OR NOT EXISTS (SELECT 1 FROM care.relative r WHERE r.account_id = d.account_id AND r.group_id = d.group_id AND sec.is_now(r)) THEN 'void'
        WHEN coalesce(r.up_to_seq, 0) >= d.seq THEN 'seen'
        WHEN q.until IS NOT NULL THEN 'quiet'
        WHEN d.held < 3 AND EXISTS (SELECT 1 FROM sec.relative_session v WHERE v.account_id = d.account_id AND v.state = 'active' AND v.expires_at > p_now AND v.last_seen > p_now - interval '45 seconds') THEN 'here'
        WHEN EXISTS (SELECT 1 FROM care.relative_notice t WHERE t.account_id = d.account_id AND t.stream_id = d.stream_id AND t.state = 'told' AND t.decided_at > p_now - interval '5 minutes'
          AND t.seq > coalesce(r.up_to_seq, 0)) THEN 'joined'
        ELSE 'told' END AS verdict
    FROM due d LEFT JOIN care.read_position r ON r.stream_id = d.stream_id AND r.account_id = d.account_id
    CROSS JOIN LATERAL (SELECT CASE WHEN s.quiet_from IS NOT NULL THEN sec.quiet_until(pg_catalog.array_fill(s.quiet_from, ARRAY[7]), pg_catalog.array_fill(s.quiet_to, ARRAY[7]), p_now) END AS until
      FROM sec.relative_setting(d.account_id) s) q),
  rung AS MATERIALIZED (SELECT j.account_id, pg_catalog.gen_random_uuid() AS batch FROM judged j WHERE j.verdict = 'told' GROUP BY j.account_id),
  decided AS (
    UPDATE care.relative_notice x SET state = CASE WHEN g.verdict IN ('quiet', 'here') THEN 'waiting' ELSE g.verdict END, held = x.held + CASE g.verdict WHEN 'here' THEN 1 ELSE 0 END,
      due_at = CASE g.verdict WHEN 'quiet' THEN g.until WHEN 'here' THEN p_now + interval '1 minute' ELSE x.due_at END, batch = CASE WHEN g.verdict = 'told' THEN b.batch END,
      decided_at = CASE WHEN g.verdict NOT IN ('quiet', 'here') THEN p_now END
    FROM judged g LEFT JOIN rung b ON b.account_id = g.account_id WHERE x.post_id = g.post_id AND x.account_id = g.account_id RETURNING g.verdict),
  made AS (
    INSERT INTO sec.relative_push (id, batch, subscription_id, account_id, test, made_at, at)
    SELECT pg_catalog.gen_random_uuid(), b.batch, s.id, s.account_id, false, p_now, p_now FROM rung b JOIN sec.relative_subscription s ON s.account_id = b.account_id AND s.ended_at IS NULL RETURNING id)
  SELECT (SELECT pg_catalog.array_agg(m.id) FROM made m), (SELECT pg_catalog.array_agg(b.account_id) FROM rung b), (SELECT count(*) FROM decided d WHERE d.verdict = 'told') INTO pushes, people, n;
  PERFORM sec.enqueue('family_push', pg_catalog.jsonb_build_object('push', x), interval '0', 6) FROM pg_catalog.unnest(pushes) x;
  IF p_letter IS NOT NULL AND people IS NOT NULL THEN
    FOR one IN SELECT c.account_id, c.mail FROM sec.relative_contact c WHERE c.account_id = ANY (people) AND c.confirmed_at IS NOT NULL LOOP
      UPDATE sec.relative_contact SET job_id = sec.enqueue('mail', p_letter || pg_catalog.jsonb_build_object('to', one.mail, 'message', pg_catalog.gen_random_uuid()), interval '0', 18)
        WHERE account_id = one.account_id;
    END LOOP;
  END IF;
  RETURN n;
END $$;
CREATE FUNCTION sec.relative_push_became(p_push uuid, p_state text, p_code text, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE sec.relative_push SET state = p_state, code = p_code, at = p_now, token_hash = CASE WHEN p_state = 'accepted' THEN token_hash END
    WHERE id = p_push AND (state = 'queued' OR state = 'accepted' AND p_state = 'on_device')
$$;
-- What a try needs; nothing where there is nothing to send any more. `ttl`: seconds for which it is still wanted, in no case into the night.
CREATE FUNCTION act.begin_family_push(p_push uuid, p_token_hash bytea, p_now timestamptz) RETURNS TABLE (endpoint text, p256dh bytea, auth bytea, ttl int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE p sec.relative_push; s sec.relative_subscription; v care.relative_setting; q timestamptz;
BEGIN
  SELECT * INTO p FROM sec.relative_push x WHERE x.id = p_push AND x.state = 'queued' FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT * INTO s FROM sec.relative_subscription x WHERE x.id = p.subscription_id AND x.ended_at IS NULL;
  IF NOT FOUND THEN
    PERFORM sec.relative_push_became(p.id, 'failed', 'subscription_ended', p_now); RETURN;
  END IF;
  IF NOT p.test THEN
    IF NOT EXISTS (SELECT 1 FROM care.relative_notice n JOIN care.relative r ON r.account_id = n.account_id AND r.group_id = n.group_id AND sec.is_now(r)
        LEFT JOIN care.read_position x ON x.stream_id = n.stream_id AND x.account_id = n.account_id WHERE n.batch = p.batch AND n.account_id = p.account_id AND coalesce(x.up_to_seq, 0) < n.seq) THEN
      PERFORM sec.relative_push_became(p.id, 'seen', NULL, p_now); RETURN;
    END IF;
    v := sec.relative_setting(p.account_id);
    IF v.quiet_from IS NOT NULL THEN q := sec.quiet_from(pg_catalog.array_fill(v.quiet_from, ARRAY[7]), pg_catalog.array_fill(v.quiet_to, ARRAY[7]), p_now); END IF;
  END IF;
  UPDATE sec.relative_push SET tries = tries + 1, token_hash = p_token_hash, at = p_now WHERE id = p.id;
  RETURN QUERY SELECT s.endpoint, s.p256dh, s.auth, CASE WHEN p.test THEN 300 ELSE greatest(60, least(14400, extract(epoch FROM q - p_now)::int)) END;
END $$;
-- What the push service said, as `act.push_answered` takes it. Returns what became of it.
CREATE FUNCTION act.family_push_answered(p_push uuid, p_outcome text, p_code text, p_wait int, p_now timestamptz) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE p sec.relative_push;
BEGIN
  SELECT * INTO p FROM sec.relative_push x WHERE x.id = p_push FOR UPDATE;
  IF NOT FOUND OR p.state <> 'queued' THEN RETURN p.state; END IF;
  IF p_outcome = 'accepted' THEN
    PERFORM sec.relative_push_became(p_push, 'accepted', NULL, p_now);
    UPDATE sec.relative_subscription SET accepted_at = p_now, failing_since = NULL, failure = NULL WHERE id = p.subscription_id;
    RETURN 'accepted';
  END IF;
  IF p_outcome = 'later' AND p.tries < 8 THEN
    UPDATE sec.relative_push SET code = p_code, at = p_now WHERE id = p_push;
    PERFORM sec.enqueue('family_push', pg_catalog.jsonb_build_object('push', p_push),
      greatest(pg_catalog.make_interval(secs => least(p_wait, 3600)), least(interval '1 hour', interval '20 seconds' * pg_catalog.power(2, p.tries - 1)) * (0.8 + 0.4 * pg_catalog.random())), 6);
    RETURN 'queued';
  END IF;
  PERFORM sec.relative_push_became(p_push, 'failed', p_code, p_now);
  IF p_outcome = 'gone' THEN
    PERFORM sec.end_relative_push(ARRAY[p.subscription_id], 'gone');
  ELSE
    UPDATE sec.relative_subscription SET failing_since = coalesce(failing_since, p_now), failure = p_code WHERE id = p.subscription_id AND ended_at IS NULL;
  END IF;
  RETURN 'failed';
END $$;
-- The phone has shown it. Whoever asks learns nothing, whatever the token.
CREATE FUNCTION act.family_push_on_device(p_token_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE p sec.relative_push; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT * INTO p FROM sec.relative_push x WHERE x.token_hash = p_token_hash FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM sec.relative_push_became(p.id, 'on_device', NULL, t);
  UPDATE sec.relative_subscription SET on_device_at = t, accepted_at = coalesce(accepted_at, t), failing_since = NULL, failure = NULL WHERE id = p.subscription_id AND ended_at IS NULL;
END $$;
-- As act.forget_notifications; and the address of whoever is on no family timeline any more.
CREATE FUNCTION act.forget_family_notices(p_now timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM sec.relative_push WHERE made_at < p_now - interval '30 days';
  DELETE FROM sec.relative_subscription WHERE ended_at < p_now - interval '90 days';
  DELETE FROM care.relative_notice WHERE made_at < p_now - interval '400 days' AND state <> 'waiting';
  DELETE FROM sec.relative_contact c WHERE NOT EXISTS (SELECT 1 FROM care.relative r WHERE r.account_id = c.account_id AND sec.is_now(r));
END $$;

-- ---- Files -----------------------------------------------------------------------------------------------------------------
-- Under whose key a relative's file is stored: the managing facility's, which answers for her.
CREATE FUNCTION fam.desk(p_token_hash bytea, p_group uuid) RETURNS TABLE (facility_id uuid, version int, wrapped bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  PERFORM sec.must_be_open(p_group);
  RETURN QUERY SELECT k.facility_id, k.version, k.wrapped FROM care.facility_key k WHERE k.facility_id = c.facility_id ORDER BY k.version DESC LIMIT 1;
END $$;
CREATE FUNCTION sec.kin_add_file(c sec.context, p_group uuid, p_file uuid, p_client uuid, p_key_version int, p_wrapped bytea, p_name bytea, p_media_type text, p_family text, p_bytes bigint,
  p_sha256 bytea, p_sealed_sha256 bytea, p_thumbnail_sha256 bytea, p_state text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM care.file f WHERE f.uploader_id = c.account_id AND f.client_id = p_client) THEN RETURN false; END IF;
  INSERT INTO care.file VALUES (p_file, c.account_id, c.facility_id, p_key_version, p_wrapped, p_name, CASE p_family WHEN 'photo' THEN 'picture' ELSE 'other' END, p_media_type, p_family, p_bytes,
    p_sha256, p_sealed_sha256, p_thumbnail_sha256, p_client, sec.clock());
  INSERT INTO care.file_state VALUES (p_file, p_state, sec.clock());
  PERFORM sec.kin_log(c, 'uploaded_file', p_group, p_file);
  RETURN true;
END $$;
-- False: this client id has a file already.
CREATE FUNCTION fam.add_file(p_token_hash bytea, p_group uuid, p_upload uuid, p_client uuid, p_key_version int, p_wrapped bytea, p_name bytea, p_media_type text, p_family text, p_bytes bigint,
  p_sha256 bytea, p_sealed_sha256 bytea, p_thumbnail_sha256 bytea, p_state text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  PERFORM sec.must_be_open(p_group);
  RETURN sec.kin_add_file(c, p_group, p_upload, p_client, p_key_version, p_wrapped, p_name, p_media_type, p_family, p_bytes, p_sha256, p_sealed_sha256, p_thumbnail_sha256, p_state);
END $$;
CREATE TYPE sec.kept_file AS (id uuid, facility_id uuid, facility_key_version int, facility_key bytea, wrapped_key bytea, name bytea, class text, media_type text, bytes bigint, sha256 bytea,
  sealed_sha256 bytea, state text, has_thumbnail bool, family text);
CREATE FUNCTION sec.kept_files(p_ids uuid[]) RETURNS SETOF sec.kept_file LANGUAGE sql STABLE AS $$
  SELECT f.id, f.facility_id, f.facility_key_version, k.wrapped, f.wrapped_key, f.name, f.class, f.media_type, f.bytes, f.sha256, f.sealed_sha256, s.state, f.thumbnail_sha256 IS NOT NULL, f.family
    FROM care.file f JOIN care.file_state s ON s.file_id = f.id JOIN care.facility_key k ON k.facility_id = f.facility_id AND k.version = f.facility_key_version WHERE f.id = ANY (p_ids)
$$;
CREATE FUNCTION sec.own_files(p_account uuid, p_facility uuid, p_ids uuid[], p_client uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY(SELECT f.id FROM care.file f WHERE f.uploader_id = p_account AND f.facility_id = p_facility AND (f.id = ANY (p_ids) OR f.client_id = p_client))
$$;
-- What the caller has sent up for this group's facility: these, or the one of this client id.
CREATE FUNCTION fam.own_files(p_token_hash bytea, p_group uuid, p_ids uuid[], p_client uuid) RETURNS SETOF sec.kept_file LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT * FROM sec.kept_files(sec.own_files(c.account_id, c.facility_id, p_ids, p_client));
END $$;
-- One file of a post that stands on a family timeline of the caller's now; RK404 for every other, so for each of the team's. `p_opens`: it is
-- opened, which the log tells.
CREATE FUNCTION fam.file(p_token_hash bytea, p_carried uuid, p_opens bool) RETURNS TABLE (id uuid, facility_id uuid, name bytea, class text, media_type text, family text, bytes bigint, sealed_sha256 bytea,
  has_thumbnail bool, state text, stream_id uuid, group_id uuid, post_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); x care.post_file; c sec.context;
BEGIN
  SELECT p.* INTO x FROM care.relative r JOIN care.stream t ON t.group_id = r.group_id AND t.kind = 'family' JOIN care.post_file p ON p.stream_id = t.id AND p.file_id = p_carried
    WHERE r.account_id = s.account_id AND sec.is_now(r) AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target = p.post_id AND w.kind IN ('withdrawal', 'correction')) ORDER BY p.seq DESC LIMIT 1;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such file' USING ERRCODE = 'RK404'; END IF;
  c := sec.kin(p_token_hash, x.group_id);
  IF p_opens THEN PERFORM sec.kin_log(c, 'viewed_file', x.group_id, p_carried); END IF;
  RETURN QUERY SELECT f.id, f.facility_id, f.name, f.class, f.media_type, f.family, f.bytes, f.sealed_sha256, f.has_thumbnail, f.state, x.stream_id, x.group_id, x.wrapped_key
    FROM sec.kept_files(ARRAY[p_carried]) f;
END $$;
-- What has become of the files of some posts of the caller's family timeline.
CREATE FUNCTION fam.files_now(p_token_hash bytea, p_group uuid, p_posts uuid[]) RETURNS TABLE (id uuid, state text, has_thumbnail bool, family text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT f.id, f.state, f.has_thumbnail, f.family FROM sec.kept_files(ARRAY(SELECT x.file_id FROM care.post_file x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'family' AND s.group_id = p_group
    WHERE x.post_id = ANY (p_posts))) f;
END $$;
CREATE FUNCTION sec.are_own_files(c sec.context, p_ids uuid[]) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT (SELECT count(*) FROM care.file f JOIN care.file_state x ON x.file_id = f.id AND x.state <> 'refused'
    WHERE f.id = ANY (p_ids) AND f.uploader_id = c.account_id AND f.facility_id = c.facility_id) = pg_catalog.cardinality(p_ids)
$$;

-- ---- Posts: with files, and an own one corrected or taken back. The one of V35 stays for nodes of the version before. ---------
CREATE FUNCTION fam.post(p_token_hash bytea, p_group uuid, p_id uuid, p_kind text, p_client uuid, p_fingerprint bytea, p_commitment bytea, p_envelope bytea, p_reply_to uuid, p_target uuid,
  p_uploads uuid[], p_upload_keys bytea[], p_upload_digests bytea[]) RETURNS TABLE (existing uuid, same bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group); s uuid; l sec.link; e record; author uuid;
BEGIN
  IF p_kind NOT IN ('post', 'correction', 'withdrawal') OR (p_kind = 'post') <> (p_target IS NULL) THEN RAISE EXCEPTION 'no such kind' USING ERRCODE = 'RK422'; END IF;
  SELECT x.id INTO s FROM care.relative r JOIN care.stream x ON x.group_id = r.group_id AND x.kind = 'family'
    WHERE r.account_id = c.account_id AND r.group_id = p_group AND sec.is_now(r);
  SELECT p.id, p.fingerprint, p.kind INTO e FROM care.post p WHERE p.stream_id = s AND p.author_id = c.account_id AND p.client_id = p_client;
  IF FOUND THEN RETURN QUERY SELECT e.id, e.fingerprint = p_fingerprint AND e.kind = p_kind; RETURN; END IF;
  IF p_reply_to IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care.post p WHERE p.id = p_reply_to AND p.stream_id = s AND p.kind <> 'withdrawal') THEN
    RAISE EXCEPTION 'reply to nothing' USING ERRCODE = 'RK422';
  END IF;
  IF NOT sec.are_own_files(c, p_uploads) THEN RAISE EXCEPTION 'not your file' USING ERRCODE = 'RK422'; END IF;
  -- In the order of an archiving, as the team's posts.
  PERFORM 1 FROM care.stream_head h WHERE h.stream_id = s FOR UPDATE;
  PERFORM sec.must_be_open(p_group);
  IF p_target IS NOT NULL THEN
    SELECT p.author_id INTO author FROM care.post p WHERE p.id = p_target AND p.stream_id = s AND p.kind <> 'withdrawal';
    IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
    IF author <> c.account_id THEN RAISE EXCEPTION 'the author only' USING ERRCODE = 'RK403'; END IF;
    IF EXISTS (SELECT 1 FROM care.post p WHERE p.target = p_target AND (p.kind = 'withdrawal' OR p.kind = p_kind)) THEN
      RAISE EXCEPTION 'withdrawn or corrected already' USING ERRCODE = 'RK409';
    END IF;
  END IF;
  l := sec.chain(c, s, p_kind, p_client, p_upload_digests, p_commitment);
  INSERT INTO care.post (stream_id, seq, id, group_id, kind, author_id, author, entered_by, facility_id, facility, at, client_id, fingerprint, reply_to, target, must_acknowledge_by, files, prev, commitment, hash, envelope)
    VALUES (s, l.seq, p_id, p_group, p_kind, c.account_id, c.account, c.account, c.facility_id, c.facility, l.at, p_client, p_fingerprint, p_reply_to, p_target, NULL, p_upload_digests, l.prev, p_commitment, l.hash, p_envelope);
  INSERT INTO care.post_file SELECT p_id, f.o, f.id, s, p_group, l.seq, f.k FROM ROWS FROM (pg_catalog.unnest(p_uploads), pg_catalog.unnest(p_upload_keys)) WITH ORDINALITY f(id, k, o);
  INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES (CASE p_kind WHEN 'post' THEN 'post.created' WHEN 'correction' THEN 'post.corrected' ELSE 'post.withdrawn' END,
    p_group, 'family', CASE p_kind WHEN 'withdrawal' THEN p_target ELSE p_id END, l.seq, l.at);
  PERFORM sec.kin_log(c, CASE p_kind WHEN 'post' THEN 'post' WHEN 'correction' THEN 'corrected' ELSE 'withdrew' END, p_group, p_id);
  RETURN QUERY SELECT NULL::uuid, true;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op, fam FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA fam TO renkei_family;
GRANT EXECUTE ON FUNCTION act.family_push_on_device(bytea) TO renkei_auth;
GRANT EXECUTE ON FUNCTION act.note_family(timestamptz, bool), act.tell_family(timestamptz, jsonb), act.begin_family_push(uuid, bytea, timestamptz),
  act.family_push_answered(uuid, text, text, int, timestamptz), act.forget_family_notices(timestamptz) TO renkei_job;
SET LOCAL ROLE renkei_owner;
