//! Statements over the versions of face sheets. Reads see what row security lets the caller see.

/// A version with the wrapped keys that open it: no second statement when the key is not in memory yet.
macro_rules! sealed {
    () => {
        "v.stream_id, v.id, v.seq, v.envelope, k.wrapped, k.facility_id AS key_facility, k.facility_key_version AS key_version, f.wrapped AS facility_wrapped"
    };
}
/// The tables of those keys.
macro_rules! keys {
    () => {
        " JOIN care.data_key k ON k.stream_id = v.stream_id
  JOIN care.facility_key f ON f.facility_id = k.facility_id AND f.version = k.facility_key_version"
    };
}
pub(crate) use {keys, sealed};

/// Versions of one patient below a number, newest first, each with where the sheet stands: its group, and whether the
/// caller is in it.
pub const VERSIONS: &str = concat!(
    "SELECT ",
    sealed!(),
    ", v.at, v.client_id, v.author, v.facility, g.id AS group_id, g.id = ANY ((SELECT sec.my_groups())::uuid[]) AS member,
  s.archived_at IS NOT NULL AS archived FROM care.face_sheet_version v",
    keys!(),
    " LEFT JOIN care.groups g ON g.patient_id = v.patient_id LEFT JOIN care.group_state s ON s.group_id = g.id
  WHERE v.patient_id = $1 AND v.seq < $2 ORDER BY v.seq DESC LIMIT $3"
);

/// The newest version of each of these patients.
pub const LATEST: &str = concat!(
    "SELECT v.patient_id, ",
    sealed!(),
    " FROM pg_catalog.unnest($1::uuid[]) p(id) CROSS JOIN LATERAL
  (SELECT x.patient_id, x.stream_id, x.id, x.seq, x.envelope FROM care.face_sheet_version x WHERE x.patient_id = p.id ORDER BY x.seq DESC LIMIT 1) v",
    keys!()
);

/// The members of now and how far each has read the sheet `$2` of the group `$1`. Members alone see the places.
pub const READ_BY: &str = "SELECT m.account_id, p.name, p.profession, f.name AS facility, r.up_to_seq, r.at
  FROM (SELECT DISTINCT ON (x.account_id) x.account_id, x.facility_id FROM care.membership x WHERE x.group_id = $1 AND x.ended_at IS NULL
      AND (x.until IS NULL OR x.until > pg_catalog.clock_timestamp()) ORDER BY x.account_id, x.since) m
  JOIN care.person_now p ON p.account_id = m.account_id JOIN care.facility_now f ON f.facility_id = m.facility_id
  LEFT JOIN care.read_position r ON r.stream_id = $2 AND r.account_id = m.account_id AND r.group_id = $1 ORDER BY p.kana, m.account_id";
pub const READ: &str = "SELECT act.read_summary($1, $2, $3, $4, $5, $6)";

pub const STREAM: &str = "SELECT s.id FROM care.stream s WHERE s.patient_id = $1";
pub const SAVE: &str = "SELECT seq FROM act.save_face_sheet($1, $2, $3, $4, $5, $6, $7)";
