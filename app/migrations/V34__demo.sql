-- How a demo describes itself: members with the facility for which each is one. Somebody of two facilities posts in a group only
-- while acting for the one that sent her there, and the description's token acts for one.
SET LOCAL ROLE renkei_sec;
DROP FUNCTION act.demo_groups();
CREATE FUNCTION act.demo_groups() RETURNS TABLE (id uuid, kind text, patient_id uuid, facility_id uuid, members uuid[], acting_for uuid[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT g.id, g.kind, g.patient_id, g.facility_id, pg_catalog.array_agg(m.account_id ORDER BY m.since, m.account_id), pg_catalog.array_agg(m.facility_id ORDER BY m.since, m.account_id)
  FROM care.groups g JOIN care.group_state s ON s.group_id = g.id AND s.archived_at IS NULL
  JOIN care.membership m ON m.group_id = g.id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
  GROUP BY g.id ORDER BY g.created_at
$$;
REVOKE ALL ON FUNCTION act.demo_groups() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.demo_groups() TO renkei_job;
SET LOCAL ROLE renkei_owner;
