-- How the names of the team are read, for a patient or relative who wants that above them.
SET LOCAL ROLE renkei_sec;
-- Members, and whoever else has written on the family timeline, by the name as it is now: a post under an earlier name has no reading here.
-- A working name has none, as on the team's pages.
CREATE FUNCTION fam.readings(p_token_hash bytea, p_group uuid) RETURNS TABLE (account_id uuid, name text, kana text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT v.account_id, v.name, v.kana
    FROM (SELECT m.account_id FROM care.membership m WHERE m.group_id = p_group AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
      UNION SELECT p.author_id FROM care.stream s JOIN care.post p ON p.stream_id = s.id WHERE s.group_id = p_group AND s.kind = 'family') who
    CROSS JOIN LATERAL (SELECT x.* FROM care.account_version x WHERE x.account_id = who.account_id ORDER BY x.from_at DESC LIMIT 1) v
    WHERE v.work_name IS NULL AND NOT EXISTS (SELECT 1 FROM care.relative r WHERE r.group_id = p_group AND r.account_id = who.account_id);
END $$;
REVOKE ALL ON FUNCTION fam.readings(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fam.readings(bytea, uuid) TO renkei_family;
SET LOCAL ROLE renkei_owner;
