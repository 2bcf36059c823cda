//! Who is asked, who has not answered, what was done. Reads see what row security lets the caller see.

use std::collections::HashMap;

use envelope::Aad;
use jiff::Timestamp;
use record::{Content, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Missing, OpenItem, Waiting, What},
    store,
};
use crate::{Error, Result, app::App, db::Tx, features::groups::read::excerpt, seal};

/// Characters of a post in a list: enough to see how much it matters.
const EXCERPT: usize = 200;

/// One person whom a post asks.
#[derive(Debug, Clone)]
pub struct Asked {
    pub account: Uuid,
    pub name: String,
    pub profession: String,
    pub why: String,
    /// Had read what a correction corrects.
    pub again: bool,
    pub by: Option<Timestamp>,
    pub overdue: bool,
    pub ended: Option<String>,
    pub substitute: Option<String>,
    pub facility_id: Option<Uuid>,
    pub facility: Option<String>,
    /// Still in the group.
    pub here: bool,
}

impl Asked {
    pub fn is_done(&self) -> bool {
        self.ended.as_deref() == Some("acknowledged")
    }

    pub fn waits(&self) -> bool {
        self.ended.is_none() && self.here
    }

    pub fn is_substitute(&self) -> bool {
        self.why == "substitute"
    }
}

/// Whom these posts ask, by name.
pub async fn of_posts(tx: &mut Tx, posts: &[Uuid]) -> Result<HashMap<Uuid, Vec<Asked>>> {
    let mut all: HashMap<Uuid, Vec<Asked>> = HashMap::new();
    for r in tx.query(store::OF_POSTS, &[&posts]).await? {
        all.entry(r.get("post_id")).or_default().push(Asked {
            account: r.get("account_id"),
            name: r.get("name"),
            profession: r.get("profession"),
            why: r.get("why"),
            again: r.get("again"),
            by: r.get("by"),
            overdue: r.get("overdue"),
            ended: r.get("ended"),
            substitute: r.get("substitute"),
            facility_id: r.get("facility_id"),
            facility: r.get("facility"),
            here: r.get("here"),
        });
    }
    Ok(all)
}

/// 対応済 or a call about a post.
#[derive(Clone)]
pub struct Followed {
    pub by_account: Uuid,
    pub by: String,
    pub at: Timestamp,
    pub what: What,
    pub text: String,
}

crate::opaque_debug!(Followed);

impl Followed {
    pub fn is_handled(&self) -> bool {
        matches!(self.what, What::Handled)
    }
}

