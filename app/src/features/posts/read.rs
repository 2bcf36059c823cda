//! Reading a timeline: one round trip for posts and positions, decrypted in memory.

use std::collections::HashMap;

use envelope::{Aad, DataKey};
use jiff::Timestamp;
use record::{Content, Kind, Mention};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{
        Acknowledgements, Author, Isolation, MentionBody, Moved, Post, PostPage, Proxy, Quarantined, ReadBy,
        Reader, Timeline, Withdrawn,
    },
    store,
};
use crate::{Error, Result, app::App, auth::Actor, db::Tx, features::files::model::PostFile, seal};

/// Which part of a timeline.
#[derive(Debug, Clone, Copy)]
pub enum From {
    /// Newest first, below this number.
    Before(i64),
    /// Oldest first, above it.
    After(i64),
}

impl From {
    fn statement(self) -> (&'static str, i64) {
        match self {
            Self::Before(seq) => (store::PAGE_BEFORE, seq),
            Self::After(seq) => (store::PAGE_AFTER, seq),
        }
    }
}

/// A page of posts. Opening it is a view in the access log; going on with it is not.
pub async fn page(
    app: &App,
    who: &Actor,
    group: Uuid,
    timeline: Timeline,
    from: From,
    limit: i64,
) -> Result<PostPage> {
    let mut tx = app.db.acting(who).await?;
    let streams = app.keys.group_streams(&mut tx, group).await?;
    let stream = super::acts::stream_in(&streams, timeline)?;
    let posts = if app.openings.is_open(who, stream, "viewed_timeline") {
        page_of_open(app, tx, who, (group, stream), from, limit).await?
    } else {
        let posts = posts(app, &mut tx, who, group, timeline, from, limit).await?;
        tx.commit().await?;
        posts
    };
    let full = i64::try_from(posts.len()).is_ok_and(|n| n == limit);
    let next = posts.last().filter(|_| full).map(|last| cursor(from, last.seq));
    Ok(PostPage { items: posts, next })
}

/// Going on with an open page writes nothing, so all of it is one round trip. What is not in memory yet (a new name, the
/// states of files) is asked for behind it.
async fn page_of_open(
    app: &App,
    tx: Tx,
    who: &Actor,
    (group, stream): (Uuid, Uuid),
    from: From,
    limit: i64,
) -> Result<Vec<Post>> {
    let (statement, seq) = from.statement();
    let (positions, rows) = tx
        .both_and_commit((store::POSITIONS, &[&group, &stream]), (statement, &[&stream, &seq, &limit]))
        .await?;
    let mut tx = app.db.acting(who).await?;
    let posts = decode(app, &mut tx, &rows, &as_positions(&positions), false).await?;
    tx.commit().await?;
    Ok(posts)
}

/// The same within a transaction that goes on.
pub async fn posts(
    app: &App,
    tx: &mut Tx,
    who: &Actor,
    group: Uuid,
    timeline: Timeline,
    from: From,
    limit: i64,
) -> Result<Vec<Post>> {
    let streams = app.keys.group_streams(tx, group).await?;
    let stream = super::acts::stream_in(&streams, timeline)?;
    // The caller's own membership decides, also when the group's streams were in memory.
    let positions = positions(tx, group, stream).await?;
    if !app.openings.is_open(who, stream, "viewed_timeline") {
        app.openings.opened(tx, who, group, stream, "viewed_timeline").await?;
    }
    let (statement, seq) = from.statement();
    let rows = tx.query(statement, &[&stream, &seq, &limit]).await?;
    decode(app, tx, &rows, &positions, false).await
}

