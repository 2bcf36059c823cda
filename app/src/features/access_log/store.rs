//! Statements over the access log. Row security shows the admin the facility's own events and nothing else.

/// The filter: $1 patient, $2 account, $3 and $4 the period, $5 acts, $6 refusals alone, $7 device. Rows that continue an opening are part of
/// it, not events.
macro_rules! filter {
    () => {
        " e.seconds IS NULL AND ($1::uuid IS NULL OR e.patient_id = $1) AND ($2::uuid IS NULL OR e.account_id = $2) AND e.at >= $3 AND e.at < $4
  AND ($5::text[] IS NULL OR e.act = ANY ($5)) AND (NOT $6::bool OR e.outcome <> 'done') AND ($7::uuid IS NULL OR e.device_id = $7)"
    };
}

/// How long the page of `e` stayed open. A row that goes on with an opening carries its id. Those of before carry none: they belong to the
/// timeline that was opened in the same session so long before them; such a row is written within a minute of the last fetch that it counts.
macro_rules! seconds {
    () => {
        "(SELECT max(c.seconds) FROM care.access_event c WHERE c.seconds IS NOT NULL AND c.at > e.at AND c.at <= e.at + interval '1 day' AND c.ref = e.id),
  CASE WHEN e.act = 'viewed_timeline' THEN (SELECT max(c.seconds) FROM care.access_event c WHERE c.session_id = e.session_id AND c.group_id = e.group_id
    AND c.seconds IS NOT NULL AND c.ref IS NULL AND c.at > e.at AND c.at <= e.at + interval '1 day'
    AND c.at - pg_catalog.make_interval(secs => c.seconds) BETWEEN e.at - interval '2 seconds' AND e.at + interval '62 seconds') END"
    };
}

/// The names that people and facilities had at the time.
macro_rules! events {
    ($place:literal, $order:literal) => {
        concat!(
            "SELECT e.id, e.at, e.act, e.outcome, e.account_id, p.name, p.profession, e.facility_id, f.name AS facility, e.device_id, e.session_id, e.patient_id, e.group_id, e.ref,
  greatest(", seconds!(), ") AS seconds
  FROM care.access_event e
  LEFT JOIN LATERAL (SELECT coalesce(v.work_name, v.name) AS name, v.profession FROM care.account_version v
    WHERE v.account_id = e.account_id AND (e.account IS NULL OR v.id = e.account) ORDER BY v.from_at DESC LIMIT 1) p ON true
  LEFT JOIN LATERAL (SELECT v.name FROM care.facility_version v WHERE v.facility_id = e.facility_id ORDER BY v.from_at <= e.at DESC, v.from_at DESC LIMIT 1) f ON true
  WHERE", filter!(), " AND ", $place, " ORDER BY ", $order, " LIMIT $10"
        )
    };
}

pub const OLDER: &str = events!("(e.at, e.id) < ($8, $9)", "e.at DESC, e.id DESC");
pub const NEWER: &str = events!("(e.at, e.id) > ($8, $9)", "e.at, e.id");

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

/// Openings of charts: views of what is a patient's, of $1 or of all; $2 and $3 the period, $4 the acts that are views.
macro_rules! openings {
    () => {
        " e.seconds IS NULL AND e.outcome = 'done' AND e.patient_id IS NOT NULL AND ($1::uuid IS NULL OR e.patient_id = $1) AND e.at >= $2 AND e.at < $3 AND e.act = ANY ($4)"
    };
}

/// How often each patient's chart was opened, the most first.
pub const CHARTS: &str = concat!(
    "SELECT e.patient_id, count(*), count(DISTINCT e.account_id), min(e.at), max(e.at) FROM care.access_event e WHERE",
    openings!(),
    " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $5 OFFSET $6"
);
pub const CHARTS_TOTAL: &str =
    concat!("SELECT count(*), count(DISTINCT e.patient_id) FROM care.access_event e WHERE", openings!());
/// Who opened which chart how often, for which facility, and for how long altogether; the name is that of the last time. Names of those who
/// come by the family's door stand under seal and are not the facility's to read: a relative has none here.
pub const CHART_PEOPLE: &str = concat!(
    "SELECT n.patient_id, n.account_id, p.name, p.profession, n.facility_id, f.name, n.openings, n.first_at, n.last_at, n.seconds
  FROM (SELECT o.patient_id, o.account_id, o.facility_id, count(*) AS openings, min(o.at) AS first_at, max(o.at) AS last_at, coalesce(sum(o.seconds), 0)::bigint AS seconds,
      (pg_catalog.array_agg(o.account ORDER BY o.at DESC))[1] AS account
    FROM (SELECT e.patient_id, e.account_id, e.facility_id, e.account, e.at, greatest(",
    seconds!(),
    ") AS seconds FROM care.access_event e WHERE",
    openings!(),
    ") o GROUP BY 1, 2, 3) n
  LEFT JOIN LATERAL (SELECT coalesce(v.work_name, v.name) AS name, v.profession FROM care.account_version v
    WHERE v.account_id = n.account_id AND (n.account IS NULL OR v.id = n.account) ORDER BY v.from_at DESC LIMIT 1) p ON true
  LEFT JOIN LATERAL (SELECT v.name FROM care.facility_version v WHERE v.facility_id = n.facility_id ORDER BY v.from_at <= n.last_at DESC, v.from_at DESC LIMIT 1) f ON true
  ORDER BY n.patient_id, n.openings DESC, n.account_id, n.facility_id LIMIT $5"
);

/// Whose records an account, a device or a session was shown.
pub const SHOWN: &str = "SELECT patient_id, mine, how, acts, events, first_at, last_at FROM act.patients_shown($1, $2, $3, $4, $5)";

/// How far the searches among these events went.
pub const SEARCHES: &str = "SELECT s.id, s.groups, s.found FROM care.search s WHERE s.id = ANY ($1)";

pub const DEVICES: &str = "SELECT id, name FROM act.device_names($1)";
/// The patients that the facility manages.
pub const PATIENTS: &str = "SELECT p.id FROM care.patient p WHERE p.facility_id = sec.admin_of()";
/// Devices in the facility's log since a time, with whose they are, the last used first.
pub const DEVICES_SEEN: &str = "SELECT n.id, p.name FROM (SELECT e.device_id AS id, (pg_catalog.array_agg(e.account_id ORDER BY e.at DESC))[1] AS account_id, max(e.at) AS at FROM care.access_event e
    WHERE e.facility_id = sec.admin_of() AND e.at >= $1 AND e.device_id IS NOT NULL GROUP BY 1 ORDER BY 3 DESC LIMIT 200) n
  LEFT JOIN care.person_now p ON p.account_id = n.account_id ORDER BY n.at DESC";

/// From the browser, about a page that was shown.
pub const STAYED: &str = "SELECT act.view_stayed($1, $2, $3)";
pub const PRINTED: &str = "SELECT act.page_printed($1, $2)";
