//! What a patient or relative may read. Each statement is a function of the family's door, which asks who is calling.

use std::{collections::HashMap, sync::Arc};

use envelope::{Aad, DataKey, open_text};
use record::{Content, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Place, Reader, Role};
use crate::{
    Error, Result,
    app::App,
    audit::FILE,
    auth::Relative,
    db::Params,
    features::files::{class_code, kin as files, model::PostFile},
    features::posts::{
        self,
        model::{Acknowledgements, Author, Post, PostPage, ReadBy, Timeline, Withdrawn},
        read::From,
    },
    people::Named,
    seal,
};

const GROUPS: &str = "SELECT account_id, login_id, session_id, group_id, role, version, person, stream_id, wrapped, key_facility, key_version, key_wrapped,
  facility, phone, hours_id, hours, archived, unread, last_post_at, since, read_up_to FROM fam.groups($1)";
const LOOKED: &str = "SELECT fam.looked($1, $2)";
const READERS: &str =
    "SELECT account_id, name, profession, facility, version, person FROM fam.readers($1, $2)";
const READINGS: &str = "SELECT account_id, name, kana FROM fam.readings($1, $2)";
const STREAMS: &str =
    "SELECT kind, stream_id, wrapped, key_facility, key_version, key_wrapped FROM fam.streams($1, $2)";
const POSTS: &str = "SELECT stream_id, seq, id, group_id, kind, author_id, at, reply_to, target, must_acknowledge_by, envelope, name, profession, facility, facility_id, version, person,
  corrected_by, withdrawal, withdrawn_at, withdrawal_envelope, acknowledgements, mine, readers, read_by FROM fam.posts_and_gaps($1, $2, $3, $4, $5, $6, $7)";

/// The caller's family timelines.
pub async fn places(app: &App, who: &Relative) -> Result<Vec<Place>> {
    let rows = app.db.family(GROUPS, &[&who.token_hash()]).await?;
    let mut places = Vec::with_capacity(rows.len());
    for r in &rows {
        let (stream, version): (Uuid, Uuid) = (r.get(7), r.get(5));
        let key = app.keys.unwrap_data_key(stream, r.get(8), r.get(9), r.get(10), r.get(11)).await?;
        let hours = match r.get::<_, Option<Uuid>>(14) {
            Some(id) => Some(hours(&key, stream, id, r.get(15))?).filter(|words| !words.is_empty()),
            None => None,
        };
        places.push(Place {
            account_id: r.get(0),
            login_id: r.get(1),
            session_id: r.get(2),
            group_id: r.get(3),
            role: Role::from_code(r.get(4)).ok_or_else(|| Error::internal("an unknown role"))?,
            person: Named::open(&key, stream, version, r.get(6))?,
            stream,
            facility: r.get(12),
            phone: r.get(13),
            hours,
            archived: r.get(16),
            unread: r.get(17),
            last_post_at: r.get(18),
            since: r.get(19),
            read_up_to: r.get(20),
        });
    }
    Ok(places)
}

/// Writes that a page was opened which names the patient and shows nothing that was written: of one group, or of all of the caller's.
pub async fn looked(app: &App, who: &Relative, group: Option<Uuid>) -> Result<()> {
    app.db.family(LOOKED, &[&who.token_hash(), &group]).await.map(drop)
}

/// One of them; `NotFound` for everything else.
pub async fn place(app: &App, who: &Relative, group: Uuid) -> Result<Place> {
    places(app, who).await?.into_iter().find(|p| p.group_id == group).ok_or(Error::NotFound)
}

pub(super) fn hours(key: &DataKey, stream: Uuid, id: Uuid, sealed: &[u8]) -> Result<String> {
    open_text(key, &Aad { table: "office_hours", stream, row: id }, "words", sealed).map_err(Error::internal)
}

/// Everybody who will read what is written, patient and family first.
pub async fn readers(app: &App, who: &Relative, group: Uuid) -> Result<Vec<Reader>> {
    let (stream, key) = family_key(app, who, group).await?;
    let rows = app.db.family(READERS, &[&who.token_hash(), &group]).await?;
    rows.iter()
        .map(|r| {
            let named = match r.get::<_, Option<Uuid>>(4) {
                Some(version) => Some(Named::open(&key, stream, version, r.get(5))?),
                None => None,
            };
            Ok(Reader {
                account_id: r.get(0),
                name: match &named {
                    Some(named) => named.name.clone(),
                    None => r.get::<_, Option<String>>(1).unwrap_or_default(),
                },
                reading: String::new(),
                profession: r.get(2),
                facility: r.get::<_, Option<String>>(3).unwrap_or_default(),
                relation: named.map(|n| n.relation),
            })
        })
        .collect()
}

