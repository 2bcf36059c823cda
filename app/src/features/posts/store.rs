//! Statements over posts and receipts. Reads see what row security lets the caller see.

use jiff::Timestamp;
use record::Kind;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::model::Timeline;
use crate::{Error, Result, db::Tx, seal::Sealed};

pub const POST: &str = "SELECT seq, at, account, facility, stream_id, total, existing, same
  FROM act.post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
/// What [`POST`] takes, by name. A post of words alone is [`Put::of`]; the rest is what only some have.
#[derive(Debug)]
pub struct Put<'a> {
    /// Opens the caller's context in the same statement; `None` within a transaction that has one.
    pub token_hash: Option<&'a [u8]>,
    pub group: Uuid,
    pub timeline: &'a str,
    pub kind: &'a str,
    pub sealed: &'a Sealed,
    pub reply_to: Option<Uuid>,
    pub target: Option<Uuid>,
    pub must_by: Option<Timestamp>,
    pub file_ids: &'a [Uuid],
    pub file_keys: &'a [Vec<u8>],
    pub digests: &'a [Vec<u8>],
    pub urgent: bool,
    pub accounts: &'a [Uuid],
    pub facilities: &'a [Uuid],
    pub professions: &'a [&'a str],
    pub duty: &'a [Uuid],
}

impl<'a> Put<'a> {
    pub fn of(group: Uuid, timeline: Timeline, kind: Kind, sealed: &'a Sealed) -> Self {
        Self {
            token_hash: None,
            group,
            timeline: timeline.code(),
            kind: kind.as_str(),
            sealed,
            reply_to: None,
            target: None,
            must_by: None,
            file_ids: &[],
            file_keys: &[],
            digests: &[],
            urgent: false,
            accounts: &[],
            facilities: &[],
            professions: &[],
            duty: &[],
        }
    }

    pub fn params(&self) -> [&(dyn ToSql + Sync); 20] {
        [
            &self.token_hash,
            &self.group,
            &self.timeline,
            &self.sealed.id,
            &self.kind,
            &self.sealed.client_id,
            &self.sealed.fingerprint,
            &self.sealed.commitment,
            &self.sealed.envelope,
            &self.reply_to,
            &self.target,
            &self.must_by,
            &self.file_ids,
            &self.file_keys,
            &self.digests,
            &self.urgent,
            &self.accounts,
            &self.facilities,
            &self.professions,
            &self.duty,
        ]
    }
}

/// The post of this client id that was there before, from the answer of [`POST`]. `Conflict`: it says something else.
pub fn earlier(row: &Row) -> Result<Option<Uuid>> {
    let existing: Option<Uuid> = row.get("existing");
    if existing.is_some() && !row.get::<_, bool>("same") {
        return Err(Error::Conflict("client_id_used_for_something_else".into()));
    }
    Ok(existing)
}

pub const READ: &str = "SELECT act.read($1, $2, $3, $4, $5, $6, $7)";
pub const ACKNOWLEDGE: &str = "SELECT act.acknowledge($1, $2, $3, $4, $5, $6)";

/// Posts as every page needs them, with what has happened to them since. Cut to the page first; then one look for
/// corrections and withdrawals and one for acknowledgements, for all of them together. Of what is hidden from the caller as a post about somebody
/// else the place comes, without an envelope.
macro_rules! posts {
    ($which:literal, $order:literal) => {
        concat!(
            "WITH page AS MATERIALIZED (
  (SELECT p.stream_id, p.seq, p.id, p.group_id, p.kind, p.author_id, p.author, p.entered_by, p.facility_id, p.facility, p.at, p.reply_to, p.target, p.must_acknowledge_by, p.envelope, p.files <> '{}' AS has_files
    FROM care.post p WHERE p.kind <> 'withdrawal' AND ", $which, ")
  UNION ALL (SELECT p.stream_id, p.seq, p.id, p.group_id, p.kind, p.author_id, p.author, p.author, p.facility_id, p.facility, p.at, p.reply_to, p.target, NULL, NULL, false
    FROM (SELECT DISTINCT ON (x.stream_id, x.seq, x.post_id) x.post_id AS id, x.* FROM care.quarantined_post x WHERE x.hidden) p WHERE p.kind <> 'withdrawal' AND ", $which, ")),
since AS MATERIALIZED (SELECT x.target, x.kind, x.id, x.at, x.author, x.envelope FROM care.post x WHERE x.target = ANY (ARRAY(SELECT page.id FROM page))),
held AS MATERIALIZED (SELECT DISTINCT ON (x.post_id) x.post_id, q.id, q.state, q.at, q.finder, coalesce((SELECT sec.me()) IN (q.found_by, q.second_id), false) AS mine
  FROM care.quarantined_post x JOIN care.quarantine q ON q.id = x.quarantine_id WHERE x.hidden AND x.post_id = ANY (ARRAY(SELECT page.id FROM page)) ORDER BY x.post_id, q.state <> 'waiting', q.at),
moved AS MATERIALIZED (SELECT m.post_id, m.written_at, m.hidden_at, m.seen_by FROM care.moved_post m WHERE m.post_id = ANY (ARRAY(SELECT page.id FROM page))),
acknowledged AS MATERIALIZED (SELECT r.post_id, count(*) AS count, bool_or(r.author_id = (SELECT sec.me())) AS mine FROM care.receipt r
  WHERE r.kind = 'acknowledged' AND r.post_id = ANY (ARRAY(SELECT page.id FROM page)) GROUP BY r.post_id)
SELECT p.stream_id, p.seq, p.id, p.group_id, p.kind, p.author_id, p.author, p.facility_id, p.facility, p.at, p.reply_to, p.target, p.must_acknowledge_by, p.envelope, p.has_files,
  (SELECT min(r.at) FROM care.receipt r WHERE p.entered_by <> p.author AND r.kind = 'confirmed' AND r.post_id = p.id) AS confirmed_at, c.id AS corrected_by, w.id AS withdrawal, w.at AS withdrawn_at, w.author AS withdrawn_by, w.envelope AS withdrawal_envelope,
  h.id AS quarantine, h.state AS quarantine_state, h.at AS quarantined_at, h.finder AS quarantined_by, coalesce(h.mine, false) AS quarantine_mine, v.written_at, v.hidden_at, v.seen_by,
  coalesce(a.count, 0) AS acknowledgements, coalesce(a.mine, false) AS mine
  FROM page p LEFT JOIN since c ON c.target = p.id AND c.kind = 'correction' LEFT JOIN since w ON w.target = p.id AND w.kind = 'withdrawal'
  LEFT JOIN acknowledged a ON a.post_id = p.id LEFT JOIN held h ON h.post_id = p.id LEFT JOIN moved v ON v.post_id = p.id ", $order)
    };
}

