-- The log of the record: every record entry, view, act and operator's act is a leaf of one Merkle tree (RFC 9162), whose signed roots leave
-- this machine. What is here is the order of the leaves; the tree stands in files (`app/src/log`).
--
-- A leaf waits in `leaf_queue`, written by the transaction that writes what it stands for, until the sealer gives it its number.
CREATE TABLE care.leaf_queue (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5 OR kind IN (10, 11)),
  place uuid NOT NULL,
  number bigint NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE UNIQUE INDEX leaf_queue_of_row ON care.leaf_queue (place, number);
-- Every row comes and goes within seconds.
ALTER TABLE care.leaf_queue SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
-- How far what was there before the log has been queued, for each kind; no row: all of it. Nothing is ever put in again.
CREATE TABLE care.log_backfill (kind smallint PRIMARY KEY, place uuid NOT NULL, number bigint NOT NULL);
INSERT INTO care.log_backfill SELECT k, '00000000-0000-0000-0000-000000000000', 0 FROM unnest(ARRAY[1, 2, 3, 4, 5, 10, 11]) k;
CREATE TRIGGER no_insert BEFORE INSERT OR TRUNCATE ON care.log_backfill FOR EACH STATEMENT EXECUTE FUNCTION care.refuse_change();
ALTER TABLE care.log_backfill ENABLE ALWAYS TRIGGER no_insert;
-- Leaf `idx` of the tree. `kind` 1 to 5: a record, `place` its stream, `number` its seq; 10, 11: an event, `place` its id, `number` its time in
-- microseconds since 1970. `hash`: what the entry itself carries; the leaf is made of these 32 bytes.
CREATE TABLE care.log_entry (
  idx bigint PRIMARY KEY CHECK (idx >= 0),
  kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 5 OR kind IN (10, 11)),
  place uuid NOT NULL,
  number bigint NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  at timestamptz NOT NULL                                         -- when it was queued
);
-- An event's id alone is not enough: a view may be noted again at another time.
CREATE UNIQUE INDEX log_entry_of_row ON care.log_entry (place, number);
SELECT care.make_append_only('care.log_entry');
-- The log began anew, since the database had gone back behind what was signed. `previous`: the last note of the log before, whose leaves after
-- the last ones that are still here are lost.
CREATE TABLE care.log_epoch (
  number int PRIMARY KEY CHECK (number >= 1),
  previous text NOT NULL CHECK (length(previous) BETWEEN 40 AND 10000),
  reason text NOT NULL CHECK (length(reason) BETWEEN 5 AND 400),
  at timestamptz NOT NULL
);
SELECT care.make_append_only('care.log_epoch');
-- What the sealer has signed, oldest first.
CREATE TABLE care.checkpoint (
  epoch int NOT NULL CHECK (epoch >= 0),
  size bigint NOT NULL CHECK (size > 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  note text NOT NULL CHECK (length(note) BETWEEN 40 AND 10000),   -- the signed note
  at timestamptz NOT NULL,
  CONSTRAINT checkpoint_pkey PRIMARY KEY (epoch, size)
);
CREATE UNIQUE INDEX checkpoint_by_size ON care.checkpoint (size, epoch);
SELECT care.make_append_only('care.checkpoint');
-- A witness has cosigned a checkpoint, or has answered something else, or is asked no more (`left`). The same answer is kept once in ten minutes;
-- the published checkpoint has the line of each.
CREATE TABLE care.witness_answer (
  id uuid PRIMARY KEY,
  witness text NOT NULL CHECK (length(witness) BETWEEN 1 AND 200),
  size bigint NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('cosigned', 'disagrees', 'unreachable', 'refused', 'left')),
  line text,
  at timestamptz NOT NULL,
  CHECK ((outcome = 'cosigned') = (line IS NOT NULL))
);
CREATE INDEX witness_answer_latest ON care.witness_answer (witness, at DESC);
SELECT care.make_append_only('care.witness_answer');
-- What does not agree with the log: found by the sealer, told as an alarm until a person has answered.
CREATE TABLE care.log_finding (
  id uuid PRIMARY KEY,
  what text NOT NULL CHECK (what IN ('changed', 'gone', 'unlogged', 'tiles', 'older', 'fork', 'unsigned')),
  kind smallint,
  place uuid,
  number bigint,
  at timestamptz NOT NULL
);
CREATE INDEX log_finding_latest ON care.log_finding (at DESC);
SELECT care.make_append_only('care.log_finding');
-- A person has looked at all that was found until then, and says what it was.
CREATE TABLE care.log_answer (
  at timestamptz PRIMARY KEY,
  reason text NOT NULL CHECK (length(reason) BETWEEN 5 AND 400)
);
SELECT care.make_append_only('care.log_answer');
GRANT SELECT, INSERT, DELETE ON care.leaf_queue TO renkei_sec;
GRANT SELECT, UPDATE, DELETE ON care.log_backfill TO renkei_sec;
GRANT SELECT, INSERT ON care.log_entry, care.log_epoch, care.checkpoint, care.witness_answer, care.log_finding, care.log_answer TO renkei_sec;
SELECT care.protect(t) FROM unnest(ARRAY['care.leaf_queue', 'care.log_backfill', 'care.log_entry', 'care.log_epoch', 'care.checkpoint', 'care.witness_answer', 'care.log_finding', 'care.log_answer']::regclass[]) t;
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['leaf_queue', 'log_backfill', 'log_entry', 'log_epoch', 'checkpoint', 'witness_answer'] LOOP
    EXECUTE pg_catalog.format('CREATE POLICY verify ON care.%I FOR SELECT TO renkei_verify USING (true)', t);
    EXECUTE pg_catalog.format('GRANT SELECT ON care.%I TO renkei_verify', t);
  END LOOP;