/// Puts the readings of the team's names beside them.
pub async fn with_readings(
    app: &App,
    who: &Relative,
    group: Uuid,
    readers: &mut [Reader],
    posts: &mut [Post],
) -> Result<()> {
    let rows = app.db.family(READINGS, &[&who.token_hash(), &group]).await?;
    let known: HashMap<(Uuid, &str), &str> = rows.iter().map(|r| ((r.get(0), r.get(1)), r.get(2))).collect();
    let of =
        |account: Uuid, name: &str| known.get(&(account, name)).map(ToString::to_string).unwrap_or_default();
    for reader in readers {
        reader.reading = of(reader.account_id, &reader.name);
    }
    for author in posts.iter_mut().map(|post| &mut post.author) {
        author.reading = of(author.id, &author.name);
    }
    Ok(())
}

/// The family timeline and the receipts of a group, with their keys.
pub struct Streams {
    pub family: (Uuid, Arc<DataKey>),
    pub receipts: (Uuid, Arc<DataKey>),
}

crate::opaque_debug!(Streams);

pub async fn streams(app: &App, who: &Relative, group: Uuid) -> Result<Streams> {
    let rows = app.db.family(STREAMS, &[&who.token_hash(), &group]).await?;
    let mut found = HashMap::new();
    for r in &rows {
        let stream: Uuid = r.get(1);
        let key = app.keys.unwrap_data_key(stream, r.get(2), r.get(3), r.get(4), r.get(5)).await?;
        found.insert(r.get::<_, String>(0), (stream, key));
    }
    match (found.remove("family"), found.remove("receipts")) {
        (Some(family), Some(receipts)) => Ok(Streams { family, receipts }),
        _ => Err(Error::internal("a group has both streams")),
    }
}

async fn family_key(app: &App, who: &Relative, group: Uuid) -> Result<(Uuid, Arc<DataKey>)> {
    streams(app, who, group).await.map(|s| s.family)
}

/// The key of a group's family timeline, from memory once it was opened.
pub async fn key_of(app: &App, who: &Relative, stream: Uuid, group: Uuid) -> Result<Arc<DataKey>> {
    match app.keys.cached_data_key(stream) {
        Some(key) => Ok(key),
        None => Ok(family_key(app, who, group).await?.1),
    }
}

/// What was corrected may have named somebody else, and is not handed out again: the correction stands in its place.
pub fn as_it_stands(post: Post) -> Post {
    match post.corrected_by {
        Some(_) => Post { body: None, files: Vec::new(), ..post },
        None => post,
    }
}

/// A page of posts, as the JSON API gives it. The first page is a view in the access log; going on with it is not.
pub async fn page(app: &App, who: &Relative, group: Uuid, from: From, limit: i64) -> Result<PostPage> {
    let posts = posts(app, who, group, from, limit, matches!(from, From::Before(i64::MAX))).await?;
    let full = i64::try_from(posts.len()).is_ok_and(|n| n == limit);
    let mark = match from {
        From::Before(_) => 'b',
        From::After(_) => 'a',
    };
    let next = posts.last().filter(|_| full).map(|last| format!("{mark}{:x}", last.seq));
    Ok(PostPage { items: posts.into_iter().map(as_it_stands).collect(), next })
}

/// `opens`: it is a view in the access log.
pub async fn posts(
    app: &App,
    who: &Relative,
    group: Uuid,
    from: From,
    limit: i64,
    opens: bool,
) -> Result<Vec<Post>> {
    let (before, after) = match from {
        From::Before(i64::MAX) => (None, None),
        From::Before(seq) => (Some(seq), None),
        From::After(seq) => (None, Some(seq)),
    };
    let limit = i32::try_from(limit).unwrap_or(100);
    let rows = app
        .db
        .family(POSTS, &[&who.token_hash(), &group, &None::<Uuid>, &before, &after, &limit, &opens])
        .await?;
    decode(app, who, &rows, opens).await
}

/// One post of a family timeline; `NotFound` for every other.
pub async fn one(app: &App, who: &Relative, post: Uuid, opens: bool) -> Result<Post> {
    let none = None::<i64>;
    let params: Params<'_> = &[&who.token_hash(), &None::<Uuid>, &Some(post), &none, &none, &1i32, &opens];
    let rows = app.db.family(POSTS, params).await?;
    decode(app, who, &rows, opens).await?.pop().ok_or(Error::NotFound)
}

