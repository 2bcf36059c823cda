//! Reading what is on posts. For a page of a timeline its rows come with the replies (`store::MARKS`).

use std::collections::HashMap;

use envelope::Aad;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Bookmark, Bookmarks, Given, Pin, PinnedBy, Pins, PostMarks, StampCount, counted, from_code},
    store,
};
use crate::{
    Error, Result,
    app::App,
    audit,
    auth::Actor,
    db::Tx,
    features::{groups, posts},
};

/// Characters of a post that stand in a list.
const EXCERPT: usize = 80;

/// What is on the posts of one page.
#[derive(Debug, Default)]
pub struct Marks {
    of: HashMap<Uuid, PostMarks>,
    /// The pinned posts of the group, the newest first.
    pub pins: Vec<Pin>,
}

impl Marks {
    /// Takes a post's from the page.
    pub fn take(&mut self, post: Uuid) -> PostMarks {
        self.of.remove(&post).unwrap_or_default()
    }
}

/// From the rows of `store::MARKS`. No statement where everybody's name is in memory.
pub async fn gather(app: &App, tx: &mut Tx, rows: &[Row]) -> Result<Marks> {
    let mut marks = Marks::default();
    let named = rows.iter().filter(|r| r.get::<_, &str>("what") != "bookmark");
    let people: Vec<Uuid> = named.map(|r| r.get("account")).collect();
    if !people.is_empty() {
        app.people.learn(tx, &people, &[]).await?;
    }
    for r in rows {
        let (post, account_id, at): (Uuid, Uuid, Timestamp) =
            (r.get("post_id"), r.get("account_id"), r.get("at"));
        let name = || app.people.person(r.get("account")).name.clone();
        let on = marks.of.entry(post).or_default();
        match r.get("what") {
            "stamp" => {
                if let Some(stamp) = from_code(r.get("code")) {
                    on.stamps.push(Given { stamp, account_id, name: name(), at });
                }
            }
            "pin" => {
                on.pinned = Some(PinnedBy { account_id, name: name(), at });
                marks.pins.insert(0, Pin { post_id: post, pinned_by: name(), pinned_at: at });
            }
            "label" => on.labels.push(r.get("code")),
            _ => on.bookmarked = true,
        }
    }
    Ok(marks)
}

/// Who gave which stamp to one post that the caller may read.
pub async fn stamps(app: &App, tx: &mut Tx, post: Uuid) -> Result<Vec<StampCount>> {
    posts::store::target(tx, post).await?;
    let me: Uuid = tx.one(store::ME, &[]).await?.get(0);
    let rows = tx.query(store::STAMPS_OF, &[&post]).await?;
    Ok(counted(&gather(app, tx, &rows).await?.take(post).stamps, me))
}

/// The pinned posts of a group, the newest first: a part of the timeline while that is open, a view of its own otherwise. `NotFound` for
/// whoever is no member.
pub async fn pins(app: &App, tx: &mut Tx, who: &Actor, group: Uuid) -> Result<Pins> {
    if !groups::read::role(tx, group).await?.is_member() {
        return Err(Error::NotFound);
    }
    let timeline = app.keys.group_streams(tx, group).await?.team;
    if !app.openings.is_open(who, timeline, "viewed_timeline") {
        audit::viewed(tx, "viewed_pins", Some(group), None, None).await?;
    }
    let rows = tx.query(store::PINS_OF, &[&group]).await?;
    Ok(Pins { items: gather(app, tx, &rows).await?.pins })
}

pub(super) fn place(stream: Uuid, id: Uuid) -> Aad {
    Aad { table: "bookmark", stream, row: id }
}

async fn note(app: &App, tx: &mut Tx, r: &Row) -> Result<String> {
    let Some(sealed) = r.get::<_, Option<&[u8]>>("note") else { return Ok(String::new()) };
    let stream = r.get("stream_id");
    let key = app.keys.data_key(tx, stream).await?;
    envelope::open_text(&key, &place(stream, r.get("id")), "note", sealed).map_err(Error::internal)
}

/// The note of the caller's own bookmark on a post; `None` where there is no bookmark.
pub async fn own_note(app: &App, tx: &mut Tx, post: Uuid) -> Result<Option<String>> {
    match tx.query(store::BOOKMARK_OF, &[&post]).await?.first() {
        Some(row) => note(app, tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// The caller's bookmarks in the groups of now, the newest first: a fixed number of statements.
pub async fn bookmarks(app: &App, tx: &mut Tx, before: Option<Timestamp>, limit: i64) -> Result<Bookmarks> {
    let rows = tx.query(store::BOOKMARKS, &[&before, &limit]).await?;
    let streams: Vec<Uuid> = rows.iter().map(|r| r.get("stream_id")).collect();
    app.keys.data_keys(tx, &streams).await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.get("post_id")).collect();
    let texts = posts::read::some(app, tx, &ids, false).await?;
    let titles = if rows.is_empty() { HashMap::new() } else { groups::read::titles(tx, app).await? };
    let mut items = Vec::with_capacity(rows.len());
    for r in &rows {
        let (post_id, group_id): (Uuid, Uuid) = (r.get("post_id"), r.get("group_id"));
        let Some(post) = texts.iter().find(|p| p.id == post_id) else { continue };
        items.push(Bookmark {
            post_id,
            group_id,
            group_title: titles.get(&group_id).cloned().unwrap_or_default(),
            author: post.author.name.clone(),
            post_at: post.created_at,
            excerpt: excerpt(post.body.as_deref().unwrap_or_default()),
            note: note(app, tx, r).await?,
            at: r.get("at"),
        });
    }
    let full = i64::try_from(rows.len()).is_ok_and(|n| n == limit);
    let next =
        rows.last().filter(|_| full).map(|r| format!("b{:x}", r.get::<_, Timestamp>("at").as_microsecond()));
    Ok(Bookmarks { items, next })
}

/// Reads a cursor that `bookmarks` gave.
pub fn parse_cursor(text: &str) -> Option<Timestamp> {
    let micros = i64::from_str_radix(text.strip_prefix('b')?, 16).ok()?;
    Timestamp::from_microsecond(micros).ok()
}

/// The beginning of a text on one line.
pub fn excerpt(body: &str) -> String {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
