//! Statements over groups and memberships. Reads see what row security lets the caller see.

pub const MY_PATIENTS: &str = "SELECT g.patient_id FROM care.groups g WHERE g.id = ANY ((SELECT sec.my_groups())::uuid[]) AND g.patient_id IS NOT NULL";
pub const KIND: &str = "SELECT g.kind FROM care.groups g WHERE g.id = $1";
pub const OPEN_FREE: &str =
    "SELECT group_id, created FROM act.open_free_group($1, $2, $3, $4, $5, $6, $7, $8, $9)";
pub const RETITLE: &str = "SELECT act.retitle_group($1, $2, $3, $4, $5)";
/// The title that one of the caller's own requests gave.
pub const TITLED_BY: &str = "SELECT e.id, e.envelope FROM care.membership_event e WHERE e.stream_id = $1 AND e.client_id = $2 AND e.author_id = (SELECT sec.me()) AND e.kind = 'titled'";
/// Every title that a free group had, the newest first.
pub const TITLES: &str = "SELECT e.stream_id, e.id, e.envelope, e.at, e.author FROM care.membership_event e WHERE e.group_id = $1 AND e.kind = 'titled' ORDER BY e.seq DESC";
pub const OPEN: &str = "SELECT group_id, created FROM act.open_group($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
pub const END_MEMBERSHIP: &str = "SELECT act.end_membership($1, $2, $3, $4, $5, $6, $7)";
pub const HAND_OVER: &str = "SELECT act.hand_over($1, $2, $3, $4, $5, $6, $7)";
pub const SET_ARCHIVED: &str = "SELECT act.set_archived($1, $2, $3, $4, $5, $6)";

/// For which facility somebody is in the group; the present membership before an ended one.
pub const FACILITY_OF: &str =
    "SELECT m.facility_id FROM care.membership m WHERE m.group_id = $1 AND m.account_id = $2
  ORDER BY m.ended_at IS NULL DESC, m.since DESC LIMIT 1";
pub const HOST: &str = "SELECT s.host_id, (SELECT m.facility_id FROM care.membership m WHERE m.group_id = s.group_id AND m.account_id = s.host_id AND m.role = 'host')
  FROM care.group_state s WHERE s.group_id = $1";

/// What a group without a patient is called: the newest title of a free one, the other person of a conversation. Nothing is looked
/// for where the group is of another kind. Needs `g` and the viewer's account.
macro_rules! named {
    ($me:literal) => {
        concat!(
            " LEFT JOIN LATERAL (SELECT e.stream_id, e.id, e.envelope FROM care.membership_event e WHERE g.kind = 'free' AND e.group_id = g.id AND e.kind = 'titled'
    ORDER BY e.seq DESC LIMIT 1) n ON true
  LEFT JOIN LATERAL (SELECT p.name, p.profession, f.name AS facility FROM care.membership o JOIN care.person_now p ON p.account_id = o.account_id
    JOIN care.facility_now f ON f.facility_id = o.facility_id WHERE g.kind = 'direct' AND o.group_id = g.id AND o.account_id <> ", $me, "
    ORDER BY o.ended_at IS NULL DESC, o.since DESC LIMIT 1) d ON true"
        )
    };
}
macro_rules! name_columns {
    () => {
        "n.stream_id AS title_stream, n.id AS title_id, n.envelope AS title_envelope, d.name AS other, d.profession AS other_profession, d.facility AS other_facility"
    };
}

