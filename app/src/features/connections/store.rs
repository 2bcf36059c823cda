//! Statements over conversations of two.

pub const FIND_DIRECT: &str = "SELECT state, group_id, usable, asked_by, asked_for, account_id, facility_id, stream, wrapped, key_facility, key_version, key_facility_wrapped
  FROM act.find_direct($1)";
pub const OPEN_DIRECT: &str =
    "SELECT group_id, created FROM act.open_direct($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