/// One post. `unfold` shows a withdrawn body.
pub async fn one(app: &App, who: &Actor, id: Uuid, unfold: bool) -> Result<Post> {
    let mut tx = app.db.acting(who).await?;
    let row = tx.one(store::BY_ID, &[&id]).await?;
    let (group, stream): (Uuid, Uuid) = (row.get("group_id"), row.get("stream_id"));
    let positions = positions(&mut tx, group, stream).await?;
    if unfold || !app.openings.is_open(who, stream, "viewed_timeline") {
        crate::audit::viewed(
            &mut tx,
            if unfold { "unfolded_post" } else { "viewed_post" },
            Some(group),
            None,
            Some(id),
        )
        .await?;
    }
    let mut posts = decode(app, &mut tx, &[row], &positions, unfold).await?;
    tx.commit().await?;
    posts.pop().ok_or(Error::NotFound)
}

/// One post with its read counts, within a transaction that goes on.
pub async fn with_positions(
    app: &App,
    tx: &mut Tx,
    who: &Actor,
    id: Uuid,
    unfold: bool,
) -> Result<Vec<Post>> {
    let row = tx.one(store::BY_ID, &[&id]).await?;
    let (group, stream): (Uuid, Uuid) = (row.get("group_id"), row.get("stream_id"));
    if !app.openings.is_open(who, stream, "viewed_timeline") {
        app.openings.opened(tx, who, group, stream, "viewed_timeline").await?;
    }
    let positions = positions(tx, group, stream).await?;
    decode(app, tx, &[row], &positions, unfold).await
}

/// The newest number of a stream.
pub async fn newest(tx: &mut Tx, stream: Uuid) -> Result<i64> {
    const NEWEST: &str = "SELECT h.seq FROM care.stream_head h WHERE h.stream_id = $1";
    Ok(tx.one(NEWEST, &[&stream]).await?.get(0))
}

/// Some posts by id, for folded texts and quotes; same rights as anywhere.
pub async fn some(app: &App, tx: &mut Tx, ids: &[Uuid], unfold: bool) -> Result<Vec<Post>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.query(store::BY_IDS, &[&ids]).await?;
    decode(app, tx, &rows, &HashMap::new(), unfold).await
}

/// All replies to these posts, in order.
pub async fn replies(app: &App, tx: &mut Tx, roots: &[Uuid]) -> Result<Vec<Post>> {
    if roots.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.query(store::REPLIES, &[&roots]).await?;
    plain(app, tx, &rows).await
}

/// Posts from rows of one of this capability's statements, without read counts.
pub async fn plain(app: &App, tx: &mut Tx, rows: &[Row]) -> Result<Vec<Post>> {
    decode(app, tx, rows, &HashMap::new(), false).await
}

/// Writes that the caller looks at something that hangs on a post (who has read it, its stamps, its labels). While the timeline is open that is
/// a part of it, as everything on it.
pub async fn part_viewed(
    app: &App,
    tx: &mut Tx,
    who: &Actor,
    (post, of): (Uuid, &store::Target),
    what: &'static str,
) -> Result<()> {
    if app.openings.is_open(who, of.stream, "viewed_timeline") {
        return Ok(());
    }
    crate::audit::viewed(tx, what, Some(of.group), None, Some(post)).await
}

pub async fn readers(app: &App, who: &Actor, id: Uuid) -> Result<Vec<Reader>> {
    let mut tx = app.db.acting(who).await?;
    let of = store::target(&mut tx, id).await?;
    part_viewed(app, &mut tx, who, (id, &of), "viewed_readers").await?;
    let rows =
        tx.query_and_commit(store::READERS, &[&of.group, &of.stream, &of.seq, &id, &of.author_id]).await?;
    Ok(rows
        .iter()
        .map(|r| Reader {
            id: r.get(0),
            name: r.get(1),
            profession: r.get(2),
            facility: r.get(3),
            displayed_at: r.get(4),
            acknowledged_at: r.get(5),
            handled_at: r.get(6),
            push_accepted_at: r.get(7),
            mail_accepted_at: r.get(8),
            on_device_at: r.get(9),
            notice_failed_at: r.get(10),
        })
        .collect())
}

/// Members of now and how far each has read.
async fn positions(tx: &mut Tx, group: Uuid, stream: Uuid) -> Result<Positions> {
    Ok(as_positions(&tx.query(store::POSITIONS, &[&group, &stream]).await?))
}

type Positions = HashMap<Uuid, i64>;

