//! Statements over templates. Reads see what row security lets the caller see: the own ones and those of the acting facility.

/// The newest version of each that is offered; with an id, of that one, offered or not.
pub(super) const NOW: &str = "SELECT t.id, t.facility_id, t.facility_key_version, t.wrapped_key, k.wrapped AS facility_key, t.account_id IS NOT NULL AS own, v.version, v.name, v.content, v.retired
  FROM care.template t JOIN care.facility_key k ON k.facility_id = t.facility_id AND k.version = t.facility_key_version
  CROSS JOIN LATERAL (SELECT x.* FROM care.template_version x WHERE x.template_id = t.id ORDER BY x.version DESC LIMIT 1) v
  WHERE CASE WHEN $1::uuid IS NULL THEN NOT v.retired ELSE t.id = $1 END";
pub(super) const ADD: &str = "SELECT id, same FROM act.add_template($1, $2, $3, $4, $5, $6, $7, $8)";
pub(super) const SAVE: &str = "SELECT act.save_template($1, $2, $3, $4, $5)";
