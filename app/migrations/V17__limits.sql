-- Waits at the sign-in, once more: who has shown something already does not wait for what strangers beside them do.
SET LOCAL ROLE renkei_sec;

-- Seconds to wait before the next try, 0 if none. The one table of records.md §7:
--   5 failures -> 1 minute, doubling to 15; from unknown devices at most 10 an hour for an account;
--   a known device keeps its own count, so an attacker elsewhere cannot lock its owner out; 30 a minute for an address block.
-- The block's count is not for a known device, nor for who has given the right password there and is about to give the code;
-- and a try whose password was right does not count against the neighbours: a ward signs in at the same minute, behind one address.
CREATE OR REPLACE FUNCTION sec.sign_in_wait(p_login_hash bytea, p_device uuid, p_block text) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE t timestamptz := pg_catalog.clock_timestamp(); failed int; last_at timestamptz; w interval := '0'; tenth timestamptz;
BEGIN
  SELECT count(*), max(a.at) INTO failed, last_at FROM sec.attempt a
  WHERE a.login_hash = p_login_hash AND a.device_id IS NOT DISTINCT FROM p_device AND NOT a.ok AND a.at > t - interval '1 day'
    AND a.at > coalesce((SELECT max(o.at) FROM sec.attempt o WHERE o.login_hash = p_login_hash AND o.device_id IS NOT DISTINCT FROM p_device AND o.ok), '-infinity');
  IF failed >= 5 THEN
    w := greatest(w, last_at + least(interval '15 minutes', interval '1 minute' * power(2, least(failed, 10) - 5)) - t);
  END IF;
  IF p_device IS NULL THEN
    SELECT a.at INTO tenth FROM sec.attempt a WHERE a.login_hash = p_login_hash AND a.device_id IS NULL AND NOT a.ok AND a.at > t - interval '1 hour'
    ORDER BY a.at DESC OFFSET 9 LIMIT 1;
    IF tenth IS NOT NULL THEN w := greatest(w, tenth + interval '1 hour' - t); END IF;
    IF NOT EXISTS (SELECT 1 FROM sec.attempt a JOIN sec.pre_sign_in p ON p.attempt_id = a.id
          WHERE a.login_hash = p_login_hash AND a.address_block = p_block AND a.at > t - interval '5 minutes' AND p.used_at IS NULL AND p.expires_at > t)
      AND (SELECT count(*) FROM sec.attempt a WHERE a.address_block = p_block AND NOT a.ok AND a.at > t - interval '1 minute'
          AND NOT EXISTS (SELECT 1 FROM sec.pre_sign_in p WHERE p.attempt_id = a.id)) >= 30 THEN
      w := greatest(w, interval '1 minute');
    END IF;
  END IF;
  RETURN ceil(extract(epoch FROM w));
END $$;

-- Both looks above go from a try to its half.
CREATE INDEX pre_sign_in_by_attempt ON sec.pre_sign_in (attempt_id);

SET LOCAL ROLE renkei_owner;
