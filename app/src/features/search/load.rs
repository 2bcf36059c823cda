//! Bringing records into memory: read under the caller's own rights, decrypted and folded off the request's thread.

use std::{collections::HashMap, sync::Arc};

use envelope::{Aad, DataKey};
use jiff::Timestamp;
use record::{Content, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    memory::{Block, Head, Opened, What, folded},
    scan::{Lane, Scan},
    store,
};
use crate::words::stored;
use crate::{
    Error, Result,
    app::{App, Shared},
    db::Tx,
    features::face_sheets::{self, fields},
    seal,
    web::ui::Profession,
};

/// Records that are loaded together.
const TOGETHER: i64 = 2_048;

/// Loads what these lanes need next. All are timelines, or all are sheets.
pub(super) async fn load(app: &Shared, tx: &mut Tx, scan: &mut Scan, lanes: &[usize]) -> Result<()> {
    let sheets = lanes.first().is_some_and(|lane| scan.lanes[*lane].patient.is_some());
    let mut blocks = if sheets {
        sheets_of(app, tx, scan, lanes).await?
    } else {
        records_of(app, tx, scan, lanes).await?
    };
    for lane in lanes {
        let stream = scan.lanes[*lane].stream;
        let block = blocks.remove(&stream).map(Arc::new);
        if let Some(block) = &block
            && is_whole(&scan.lanes[*lane], block)
        {
            app.search.memory.add(stream, block);
        }
        scan.loaded(*lane, block);
    }
    Ok(())
}

/// Only what has no gaps may stand for everybody: where the rights of one person leave something out, it is used once.
fn is_whole(lane: &Lane, block: &Block) -> bool {
    let (_, below) = lane.missing();
    let records = i64::try_from(block.entries.len()).unwrap_or(i64::MAX);
    block.high == below - 1 && block.high - block.low + 1 == records
}

type Blocks = HashMap<Uuid, Block>;

async fn records_of(app: &Shared, tx: &mut Tx, scan: &Scan, lanes: &[usize]) -> Result<Blocks> {
    let streams: Vec<Uuid> = lanes.iter().map(|lane| scan.lanes[*lane].stream).collect();
    let (above, below): (Vec<i64>, Vec<i64>) = lanes.iter().map(|lane| scan.lanes[*lane].missing()).unzip();
    let each = TOGETHER / i64::try_from(lanes.len().max(1)).unwrap_or(TOGETHER);
    let rows = tx.query(store::RECORDS, &[&streams, &above, &below, &each]).await?;
    app.keys.data_keys(tx, &streams).await?;
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let app = app.clone();
    off_the_thread(move || {
        let mut blocks = Blocks::new();
        for rows in rows.chunk_by(|a, b| a.get::<_, Uuid>("stream_id") == b.get::<_, Uuid>("stream_id")) {
            let Some(first) = rows.first() else { continue };
            let stream: Uuid = first.get("stream_id");
            let key =
                app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("the key was just read"))?;
            let records: Result<Vec<Opened>> = rows.iter().map(|row| record(&app, &key, row)).collect();
            blocks.extend(folded(records?).map(|block| (stream, block)));
        }
        Ok(blocks)
    })
    .await
}

fn record(app: &App, key: &DataKey, row: &Row) -> Result<Opened> {
    let (stream, id): (Uuid, Uuid) = (row.get("stream_id"), row.get("id"));
    let kind: Kind = row.get::<_, &str>("kind").parse().map_err(Error::internal)?;
    let content = seal::open(key, Aad { table: "post", stream, row: id }, kind, row.get("envelope"))?;
    let (what, opens, texts, names) = match content {
        Content::Post(post) => (What::Post, id, vec![post.body], post.files),
        Content::Correction(c) => (What::Correction, id, vec![c.post.body], c.post.files),
        Content::Withdrawal(w) => (What::Withdrawal, w.withdraws, vec![w.reason], Vec::new()),
        other => return Err(Error::internal(format!("a {} among posts", other.kind()))),
    };
    let names = names.into_iter().map(|file| file.name).collect();
    Ok(opened(app, row, what, opens, (texts, names)))
}

fn opened(
    app: &App,
    row: &Row,
    what: What,
    opens: Uuid,
    (texts, names): (Vec<String>, Vec<String>),
) -> Opened {
    let author: Uuid = row.get("author");
    let head = Head {
        seq: row.get("seq"),
        opens,
        what,
        at: row.get::<_, Timestamp>("at").as_microsecond(),
        author_id: row.get("author_id"),
        author,
        profession: Profession::of(&app.people.person(author).profession),
        facility_id: row.get("facility_id"),
        facility: row.get("facility"),
    };
    Opened { head, texts, names }
}

/// A sheet's text is its fields, as people read them.
async fn sheets_of(app: &Shared, tx: &mut Tx, scan: &Scan, lanes: &[usize]) -> Result<Blocks> {
    let patients: Vec<Uuid> = lanes.iter().filter_map(|lane| scan.lanes[*lane].patient).collect();
    let rows = tx.query(store::SHEETS, &[&patients]).await?;
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let mut blocks = Blocks::with_capacity(rows.len());
    for row in &rows {
        let version = face_sheets::read::open(app, row).await?;
        let fields = face_sheets::model::from_record(version.fields);
        // Everybody searches in these, whatever their language.
        let texts = stored(|| {
            let written = |field: &fields::Field| Some(field.shown(fields.get(field.key)?).to_owned());
            fields::FIELDS.iter().filter_map(written).collect()
        });
        let sheet = opened(app, row, What::Sheet, row.get("id"), (texts, Vec::new()));
        blocks.extend(folded(vec![sheet]).map(|block| (row.get("stream_id"), block)));
    }
    Ok(blocks)
}

/// What takes the processor for more than a moment runs where it keeps nobody waiting.
pub(super) async fn off_the_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}
