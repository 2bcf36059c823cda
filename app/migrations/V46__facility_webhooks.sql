-- Webhooks of a facility: an address of the facility's own that is told that something happened. The call says what kind of thing and
-- when, and nothing else; whoever wants to know more reads it through the API, as a person, with a token.

SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.webhook (
  id uuid PRIMARY KEY,
  facility_id uuid NOT NULL,
  url text NOT NULL CHECK (length(url) BETWEEN 10 AND 500),
  kinds text[] NOT NULL CHECK (pg_catalog.cardinality(kinds) > 0 AND kinds <@ ARRAY['post.created', 'post.corrected', 'post.withdrawn', 'task.changed', 'visit.changed', 'observations.changed']),
  secret bytea,                                                -- sealed by the service under the master key; gone with the end
  secret_by uuid NOT NULL,                                     -- the client id that made it: the same again makes no other one
  old_secret bytea,                                            -- the one before it
  old_until timestamptz,                                       -- so long calls are signed with both
  made_by uuid NOT NULL,
  made_at timestamptz NOT NULL,
  resumed_at timestamptz,                                      -- what happened before is not sent
  called_at timestamptz,
  delivered_at timestamptz,                                    -- when a call arrived last
  failing_since timestamptz,                                   -- since when not one call has arrived
  failures int NOT NULL DEFAULT 0,                             -- in a row
  held_until timestamptz,                                      -- not called before
  busy_until timestamptz,                                      -- a node has a call in hand; one that dies lets it go with this time
  off_at timestamptz,
  off_why text CHECK (off_why IN ('admin', 'failing', 'gone')),
  ended_at timestamptz,
  CHECK ((ended_at IS NULL) = (secret IS NOT NULL)),
  CHECK ((off_at IS NULL) = (off_why IS NULL))
);
CREATE INDEX webhook_by_facility ON sec.webhook (facility_id) WHERE ended_at IS NULL;
SELECT care.guard_from_migrator('sec.webhook');
-- One call, which is repeated under its id until it arrives or is given up. Nothing of the group or the post is kept here.
CREATE TABLE sec.webhook_call (
  id uuid PRIMARY KEY,
  webhook_id uuid NOT NULL REFERENCES sec.webhook,
  event_id bigint,                                             -- of care.event; NULL: a trial
  kind text NOT NULL,
  at timestamptz NOT NULL,                                     -- of what happened
  made_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  tries int NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL,                                -- not tried before
  tried_at timestamptz,
  code text,                                                   -- what went wrong the last time
  status int,                                                  -- what the receiver answered the last time
  UNIQUE (webhook_id, event_id)
);
CREATE INDEX webhook_call_by_time ON sec.webhook_call (webhook_id, made_at DESC);
CREATE INDEX webhook_call_waiting ON sec.webhook_call (webhook_id, next_at) WHERE state = 'waiting';
SELECT care.guard_from_migrator('sec.webhook_call');
-- How far the live events have been looked at.
CREATE TABLE sec.webhook_cursor (
  only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
  xid xid8 NOT NULL
);
INSERT INTO sec.webhook_cursor (xid) VALUES (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
SELECT care.guard_from_migrator('sec.webhook_cursor');

-- A webhook of the caller's facility, locked. Stopping and ending one is possible in every mode.
CREATE FUNCTION sec.webhook_of_mine(c sec.context, p_id uuid) RETURNS sec.webhook LANGUAGE plpgsql AS $$
DECLARE w sec.webhook;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  SELECT * INTO w FROM sec.webhook x WHERE x.id = p_id AND x.facility_id = c.facility_id AND x.ended_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such webhook' USING ERRCODE = 'RK404'; END IF;
  RETURN w;
END $$;
-- Nothing of what waits is sent any more.
CREATE FUNCTION sec.drop_webhook_calls(p_webhook uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE sec.webhook_call SET state = 'failed', code = 'webhook_off', status = NULL WHERE webhook_id = p_webhook AND state = 'waiting'
$$;

-- True: made now; false: this id was made before with the same address and kinds.
CREATE FUNCTION act.make_webhook(p_id uuid, p_url text, p_kinds text[], p_secret bytea) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook;
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  PERFORM sec.must_be_fresh(c);
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(c.facility_id::text, 46));
  SELECT * INTO w FROM sec.webhook x WHERE x.id = p_id;
  IF FOUND THEN
    IF w.facility_id <> c.facility_id OR w.url <> p_url OR w.kinds <> p_kinds THEN RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  IF (SELECT count(*) FROM sec.webhook x WHERE x.facility_id = c.facility_id AND x.ended_at IS NULL) >= 5 THEN RAISE EXCEPTION 'too many webhooks' USING ERRCODE = 'RK409'; END IF;
  INSERT INTO sec.webhook (id, facility_id, url, kinds, secret, secret_by, made_by, made_at)
    VALUES (p_id, c.facility_id, p_url, p_kinds, p_secret, p_id, c.account_id, pg_catalog.clock_timestamp());
  PERFORM sec.log(c, 'made_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN true;
END $$;
CREATE FUNCTION act.facility_webhooks() RETURNS TABLE (id uuid, url text, kinds text[], made_by text, made_at timestamptz, delivered_at timestamptz, failing_since timestamptz, failures int,
  held_until timestamptz, waiting bigint, old_until timestamptz, off_at timestamptz, off_why text)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT w.id, w.url, w.kinds, p.name, w.made_at, w.delivered_at, w.failing_since, w.failures, CASE WHEN w.held_until > t THEN w.held_until END,
      (SELECT count(*) FROM sec.webhook_call x WHERE x.webhook_id = w.id AND x.state = 'waiting'), CASE WHEN w.old_until > t THEN w.old_until END, w.off_at, w.off_why
    FROM sec.webhook w LEFT JOIN care.person_now p ON p.account_id = w.made_by WHERE w.facility_id = c.facility_id AND w.ended_at IS NULL ORDER BY w.made_at;
END $$;
-- The newest calls of each webhook of the facility.
CREATE FUNCTION act.facility_webhook_calls(p_limit int) RETURNS TABLE (id uuid, webhook_id uuid, kind text, at timestamptz, state text, tries int, code text, status int, tried_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  IF NOT c.admin THEN RAISE EXCEPTION 'facility admin only' USING ERRCODE = 'RK403'; END IF;
  RETURN QUERY SELECT x.id, x.webhook_id, x.kind, x.at, x.state, x.tries, x.code, x.status, x.tried_at FROM sec.webhook w
    CROSS JOIN LATERAL (SELECT y.* FROM sec.webhook_call y WHERE y.webhook_id = w.id ORDER BY y.made_at DESC, y.at DESC LIMIT least(p_limit, 200)) x
    WHERE w.facility_id = c.facility_id AND w.ended_at IS NULL ORDER BY x.made_at DESC, x.at DESC;
END $$;
-- Another secret. The one before it goes on signing for three days, unless it is known to somebody else. Of several changes within that
-- time the receiver may have seen none: what it knows goes on signing. False: this client id did it before.
CREATE FUNCTION act.rotate_webhook(p_id uuid, p_client uuid, p_secret bytea, p_at_once bool) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM sec.must_be_fresh(c);
  IF w.secret_by = p_client THEN
    IF p_at_once <> (w.old_until IS NULL) THEN RAISE EXCEPTION 'client id used before' USING ERRCODE = 'RK409'; END IF;
    RETURN false;
  END IF;
  UPDATE sec.webhook SET secret = p_secret, secret_by = p_client, old_secret = CASE WHEN p_at_once THEN NULL WHEN w.old_until > t THEN w.old_secret ELSE w.secret END,
    old_until = CASE WHEN NOT p_at_once THEN t + interval '3 days' END WHERE id = p_id;
  PERFORM sec.log(c, 'rotated_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
  RETURN true;
END $$;
-- It stands, and is called no more until it is resumed. What waits is given up.
CREATE FUNCTION act.stop_webhook(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id);
BEGIN
  IF w.off_at IS NOT NULL THEN RETURN; END IF;
  UPDATE sec.webhook SET off_at = pg_catalog.clock_timestamp(), off_why = 'admin' WHERE id = p_id;
  PERFORM sec.drop_webhook_calls(p_id);
  PERFORM sec.log(c, 'stopped_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- What happened meanwhile is not sent: the receiver reads it.
CREATE FUNCTION act.resume_webhook(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id);
BEGIN
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  PERFORM sec.must_be_fresh(c);
  IF w.off_at IS NULL THEN RETURN; END IF;
  UPDATE sec.webhook SET off_at = NULL, off_why = NULL, failing_since = NULL, failures = 0, held_until = NULL, resumed_at = pg_catalog.clock_timestamp() WHERE id = p_id;
  PERFORM sec.log(c, 'resumed_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- For good: the secrets and the calls are gone with it.
CREATE FUNCTION act.end_webhook(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id);
BEGIN
  UPDATE sec.webhook SET ended_at = pg_catalog.clock_timestamp(), secret = NULL, old_secret = NULL WHERE id = p_id;
  DELETE FROM sec.webhook_call WHERE webhook_id = p_id;
  PERFORM sec.log(c, 'ended_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- A call that says that it is one. At most ten within an hour: the address may be somebody else's.
CREATE FUNCTION act.test_webhook(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id); t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF w.off_at IS NOT NULL THEN RAISE EXCEPTION 'webhook off' USING ERRCODE = 'RK409'; END IF;
  IF (SELECT count(*) FROM sec.webhook_call x WHERE x.webhook_id = p_id AND x.event_id IS NULL AND x.made_at > t - interval '1 hour') >= 10 THEN
    RAISE EXCEPTION 'too many tests' USING ERRCODE = 'RK409';
  END IF;
  -- Whoever tries it out has mended something, and does not want to wait.
  UPDATE sec.webhook SET held_until = NULL WHERE id = p_id;
  INSERT INTO sec.webhook_call (id, webhook_id, kind, at, made_at, next_at) VALUES (pg_catalog.gen_random_uuid(), p_id, 'test', t, t, '-infinity');
  PERFORM sec.log(c, 'tested_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- A call that was given up, once more from the beginning and under the same id.
CREATE FUNCTION act.resend_webhook_call(p_id uuid, p_call uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); w sec.webhook := sec.webhook_of_mine(c, p_id);
BEGIN
  PERFORM sec.must_be_in_service(c.facility_id, 'write');
  IF w.off_at IS NOT NULL THEN RAISE EXCEPTION 'webhook off' USING ERRCODE = 'RK409'; END IF;
  PERFORM 1 FROM sec.webhook_call x WHERE x.id = p_call AND x.webhook_id = p_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such call' USING ERRCODE = 'RK404'; END IF;
  UPDATE sec.webhook_call SET state = 'waiting', tries = 0, code = NULL, status = NULL, next_at = '-infinity' WHERE id = p_call AND state = 'failed';
  IF NOT FOUND THEN RAISE EXCEPTION 'not failed' USING ERRCODE = 'RK409'; END IF;
  UPDATE sec.webhook SET held_until = NULL WHERE id = p_id;
  PERFORM sec.log(c, 'resent_webhook', NULL, NULL, c.facility_id, p_id, 'done', NULL);
END $$;
-- Those of the facility that stopped by themselves, for its admins' notices; none for anybody else.
CREATE FUNCTION sec.stopped_webhooks(c sec.context) RETURNS SETOF sec.webhook LANGUAGE sql STABLE AS $$
  SELECT w.* FROM sec.webhook w WHERE c.admin AND w.facility_id = c.facility_id AND w.ended_at IS NULL AND w.off_why IN ('failing', 'gone')
$$;
CREATE FUNCTION act.stopped_webhooks() RETURNS TABLE (off_at timestamptz, off_why text) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT w.off_at, w.off_why FROM sec.stopped_webhooks(c) w;
END $$;
-- As in V43, and the webhooks that stopped by themselves.
CREATE OR REPLACE FUNCTION sec.unseen_notices(c sec.context) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE mine uuid[] := sec.my_groups(); seen timestamptz := coalesce((SELECT s.at FROM care.notices_seen s WHERE s.account_id = c.account_id), '-infinity'); t timestamptz := sec.clock();
BEGIN
  RETURN (SELECT count(*) FROM care.ask_notice n WHERE n.account_id = c.account_id AND n.at > seen AND n.group_id = ANY (mine))
    + (SELECT count(DISTINCT e.task_id) FROM care.task_event e JOIN care.task k ON k.id = e.task_id AND k.owner_id = c.account_id AND k.state = 'open'
      WHERE e.owner_id = c.account_id AND e.kind IN ('made', 'handed_over', 'passed_on', 'reopened') AND e.author_id IS DISTINCT FROM e.owner_id AND e.at > seen AND k.group_id = ANY (mine))
    -- One notice for each patient, as long as the values were not looked at.
    + (SELECT count(DISTINCT o.group_id) FROM care.observation_notice o JOIN care.membership m ON m.group_id = o.group_id AND m.account_id = c.account_id AND m.facility_id = c.facility_id
      LEFT JOIN care.observation_seen s ON s.group_id = o.group_id AND s.account_id = c.account_id
      WHERE o.group_id = ANY (mine) AND o.author_id <> c.account_id AND o.at > greatest(seen, t - interval '14 days') AND o.at > coalesce(s.at, '-infinity') AND (m.from_seq = 0 OR o.at >= m.since))
    + (SELECT count(*) FROM care.connection x WHERE x.account_id = c.account_id AND x.state = 'asked' AND x.expires_at > t AND x.created_at > seen)
    + (SELECT count(*) FROM sec.stopped_webhooks(c) w WHERE w.off_at > seen);
END $$;

-- ---- What happens by itself -----------------------------------------------------------------------------------------------
-- Looks at the events since the last look: one call for each webhook of a facility that has somebody in the group now. Conversations of
-- two stay out: in a small facility their times alone would tell the admin who wrote. An event whose transaction commits late comes by
-- again, since the cursor is the oldest transaction that was open. How many calls.
CREATE FUNCTION act.spread_webhooks(p_now timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE x xid8; next xid8 := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()); last xid8; n int;
BEGIN
  IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('renkei/webhooks', 46)) THEN RETURN 0; END IF;
  SELECT c.xid INTO x FROM sec.webhook_cursor c;
  -- A restored database may count from an earlier place.
  IF x > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()) THEN
    x := next;
    UPDATE sec.webhook_cursor SET xid = next;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM care.event v WHERE v.xid >= x) THEN RETURN 0; END IF;
  -- A handful at a time, and always whole transactions.
  SELECT v.xid INTO last FROM care.event v WHERE v.xid >= x ORDER BY v.xid OFFSET 5000 LIMIT 1;
  IF last < next THEN next := (last::text::numeric + 1)::text::xid8; END IF;
  UPDATE sec.webhook_cursor SET xid = next WHERE xid <> next;
  INSERT INTO sec.webhook_call (id, webhook_id, event_id, kind, at, made_at, next_at)
    SELECT pg_catalog.gen_random_uuid(), w.id, e.id, e.kind, e.at, p_now, p_now FROM care.event e JOIN care.groups g ON g.id = e.group_id AND g.kind <> 'direct'
      JOIN sec.webhook w ON w.ended_at IS NULL AND w.off_at IS NULL AND e.kind = ANY (w.kinds) AND e.at >= coalesce(w.resumed_at, w.made_at)
      WHERE e.xid >= x AND (last IS NULL OR e.xid <= last) AND EXISTS (SELECT 1 FROM care.membership m JOIN care.staff f ON f.account_id = m.account_id AND f.facility_id = m.facility_id AND f.state = 'active'
        WHERE m.group_id = e.group_id AND m.facility_id = w.facility_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > p_now)) ORDER BY e.id
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
-- Takes calls that are due, one of each webhook: a receiver is never called twice at once, and one that is slow or down keeps nobody else
-- waiting. A node that dies with a call in hand lets it go after a minute, and the call is made again under its id.
CREATE FUNCTION act.take_webhook_calls(p_most int, p_now timestamptz) RETURNS TABLE (id uuid, webhook_id uuid, url text, secret bytea, old_secret bytea, kind text, at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE w sec.webhook; x sec.webhook_call;
BEGIN
  FOR w IN SELECT h.* FROM sec.webhook h WHERE h.ended_at IS NULL AND h.off_at IS NULL AND (h.busy_until IS NULL OR h.busy_until <= p_now) AND (h.held_until IS NULL OR h.held_until <= p_now)
      AND EXISTS (SELECT 1 FROM sec.webhook_call y WHERE y.webhook_id = h.id AND y.state = 'waiting' AND y.next_at <= p_now)
      AND NOT EXISTS (SELECT 1 FROM sec.service_mode m WHERE m.mode = 'stopped' AND m.facility_id IN (h.facility_id, '00000000-0000-0000-0000-000000000000'))
      ORDER BY h.called_at NULLS FIRST LIMIT p_most FOR UPDATE OF h SKIP LOCKED LOOP
    SELECT * INTO x FROM sec.webhook_call y WHERE y.webhook_id = w.id AND y.state = 'waiting' AND y.next_at <= p_now ORDER BY y.next_at, y.at LIMIT 1 FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    UPDATE sec.webhook_call y SET tries = y.tries + 1, tried_at = p_now WHERE y.id = x.id;
    UPDATE sec.webhook h SET busy_until = p_now + interval '1 minute', called_at = p_now WHERE h.id = w.id;
    RETURN QUERY SELECT x.id, w.id, w.url, w.secret, CASE WHEN w.old_until > p_now THEN w.old_secret END, x.kind, x.at;
  END LOOP;
END $$;
-- What came of it. A call is tried again after 5, 25, 125 … seconds, at most an hour apart and for three days; a receiver that fails rests as
-- a whole, so that one that is down is asked once and not once for every call that waits. `gone` (410) ends it at once, and so do five
-- days without one arrival; then the facility's admins are told.
CREATE FUNCTION act.webhook_answered(p_call uuid, p_outcome text, p_code text, p_status int, p_wait int, p_letters jsonb, p_now timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE x sec.webhook_call; w sec.webhook; pause interval; why text;
BEGIN
  -- The webhook first, as everybody locks.
  SELECT * INTO w FROM sec.webhook h WHERE h.id = (SELECT y.webhook_id FROM sec.webhook_call y WHERE y.id = p_call) FOR UPDATE;
  SELECT * INTO x FROM sec.webhook_call y WHERE y.id = p_call FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  UPDATE sec.webhook SET busy_until = NULL WHERE id = w.id;
  IF p_outcome = 'delivered' THEN
    UPDATE sec.webhook_call SET state = 'delivered', code = NULL, status = p_status WHERE id = p_call;
    UPDATE sec.webhook SET delivered_at = p_now, failing_since = NULL, failures = 0, held_until = NULL WHERE id = w.id;
    RETURN 'delivered';
  END IF;
  IF x.state <> 'waiting' THEN RETURN x.state; END IF;
  UPDATE sec.webhook SET failing_since = coalesce(failing_since, p_now), failures = failures + 1 WHERE id = w.id RETURNING * INTO w;
  why := CASE WHEN p_outcome = 'gone' THEN 'gone' WHEN w.failing_since < p_now - interval '5 days' AND w.failures >= 3 THEN 'failing' END;
  IF why IS NOT NULL THEN
    UPDATE sec.webhook_call SET state = 'failed', code = p_code, status = p_status WHERE id = p_call;
    UPDATE sec.webhook SET off_at = p_now, off_why = why WHERE id = w.id;
    PERFORM sec.drop_webhook_calls(w.id);
    PERFORM sec.tell_admins(w.facility_id, nullif(p_letters -> why, 'null'::jsonb));
    RETURN 'failed';
  END IF;
  IF p_outcome <> 'later' OR x.made_at < p_now - interval '3 days' THEN
    UPDATE sec.webhook_call SET state = 'failed', code = p_code, status = p_status WHERE id = p_call;
    RETURN 'failed';
  END IF;
  pause := interval '5 seconds' * pg_catalog.power(5, least(greatest(x.tries, 1), 6) - 1);
  UPDATE sec.webhook_call SET code = p_code, status = p_status, next_at = p_now + least(interval '1 hour', pause) * (0.8 + 0.4 * pg_catalog.random()) WHERE id = p_call;
  pause := greatest(interval '5 seconds' * pg_catalog.power(5, least(w.failures, 6) - 1), pg_catalog.make_interval(secs => p_wait));
  UPDATE sec.webhook SET held_until = p_now + least(interval '1 hour', pause) WHERE id = w.id;
  RETURN 'waiting';
END $$;
-- Calls after 30 days, and secrets that sign no more.
CREATE FUNCTION act.forget_webhook_calls(p_now timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE n bigint;
BEGIN
  UPDATE sec.webhook SET old_secret = NULL WHERE old_secret IS NOT NULL AND old_until <= p_now;
  DELETE FROM sec.webhook_call x WHERE x.made_at < p_now - interval '30 days';
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.make_webhook(uuid, text, text[], bytea), act.facility_webhooks(), act.facility_webhook_calls(int), act.rotate_webhook(uuid, uuid, bytea, bool),
  act.stop_webhook(uuid), act.resume_webhook(uuid), act.end_webhook(uuid), act.test_webhook(uuid), act.resend_webhook_call(uuid, uuid), act.stopped_webhooks() TO renkei_app;
GRANT EXECUTE ON FUNCTION act.spread_webhooks(timestamptz), act.take_webhook_calls(int, timestamptz), act.webhook_answered(uuid, text, text, int, int, jsonb, timestamptz),
  act.forget_webhook_calls(timestamptz) TO renkei_job;
SET LOCAL ROLE renkei_owner;