pub const PAGE_BEFORE: &str =
    posts!("p.stream_id = $1 AND p.seq < $2 ORDER BY p.seq DESC LIMIT $3", "ORDER BY p.seq DESC LIMIT $3");
pub const PAGE_AFTER: &str =
    posts!("p.stream_id = $1 AND p.seq > $2 ORDER BY p.seq LIMIT $3", "ORDER BY p.seq LIMIT $3");
pub const BY_ID: &str = posts!("p.id = $1", "");
/// Some posts of a stream, for the texts that corrections fold and replies quote.
pub const BY_IDS: &str = posts!("p.id = ANY ($1)", "");
pub const REPLIES: &str = posts!("p.reply_to = ANY ($1)", "ORDER BY p.seq");

/// What has become of the files of some posts.
pub const FILE_STATES: &str = "SELECT f.file_id, s.state, x.thumbnail_sha256 IS NOT NULL FROM care.post_file f
  JOIN care.file x ON x.id = f.file_id JOIN care.file_state s ON s.file_id = f.file_id WHERE f.post_id = ANY ($1)";

/// Members of now and how far each has read the stream. `NotFound` for everybody else.
pub const POSITIONS: &str = "SELECT account_id, up_to_seq FROM act.positions($1, $2)";

/// When each present member first displayed the stream this far (not while something else stood in its place), acknowledged this post, and said that it is done.
pub const READERS: &str = "SELECT m.account_id, p.name, p.profession, f.name,
    (SELECT min(r.at) FROM care.receipt r WHERE r.kind = 'read' AND r.target_stream = $2 AND r.author_id = m.account_id AND r.up_to_seq >= $3
       AND NOT EXISTS (SELECT 1 FROM care.quarantined_post x JOIN care.quarantine q ON q.id = x.quarantine_id WHERE x.post_id = $4 AND r.at >= q.at AND (x.hidden OR r.at < q.decided_at))),
    (SELECT r.at FROM care.receipt r WHERE r.kind = 'acknowledged' AND r.post_id = $4 AND r.author_id = m.account_id),
    (SELECT r.at FROM care.receipt r WHERE r.kind = 'handled' AND r.post_id = $4 AND r.author_id = m.account_id),
    d.push_accepted, d.mail_accepted, d.on_device, d.failed
  FROM (SELECT DISTINCT ON (x.account_id) x.account_id, x.facility_id FROM care.membership x WHERE x.group_id = $1 AND x.ended_at IS NULL
      AND (x.until IS NULL OR x.until > pg_catalog.clock_timestamp()) ORDER BY x.account_id, x.since) m
  JOIN care.person_now p ON p.account_id = m.account_id JOIN care.facility_now f ON f.facility_id = m.facility_id
  LEFT JOIN (SELECT x.account_id, min(x.accepted_at) FILTER (WHERE x.channel = 'push') AS push_accepted, min(x.accepted_at) FILTER (WHERE x.channel = 'mail') AS mail_accepted,
      min(x.on_device_at) AS on_device, CASE WHEN bool_and(x.state = 'failed') THEN max(x.at) END AS failed
    FROM care.delivery x WHERE x.post_id = $4 GROUP BY x.account_id) d ON d.account_id = m.account_id
  WHERE m.account_id <> $5 ORDER BY 5 NULLS LAST, p.kana";

/// What a reply or correction needs to know of its target before it is written. What is hidden is found too: it says by itself that it takes nothing.
pub const TARGET: &str = "SELECT p.group_id, p.stream_id, p.seq, p.author_id, s.kind FROM (SELECT x.group_id, x.stream_id, x.seq, x.author_id FROM care.post x WHERE x.id = $1 AND x.kind <> 'withdrawal'
  UNION ALL SELECT x.group_id, x.stream_id, x.seq, x.author_id FROM care.quarantined_post x WHERE x.post_id = $1 AND x.hidden AND x.kind <> 'withdrawal' LIMIT 1) p JOIN care.stream s ON s.id = p.stream_id";

#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub group: Uuid,
    pub stream: Uuid,
    pub seq: i64,
    pub author_id: Uuid,
    pub family: bool,
}

pub async fn target(tx: &mut Tx, post: Uuid) -> Result<Target> {
    let r = tx.one(TARGET, &[&post]).await?;
    Ok(Target {
        group: r.get(0),
        stream: r.get(1),
        seq: r.get(2),
        author_id: r.get(3),
        family: r.get::<_, &str>(4) == "family",
    })
}