fn as_positions(rows: &[Row]) -> Positions {
    rows.iter().map(|r| (r.get(0), r.get(1))).collect()
}

/// State and whether there is a thumbnail, by file.
type FileStates = HashMap<Uuid, (String, bool)>;

/// No statement when names and keys are in memory and no post carries a file.
async fn decode(
    app: &App,
    tx: &mut Tx,
    rows: &[Row],
    positions: &Positions,
    unfold: bool,
) -> Result<Vec<Post>> {
    let mut authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    for also in ["withdrawn_by", "quarantined_by"] {
        authors.extend(rows.iter().filter_map(|r| r.get::<_, Option<Uuid>>(also)));
    }
    let facilities: Vec<Uuid> = rows.iter().map(|r| r.get("facility")).collect();
    app.people.learn(tx, &authors, &facilities).await?;
    app.people.learn_relatives(&app.keys, tx, &authors).await?;
    let states = file_states(tx, rows).await?;
    let mut posts = Vec::with_capacity(rows.len());
    for row in rows {
        let stream: Uuid = row.get("stream_id");
        let key = app.keys.data_key(tx, stream).await?;
        let family = app.keys.group_streams(tx, row.get("group_id")).await?.family == Some(stream);
        posts.push(read(app, &key, row, family, (positions, &states), unfold)?);
    }
    Ok(posts)
}

async fn file_states(tx: &mut Tx, rows: &[Row]) -> Result<FileStates> {
    let posts: Vec<Uuid> = rows.iter().filter(|r| r.get("has_files")).map(|r| r.get("id")).collect();
    if posts.is_empty() {
        return Ok(FileStates::new());
    }
    let states = tx.query(store::FILE_STATES, &[&posts]).await?;
    Ok(states.iter().map(|r| (r.get(0), (r.get(1), r.get(2)))).collect())
}

fn read(
    app: &App,
    key: &DataKey,
    row: &Row,
    family: bool,
    (positions, states): (&Positions, &FileStates),
    unfold: bool,
) -> Result<Post> {
    let (stream, id, seq, author_id): (Uuid, Uuid, i64, Uuid) =
        (row.get("stream_id"), row.get("id"), row.get("seq"), row.get("author_id"));
    let kind: Kind = row.get::<_, &str>("kind").parse().map_err(Error::internal)?;
    let content = match row.get::<_, Option<&[u8]>>("envelope") {
        Some(envelope) => Some(text(key, Aad { table: "post", stream, row: id }, kind, envelope)?),
        None => None,
    };
    let quarantined = quarantined(app, row);
    let withdrawn = withdrawn(app, key, row, stream)?;
    let person = app.people.person(row.get("author"));
    let shown = content.is_some();
    let content = content.unwrap_or_else(|| record::Post::words(id, String::new()));
    let hidden = !shown || (withdrawn.is_some() && !unfold);
    let read_by = ReadBy {
        count: positions.iter().filter(|(account, up_to)| **account != author_id && **up_to >= seq).count()
            as i64,
        total: positions.keys().filter(|account| **account != author_id).count() as i64,
    };
    Ok(Post {
        id,
        seq,
        group_id: row.get("group_id"),
        timeline: if family { Timeline::Family } else { Timeline::Team },
        author: Author {
            id: author_id,
            name: person.name.clone(),
            reading: person.reading.clone(),
            profession: person.profession.clone(),
            facility: match &person.relation {
                None => app.people.facility(row.get("facility")).name.clone(),
                // Her records carry the managing facility, which answers for them; she is of none.
                Some(_) => String::new(),
            },
            facility_id: row.get("facility_id"),
            relation: person.relation.clone(),
        },
        created_at: row.get("at"),
        files: if hidden { Vec::new() } else { files(&content, states) },
        mentions: content.mentions.iter().map(mention).collect(),
        urgent: content.urgent,
        proxy: content.source.map(|source| Proxy {
            system: source.system,
            external_id: source.id,
            typist: source.typist,
            confirmed_at: row.get("confirmed_at"),
        }),
        body: (!hidden).then_some(content.body),
        reply_to: row.get("reply_to"),
        corrects: row.get("target"),
        corrected_by: row.get("corrected_by"),
        withdrawn,
        must_acknowledge_by: row.get("must_acknowledge_by"),
        quarantined,
        moved: moved(row),
        acknowledgements: Acknowledgements { count: row.get("acknowledgements"), mine: row.get("mine") },
        read_by,
    })
}

