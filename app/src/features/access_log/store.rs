//! Statements over the access log. Row security shows the admin the facility's own events and nothing else.

/// The filter: $1 patient, $2 account, $3 and $4 the period. Rows that continue an opening are part of it, not events.
macro_rules! filter {
    () => {
        " e.seconds IS NULL AND ($1::uuid IS NULL OR e.patient_id = $1) AND ($2::uuid IS NULL OR e.account_id = $2) AND e.at >= $3 AND e.at < $4"
    };
}

/// The names that people and facilities had at the time, and how long the page stayed open. A continuing row is
/// written within a minute of the last fetch that it counts.
macro_rules! events {
    ($place:literal, $order:literal) => {
        concat!(
            "SELECT e.id, e.at, e.act, e.outcome, e.account_id, p.name, p.profession, e.facility_id, f.name AS facility, e.device_id, e.patient_id, e.group_id, e.ref,
  CASE WHEN e.act = 'viewed_timeline' THEN (SELECT max(c.seconds) FROM care.access_event c WHERE c.session_id = e.session_id AND c.group_id = e.group_id
    AND c.seconds IS NOT NULL AND c.at > e.at AND c.at <= e.at + interval '1 day'
    AND c.at - pg_catalog.make_interval(secs => c.seconds) BETWEEN e.at - interval '2 seconds' AND e.at + interval '62 seconds') END AS seconds
  FROM care.access_event e
  LEFT JOIN LATERAL (SELECT coalesce(v.work_name, v.name) AS name, v.profession FROM care.account_version v
    WHERE v.account_id = e.account_id AND (e.account IS NULL OR v.id = e.account) ORDER BY v.from_at DESC LIMIT 1) p ON true
  LEFT JOIN LATERAL (SELECT v.name FROM care.facility_version v WHERE v.facility_id = e.facility_id ORDER BY v.from_at <= e.at DESC, v.from_at DESC LIMIT 1) f ON true
  WHERE", filter!(), " AND ", $place, " ORDER BY ", $order, " LIMIT $7"
        )
    };
}

pub const OLDER: &str = events!("(e.at, e.id) < ($5, $6)", "e.at DESC, e.id DESC");
pub const NEWER: &str = events!("(e.at, e.id) > ($5, $6)", "e.at, e.id");

pub const TOTAL: &str = concat!("SELECT count(*) FROM care.access_event e WHERE", filter!());
pub const PER_PATIENT: &str = concat!(
    "SELECT e.patient_id, count(*) FROM care.access_event e WHERE",
    filter!(),
    " AND e.patient_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"
);
pub const PER_PERSON: &str = concat!(
    "SELECT n.account_id, n.events, p.name, p.profession FROM (SELECT e.account_id, count(*) AS events FROM care.access_event e WHERE",
    filter!(),
    " AND e.account_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50) n
  LEFT JOIN LATERAL (SELECT coalesce(v.work_name, v.name) AS name, v.profession FROM care.account_version v WHERE v.account_id = n.account_id ORDER BY v.from_at DESC LIMIT 1) p ON true
  ORDER BY 2 DESC, 1"
);

/// How far the searches among these events went.
pub const SEARCHES: &str = "SELECT s.id, s.groups, s.found FROM care.search s WHERE s.id = ANY ($1)";

pub const DEVICES: &str = "SELECT id, name FROM act.device_names($1)";
/// The patients that the facility manages.
pub const PATIENTS: &str = "SELECT p.id FROM care.patient p WHERE p.facility_id = sec.admin_of()";
