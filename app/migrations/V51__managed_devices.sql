-- A facility that lets managed devices in and no others ends what works on any machine: personal access tokens and calendar links. They
-- slept while the rule held, and woke when it was lifted; nobody expects that of a key that the facility did away with.
SET LOCAL ROLE renkei_sec;

CREATE FUNCTION sec.end_what_works_anywhere() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE sec.personal_token SET ended_at = NEW.at WHERE facility_id = NEW.facility_id AND ended_at IS NULL;
  UPDATE sec.calendar_link SET ended_at = NEW.at WHERE facility_id = NEW.facility_id AND ended_at IS NULL;
  RETURN NULL;
END $$;
-- Those that sleep now.
UPDATE sec.personal_token SET ended_at = pg_catalog.clock_timestamp() WHERE ended_at IS NULL AND (sec.sign_in_policy(facility_id)).managed_devices_only;
UPDATE sec.calendar_link SET ended_at = pg_catalog.clock_timestamp() WHERE ended_at IS NULL AND (sec.sign_in_policy(facility_id)).managed_devices_only;

REVOKE ALL ON FUNCTION sec.end_what_works_anywhere() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.end_what_works_anywhere() TO renkei_owner;
SET LOCAL ROLE renkei_owner;
GRANT TRIGGER ON care.sign_in_policy TO renkei_owner;
CREATE TRIGGER end_what_works_anywhere AFTER INSERT ON care.sign_in_policy FOR EACH ROW WHEN (NEW.managed_devices_only) EXECUTE FUNCTION sec.end_what_works_anywhere();
REVOKE TRIGGER ON care.sign_in_policy FROM renkei_owner;
