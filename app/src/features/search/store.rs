//! Statements of searching. Reads see what row security lets the caller see; it alone decides.

use crate::features::face_sheets::store::{keys, sealed};

/// The streams in sight: of each group of the caller (or of $1) its timelines, with the newest record in sight before the place ($2, $3);
/// and face sheets with their newest version. One look at an index for each. `newest` is NULL where nothing is in sight.
pub const STREAMS: &str = "SELECT s.id, s.group_id, NULL::uuid AS patient_id, CASE WHEN s.kind = 'team' AND s.group_id = ANY ((SELECT sec.my_late_groups())::uuid[]) THEN sec.my_first(s.group_id) ELSE 0 END AS first,
    n.seq AS newest, n.at, (SELECT sec.me()) AS me
  FROM care.stream s LEFT JOIN LATERAL (SELECT p.seq, p.at FROM care.post p WHERE p.stream_id = s.id AND ($2::timestamptz IS NULL OR p.at < $2 OR (p.at = $2 AND s.id < $3)) ORDER BY p.seq DESC LIMIT 1) n ON true
  WHERE s.kind IN ('team', 'family') AND s.group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND ($1::uuid IS NULL OR s.group_id = $1)
UNION ALL SELECT s.id, CASE WHEN g.id = ANY ((SELECT sec.my_groups())::uuid[]) THEN g.id END, s.patient_id, n.seq - 1, n.seq, n.at, (SELECT sec.me())
  FROM care.stream s JOIN LATERAL (SELECT v.seq, v.at FROM care.face_sheet_version v WHERE v.stream_id = s.id ORDER BY v.seq DESC LIMIT 1) n ON true
  LEFT JOIN care.groups g ON g.patient_id = s.patient_id
  WHERE s.kind = 'face_sheet' AND s.patient_id = ANY ((SELECT sec.my_patients())::uuid[]) AND ($1::uuid IS NULL OR g.id = $1) AND ($2::timestamptz IS NULL OR n.at < $2 OR (n.at = $2 AND s.id < $3))";

/// Of each of these streams the newest records between two numbers, so many at most.
pub const RECORDS: &str = "SELECT p.stream_id, p.seq, p.id, p.kind, p.author_id, p.author, p.facility_id, p.facility, p.at, p.envelope
  FROM ROWS FROM (pg_catalog.unnest($1::uuid[]), pg_catalog.unnest($2::bigint[]), pg_catalog.unnest($3::bigint[])) w(stream, above, below)
  CROSS JOIN LATERAL (SELECT x.* FROM care.post x WHERE x.stream_id = w.stream AND x.seq > w.above AND x.seq < w.below ORDER BY x.seq DESC LIMIT $4) p
  ORDER BY p.stream_id, p.seq DESC";

/// The newest version of each of these patients' sheets.
pub const SHEETS: &str = concat!(
    "SELECT ",
    sealed!(),
    ", v.at, v.author_id, v.author, v.facility_id, v.facility FROM pg_catalog.unnest($1::uuid[]) p(id) CROSS JOIN LATERAL
  (SELECT x.* FROM care.face_sheet_version x WHERE x.patient_id = p.id ORDER BY x.seq DESC LIMIT 1) v",
    keys!()
);

pub const SEARCHED: &str = "SELECT act.searched($1, $2, $3, $4, $5, $6, $7)";

/// Which of the caller's groups are about a patient.
pub const PATIENT_GROUPS: &str = "SELECT g.id FROM care.groups g WHERE g.id = ANY ((SELECT sec.my_groups())::uuid[]) AND g.patient_id IS NOT NULL";

/// Who has written or might have, in the groups of the caller: the choices of the form.
pub const PEOPLE: &str = "SELECT DISTINCT ON (p.kana, p.account_id) p.account_id, p.name, p.profession, m.facility_id, f.name AS facility
  FROM care.membership m JOIN care.person_now p ON p.account_id = m.account_id JOIN care.facility_now f ON f.facility_id = m.facility_id
  WHERE m.group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND ($1::uuid IS NULL OR m.group_id = $1)
  ORDER BY p.kana, p.account_id, m.since DESC LIMIT 500";
