//! Statements over files. Reads see what row security lets the caller see.

/// One file with its keys: the uploader's facility's, and that of a post that carries it, if the caller may read one.
pub(super) const BY_ID: &str = "SELECT f.id, f.facility_id, f.facility_key_version, k.wrapped AS facility_key, f.wrapped_key, f.name, f.class, f.media_type, f.family, f.bytes,
    f.sealed_sha256, f.thumbnail_sha256 IS NOT NULL AS has_thumbnail, s.state, x.stream_id, x.group_id, x.wrapped_key AS post_key
  FROM care.file f JOIN care.file_state s ON s.file_id = f.id JOIN care.facility_key k ON k.facility_id = f.facility_id AND k.version = f.facility_key_version
  LEFT JOIN LATERAL (SELECT p.stream_id, p.group_id, p.wrapped_key FROM care.post_file p WHERE p.file_id = f.id ORDER BY p.seq DESC LIMIT 1) x ON true
  WHERE f.id = $1";

pub(super) const BY_CLIENT_ID: &str =
    "SELECT f.id FROM care.file f WHERE f.client_id = $1 AND f.uploader_id = (SELECT sec.me())";

pub(super) const ADD: &str =
    "SELECT id, created FROM act.add_file($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Files of a group, the newest posts first, the files of one post in their own order. `$2`, `$3`, `$4`: the last one seen.
pub(super) const OF_GROUP: &str = "SELECT f.id, f.facility_id, f.name, f.class, f.media_type, f.bytes, f.sealed_sha256, f.thumbnail_sha256 IS NOT NULL AS has_thumbnail, s.state,
    x.stream_id, x.post_id, x.position, x.wrapped_key AS post_key, p.author_id, p.author, p.facility, p.at,
    EXISTS (SELECT 1 FROM care.post w WHERE w.target = x.post_id AND w.kind = 'withdrawal') AS withdrawn
  FROM care.post_file x JOIN care.post p ON p.id = x.post_id JOIN care.file f ON f.id = x.file_id JOIN care.file_state s ON s.file_id = f.id
  WHERE x.group_id = $1 AND ((p.at, x.post_id) < ($2, $3) OR (p.at, x.post_id) = ($2, $3) AND x.position > $4)
  ORDER BY p.at DESC, x.post_id DESC, x.position LIMIT $5";

pub(super) const MEMBER: &str = "SELECT $1 = ANY (sec.my_groups())";

/// For the scanning job: what waits, newest first, so that one file that cannot be scanned holds nobody up.
pub(super) const SCANNING: &str = "SELECT id, facility_id, facility_key_version, facility_key, wrapped_key, family FROM act.scanning_files()";
pub(super) const SET_STATE: &str = "SELECT act.set_file_state($1, $2)";
