-- How a person is reached, and the places where the rules of signing in grow.
SET LOCAL ROLE renkei_sec;

-- Mail and telephone of an account: for incidents, for notices about sign-in, for a forgotten password. In clear: a definer function
-- puts a letter into the act that causes it. Nobody who is not the person, the facility's admin or the deployment reads it.
CREATE TABLE sec.contact (
  account_id uuid PRIMARY KEY,
  mail text CHECK (length(mail) <= 254),
  mail_confirmed_at timestamptz,                               -- the person has opened the link that went there
  phone text NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
  changed_at timestamptz NOT NULL,
  CHECK (mail IS NOT NULL OR mail_confirmed_at IS NULL)
);
-- One address, one account: a confirmed address belongs to one person.
CREATE UNIQUE INDEX contact_mail ON sec.contact (pg_catalog.lower(mail)) WHERE mail_confirmed_at IS NOT NULL;
SELECT care.guard_from_migrator('sec.contact');

-- Whoever works nowhere any more is not written to, and the address is free for a new account at once.
CREATE FUNCTION sec.free_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM care.staff s WHERE s.account_id = NEW.account_id AND s.state <> 'left') THEN
    DELETE FROM sec.contact c WHERE c.account_id = NEW.account_id;
  END IF;
  RETURN NULL;
END $$;

-- Puts a letter to this person into the transaction; `p_letter` is {subject, text} as the service writes letters. Nobody is written to
-- whose address is not confirmed. Whether there was somebody to write to.
CREATE FUNCTION sec.write_to(p_account uuid, p_letter jsonb) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE m text;
BEGIN
  SELECT c.mail INTO m FROM sec.contact c WHERE c.account_id = p_account AND c.mail_confirmed_at IS NOT NULL;
  IF m IS NULL OR p_letter IS NULL THEN RETURN false; END IF;
  PERFORM sec.enqueue('mail', p_letter || pg_catalog.jsonb_build_object('to', m, 'message', pg_catalog.gen_random_uuid()), interval '0', 18);
  RETURN true;
END $$;

-- How many *kinds* of factor these are: know, have, are. Two of the same kind are one (guideline, Ops 14).
CREATE FUNCTION sec.kinds_of(p_factors text[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT count(DISTINCT f)::int FROM pg_catalog.unnest(p_factors) f WHERE f IN ('know', 'have', 'are')
$$;
-- The browser, where this person has used it before and it is not signed out for good; NULLs otherwise.
CREATE FUNCTION sec.known_device(p_device_hash bytea, p_account uuid) RETURNS sec.device LANGUAGE plpgsql STABLE AS $$
DECLARE d sec.device;
BEGIN
  SELECT * INTO d FROM sec.device x WHERE x.token_hash = p_device_hash AND x.account_id = p_account AND x.ended_at IS NULL;
  RETURN d;
END $$;
-- One counted try under an ID, known or not: seconds to wait, or 0, and then it stands as failed until it has turned out well. Tries
-- under one ID come one after the other.
CREATE FUNCTION sec.begin_try(p_attempt uuid, p_login_hash bytea, p_device uuid, p_block text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE w int;
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.encode(p_login_hash, 'hex'), 7));
  w := sec.sign_in_wait(p_login_hash, p_device, p_block);
  IF w = 0 THEN
    INSERT INTO sec.attempt (id, at, login_hash, device_id, address_block) VALUES (p_attempt, pg_catalog.clock_timestamp(), p_login_hash, p_device, p_block);
  END IF;
  RETURN w;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.free_contact() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.staff TO renkei_owner;
CREATE TRIGGER left_for_good AFTER UPDATE OF state ON care.staff FOR EACH ROW WHEN (NEW.state = 'left' AND OLD.state <> 'left') EXECUTE FUNCTION sec.free_contact();
REVOKE TRIGGER ON care.staff FROM renkei_owner;