/// What a post or a correction says.
pub fn text(key: &DataKey, place: Aad, kind: Kind, envelope: &[u8]) -> Result<record::Post> {
    match seal::open(key, place, kind, envelope)? {
        Content::Post(post) => Ok(post),
        Content::Correction(correction) => Ok(correction.post),
        other => Err(Error::internal(format!("a {} among posts", other.kind()))),
    }
}

fn quarantined(app: &App, row: &Row) -> Option<Quarantined> {
    Some(Quarantined {
        id: row.get::<_, Option<Uuid>>("quarantine")?,
        state: match row.get::<_, Option<&str>>("quarantine_state")? {
            "waiting" => Isolation::Waiting,
            _ => Isolation::Confirmed,
        },
        at: row.get::<_, Option<Timestamp>>("quarantined_at")?,
        by: app.people.person(row.get::<_, Option<Uuid>>("quarantined_by")?).name.clone(),
        mine: row.get("quarantine_mine"),
    })
}

fn moved(row: &Row) -> Option<Moved> {
    Some(Moved {
        written_at: row.get::<_, Option<Timestamp>>("written_at")?,
        hidden_at: row.get::<_, Option<Timestamp>>("hidden_at")?,
        seen_by: row.get::<_, Option<i32>>("seen_by")?,
    })
}

fn withdrawn(app: &App, key: &DataKey, row: &Row, stream: Uuid) -> Result<Option<Withdrawn>> {
    let Some(id) = row.get::<_, Option<Uuid>>("withdrawal") else { return Ok(None) };
    let Content::Withdrawal(w) = seal::open(
        key,
        Aad { table: "post", stream, row: id },
        Kind::Withdrawal,
        row.get("withdrawal_envelope"),
    )?
    else {
        return Err(Error::internal("not a withdrawal"));
    };
    let at: Timestamp = row.get("withdrawn_at");
    Ok(Some(Withdrawn { at, by: app.people.person(row.get("withdrawn_by")).name.clone(), reason: w.reason }))
}

fn files(content: &record::Post, states: &FileStates) -> Vec<PostFile> {
    let file = |f: &record::File| {
        let known = states.get(&f.id);
        PostFile {
            id: f.id,
            name: f.name.clone(),
            media_type: f.media_type.clone(),
            bytes: f.bytes,
            sha256: f.sha256.to_string(),
            class: crate::features::files::class_code(f.class).to_owned(),
            state: known.map_or_else(|| "scanning".into(), |(state, _)| state.clone()),
            has_thumbnail: known.is_some_and(|(_, thumbnail)| *thumbnail),
        }
    };
    content.files.iter().map(file).collect()
}

/// As the API shows it.
pub fn mention(mention: &Mention) -> MentionBody {
    match mention {
        Mention::Account(id) => MentionBody::Account(*id),
        Mention::Facility(id) => MentionBody::Facility(*id),
        Mention::Profession(code) => MentionBody::Profession(code.clone()),
        Mention::OnDuty(id) => MentionBody::OnDuty(*id),
    }
}

fn cursor(from: From, seq: i64) -> String {
    match from {
        From::Before(_) => format!("b{seq:x}"),
        From::After(_) => format!("a{seq:x}"),
    }
}

/// Reads a cursor that `page` gave.
pub fn parse_cursor(text: &str) -> Option<From> {
    let number = |hex| i64::from_str_radix(hex, 16).ok();
    match text.split_at_checked(1)? {
        ("b", hex) => number(hex).map(From::Before),
        ("a", hex) => number(hex).map(From::After),
        _ => None,
    }
}
