-- Nobody misses it: the number beside お知らせ counts every notice that was not on the screen yet.
-- No foreign keys to older tables, see V13.
CREATE POLICY mine ON care.notices_seen FOR SELECT TO renkei_app USING (account_id = (SELECT sec.me()));
GRANT SELECT ON care.notices_seen TO renkei_app;
SET LOCAL ROLE renkei_sec;

-- What the schedule says of posts, tasks that somebody else gave, values beyond a patient's range, and requests for a connection, since
-- the notices were last on the screen. As the page of notices shows them: of groups that the caller is in now.
CREATE FUNCTION sec.unseen_notices(c sec.context) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE mine uuid[] := sec.my_groups(); seen timestamptz := coalesce((SELECT s.at FROM care.notices_seen s WHERE s.account_id = c.account_id), '-infinity'); t timestamptz := sec.clock();
BEGIN
  RETURN (SELECT count(*) FROM care.ask_notice n WHERE n.account_id = c.account_id AND n.at > seen AND n.group_id = ANY (mine))
    + (SELECT count(DISTINCT e.task_id) FROM care.task_event e JOIN care.task k ON k.id = e.task_id AND k.owner_id = c.account_id AND k.state = 'open'
      WHERE e.owner_id = c.account_id AND e.kind IN ('made', 'handed_over', 'passed_on', 'reopened') AND e.author_id IS DISTINCT FROM e.owner_id AND e.at > seen AND k.group_id = ANY (mine))
    -- One notice for each patient, as long as the values were not looked at.
    + (SELECT count(DISTINCT o.group_id) FROM care.observation_notice o JOIN care.membership m ON m.group_id = o.group_id AND m.account_id = c.account_id AND m.facility_id = c.facility_id
      LEFT JOIN care.observation_seen s ON s.group_id = o.group_id AND s.account_id = c.account_id
      WHERE o.group_id = ANY (mine) AND o.author_id <> c.account_id AND o.at > greatest(seen, t - interval '14 days') AND o.at > coalesce(s.at, '-infinity') AND (m.from_seq = 0 OR o.at >= m.since))
    + (SELECT count(*) FROM care.connection x WHERE x.account_id = c.account_id AND x.state = 'asked' AND x.expires_at > t AND x.created_at > seen);
END $$;
-- The notices are on the screen now. Gives when they were before; NULL: never.
CREATE FUNCTION act.saw_notices(p_looked bool) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); before timestamptz;
BEGIN
  SELECT s.at INTO before FROM care.notices_seen s WHERE s.account_id = c.account_id;
  IF NOT p_looked THEN RETURN before; END IF;
  INSERT INTO care.notices_seen VALUES (c.account_id, sec.clock()) ON CONFLICT (account_id) DO UPDATE SET at = greatest(notices_seen.at, excluded.at);
  RETURN before;
END $$;
-- As in V33, with what stands above.
CREATE OR REPLACE FUNCTION act.frame() RETURNS TABLE (account_id uuid, login_id text, name text, kana text, profession text, facility_id uuid, facility text, admin bool, session_id uuid, factors text[],
  idle_seconds int, expires_at timestamptz, notices bigint, live_from text, mode text, mode_reason text, mode_since timestamptz, mode_until timestamptz, news jsonb)
LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); unread bigint; news jsonb; t timestamptz := pg_catalog.clock_timestamp();
BEGIN
  SELECT count(*), coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', 'announcement', 'id', a.id, 'title', a.title) ORDER BY a.from_at DESC)
      FILTER (WHERE a.importance = 'important'), '[]')
    INTO unread, news FROM sec.announcements(c) a WHERE NOT a.read AND (a.until_at IS NULL OR a.until_at > t);
  unread := unread + sec.unseen_notices(c) + (SELECT count(*) FROM sec.sign_in_notice n WHERE n.account_id = c.account_id
    AND n.at > coalesce((SELECT s.until_at FROM sec.sign_in_notice_seen s WHERE s.account_id = c.account_id), '-infinity'));
  IF c.admin THEN
    SELECT unread + count(*), coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', CASE WHEN i.drill THEN 'drill' ELSE 'incident' END, 'id', i.id, 'title', i.title)), '[]') || news
      INTO unread, news FROM sec.told(c) i WHERE NOT i.seen;
  END IF;
  RETURN QUERY SELECT v.account_id, v.login_id, v.name, v.kana, v.profession, v.facility_id, v.facility, v.admin, v.session_id, v.factors, v.idle_seconds, v.expires_at,
      v.notices + unread, v.live_from, m.mode, m.reason, m.since, m.until_at, news
    FROM act.viewer() v LEFT JOIN LATERAL (SELECT x.* FROM sec.service_mode x WHERE x.facility_id = '00000000-0000-0000-0000-000000000000' OR x.facility_id = c.facility_id
      ORDER BY x.mode = 'read_only' DESC, x.facility_id LIMIT 1) m ON true;
END $$;
-- The numbers of the navigation and of the icon alone, for a page that is open already: notices, and what is unread in the team's and in
-- the family's talk of the caller's groups.
CREATE FUNCTION act.my_counts() RETURNS TABLE (notices bigint, unread bigint, family_unread bigint) LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); mine uuid[] := sec.my_groups();
BEGIN
  RETURN QUERY SELECT (SELECT f.notices FROM act.frame() f), coalesce(pg_catalog.sum(x.n) FILTER (WHERE x.kind = 'team'), 0)::bigint, coalesce(pg_catalog.sum(x.n) FILTER (WHERE x.kind = 'family'), 0)::bigint
    FROM (SELECT t.kind, (SELECT count(*) FROM (SELECT 1 FROM care.post p WHERE p.stream_id = t.id AND p.author_id <> c.account_id AND p.kind <> 'withdrawal'
        AND p.seq > greatest(r.up_to_seq, CASE t.kind WHEN 'team' THEN m.from_seq ELSE 0 END) AND (t.kind = 'team' OR m.from_seq = 0 OR p.at >= m.since) LIMIT 1000) y) AS n
      FROM care.membership m JOIN care.group_state s ON s.group_id = m.group_id AND s.archived_at IS NULL JOIN care.stream t ON t.group_id = m.group_id AND t.kind IN ('team', 'family')
      LEFT JOIN care.read_position r ON r.stream_id = t.id AND r.account_id = c.account_id
      WHERE m.account_id = c.account_id AND m.facility_id = c.facility_id AND m.ended_at IS NULL AND m.group_id = ANY (mine)) x;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.saw_notices(bool), act.my_counts() TO renkei_app;
SET LOCAL ROLE renkei_owner;
