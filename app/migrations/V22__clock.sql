-- A clock that jumps absurdly gets no record. Each machine that serves says every few seconds how much time has passed on it since
-- it last said so, by a clock that nobody sets (CLOCK_BOOTTIME). The database holds that against its own clock: where the two
-- come apart by more than five minutes, the mark stays where it is, and records wait until the clock is right again, or until
-- somebody says that it is (renkei accept-clock). Nobody's word moves a mark to anything but the database's own time.
SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.clock_mark (
  boot text PRIMARY KEY CHECK (pg_catalog.length(boot) BETWEEN 1 AND 64),  -- names a machine from one start to the next
  uptime float8 NOT NULL,                                                  -- seconds of that machine, when the mark was made
  at timestamptz NOT NULL,                                                 -- the database's clock then
  disputed_at timestamptz,                                                 -- the database's clock when they came apart
  since float8 NOT NULL                                                    -- seconds of that machine, when its marks began
);
SELECT care.guard_from_migrator('sec.clock_mark');

-- Whether another machine, which has made marks for ten minutes at least, is undisputed now: then it was the machine at hand that stood
-- still (a paused virtual machine, say), and not the clock that jumped.
CREATE FUNCTION sec.others_agree(p_boot text, p_now timestamptz) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM sec.clock_mark x WHERE x.boot <> p_boot AND x.disputed_at IS NULL AND x.uptime - x.since >= 600
    AND x.at BETWEEN p_now - interval '1 minute' AND p_now + interval '1 minute')
$$;
REVOKE ALL ON FUNCTION sec.others_agree(text, timestamptz) FROM PUBLIC;

-- Moves this machine's mark. False, and it stays, where the database's clock has jumped since.
CREATE FUNCTION act.mark_clock(p_boot text, p_uptime float8) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); m sec.clock_mark; off interval;
BEGIN
  SELECT * INTO m FROM sec.clock_mark x WHERE x.boot = p_boot FOR UPDATE;
  IF FOUND THEN
    off := t - (m.at + pg_catalog.make_interval(secs => p_uptime - m.uptime));
    IF off NOT BETWEEN interval '-5 minutes' AND interval '5 minutes' AND NOT sec.others_agree(p_boot, t) THEN
      UPDATE sec.clock_mark SET disputed_at = t WHERE boot = p_boot;
      RETURN false;
    END IF;
    UPDATE sec.clock_mark SET uptime = p_uptime, at = t, disputed_at = NULL WHERE boot = p_boot;
  ELSIF EXISTS (SELECT 1 FROM sec.clock_mark x WHERE x.disputed_at BETWEEN t - interval '1 minute' AND t + interval '1 minute') AND NOT sec.others_agree(p_boot, t) THEN
    -- A machine that has just started knows nothing; another one does.
    RETURN false;
  ELSE
    INSERT INTO sec.clock_mark (boot, uptime, at, since) VALUES (p_boot, p_uptime, t, p_uptime) ON CONFLICT (boot) DO NOTHING;
  END IF;
  DELETE FROM sec.clock_mark x WHERE x.boot <> p_boot AND x.at < t - interval '1 day' AND x.disputed_at IS NULL;
  RETURN true;
END $$;

-- Whoever looks after the deployment says that the clock is right as it is: the marks begin anew.
CREATE FUNCTION act.accept_clock() RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  DELETE FROM sec.clock_mark;
  RETURN pg_catalog.clock_timestamp();
END $$;

-- Whether the clock is far from the newest mark although a machine that makes marks is there: it holds a lock named after itself
-- as long as its connection lives. Without one nobody vouches for anything (a release before this one serves, say), and the clock is
-- believed. Locks are asked for only where mark and clock differ, and in shared mode, so that askers do not meet each other.
CREATE FUNCTION sec.clock_is_doubtful() RETURNS bool LANGUAGE plpgsql VOLATILE AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); newest timestamptz;
BEGIN
  SELECT max(x.at) INTO newest FROM sec.clock_mark x;
  IF newest IS NULL OR t BETWEEN newest - interval '5 minutes' AND newest + interval '5 minutes' THEN RETURN false; END IF;
  RETURN EXISTS (SELECT 1 FROM sec.clock_mark x WHERE NOT pg_catalog.pg_try_advisory_xact_lock_shared(2022, pg_catalog.hashtext(x.boot)));
END $$;

-- For the alarms: one that lasts as long as records are refused.
CREATE FUNCTION act.watch_clock() RETURNS TABLE (code text, subject text, number bigint) LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  SELECT 'clock_doubtful', '', 1::bigint WHERE sec.clock_is_doubtful()
$$;

-- As before, and no record while the clock is in doubt.
CREATE OR REPLACE FUNCTION sec.chain(c sec.context, p_stream uuid, p_kind text, p_client uuid, p_files bytea[], p_commitment bytea)
RETURNS sec.link LANGUAGE plpgsql AS $$
DECLARE l sec.link; now timestamptz := sec.clock();
BEGIN
  IF sec.clock_is_doubtful() THEN RAISE EXCEPTION 'the clock has jumped' USING ERRCODE = 'RK503'; END IF;
  UPDATE care.stream_head h SET seq = h.seq + 1, at = greatest(now, h.at + interval '1 microsecond'), prev = h.hash,
    hash = sec.record_hash((SELECT d.id FROM care.deployment d), p_stream, h.seq + 1, p_kind, c.account, c.account, c.facility,
      greatest(now, h.at + interval '1 microsecond'), p_client, p_files, h.hash, p_commitment)
  WHERE h.stream_id = p_stream RETURNING h.seq, h.at, h.prev, h.hash INTO l;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such stream' USING ERRCODE = 'RK404'; END IF;
  -- Asked behind the lock: whoever waited for it sees the mode of now.
  IF EXISTS (SELECT 1 FROM sec.service_mode) THEN PERFORM sec.must_be_in_service(c.facility_id, 'write'); END IF;
  IF l.at > now + interval '5 minutes' THEN RAISE EXCEPTION 'the clock is behind the record' USING ERRCODE = 'RK503'; END IF;
  RETURN l;
END $$;

GRANT EXECUTE ON FUNCTION act.mark_clock(text, float8), act.accept_clock(), act.watch_clock() TO renkei_job;
SET LOCAL ROLE renkei_owner;