/// The caller's groups with what the list shows of each, the newest words first: one statement.
/// $1 kind or NULL, $2 and $3 the place after which the page begins or NULL, $4 how many, $5 one group or NULL.
pub const LIST: &str = concat!("SELECT ", name_columns!(), ", g.id, g.kind, g.patient_id, g.facility_id, m.role, s.archived_at IS NOT NULL AS archived, t.id AS team,
    coalesce(l.at, g.created_at) AS sort_at, l.id AS last_id, l.kind AS last_kind, l.at AS last_at, l.author AS last_author, l.envelope AS last_envelope,
    (SELECT count(*) FROM (SELECT 1 FROM care.post p WHERE p.stream_id = t.id AND p.seq > greatest(r.up_to_seq, m.from_seq) AND p.author_id <> m.account_id
      AND p.kind <> 'withdrawal' LIMIT 1000) x) AS unread,
    (SELECT count(*) FROM (SELECT 1 FROM care.stream f JOIN care.post p ON p.stream_id = f.id LEFT JOIN care.read_position v ON v.stream_id = f.id AND v.account_id = m.account_id
      WHERE f.group_id = g.id AND f.kind = 'family' AND p.seq > coalesce(v.up_to_seq, 0) AND p.author_id <> m.account_id AND p.kind <> 'withdrawal' LIMIT 1000) y) AS family_unread,
    (SELECT count(*) FROM care.asked a WHERE a.account_id = m.account_id AND a.group_id = g.id AND a.ended IS NULL AND a.by IS NOT NULL AND s.archived_at IS NULL) AS must_acknowledge
  FROM care.membership m JOIN care.groups g ON g.id = m.group_id JOIN care.group_state s ON s.group_id = g.id
  JOIN care.stream t ON t.group_id = g.id AND t.kind = 'team'
  LEFT JOIN care.read_position r ON r.stream_id = t.id AND r.account_id = m.account_id
  LEFT JOIN LATERAL (SELECT p.* FROM care.post p WHERE p.stream_id = t.id AND p.kind <> 'withdrawal'
    AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target = p.id AND w.kind = 'withdrawal') ORDER BY p.seq DESC LIMIT 1) l ON true
 ", named!("m.account_id"), " WHERE m.account_id = (SELECT sec.me()) AND m.facility_id = (SELECT (sec.ctx()).facility_id) AND m.ended_at IS NULL
    AND m.group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND ($5::uuid IS NULL OR g.id = $5) AND ($1::text IS NULL OR g.kind = $1)
    AND ($2::timestamptz IS NULL OR (coalesce(l.at, g.created_at), g.id) < ($2, $3))
  ORDER BY coalesce(l.at, g.created_at) DESC, g.id DESC LIMIT $4");

/// A group that the caller is in, or that her facility manages.
pub const MANAGED: &str = concat!(
    "SELECT ",
    name_columns!(),
    ", g.id, g.kind, g.patient_id, g.facility_id, s.archived_at IS NOT NULL AS archived,
    (SELECT count(*) FROM care.stream f JOIN care.post p ON p.stream_id = f.id WHERE f.group_id = g.id AND f.kind = 'family' AND p.kind <> 'withdrawal' AND p.author_id <> (SELECT sec.me())
      AND p.seq > coalesce((SELECT r.up_to_seq FROM care.read_position r WHERE r.stream_id = f.id AND r.account_id = (SELECT sec.me())), 0)) AS family_unread
  FROM care.groups g JOIN care.group_state s ON s.group_id = g.id",
    named!("(SELECT sec.me())"),
    " WHERE g.id = $1"
);
/// Those of these groups that the caller may know of; all of her own for NULL.
pub const NAMES: &str = concat!(
    "SELECT ",
    name_columns!(),
    ", g.id, g.kind, g.patient_id FROM care.groups g",
    named!("(SELECT sec.me())"),
    " WHERE CASE WHEN $1::uuid[] IS NULL THEN g.id = ANY ((SELECT sec.my_groups())::uuid[]) ELSE g.id = ANY ($1) END"
);
/// Members of now; the host first, then by name.
pub const MEMBERS: &str = "SELECT m.account_id, p.name, p.profession, f.name, m.facility_id, m.role, m.since, m.until, CASE WHEN d.account_id = m.account_id AND d.until > pg_catalog.clock_timestamp() THEN d.until END, CASE WHEN v.work_name IS NULL THEN v.kana ELSE '' END
  FROM care.membership m JOIN care.person_now p ON p.account_id = m.account_id JOIN care.account_version v ON v.id = p.version JOIN care.facility_now f ON f.facility_id = m.facility_id
  LEFT JOIN LATERAL (SELECT x.account_id, x.until FROM care.duty x WHERE x.facility_id = m.facility_id ORDER BY x.version DESC LIMIT 1) d ON true
  WHERE m.group_id = $1 AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())
  ORDER BY m.role <> 'host', p.kana, m.account_id";

/// Who was asked and has not answered, and who waits for the host.
pub const INVITATIONS: &str = "SELECT i.id, i.account_id, p.name, p.profession, f.name, i.facility_id, i.role, i.until, i.state, b.name, i.expires_at FROM care.invitation i
  JOIN care.person_now p ON p.account_id = i.account_id JOIN care.facility_now f ON f.facility_id = i.facility_id JOIN care.person_now b ON b.account_id = i.invited_by
  WHERE i.group_id = $1 AND (i.state = 'accepted' OR (i.state = 'invited' AND i.expires_at > pg_catalog.clock_timestamp()))
  ORDER BY i.state = 'invited', i.created_at DESC";
