//! Statements over observations. Reads see what row security lets the caller see.

/// By patient, or by group.
pub const PLACE: &str = "SELECT group_id, patient_id, stream_id, wrapped, key_facility, key_version, key_facility_wrapped, archived, host, sets_ranges
  FROM act.observation_room($1, $2)";
pub const OPEN: &str = "SELECT act.open_observations($1, $2, $3, $4)";
pub const OBSERVE: &str =
    "SELECT id, seq, at, existing FROM act.observe($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
pub const SAW: &str = "SELECT act.saw_observations($1)";

/// Columns that every reading needs, with what has become of the record and of the post it comes from.
macro_rules! observations {
    ($which:literal) => {
        concat!(
            "SELECT o.stream_id, o.seq, o.id, o.kind, o.author, o.facility_id, o.facility, o.at, o.measured_at, o.post_id, o.file_id, o.envelope,
  w.id AS withdrawal, w.at AS withdrawn_at, w.author AS withdrawn_by, w.facility AS withdrawn_for, w.envelope AS withdrawal_envelope,
  (SELECT min(x.kind) FROM care.post x WHERE x.target = o.post_id) AS post_became
  FROM care.observation o LEFT JOIN care.observation w ON w.target = o.id WHERE ", $which)
    };
}

/// What was measured in a time (the newest first, at most so many), and whatever stands beside: ranges and pictures of wounds.
pub const WITHIN: &str = observations!(
    "o.group_id = $1 AND (o.kind IN ('reference_range', 'wound_picture') OR o.id IN (SELECT x.id FROM care.observation x WHERE x.group_id = $1 AND x.kind = 'observation'
    AND x.measured_at >= $2 AND x.measured_at < $3 ORDER BY x.measured_at DESC, x.seq DESC LIMIT $4)) ORDER BY o.measured_at DESC NULLS FIRST, o.seq DESC"
);
/// What was recorded after a time, whenever it was measured (the newest measurement first, of the last $4), and the ranges. The scan ends
/// at the first record that is older.
pub const SINCE: &str = observations!(
    "o.group_id = $1 AND (o.kind = 'reference_range' OR o.id IN (SELECT x.id FROM care.observation x WHERE x.stream_id = $3 AND x.kind = 'observation'
    AND x.seq > coalesce((SELECT y.seq FROM care.observation y WHERE y.stream_id = $3 AND y.at <= $2 ORDER BY y.seq DESC LIMIT 1), 0)
    ORDER BY x.seq DESC LIMIT $4)) ORDER BY o.measured_at DESC NULLS FIRST, o.seq DESC"
);
pub const BY_ID: &str = observations!("o.group_id = $1 AND o.id = $2");
/// The ranges of a group, all versions.
pub const RANGES: &str = observations!("o.group_id = $1 AND o.kind = 'reference_range' ORDER BY o.seq");
/// Which of these posts have become data, and the ranges of their group.
pub const OF_POSTS: &str = observations!(
    "o.kind = 'observation' AND o.post_id = ANY ($1) OR o.kind = 'reference_range' AND o.group_id = $2 ORDER BY o.seq"
);

/// Which of these client ids the caller has used in a group.
pub const SENT_BEFORE: &str = "SELECT o.client_id FROM care.observation o WHERE o.group_id = $1 AND o.author_id = (SELECT sec.me()) AND o.client_id = ANY ($2)";

/// Where values have crossed ranges since the caller last looked, the newest time of each group.
pub const CROSSED: &str = "SELECT n.group_id, g.patient_id, max(n.at), count(*) FROM care.observation_notice n JOIN care.groups g ON g.id = n.group_id
  LEFT JOIN care.observation_seen s ON s.group_id = n.group_id AND s.account_id = (SELECT sec.me())
  WHERE n.at > pg_catalog.clock_timestamp() - interval '14 days' AND n.author_id <> (SELECT sec.me()) AND n.at > coalesce(s.at, '-infinity')
  GROUP BY n.group_id, g.patient_id ORDER BY 3 DESC LIMIT 50";

/// The pictures in the posts of a team that the caller may read, the newest first.
pub const PICTURES: &str = "SELECT x.file_id, x.post_id, p.at, f.thumbnail_sha256 IS NOT NULL AND s.state IN ('ready', 'unscanned'),
    EXISTS (SELECT 1 FROM care.post y WHERE y.target = p.id)
  FROM care.post_file x JOIN care.post p ON p.id = x.post_id JOIN care.stream t ON t.id = p.stream_id AND t.kind = 'team'
  JOIN care.file f ON f.id = x.file_id JOIN care.file_state s ON s.file_id = x.file_id AND s.state <> 'refused'
  WHERE x.group_id = $1 AND f.class = 'picture' AND f.media_type LIKE 'image/%' ORDER BY x.seq DESC, x.position LIMIT 500";
