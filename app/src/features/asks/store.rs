//! Statements over who is asked. Reads see what row security lets the caller see.

pub const OF_POSTS: &str = "SELECT a.post_id, a.account_id, p.name, p.profession, a.why, a.again, a.by, a.overdue, a.ended, s.name AS substitute,
    m.facility_id, f.name AS facility, coalesce(m.here, false) AS here
  FROM care.asked a JOIN care.person_now p ON p.account_id = a.account_id LEFT JOIN care.person_now s ON s.account_id = a.substitute_id
  LEFT JOIN LATERAL (SELECT x.facility_id, x.ended_at IS NULL AND (x.until IS NULL OR x.until > pg_catalog.clock_timestamp()) AS here FROM care.membership x
    WHERE x.account_id = a.account_id AND x.group_id = a.group_id ORDER BY 2 DESC, x.since DESC LIMIT 1) m ON true
  LEFT JOIN care.facility_now f ON f.facility_id = m.facility_id
  WHERE a.post_id = ANY ($1) ORDER BY p.kana, a.account_id";
pub const FOLLOWED: &str = "SELECT r.stream_id, r.id, r.post_id, r.kind, r.author_id, r.author, r.at, r.envelope, p.name AS subject FROM care.receipt r
  LEFT JOIN care.person_now p ON p.account_id = r.subject_id
  WHERE r.kind IN ('handled', 'called') AND r.post_id = ANY ($1) ORDER BY r.seq";
/// Urgent or not: the nearest deadline first, what asks for no 了解 last. Archived groups wait for nobody.
pub const OPEN: &str = "SELECT a.post_id, a.group_id, a.why, a.by, a.overdue OR coalesce(a.by < pg_catalog.clock_timestamp(), false) AS overdue, p.urgent, p.stream_id, p.kind, p.author, p.at, p.envelope
  FROM care.asked a JOIN care.post p ON p.id = a.post_id JOIN care.group_state s ON s.group_id = a.group_id AND s.archived_at IS NULL
  WHERE a.account_id = (SELECT sec.me()) AND a.ended IS NULL AND a.group_id = ANY ((SELECT sec.my_groups())::uuid[])
  ORDER BY a.by NULLS LAST, p.at DESC LIMIT 100";
pub const MINE_WAIT: &str = "SELECT p.id AS post_id, p.group_id, p.must_acknowledge_by AS by, p.urgent, p.stream_id, p.kind, p.author, p.at, p.envelope
  FROM care.post p JOIN care.group_state s ON s.group_id = p.group_id AND s.archived_at IS NULL
  WHERE p.id = ANY (ARRAY(SELECT a.post_id FROM care.asked a WHERE a.author_id = (SELECT sec.me()) AND a.ended IS NULL AND a.by IS NOT NULL AND a.why <> 'substitute'
    AND EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = a.account_id AND m.group_id = a.group_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()))))
    AND p.group_id = ANY ((SELECT sec.my_groups())::uuid[])
  ORDER BY p.must_acknowledge_by, p.id LIMIT 100";
pub const HOW_MANY_WAIT: &str = "SELECT count(DISTINCT a.post_id) FROM care.asked a JOIN care.group_state s ON s.group_id = a.group_id AND s.archived_at IS NULL
  WHERE a.author_id = (SELECT sec.me()) AND a.ended IS NULL AND a.by IS NOT NULL AND a.why <> 'substitute' AND a.group_id = ANY ((SELECT sec.my_groups())::uuid[])
    AND EXISTS (SELECT 1 FROM care.membership m WHERE m.account_id = a.account_id AND m.group_id = a.group_id AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()))";
pub const NOTICES: &str = "SELECT CASE WHEN e.state <> 'waiting' THEN 'proxy_answered'
    WHEN n.kind = 'quarantine' AND NOT EXISTS (SELECT 1 FROM care.quarantine q WHERE q.post_id = n.post_id AND q.second_id = n.account_id AND q.state = 'waiting') THEN 'quarantine_answered' ELSE n.kind END, n.at, n.group_id, n.post_id FROM care.ask_notice n
  LEFT JOIN care.proxy_entry e ON n.kind = 'proxy' AND e.post_id = n.post_id AND e.account_id = n.account_id
  WHERE n.account_id = (SELECT sec.me()) AND n.group_id = ANY ((SELECT sec.my_groups())::uuid[]) ORDER BY n.at DESC, n.post_id LIMIT $1";
/// Telephones of facilities, as they publish them.
pub const FACILITY_PHONES: &str =
    "SELECT DISTINCT ON (v.facility_id) v.facility_id, v.phone FROM care.facility_version v
  WHERE v.facility_id = ANY ($1) ORDER BY v.facility_id, v.from_at DESC";
pub const SHOWN_PHONES: &str = "SELECT account_id, phone FROM act.shown_phones($1)";

pub const FOLLOW_UP: &str = "SELECT act.follow_up($1, $2, $3, $4, $5, $6, $7, $8, $9)";
pub const REMIND: &str = "SELECT act.remind_asked($1)";