END $$;
CREATE POLICY verify ON care.operator_event FOR SELECT TO renkei_verify USING (true);
GRANT SELECT ON care.operator_event TO renkei_verify;

SET LOCAL ROLE renkei_sec;
-- The kinds: 1 post, 2 receipt, 3 membership event, 4 face sheet version, 5 observation; 10 access event, 11 operators' event.
CREATE FUNCTION sec.queue_record() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO care.leaf_queue (kind, place, number, hash) VALUES (TG_ARGV[0]::smallint, NEW.stream_id, NEW.seq, NEW.hash);
  RETURN NULL;
END $$;
CREATE FUNCTION sec.micros(p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT (extract(epoch FROM p_at) * 1000000)::bigint
$$;
CREATE FUNCTION sec.moment(p_micros bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT timestamptz 'epoch' + p_micros * interval '1 microsecond'
$$;
CREATE FUNCTION sec.queue_event() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO care.leaf_queue (kind, place, number, hash) VALUES (TG_ARGV[0]::smallint, NEW.id, sec.micros(NEW.at), NEW.leaf);
  RETURN NULL;
END $$;

-- The next rows of a kind that come after this one, in the order of their index.
CREATE FUNCTION sec.rows_after(p_kind smallint, p_place uuid, p_number bigint, p_most int) RETURNS TABLE (place uuid, number bigint, hash bytea) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_kind < 10 THEN
    RETURN QUERY EXECUTE pg_catalog.format('SELECT x.stream_id, x.seq, x.hash FROM care.%I x WHERE (x.stream_id, x.seq) > ($1, $2) ORDER BY x.stream_id, x.seq LIMIT $3',
      (ARRAY['post', 'receipt', 'membership_event', 'face_sheet_version', 'observation'])[p_kind]) USING p_place, p_number, p_most;
  ELSIF p_kind = 10 THEN
    RETURN QUERY SELECT x.id, sec.micros(x.at), x.leaf FROM care.access_event x
      WHERE x.at >= sec.moment(p_number) AND (x.at, x.id) > (sec.moment(p_number), p_place) ORDER BY x.at, x.id LIMIT p_most;
  ELSE
    RETURN QUERY SELECT x.id, sec.micros(x.at), x.leaf FROM care.operator_event x WHERE x.id > p_place ORDER BY x.id LIMIT p_most;
  END IF;
END $$;

-- ---- The sealer: it gives leaves their numbers and keeps what it signed, and can write nothing else ------------------------
-- Whatever is committed for good: no transaction that is still open can put a leaf before these. `p_from`: how many entries the
-- sealer knows; another number means that two of them work. How many there are now.
CREATE FUNCTION act.take_leaves(p_from bigint, p_most int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE first bigint; taken bigint;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(7236477);
  first := coalesce((SELECT max(e.idx) + 1 FROM care.log_entry e), 0);
  IF first <> p_from THEN RAISE EXCEPTION 'another sealer' USING ERRCODE = 'RK409'; END IF;
  WITH gone AS (
    DELETE FROM care.leaf_queue q WHERE q.n = ANY (ARRAY(
      SELECT x.n FROM care.leaf_queue x WHERE x.xid < pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()) ORDER BY x.n LIMIT p_most))
    RETURNING q.*)
  INSERT INTO care.log_entry SELECT first + row_number() OVER (ORDER BY g.n) - 1, g.kind, g.place, g.number, g.hash, g.at FROM gone g
    WHERE (SELECT e.idx FROM care.log_entry e WHERE e.place = g.place AND e.number = g.number) IS NULL;
  GET DIAGNOSTICS taken = ROW_COUNT;
  RETURN first + taken;
END $$;
-- Queues the next rows that were there before the log. Whether there are more. The triggers stand already, so a row has its leaf, or is found here.
-- No more than the sealer can follow.
CREATE FUNCTION act.queue_earlier(p_most int) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE b care.log_backfill; l record; rest bigint := p_most;
BEGIN
  IF (SELECT count(*) FROM (SELECT 1 FROM care.leaf_queue LIMIT 200000) q) = 200000 THEN RETURN true; END IF;
  LOOP
    SELECT * INTO b FROM care.log_backfill x ORDER BY x.kind LIMIT 1 FOR UPDATE;
    IF NOT FOUND OR rest <= 0 THEN RETURN FOUND; END IF;
    WITH part AS MATERIALIZED (SELECT * FROM sec.rows_after(b.kind, b.place, b.number, rest::int) WITH ORDINALITY r (place, number, hash, o)),
    put AS (INSERT INTO care.leaf_queue (kind, place, number, hash) SELECT b.kind, p.place, p.number, p.hash FROM part p
      WHERE (SELECT e.idx FROM care.log_entry e WHERE e.place = p.place AND e.number = p.number) IS NULL
        AND (SELECT q.n FROM care.leaf_queue q WHERE q.place = p.place AND q.number = p.number) IS NULL ORDER BY p.o)
    SELECT p.place, p.number, p.o INTO l FROM part p ORDER BY p.o DESC LIMIT 1;
    IF coalesce(l.o, 0) < rest THEN
      DELETE FROM care.log_backfill x WHERE x.kind = b.kind;
    ELSE
      UPDATE care.log_backfill x SET place = l.place, number = l.number WHERE x.kind = b.kind;
    END IF;
    rest := rest - coalesce(l.o, 0);
  END LOOP;
END $$;
CREATE FUNCTION act.log_entries(p_from bigint, p_until bigint) RETURNS TABLE (hash bytea) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT e.hash FROM care.log_entry e WHERE e.idx >= p_from AND e.idx < p_until ORDER BY e.idx
$$;
-- `timeline`: which life of the database this is; a restore and a failover begin a new one.
CREATE FUNCTION act.log_state() RETURNS TABLE (deployment uuid, entries bigint, epoch int, previous text, note text, timeline bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT (SELECT d.id FROM care.deployment d), coalesce((SELECT max(e.idx) + 1 FROM care.log_entry e), 0), coalesce(p.number, 0), p.previous, c.note,
    ('x' || pg_catalog."left"(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::bigint
  FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT * FROM care.log_epoch x ORDER BY x.number DESC LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT * FROM care.checkpoint x WHERE x.epoch = coalesce(p.number, 0) ORDER BY x.size DESC LIMIT 1) c ON true
$$;
-- By hand, after a restore. The number of the new log.
CREATE FUNCTION act.begin_log_anew(p_previous text, p_before int, p_reason text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE n int;
BEGIN
  INSERT INTO care.log_epoch SELECT greatest(coalesce(max(x.number), 0), p_before) + 1, p_previous, p_reason, pg_catalog.clock_timestamp() FROM care.log_epoch x RETURNING number INTO n;
  INSERT INTO care.log_answer VALUES (pg_catalog.clock_timestamp(), p_reason);
  PERFORM sec.log_operator_as(NULL, 'began_log_anew', NULL, p_reason);
  RETURN n;
END $$;
-- By hand: what was found has been looked at. What is still so is found again.
CREATE FUNCTION act.answer_findings(p_reason text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE n bigint;
BEGIN
  SELECT count(*) INTO n FROM care.log_finding f WHERE f.at > coalesce((SELECT max(a.at) FROM care.log_answer a), '-infinity');
  IF n > 0 THEN
    INSERT INTO care.log_answer VALUES (pg_catalog.clock_timestamp(), p_reason);
    PERFORM sec.log_operator_as(NULL, 'answered_log_findings', NULL, p_reason);
  END IF;
  RETURN n;
END $$;
CREATE FUNCTION act.note_checkpoint(p_epoch int, p_size bigint, p_root bytea, p_note text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.checkpoint VALUES (p_epoch, p_size, p_root, p_note, pg_catalog.clock_timestamp())
$$;
CREATE FUNCTION act.note_witness(p_witness text, p_size bigint, p_outcome text, p_line text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.witness_answer VALUES (pg_catalog.gen_random_uuid(), p_witness, p_size, p_outcome, p_line, pg_catalog.clock_timestamp())
$$;
-- Who is asked from now on; any other has left.
CREATE FUNCTION act.note_witnesses(p_witnesses text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.witness_answer SELECT pg_catalog.gen_random_uuid(), l.witness, 0, 'left', NULL, pg_catalog.clock_timestamp()
  FROM (SELECT DISTINCT ON (w.witness) w.witness, w.outcome FROM care.witness_answer w ORDER BY w.witness, w.at DESC) l
  WHERE l.outcome <> 'left' AND l.witness <> ALL (p_witnesses)
$$;
-- Once for one thing, until it is answered.
CREATE FUNCTION act.note_finding(p_what text, p_kind smallint, p_place uuid, p_number bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO care.log_finding SELECT pg_catalog.gen_random_uuid(), p_what, p_kind, p_place, p_number, pg_catalog.clock_timestamp()
  WHERE NOT EXISTS (SELECT 1 FROM care.log_finding f WHERE (f.what, f.kind, f.place, f.number) IS NOT DISTINCT FROM (p_what, p_kind, p_place, p_number)
    AND f.at > coalesce((SELECT max(a.at) FROM care.log_answer a), '-infinity'))
$$;
-- What an event's leaf is made of (V4, V9, V12).
CREATE FUNCTION sec.access_leaf(x care.access_event) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/access/v1', x.id, pg_catalog.to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    x.act, x.outcome, coalesce(x.account_id::text, '-'), coalesce(x.account::text, '-'), coalesce(x.session_id::text, '-'), coalesce(x.device_id::text, '-'),
    coalesce(x.facility_id::text, '-'), coalesce(x.owner_facility_id::text, '-'), coalesce(x.group_id::text, '-'), coalesce(x.patient_id::text, '-'),
    coalesce(x.ref::text, '-'), coalesce(x.seconds::text, '-')), 'UTF8'))
$$;
CREATE FUNCTION sec.operator_leaf(x care.operator_event) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/operator/v1', x.id, pg_catalog.to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    coalesce(x.operator_id::text, '-'), x.act, coalesce(x.subject::text, '-'), x.detail), 'UTF8'))
$$;
-- Entries `p_from` to `p_until`, and what is wrong with their rows. `now`: the hash that an entry's own row carries, if it is that of what stands in
-- the row; else ''. NULL: there is no such row.
CREATE FUNCTION act.log_against_rows(p_from bigint, p_until bigint) RETURNS TABLE (idx bigint, hash bytea, kind smallint, place uuid, number bigint, what text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT e.idx, e.hash, e.kind, e.place, e.number, CASE WHEN h.now IS NULL THEN 'gone' WHEN h.now <> e.hash THEN 'changed' END
  FROM care.log_entry e CROSS JOIN LATERAL (SELECT CASE e.kind
    WHEN 1 THEN (SELECT CASE WHEN x.hash = sec.record_hash(d.id, x.stream_id, x.seq, x.kind, x.author, x.entered_by, x.facility, x.at, x.client_id, x.files, x.prev, x.commitment)
      THEN x.hash ELSE '' END FROM care.post x, care.deployment d WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 2 THEN (SELECT CASE WHEN x.hash = sec.record_hash(d.id, x.stream_id, x.seq, x.kind, x.author, x.entered_by, x.facility, x.at, x.client_id, '{}', x.prev, x.commitment)
      THEN x.hash ELSE '' END FROM care.receipt x, care.deployment d WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 3 THEN (SELECT CASE WHEN x.hash = sec.record_hash(d.id, x.stream_id, x.seq, x.kind, x.author, x.entered_by, x.facility, x.at, x.client_id, '{}', x.prev, x.commitment)
      THEN x.hash ELSE '' END FROM care.membership_event x, care.deployment d WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 4 THEN (SELECT CASE WHEN x.hash = sec.record_hash(d.id, x.stream_id, x.seq, x.kind, x.author, x.entered_by, x.facility, x.at, x.client_id, '{}', x.prev, x.commitment)
      THEN x.hash ELSE '' END FROM care.face_sheet_version x, care.deployment d WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 5 THEN (SELECT CASE WHEN x.hash = sec.record_hash(d.id, x.stream_id, x.seq, x.kind, x.author, x.entered_by, x.facility, x.at, x.client_id, '{}', x.prev, x.commitment)
      THEN x.hash ELSE '' END FROM care.observation x, care.deployment d WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 10 THEN (SELECT CASE WHEN x.leaf = sec.access_leaf(x) THEN x.leaf ELSE '' END FROM care.access_event x WHERE x.id = e.place AND x.at = sec.moment(e.number))
    WHEN 11 THEN (SELECT CASE WHEN x.leaf = sec.operator_leaf(x) THEN x.leaf ELSE '' END FROM care.operator_event x WHERE x.id = e.place AND x.at = sec.moment(e.number))
    END AS now OFFSET 0) h
  WHERE e.idx >= p_from AND e.idx < p_until ORDER BY e.idx
$$;
-- The next rows of a kind after this one: the last of them, how many there were, and those that no leaf stands for, nor waits with the same hash (put
-- there past the triggers). A leaf that waits since a transaction that has not begun yet is none.
CREATE FUNCTION act.rows_against_log(p_kind smallint, p_place uuid, p_number bigint, p_most int) RETURNS TABLE (last_place uuid, last_number bigint, seen bigint, place uuid, number bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  WITH part AS MATERIALIZED (SELECT * FROM sec.rows_after(p_kind, p_place, p_number, p_most) WITH ORDINALITY r (place, number, hash, o)),
  l AS (SELECT p.place, p.number, p.o FROM part p ORDER BY p.o DESC LIMIT 1),
  found AS (SELECT p.place, p.number FROM part p
    WHERE (SELECT e.idx FROM care.log_entry e WHERE e.place = p.place AND e.number = p.number AND e.kind = p_kind) IS NULL
      AND (SELECT q.n FROM care.leaf_queue q WHERE q.place = p.place AND q.number = p.number AND q.kind = p_kind AND q.hash = p.hash
        AND q.xid < pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())) IS NULL
    LIMIT 20)
  SELECT l.place, l.number, l.o, f.place, f.number FROM l LEFT JOIN found f ON true
$$;

-- ---- What others ask --------------------------------------------------------------------------------------------
-- Where the entry of a post stands in the log, for whoever may read the post; no place while it waits.
CREATE FUNCTION act.place_of_post(p_post uuid) RETURNS TABLE (group_id uuid, idx bigint, hash bytea, note text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must(); p record;
BEGIN
  SELECT x.group_id, x.stream_id, x.seq, x.hash INTO p FROM care.post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'team' WHERE x.id = p_post;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  PERFORM sec.member(c, p.group_id);
  IF p.seq <= sec.my_first(p.group_id) THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  RETURN QUERY SELECT p.group_id, e.idx, p.hash, k.note FROM (SELECT 1) one
    LEFT JOIN LATERAL (SELECT * FROM care.checkpoint x ORDER BY x.epoch DESC, x.size DESC LIMIT 1) k ON true
    LEFT JOIN care.log_entry e ON e.place = p.stream_id AND e.number = p.seq AND e.kind = 1 AND e.idx < k.size;
END $$;
-- For everybody who works with the record; there is nothing of a patient in it.
CREATE FUNCTION act.log_about() RETURNS TABLE (leaves bigint, signed bigint, signed_at timestamptz, unanswered bigint, witnesses text[], cosigned_at timestamptz[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.must();
BEGIN
  RETURN QUERY SELECT coalesce((SELECT max(e.idx) + 1 FROM care.log_entry e), 0), k.size, k.at,
    (SELECT count(*) FROM care.log_finding f WHERE f.at > coalesce((SELECT max(a.at) FROM care.log_answer a), '-infinity')), w.names, w.times
  FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT x.size, x.at FROM care.checkpoint x ORDER BY x.epoch DESC, x.size DESC LIMIT 1) k ON true
    CROSS JOIN LATERAL (SELECT coalesce(pg_catalog.array_agg(l.witness ORDER BY l.witness), '{}') AS names, coalesce(pg_catalog.array_agg(l.at ORDER BY l.witness), '{}') AS times
      FROM (SELECT DISTINCT ON (x.witness) x.witness, x.at FROM care.witness_answer x WHERE x.outcome = 'cosigned' AND x.at > pg_catalog.clock_timestamp() - interval '30 days'
        ORDER BY x.witness, x.at DESC) l) w;
END $$;
-- In the place of that of V10. `newest`: since when something waits for a signature, NULL where nothing does; `disagreeing`: how many witnesses answered
-- last that they know another tree.
CREATE OR REPLACE FUNCTION act.checkpoint_state() RETURNS TABLE (newest timestamptz, disagreeing bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT least((SELECT q.at FROM care.leaf_queue q ORDER BY q.n LIMIT 1),
      (SELECT e.at FROM care.log_entry e WHERE e.idx = coalesce((SELECT c.size FROM care.checkpoint c ORDER BY c.epoch DESC, c.size DESC LIMIT 1), 0))),
    (SELECT count(*) FROM (SELECT DISTINCT ON (w.witness) w.outcome FROM care.witness_answer w
      WHERE w.outcome NOT IN ('unreachable', 'refused') AND w.at > pg_catalog.clock_timestamp() - interval '30 days' ORDER BY w.witness, w.at DESC) x WHERE x.outcome = 'disagrees')
$$;
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
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT USAGE ON SCHEMA act TO renkei_sealer;
GRANT EXECUTE ON FUNCTION act.take_leaves(bigint, int), act.queue_earlier(int), act.log_entries(bigint, bigint), act.log_state(), act.begin_log_anew(text, int, text), act.answer_findings(text),
  act.note_checkpoint(int, bigint, bytea, text), act.note_witness(text, bigint, text, text), act.note_witnesses(text[]), act.note_finding(text, smallint, uuid, bigint),
  act.log_against_rows(bigint, bigint), act.rows_against_log(smallint, uuid, bigint, int) TO renkei_sealer;
GRANT EXECUTE ON FUNCTION act.place_of_post(uuid), act.log_about() TO renkei_app;
GRANT EXECUTE ON FUNCTION sec.queue_record(), sec.queue_event() TO renkei_owner;

SET LOCAL ROLE renkei_owner;
DO $$
DECLARE t regclass; r record;
BEGIN
  -- The sealer reads by its functions alone.
  FOR r IN SELECT p.polrelid::regclass AS rel FROM pg_catalog.pg_policy p WHERE p.polroles = ARRAY['renkei_sealer'::regrole::oid] LOOP
    EXECUTE pg_catalog.format('REVOKE SELECT (stream_id, seq, hash), SELECT ON %s FROM renkei_sealer', r.rel);
  END LOOP;
  FOR r IN SELECT * FROM (VALUES ('post', 1), ('receipt', 2), ('membership_event', 3), ('face_sheet_version', 4), ('observation', 5)) x (name, kind) LOOP
    EXECUTE pg_catalog.format('GRANT TRIGGER ON care.%I TO renkei_owner', r.name);
    EXECUTE pg_catalog.format('CREATE TRIGGER queue_leaf AFTER INSERT ON care.%I FOR EACH ROW EXECUTE FUNCTION sec.queue_record(%L)', r.name, r.kind);
    EXECUTE pg_catalog.format('ALTER TABLE care.%I ENABLE ALWAYS TRIGGER queue_leaf', r.name);
    EXECUTE pg_catalog.format('REVOKE TRIGGER ON care.%I FROM renkei_owner', r.name);
  END LOOP;
  FOR t IN SELECT 'care.access_event'::regclass UNION ALL SELECT i.inhrelid::regclass FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'care.access_event'::regclass LOOP
    EXECUTE pg_catalog.format('GRANT TRIGGER ON %s TO renkei_owner', t);
  END LOOP;
  CREATE TRIGGER queue_leaf AFTER INSERT ON care.access_event FOR EACH ROW EXECUTE FUNCTION sec.queue_event('10');
  FOR t IN SELECT 'care.access_event'::regclass UNION ALL SELECT i.inhrelid::regclass FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'care.access_event'::regclass LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER queue_leaf', t);
    EXECUTE pg_catalog.format('REVOKE TRIGGER ON %s FROM renkei_owner', t);
  END LOOP;
  GRANT TRIGGER ON care.operator_event TO renkei_owner;
  CREATE TRIGGER queue_leaf AFTER INSERT ON care.operator_event FOR EACH ROW EXECUTE FUNCTION sec.queue_event('11');
  ALTER TABLE care.operator_event ENABLE ALWAYS TRIGGER queue_leaf;
  REVOKE TRIGGER ON care.operator_event FROM renkei_owner;
END $$;
