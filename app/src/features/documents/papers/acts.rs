//! Storing and opening papers. Every SQL statement on them stands here.

use axum::body::Bytes;
use envelope::Secret;
use intake::scan::{Reason, Verdict};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::KINDS;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, Operator},
    db::Tx,
    features::files,
    web::input,
    words::t,
};

const PAPERS: &str =
    "SELECT id, kind, title, party, facility, name, size, at, opened, ended_at FROM op.papers()";
const FACILITIES: &str = "SELECT id, name FROM op.facilities()";
const STORE: &str = "SELECT op.store_paper($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const OPEN: &str = "SELECT name, media_type, wrapped_key FROM op.open_paper($1)";
const END: &str = "SELECT op.end_paper($1)";
const EVENTS: &str = "SELECT at, act, name, facility FROM op.paper_events($1)";
const SHARED: &str = "SELECT id, kind, title, name, size, at FROM act.facility_papers()";
const OPEN_SHARED: &str = "SELECT name, media_type, wrapped_key FROM act.open_paper($1)";

/// Code of a refusal that ends when the scanner is back.
pub const NO_SCANNER: &str = "scanner_away";

/// A paper in the operator's list.
#[derive(Debug, Clone)]
pub struct PaperRow {
    pub id: Uuid,
    pub kind: String,
    pub title: String,
    pub party: String,
    /// Whose admins may read it; `None`: operators alone.
    pub facility: Option<String>,
    pub name: String,
    pub size: i64,
    pub at: Timestamp,
    pub opened: i64,
    pub ended_at: Option<Timestamp>,
}

pub async fn papers(tx: &mut Tx) -> Result<Vec<PaperRow>> {
    let rows = tx.query(PAPERS, &[]).await?;
    let read = |r: &Row| PaperRow {
        id: r.get(0),
        kind: r.get(1),
        title: r.get(2),
        party: r.get(3),
        facility: r.get(4),
        name: r.get(5),
        size: r.get(6),
        at: r.get(7),
        opened: r.get(8),
        ended_at: r.get(9),
    };
    Ok(rows.iter().map(read).collect())
}

/// Facilities with which a paper may be shared: id and name.
pub async fn facilities(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    let rows = tx.query(FACILITIES, &[]).await?;
    Ok(rows.iter().map(|r| (r.get::<_, Uuid>(0).to_string(), r.get(1))).collect())
}

/// Something that happened to a paper.
#[derive(Debug, Clone)]
pub struct Event {
    pub at: Timestamp,
    pub act: String,
    pub name: Option<String>,
    pub facility: Option<String>,
}

pub async fn events(tx: &mut Tx, paper: Uuid) -> Result<Vec<Event>> {
    let rows = tx.query(EVENTS, &[&paper]).await?;
    Ok(rows
        .iter()
        .map(|r| Event { at: r.get(0), act: r.get(1), name: r.get(2), facility: r.get(3) })
        .collect())
}

/// A paper as an admin of the facility sees it.
#[derive(Debug, Clone)]
pub struct Shared {
    pub id: Uuid,
    pub kind: String,
    pub title: String,
    pub name: String,
    pub size: i64,
    pub at: Timestamp,
}