/// What was done about these posts of one group, in order.
pub async fn followed(
    app: &App,
    tx: &mut Tx,
    group: Uuid,
    posts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Followed>>> {
    let rows = tx.query(store::FOLLOWED, &[&posts]).await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let stream = app.keys.group_streams(tx, group).await?.receipts;
    let key = app.keys.data_key(tx, stream).await?;
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let mut all: HashMap<Uuid, Vec<Followed>> = HashMap::new();
    for r in &rows {
        let kind: Kind = r.get::<_, &str>("kind").parse().map_err(Error::internal)?;
        let place = Aad { table: "receipt", stream: r.get("stream_id"), row: r.get("id") };
        let (what, text) = match seal::open(&key, place, kind, r.get("envelope"))? {
            Content::Handled(h) => (What::Handled, h.result),
            Content::Called(c) => {
                let whom = r.get::<_, Option<String>>("subject").unwrap_or_default();
                (What::Called { whom, result: c.result }, c.note.unwrap_or_default())
            }
            other => return Err(Error::internal(format!("a {} among receipts of a post", other.kind()))),
        };
        let by = app.people.person(r.get("author")).name.clone();
        let one = Followed { by_account: r.get("author_id"), by, at: r.get("at"), what, text };
        all.entry(r.get("post_id")).or_default().push(one);
    }
    Ok(all)
}

/// Posts that ask the caller and are not answered.
pub async fn open(app: &App, tx: &mut Tx) -> Result<Vec<OpenItem>> {
    let rows = tx.query(store::OPEN, &[]).await?;
    let read = readable(app, tx, &rows).await?;
    let item = |(r, (author, profession, excerpt)): (&Row, (String, String, String))| OpenItem {
        post_id: r.get("post_id"),
        group_id: r.get("group_id"),
        why: r.get("why"),
        must_acknowledge_by: r.get("by"),
        overdue: r.get("overdue"),
        urgent: r.get("urgent"),
        author,
        author_profession: profession,
        created_at: r.get("at"),
        excerpt,
    };
    Ok(rows.iter().zip(read).map(item).collect())
}

/// The caller's own posts that somebody has not acknowledged, with whom.
pub async fn waiting(app: &App, tx: &mut Tx) -> Result<Vec<Waiting>> {
    let rows = tx.query(store::MINE_WAIT, &[]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let posts: Vec<Uuid> = rows.iter().map(|r| r.get("post_id")).collect();
    let asked = of_posts(tx, &posts).await?;
    let read = readable(app, tx, &rows).await?;
    let one = |(r, (_, _, excerpt)): (&Row, (String, String, String))| {
        let id: Uuid = r.get("post_id");
        Waiting {
            post_id: id,
            group_id: r.get("group_id"),
            must_acknowledge_by: r.get("by"),
            urgent: r.get("urgent"),
            created_at: r.get("at"),
            excerpt,
            missing: asked.get(&id).map(|all| missing(all)).unwrap_or_default(),
        }
    };
    Ok(rows.iter().zip(read).map(one).collect())
}

/// How many of the caller's own posts wait for somebody.
pub async fn waiting_count(tx: &mut Tx) -> Result<u32> {
    let n: i64 = tx.one(store::HOW_MANY_WAIT, &[]).await?.get(0);
    Ok(u32::try_from(n).unwrap_or_default())
}

/// Who has not answered, those who stand in left out.
pub fn missing(asked: &[Asked]) -> Vec<Missing> {
    let waits = asked.iter().filter(|a| a.waits() && a.by.is_some() && !a.is_substitute());
    let missing = waits.map(|a| Missing {
        id: a.account,
        name: a.name.clone(),
        profession: a.profession.clone(),
        facility: a.facility.clone().unwrap_or_default(),
        overdue: a.overdue,
        substitute: a.substitute.clone(),
    });
    missing.collect()
}

/// Author, profession and beginning of the posts in these rows.
async fn readable(app: &App, tx: &mut Tx, rows: &[Row]) -> Result<Vec<(String, String, String)>> {
    let streams: Vec<Uuid> = rows.iter().map(|r| r.get("stream_id")).collect();
    app.keys.data_keys(tx, &streams).await?;
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let one = |r: &Row| {
        let stream: Uuid = r.get("stream_id");
        let key = app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("a key was not learnt"))?;
        let kind = r.get::<_, &str>("kind").parse().map_err(Error::internal)?;
        let place = Aad { table: "post", stream, row: r.get("post_id") };
        let content = seal::open(&key, place, kind, r.get("envelope"))?;
        let author = app.people.person(r.get("author"));
        Ok((author.name.clone(), author.profession.clone(), excerpt(&content, EXCERPT)))
    };
    rows.iter().map(one).collect()
}

/// What the schedule told the caller.
#[derive(Debug, Clone)]
pub struct Told {
    /// `reminder`, `overdue`, `substitute` or `unanswered`.
    pub kind: String,
    pub at: Timestamp,
    pub group: Uuid,
    pub post: Uuid,
}

/// Newest first.
pub async fn notices(tx: &mut Tx, limit: i64) -> Result<Vec<Told>> {
    let rows = tx.query(store::NOTICES, &[&limit]).await?;
    Ok(rows.iter().map(|r| Told { kind: r.get(0), at: r.get(1), group: r.get(2), post: r.get(3) }).collect())
}

/// How people are reached: the telephone that they show, and that of the facility for which they are here.
pub async fn phones(tx: &mut Tx, asked: &[&Asked]) -> Result<HashMap<Uuid, (String, String)>> {
    let accounts: Vec<Uuid> = asked.iter().map(|a| a.account).collect();
    let facilities: Vec<Uuid> = asked.iter().filter_map(|a| a.facility_id).collect();
    let own: HashMap<Uuid, String> =
        tx.query(store::SHOWN_PHONES, &[&accounts]).await?.iter().map(|r| (r.get(0), r.get(1))).collect();
    let of: HashMap<Uuid, String> = tx
        .query(store::FACILITY_PHONES, &[&facilities])
        .await?
        .iter()
        .map(|r| (r.get(0), r.get(1)))
        .collect();
    let both = |a: &&Asked| {
        let facility = a.facility_id.and_then(|id| of.get(&id)).cloned().unwrap_or_default();
        (a.account, (own.get(&a.account).cloned().unwrap_or_default(), facility))
    };
    Ok(asked.iter().map(both).collect())
}
