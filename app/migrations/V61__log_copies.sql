-- Copies of signed checkpoints that leave this machine once a day, and time stamps of somebody else's over them (RFC 3161).
--
-- What came of copying. `place`: by mail, in a write-once folder or bucket, or stamped. `set`: it is in the settings; `left`: no more.
CREATE TABLE care.checkpoint_copy (
  id uuid PRIMARY KEY,
  place text NOT NULL CHECK (place IN ('mail', 'folder', 'bucket', 'stamp')),
  outcome text NOT NULL CHECK (outcome IN ('set', 'copied', 'failed', 'left')),
  epoch int NOT NULL,
  size bigint NOT NULL,
  code text NOT NULL CHECK (code ~ '^[a-z_]{0,40}$'),             -- why not, or what is not as it should be
  at timestamptz NOT NULL
);
CREATE INDEX checkpoint_copy_latest ON care.checkpoint_copy (place, at DESC);
SELECT care.make_append_only('care.checkpoint_copy');
-- A time stamp. `note`: the bytes that were stamped, a signed checkpoint with the lines of witnesses that were there; `token`: a TimeStampToken in DER.
CREATE TABLE care.checkpoint_stamp (
  epoch int NOT NULL,
  size bigint NOT NULL,
  note text NOT NULL CHECK (length(note) BETWEEN 40 AND 300000),
  token bytea NOT NULL CHECK (octet_length(token) BETWEEN 100 AND 100000),
  stamped_at timestamptz NOT NULL,                                -- by the stamp
  at timestamptz NOT NULL,
  CONSTRAINT checkpoint_stamp_pkey PRIMARY KEY (epoch, size)
);
SELECT care.make_append_only('care.checkpoint_stamp');
GRANT SELECT, INSERT ON care.checkpoint_copy, care.checkpoint_stamp TO renkei_sec;
SELECT care.protect(t) FROM unnest(ARRAY['care.checkpoint_copy', 'care.checkpoint_stamp']::regclass[]) t;
CREATE POLICY verify ON care.checkpoint_stamp FOR SELECT TO renkei_verify USING (true);
GRANT SELECT ON care.checkpoint_stamp TO renkei_verify;