async fn decode(app: &App, who: &Relative, rows: &[Row], opens: bool) -> Result<Vec<Post>> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let (stream, group) = (first.get("stream_id"), first.get("group_id"));
    // The small pictures of its files are part of it.
    if opens || app.openings.goes_on(who.key(), stream, FILE) {
        app.openings.opened_elsewhere(who.key(), group, stream);
    }
    let key = key_of(app, who, stream, group).await?;
    let mut posts: Vec<Post> = rows.iter().map(|row| post(&key, row)).collect::<Result<_>>()?;
    with_files(app, who, &mut posts).await?;
    Ok(posts)
}

/// Of one group's posts, how their files stand now.
async fn with_files(app: &App, who: &Relative, posts: &mut [Post]) -> Result<()> {
    let carrying: Vec<&Post> = posts.iter().filter(|p| !p.files.is_empty()).collect();
    let Some(first) = carrying.first() else { return Ok(()) };
    let ids: Vec<Uuid> = carrying.iter().map(|p| p.id).collect();
    let states = files::states(app, who, first.group_id, &ids).await?;
    for post in posts {
        // What is shut now is not named either.
        post.files.retain_mut(|file| {
            let Some((_, state, thumbnail)) = states.iter().find(|s| s.0 == file.id) else { return false };
            file.state.clone_from(state);
            file.has_thumbnail = *thumbnail;
            true
        });
    }
    Ok(())
}

fn post(key: &DataKey, row: &Row) -> Result<Post> {
    let (stream, id): (Uuid, Uuid) = (row.get("stream_id"), row.get("id"));
    let kind: Kind = row.get::<_, &str>("kind").parse().map_err(Error::internal)?;
    // Something stood here that is about somebody else: a relative is told no more.
    let hidden = row.get::<_, Option<&[u8]>>("envelope").is_none();
    let content = match row.get::<_, Option<&[u8]>>("envelope") {
        Some(envelope) => posts::read::text(key, Aad { table: "post", stream, row: id }, kind, envelope)?,
        None => record::Post::words(id, String::new()),
    };
    let author = author(key, stream, row)?;
    let withdrawn = withdrawn(key, stream, row, &author.name)?;
    Ok(Post {
        id,
        seq: row.get("seq"),
        group_id: row.get("group_id"),
        timeline: Timeline::Family,
        author,
        created_at: row.get("at"),
        files: if withdrawn.is_none() && !hidden {
            content.files.iter().map(file).collect()
        } else {
            Vec::new()
        },
        body: (withdrawn.is_none() && !hidden).then_some(content.body),
        reply_to: row.get("reply_to"),
        corrects: row.get("target"),
        corrected_by: row.get("corrected_by"),
        withdrawn,
        mentions: content.mentions.iter().map(posts::read::mention).collect(),
        must_acknowledge_by: row.get("must_acknowledge_by"),
        urgent: false,
        proxy: None,
        quarantined: None,
        moved: None,
        acknowledgements: Acknowledgements { count: row.get("acknowledgements"), mine: row.get("mine") },
        read_by: ReadBy { count: row.get("read_by"), total: row.get("readers") },
    })
}

/// That there is one, and what it is called; how it stands is filled in after.
fn file(f: &record::File) -> PostFile {
    PostFile {
        id: f.id,
        name: f.name.clone(),
        media_type: f.media_type.clone(),
        bytes: f.bytes,
        sha256: f.sha256.to_string(),
        class: class_code(f.class).to_owned(),
        state: files::NOT_HERE.into(),
        has_thumbnail: false,
    }
}

fn author(key: &DataKey, stream: Uuid, row: &Row) -> Result<Author> {
    let named = match row.get::<_, Option<Uuid>>("version") {
        Some(version) => Some(Named::open(key, stream, version, row.get("person"))?),
        None => None,
    };
    Ok(Author {
        id: row.get("author_id"),
        name: named.as_ref().map_or_else(|| row.get("name"), |n| n.name.clone()),
        reading: String::new(),
        profession: row.get("profession"),
        facility: if named.is_some() { String::new() } else { row.get("facility") },
        facility_id: row.get("facility_id"),
        relation: named.map(|n| n.relation),
    })
}

/// Only the author takes a post back, so the name is the author's.
fn withdrawn(key: &DataKey, stream: Uuid, row: &Row, by: &str) -> Result<Option<Withdrawn>> {
    let Some(id) = row.get::<_, Option<Uuid>>("withdrawal") else { return Ok(None) };
    let place = Aad { table: "post", stream, row: id };
    let Content::Withdrawal(w) = seal::open(key, place, Kind::Withdrawal, row.get("withdrawal_envelope"))?
    else {
        return Err(Error::internal("not a withdrawal"));
    };
    Ok(Some(Withdrawn { at: row.get("withdrawn_at"), by: by.to_owned(), reason: w.reason }))
}