/// What the operator shared with the caller's facility; 403 for who is not its admin.
pub async fn shared(tx: &mut Tx) -> Result<Vec<Shared>> {
    let rows = tx.query(SHARED, &[]).await?;
    let read = |r: &Row| Shared {
        id: r.get(0),
        kind: r.get(1),
        title: r.get(2),
        name: r.get(3),
        size: r.get(4),
        at: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// What an operator typed beside the file.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub kind: String,
    pub title: String,
    pub party: String,
    /// Id of the facility; empty: operators alone.
    pub facility: String,
}

/// Takes a file in, as uploads everywhere: looked into, scanned where there is a scanner, encrypted before it is written.
pub async fn store(app: &App, who: &Operator, typed: &Typed, name: &str, bytes: Bytes) -> Result<Uuid> {
    let (kind, title, party, facility) = parse(typed)?;
    let name = input::line("file", name, 200).map_err(|e| Error::Invalid(vec![e]))?;
    look_for_malware(app, &bytes).await?;
    let taken = app.intake.take_in(&name, bytes).await.map_err(files::refused_by_intake)?;
    let (id, key) = (Uuid::now_v7(), Secret::random());
    let wrapped = app.keys.seal_secret(*key.expose(), &context(id)).await?;
    let place = blob_key(id);
    let stored = app.blobs.put(&place, key.expose(), id.as_bytes(), &taken.stored).await;
    let stored = stored.map_err(files::refused_by_storage)?;
    let size = i64::try_from(taken.stored.len()).map_err(Error::internal)?;
    let tx = app.db.operating(who).await?;
    let written = tx
        .query_and_commit(
            STORE,
            &[
                &id,
                &kind,
                &title,
                &party,
                &facility,
                &name,
                &taken.kind.media_type.to_string(),
                &size,
                &stored.sha256_stored.as_slice(),
                &wrapped,
            ],
        )
        .await;
    if let Err(error) = written {
        // Without an answer from the database the row may be there: then its bytes must be too.
        if !matches!(error, Error::Unavailable(_)) {
            let _ = app.blobs.delete(&place).await;
        }
        return Err(error);
    }
    Ok(id)
}

/// Nobody looks at a paper again later, so a scanner that gives no verdict stands in its way.
async fn look_for_malware(app: &App, bytes: &[u8]) -> Result<()> {
    let (code, message) = match app.scanner.scan(bytes).await {
        Verdict::Clean | Verdict::Unscanned => return Ok(()),
        Verdict::Infected(_) => ("malware", t("安全でない内容が見つかったため、受け取りませんでした。")),
        Verdict::Unavailable(Reason::TooLarge) => {
            ("unscanned", t("ウイルス検査ができる大きさを超えているため、受け取りませんでした。"))
        }
        Verdict::Unavailable(why) => {
            tracing::error!(%why, "a paper was refused: the scanner gives no verdict");
            (
                NO_SCANNER,
                t(
                    "ウイルス検査が今は動いていないため、受け取れませんでした。しばらくしてから、もう一度お試しください。",
                ),
            )
        }
    };
    Err(Error::invalid("file", code, message))
}

type Parsed = (&'static str, String, String, Option<Uuid>);

fn parse(typed: &Typed) -> Result<Parsed> {
    let kind = KINDS.iter().find(|(code, _)| *code == typed.kind).map(|(code, _)| *code);
    let title = input::line("title", &typed.title, 120);
    let party = input::optional_text("party", &typed.party, 120);
    let facility = match typed.facility.as_str() {
        "" => Ok(None),
        id => id
            .parse()
            .map(Some)
            .map_err(|_| FieldError::new("facility", "unknown", t("一覧から施設を選んでください。"))),
    };
    match (kind, title, party, facility) {
        (Some(kind), Ok(title), Ok(party), Ok(facility)) => Ok((kind, title, party, facility)),
        (kind, title, party, facility) => {
            let kind =
                kind.is_none().then(|| FieldError::new("kind", "unknown", t("種類を選んでください。")));
            Err(Error::Invalid(
                [kind, title.err(), party.err(), facility.err()].into_iter().flatten().collect(),
            ))
        }
    }
}

/// A paper's name, media type and bytes.
#[derive(Debug)]
pub struct Opened {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Opens as an operator; the opening is written before the bytes are read.
pub async fn open(app: &App, who: &Operator, paper: Uuid) -> Result<Opened> {
    let tx = app.db.operating(who).await?;
    let rows = tx.query_and_commit(OPEN, &[&paper]).await?;
    bytes(app, paper, &rows).await
}

/// Opens as an admin of the facility with which it is shared; `NotFound` for everybody else's.
pub async fn open_shared(app: &App, who: &Actor, paper: Uuid) -> Result<Opened> {
    let tx = app.db.acting(who).await?;
    let rows = tx.query_and_commit(OPEN_SHARED, &[&paper]).await?;
    bytes(app, paper, &rows).await
}

async fn bytes(app: &App, paper: Uuid, rows: &[Row]) -> Result<Opened> {
    let row = rows.first().ok_or(Error::NotFound)?;
    let key = app.keys.open_secret(row.get::<_, &[u8]>(2), &context(paper)).await?;
    let bytes = app.blobs.get(&blob_key(paper), key.expose(), paper.as_bytes()).await;
    Ok(Opened { name: row.get(0), media_type: row.get(1), bytes: bytes.map_err(files::refused_by_storage)? })
}

/// From now on the facility sees it no more; operators still do.
pub async fn end(app: &App, who: &Operator, paper: Uuid) -> Result<()> {
    let tx = app.db.operating(who).await?;
    tx.query_and_commit(END, &[&paper]).await.map(drop)
}

/// Where the bytes stand in the store.
fn blob_key(paper: Uuid) -> String {
    format!("papers/{}", paper.simple())
}

fn context(paper: Uuid) -> Vec<u8> {
    [b"renkei/paper/v1|".as_slice(), paper.as_bytes()].concat()
}