SET LOCAL ROLE renkei_sec;
-- Where copies go from now on; any other place has left.
CREATE FUNCTION act.note_copy_places(p_places text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH l AS (SELECT DISTINCT ON (c.place) c.place, c.outcome FROM care.checkpoint_copy c ORDER BY c.place, c.at DESC)
  INSERT INTO care.checkpoint_copy
  SELECT pg_catalog.gen_random_uuid(), l.place, 'left', 0, 0, '', pg_catalog.clock_timestamp() FROM l WHERE l.outcome <> 'left' AND l.place <> ALL (p_places)
  UNION ALL
  SELECT pg_catalog.gen_random_uuid(), p.place, 'set', 0, 0, '', pg_catalog.clock_timestamp() FROM pg_catalog.unnest(p_places) p (place)
    WHERE NOT EXISTS (SELECT 1 FROM l WHERE l.place = p.place AND l.outcome <> 'left')
$$;
-- The newest signed checkpoint, with what witnesses have signed under it.
CREATE FUNCTION act.checkpoint_to_copy() RETURNS TABLE (deployment uuid, epoch int, size bigint, note text, signed_at timestamptz, lines text[]) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT d.id, k.epoch, k.size, k.note, k.at,
    ARRAY(SELECT DISTINCT ON (w.witness) w.line FROM care.witness_answer w WHERE w.size = k.size AND w.outcome = 'cosigned' AND w.at >= k.at ORDER BY w.witness, w.at DESC)
  FROM care.deployment d, (SELECT * FROM care.checkpoint x ORDER BY x.epoch DESC, x.size DESC LIMIT 1) k
$$;
-- Of each place: what it has last, and since that, when it last failed.
CREATE FUNCTION act.copy_places() RETURNS TABLE (place text, epoch int, size bigint, at timestamptz, failed_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT p.place, c.epoch, c.size, c.at,
    (SELECT max(f.at) FROM care.checkpoint_copy f WHERE f.place = p.place AND f.outcome = 'failed' AND f.at > coalesce(c.at, '-infinity'))
  FROM pg_catalog.unnest(ARRAY['mail', 'folder', 'bucket', 'stamp']) p (place)
    LEFT JOIN LATERAL (SELECT x.epoch, x.size, x.at FROM care.checkpoint_copy x WHERE x.place = p.place AND x.outcome = 'copied' ORDER BY x.at DESC LIMIT 1) c ON true
$$;
CREATE FUNCTION act.note_copy(p_place text, p_outcome text, p_epoch int, p_size bigint, p_code text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.checkpoint_copy VALUES (pg_catalog.gen_random_uuid(), p_place, p_outcome, p_epoch, p_size, p_code, pg_catalog.clock_timestamp())
$$;
-- The letters are queued and it is noted, or neither.
CREATE FUNCTION act.mail_checkpoint(p_epoch int, p_size bigint, p_letters jsonb[], p_tries int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  PERFORM sec.enqueue('mail', l, interval '0', p_tries) FROM pg_catalog.unnest(p_letters) l;
  PERFORM act.note_copy('mail', 'copied', p_epoch, p_size, '');
END $$;
CREATE FUNCTION act.note_stamp(p_epoch int, p_size bigint, p_note text, p_token bytea, p_stamped_at timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO care.checkpoint_stamp VALUES (p_epoch, p_size, p_note, p_token, p_stamped_at, pg_catalog.clock_timestamp());
  PERFORM act.note_copy('stamp', 'copied', p_epoch, p_size, '');
END $$;
CREATE FUNCTION act.stamp_of(p_epoch int, p_size bigint) RETURNS TABLE (note text, token bytea) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.note, s.token FROM care.checkpoint_stamp s WHERE s.epoch = p_epoch AND s.size = p_size
$$;
-- Of places in the settings: those that fail since an hour (four tries and more), and those that lack what was signed a day ago; in hours. And a bucket that has it, and lets
-- it be deleted.
CREATE FUNCTION sec.uncopied() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql STABLE AS $$
  WITH p AS (SELECT DISTINCT ON (c.place) c.place, c.outcome FROM care.checkpoint_copy c ORDER BY c.place, c.at DESC),
  s AS (SELECT p.place, (SELECT max(x.at) FROM care.checkpoint_copy x WHERE x.place = p.place AND x.outcome = 'set') AS set_at FROM p WHERE p.outcome <> 'left'),
  l AS (SELECT s.place, s.set_at, c.epoch, c.size, c.at, c.code FROM s
    LEFT JOIN LATERAL (SELECT x.* FROM care.checkpoint_copy x WHERE x.place = s.place AND x.outcome = 'copied' ORDER BY x.at DESC LIMIT 1) c ON true),
  t AS (SELECT l.place,
    (SELECT min(f.at) FROM care.checkpoint_copy f WHERE f.place = l.place AND f.outcome = 'failed' AND f.at > greatest(l.at, l.set_at)) AS failing,
    greatest(l.set_at, (SELECT k.at FROM care.checkpoint k WHERE (k.epoch, k.size) > (coalesce(l.epoch, -1), coalesce(l.size, 0)) ORDER BY k.epoch, k.size LIMIT 1)) AS lacking,
    EXISTS (SELECT 1 FROM care.checkpoint k WHERE (k.epoch, k.size) > (coalesce(l.epoch, -1), coalesce(l.size, 0))) AS lacks
    FROM l),
  late AS (SELECT t.place, t.failing AS since FROM t WHERE t.failing < pg_catalog.clock_timestamp() - interval '1 hour'
    UNION ALL SELECT t.place, t.lacking FROM t WHERE t.lacks AND t.lacking < pg_catalog.clock_timestamp() - interval '26 hours')
  SELECT 'checkpoint_not_copied', x.place, (extract(epoch FROM pg_catalog.clock_timestamp() - min(x.since)) / 3600)::bigint FROM late x GROUP BY x.place
  UNION ALL SELECT 'checkpoint_not_copied', l.code, 0 FROM l WHERE l.code <> ''
$$;
-- In the place of that of V59: with what was not copied.
CREATE OR REPLACE FUNCTION act.watch_checkpoints() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c record;
BEGIN
  SELECT s.newest, s.disagreeing INTO c FROM act.checkpoint_state() s;
  IF c.newest < pg_catalog.clock_timestamp() - interval '5 minutes' THEN
    RETURN QUERY SELECT 'checkpoint_missing', '', (extract(epoch FROM pg_catalog.clock_timestamp() - c.newest) / 60)::bigint;
  END IF;
  IF c.disagreeing > 0 THEN RETURN QUERY SELECT 'witness_disagrees', '', c.disagreeing; END IF;
  -- Not reached, or turned away, since ten minutes.
  RETURN QUERY WITH w AS (SELECT DISTINCT x.witness FROM care.witness_answer x WHERE x.at > pg_catalog.clock_timestamp() - interval '30 days'),
    spoke AS (SELECT w.witness, (SELECT max(y.at) FROM care.witness_answer y WHERE y.witness = w.witness AND y.outcome NOT IN ('unreachable', 'refused')) AS at FROM w),
    silent AS (SELECT s.witness, (SELECT min(y.at) FROM care.witness_answer y WHERE y.witness = s.witness AND y.at > coalesce(s.at, '-infinity')) AS since FROM spoke s)
    SELECT 'witness_silent', s.witness, (extract(epoch FROM pg_catalog.clock_timestamp() - s.since) / 60)::bigint FROM silent s
    WHERE s.since < pg_catalog.clock_timestamp() - interval '10 minutes';
  RETURN QUERY SELECT 'record_altered', f.what, count(*) FROM care.log_finding f
    WHERE f.at > coalesce((SELECT max(a.at) FROM care.log_answer a), '-infinity') GROUP BY f.what;
  RETURN QUERY SELECT u.code, u.subject, u.number FROM sec.uncopied() u;
END $$;

REVOKE ALL ON FUNCTION act.note_copy_places(text[]), act.checkpoint_to_copy(), act.copy_places(), act.note_copy(text, text, int, bigint, text), act.mail_checkpoint(int, bigint, jsonb[], int),
  act.note_stamp(int, bigint, text, bytea, timestamptz), act.stamp_of(int, bigint), sec.uncopied() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.note_copy_places(text[]), act.checkpoint_to_copy(), act.copy_places(), act.note_copy(text, text, int, bigint, text), act.mail_checkpoint(int, bigint, jsonb[], int),
  act.note_stamp(int, bigint, text, bytea, timestamptz), act.stamp_of(int, bigint) TO renkei_job;
SET LOCAL ROLE renkei_owner;
