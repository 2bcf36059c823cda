//! Letting a single post of the team's through to the family, with those of its files that were chosen.

use envelope::Aad;
use jiff::Timestamp;
use record::Content;
use uuid::Uuid;

use super::team::family_key;
use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    db::Tx,
    features::{
        files::{attach, offered},
        posts::{
            model::{MAX_BODY, Timeline},
            store::{self as posts, POST, Put},
        },
    },
    seal,
    web::input,
};

const HOLD: &str = "SELECT act.hold_timelines($1)";
const NOTE_RELEASE: &str = "SELECT act.note_release($1, $2, $3, $4)";
/// Of two changes of a team post the withdrawal is the later one.
const RELEASES: &str = "SELECT r.post_id, r.source_id, r.at, p.name, r.released_by,
    (SELECT x.kind FROM care.post x WHERE x.target = r.source_id AND x.kind IN ('withdrawal', 'correction') ORDER BY x.kind DESC LIMIT 1)
  FROM care.release r JOIN care.person_now p ON p.account_id = r.released_by
  WHERE r.group_id = $1 AND ($2::uuid IS NULL OR r.source_id = $2) ORDER BY r.at";

/// Why a team post is not let through any more.
pub const SOURCE_CHANGED: &str = "source_is_another_now";

/// What the family is to read of a team post.
pub struct Release {
    /// On the team timeline.
    pub source: Uuid,
    pub group: Uuid,
    pub client_id: Uuid,
    pub body: String,
    /// Of the team post's files those that go along.
    pub files: Vec<Uuid>,
}

crate::opaque_debug!(Release);

impl Release {
    /// Words may be left out where a file goes along. `field`: as the caller's form names them.
    pub fn checked(
        field: &'static str,
        source: Uuid,
        group: Uuid,
        client_id: Uuid,
        body: &str,
        files: Vec<Uuid>,
    ) -> Result<Self> {
        let body = match files.is_empty() {
            true => input::text(field, body, MAX_BODY),
            false => input::optional_text(field, body, MAX_BODY),
        };
        let body = body.map_err(|problem| Error::Invalid(vec![problem]))?;
        Ok(Self { source, group, client_id, body, files })
    }

    /// What a retry says again; the order in which files were named is none of it.
    fn request(&self, files: &[Uuid]) -> Result<Vec<u8>> {
        let request = match files {
            [] => record::jcs(&("release", self.source, &self.body)),
            files => record::jcs(&("release", self.source, &self.body, files)),
        };
        request.map_err(Error::internal)
    }
}

/// Writes the words on the family timeline, with the files that go along, and, in the same transaction, which team post they repeat. The
/// team post stays where it is.
/// The same client id again gives the first post. `Conflict` ([`SOURCE_CHANGED`]) where the team post was corrected or withdrawn.
pub async fn release(app: &App, who: &Actor, new: Release) -> Result<Uuid> {
    let mut tx = app.db.acting(who).await?;
    let (stream, key) = family_key(app, &mut tx, new.group).await?;
    let offered = match new.files.is_empty() {
        true => Vec::new(),
        false => offered::of_post(app, &mut tx, new.source).await?,
    };
    let attached = offered::chosen(&offered, &new.files, stream, &key)?;
    let (file_ids, file_keys, digests) = attach::columns(&attached);
    let request = new.request(&file_ids)?;
    let id = Uuid::now_v7();
    let files = attached.into_iter().map(|a| a.content).collect();
    let content = Content::Post(record::Post { files, ..record::Post::words(id, new.body) });
    let s = seal::seal(&key, Aad { table: "post", stream, row: id }, new.client_id, &content, &request);
    // The files are no uploads of the caller's: with the note of the release they come onto the post, whose record names them already.
    let put = Put { digests: &digests, ..Put::of(new.group, Timeline::Family, content.kind(), &s) };
    tx.query(HOLD, &[&new.group]).await?;
    let row = tx.one(POST, &put.params()).await?;
    let id = posts::earlier(&row)?.unwrap_or(id);
    let noted = tx.query_and_commit(NOTE_RELEASE, &[&id, &new.source, &file_ids, &file_keys]).await;
    noted.map_err(|error| match error {
        // They were the post's a moment ago.
        Error::Invalid(_) => Error::Conflict(SOURCE_CHANGED.into()),
        other => other,
    })?;
    app.hub.wake();
    Ok(id)
}

/// That a post was let through to the family.
#[derive(Debug, Clone)]
pub struct Released {
    /// On the family timeline.
    pub post: Uuid,
    /// On the team's.
    pub source: Uuid,
    pub at: Timestamp,
    pub by: String,
    pub released_by: Uuid,
    /// What became of the team post since.
    pub source_now: Option<SourceNow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceNow {
    Corrected,
    Withdrawn,
}

/// Of a whole group, or of one team post.
pub async fn releases(tx: &mut Tx, group: Uuid, source: Option<Uuid>) -> Result<Vec<Released>> {
    let rows = tx.query(RELEASES, &[&group, &source]).await?;
    Ok(rows
        .iter()
        .map(|r| Released {
            post: r.get(0),
            source: r.get(1),
            at: r.get(2),
            by: r.get(3),
            released_by: r.get(4),
            source_now: r.get::<_, Option<&str>>(5).map(|kind| match kind {
                "withdrawal" => SourceNow::Withdrawn,
                _ => SourceNow::Corrected,
            }),
        })
        .collect())
}
