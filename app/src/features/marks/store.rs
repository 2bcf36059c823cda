//! Statements over stamps, pins and bookmarks. Reads see what row security lets the caller see.

/// What is on the posts of a page and on their replies (`$1`: what stands on the page, and what that answers), and the pins of the
/// group `$2`. It travels beside the statement for the replies, and where there is nothing it looks into four indexes and is done.
pub const MARKS: &str = "SELECT 'stamp' AS what, s.post_id, s.code, s.account_id, s.account, s.at FROM care.stamp s WHERE s.root_id = ANY ($1) AND s.taken_back_at IS NULL
  UNION ALL SELECT 'bookmark', b.post_id, '', b.account_id, b.account_id, b.at FROM care.bookmark b WHERE b.root_id = ANY ($1) AND b.account_id = (SELECT sec.me()) AND b.ended_at IS NULL
  UNION ALL SELECT 'label', l.post_id, l.label, l.account_id, l.account, l.at FROM care.post_label l WHERE l.root_id = ANY ($1) AND l.given
    AND NOT EXISTS (SELECT 1 FROM care.post_label y WHERE y.post_id = l.post_id AND y.label = l.label AND y.version > l.version)
  UNION ALL SELECT 'pin', p.post_id, '', p.account_id, p.account, p.at FROM care.pin p WHERE p.group_id = $2 AND p.ended_at IS NULL ORDER BY at";
pub(super) const ME: &str = "SELECT sec.me()";
pub(super) const STAMPS_OF: &str = "SELECT 'stamp' AS what, s.post_id, s.code, s.account_id, s.account, s.at FROM care.stamp s WHERE s.post_id = $1 AND s.taken_back_at IS NULL ORDER BY s.at";
pub(super) const PINS_OF: &str = "SELECT 'pin' AS what, p.post_id, '' AS code, p.account_id, p.account, p.at FROM care.pin p WHERE p.group_id = $1 AND p.ended_at IS NULL ORDER BY p.at";
/// Of the groups of now, the newest first; `$1` is the time of the last one seen.
pub(super) const BOOKMARKS: &str = "SELECT b.id, b.post_id, b.group_id, b.stream_id, b.note, b.at FROM care.bookmark b
  WHERE b.account_id = (SELECT sec.me()) AND b.ended_at IS NULL AND ($1::timestamptz IS NULL OR b.at < $1) ORDER BY b.at DESC LIMIT $2";
pub(super) const BOOKMARK_OF: &str = "SELECT b.id, b.stream_id, b.note FROM care.bookmark b WHERE b.post_id = $1 AND b.account_id = (SELECT sec.me()) AND b.ended_at IS NULL";
pub(super) const STAMP: &str = "SELECT act.stamp($1, $2, $3, $4, $5, $6, $7)";
pub(super) const PIN: &str = "SELECT act.pin($1, $2, $3, $4, $5, $6)";
pub(super) const BOOKMARK: &str = "SELECT act.bookmark($1, $2, $3, $4)";
