//! What has happened since the caller's last visit: everything in one transaction, its statements in one flight.

use envelope::Aad;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{model::Listed, read as records};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::{
        face_sheets::{self, merge::Change},
        groups,
        tasks::{self, model::Task},
        visits::{self, model::Visit},
        vitals::{self, model::Chart},
    },
    opaque_debug, seal,
};

/// Posts shown; the timeline has the others.
pub const POSTS_SHOWN: i64 = 30;
/// Characters of a post.
const EXCERPT: usize = 160;
/// Where nobody has visited yet, the page begins so long ago.
const WITHOUT_A_VISIT_DAYS: i64 = 14;
/// Values looked through; the charts have the others.
const VALUES: i64 = 1_000;
/// Versions of the face sheet looked through.
const VERSIONS: i64 = 12;

/// When the caller last wrote a visit record here or marked a visit.
const SINCE: &str = "SELECT greatest((SELECT max(r.at) FROM care.visit_record r WHERE r.group_id = $1 AND r.author_id = (SELECT sec.me())),
  (SELECT max(m.at) FROM care.visit_mark m WHERE m.group_id = $1 AND m.account_id = (SELECT sec.me())))";
/// What others wrote since then, the newest first, without what was withdrawn or is told better by a correction. The scan ends
/// at the first post that is older. $3: how many, one more to know whether there are others.
const POSTS: &str = "SELECT p.id, p.stream_id, p.kind, p.author, p.facility, p.at, p.envelope FROM care.post p
  WHERE p.stream_id = $1 AND p.kind <> 'withdrawal' AND p.author_id <> (SELECT sec.me())
    AND p.seq > coalesce((SELECT x.seq FROM care.post x WHERE x.stream_id = $1 AND x.at <= $2 ORDER BY x.seq DESC LIMIT 1), 0)
    AND NOT EXISTS (SELECT 1 FROM care.post x WHERE x.target = p.id) ORDER BY p.seq DESC LIMIT $3";

/// A post on one line.
#[derive(Clone, Serialize, ToSchema)]
pub struct Headline {
    #[serde(rename = "post_id")]
    pub post: Uuid,
    pub author: String,
    pub profession: String,
    #[serde(rename = "created_at")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The beginning of the text.
    pub excerpt: String,
}

/// Everything for one patient.
#[derive(Clone)]
pub struct Before {
    pub since: Timestamp,
    /// Whether `since` is a visit of the caller, and not only a while ago.
    pub visited: bool,
    pub posts: Vec<Headline>,
    pub more_posts: bool,
    pub tasks: Vec<Task>,
    pub visits: Vec<Visit>,
    pub changes: Vec<Change>,
    pub records: Vec<Listed>,
    /// What was recorded of the patient's vital signs, and the ranges of now.
    pub vitals: Chart,
}

opaque_debug!(Headline, Before);

pub async fn before(app: &App, tx: &mut Tx, group: Uuid, now: Timestamp) -> Result<Before> {
    let streams = app.keys.group_streams(tx, group).await?;
    let last: Option<Timestamp> = tx.one(SINCE, &[&group]).await?.get(0);
    let a_while_ago = now - (WITHOUT_A_VISIT_DAYS * 24).hours();
    let since = last.unwrap_or(a_while_ago);
    let shown = POSTS_SHOWN + 1;
    let open = tasks::read::Wanted { group: Some(group), open: Some(true), ..Default::default() };
    let rows = tx
        .several(&[
            (POSTS, &[&streams.team, &since, &shown]),
            (tasks::read::LIST, &[&open.owner, &open.group, &open.task, &open.open, &tasks::read::MOST_OPEN]),
            (visits::read::LIST, &[&Some(group), &None::<Uuid>]),
            (records::LATEST, &[&group, &3_i64]),
        ])
        .await?;
    let [posts, tasks, visits, records] = &rows[..] else {
        return Err(Error::internal("as many answers as questions"));
    };
    let mut posts = headlines(app, tx, posts).await?;
    let more_posts = posts.len() > usize::try_from(POSTS_SHOWN).unwrap_or_default();
    posts.truncate(usize::try_from(POSTS_SHOWN).unwrap_or_default());
    Ok(Before {
        since,
        visited: last.is_some(),
        posts,
        more_posts,
        tasks: tasks::read::opened(app, tx, tasks, open).await?,
        visits: visits::read::opened(app, tx, visits).await?,
        changes: changes(app, tx, streams.patient_id, since).await?,
        records: self::records::opened(app, tx, records).await?,
        vitals: match streams.patient_id {
            Some(_) => vitals::read::since(app, tx, group, since, VALUES).await?,
            None => Chart::default(),
        },
    })
}

/// Posts as lines.
pub async fn headlines(app: &App, tx: &mut Tx, rows: &[Row]) -> Result<Vec<Headline>> {
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get(3)).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for r in rows {
        let (post, stream): (Uuid, Uuid) = (r.get(0), r.get(1));
        let key = app.keys.data_key(tx, stream).await?;
        let kind = r.get::<_, &str>(2).parse().map_err(Error::internal)?;
        let content = seal::open(&key, Aad { table: "post", stream, row: post }, kind, r.get(6))?;
        let author = app.people.person(r.get(3));
        all.push(Headline {
            post,
            author: author.name.clone(),
            profession: author.profession.clone(),
            at: r.get(5),
            excerpt: groups::read::excerpt(&content, EXCERPT),
        });
    }
    Ok(all)
}

/// What the face sheet says differently since then.
async fn changes(app: &App, tx: &mut Tx, patient: Option<Uuid>, since: Timestamp) -> Result<Vec<Change>> {
    let Some(patient) = patient else { return Ok(Vec::new()) };
    let sheet = face_sheets::read::sheet(app, tx, patient, face_sheets::read::NEWEST, VERSIONS).await?;
    let Some(newest) = sheet.versions.first().filter(|v| v.at > since) else { return Ok(Vec::new()) };
    // The last one of before; the oldest of those looked through, where all are newer.
    let then = sheet.versions.iter().find(|v| v.at <= since).or(sheet.versions.last());
    // A sheet that has only been made is no change.
    let then = then.filter(|v| v.number != newest.number);
    Ok(then.map(|then| newest.changes(Some(then))).unwrap_or_default())
}
