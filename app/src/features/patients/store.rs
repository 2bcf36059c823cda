//! Statements over patients. Reads see what row security lets the caller see.

use crate::features::face_sheets::store::{keys, sealed};

/// A patient with the newest version of the face sheet, the keys that open it, and where the group stands.
macro_rules! patients {
    () => {
        concat!(
            "SELECT p.id AS patient_id, p.facility_id, p.number, g.id AS group_id, g.id = ANY ((SELECT sec.my_groups())::uuid[]) AS member,
  s.archived_at IS NOT NULL AS archived, ",
            sealed!(),
            " FROM care.patient p CROSS JOIN LATERAL
  (SELECT x.stream_id, x.id, x.seq, x.envelope FROM care.face_sheet_version x WHERE x.patient_id = p.id ORDER BY x.seq DESC LIMIT 1) v",
            keys!(),
            " LEFT JOIN care.groups g ON g.patient_id = p.id LEFT JOIN care.group_state s ON s.group_id = g.id"
        )
    };
}

/// Every patient whose face sheet the caller may read.
pub const ALL: &str = patients!();
pub const ONE: &str = concat!(patients!(), " WHERE p.id = $1");

pub const REGISTER: &str =
    "SELECT patient_id, same FROM act.register_patient($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub const ACTING_FOR: &str = "SELECT (sec.ctx()).facility_id";
