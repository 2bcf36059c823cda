-- How the names of the team are read, for a patient or relative who wants that above them.
SET LOCAL ROLE renkei_sec;
-- Members, and whoever else has written on the family timeline, by the name as it is now: a post under an earlier name has no reading here.
-- A working name has none, as on the team's pages.
CREATE FUNCTION fam.readings(p_token_hash bytea, p_group uuid) RETURNS TABLE (account_id uuid, name text, kana text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT v.account_id, v.name, v.kana FROM care.person_now n JOIN care.account_version v ON v.id = n.version
    WHERE v.work_name IS NULL AND (EXISTS (SELECT 1 FROM care.membership m WHERE m.group_id = p_group AND m.account_id = v.account_id AND m.ended_at IS NULL)
      OR EXISTS (SELECT 1 FROM care.post p JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'family' AND s.group_id = p_group WHERE p.author_id = v.account_id));
END $$;
REVOKE ALL ON FUNCTION fam.readings(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fam.readings(bytea, uuid) TO renkei_family;
SET LOCAL ROLE renkei_owner;
