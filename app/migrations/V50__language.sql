-- The language of a person's screens. A row stands only for who has chosen; who has not sees what the browser asks for.
SET LOCAL ROLE renkei_sec;

CREATE TABLE sec.language (
  account_id uuid PRIMARY KEY,                                 -- of staff and of relatives alike
  language text NOT NULL CHECK (language IN ('ja', 'en'))
);
SELECT care.guard_from_migrator('sec.language');

CREATE FUNCTION act.choose_language(p_language text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must();
BEGIN
  INSERT INTO sec.language VALUES (c.account_id, p_language) ON CONFLICT (account_id) DO UPDATE SET language = excluded.language;
END $$;
CREATE FUNCTION fam.choose_language(p_token_hash bytea, p_language text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active');
BEGIN
  INSERT INTO sec.language VALUES (s.account_id, p_language) ON CONFLICT (account_id) DO UPDATE SET language = excluded.language;
END $$;
-- For the browser in which somebody has just proved who she is. NULL: nothing was chosen.
CREATE FUNCTION act.language_of(p_account uuid) RETURNS text LANGUAGE sql SECURITY DEFINER STABLE SET search_path = '' AS $$
  SELECT l.language FROM sec.language l WHERE l.account_id = p_account
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec, act, op, fam FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.choose_language(text) TO renkei_app;
GRANT EXECUTE ON FUNCTION act.language_of(uuid) TO renkei_auth;
GRANT EXECUTE ON FUNCTION fam.choose_language(bytea, text) TO renkei_family;
SET LOCAL ROLE renkei_owner;
