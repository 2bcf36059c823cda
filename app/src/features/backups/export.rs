//! The second way, without the database's own backup: the record as rows in one encrypted file.
//!
//! Inside (AES-256-GCM in chunks, under a key derived from the backup key) are JSON lines: the heads of all chains first,
//! then `{"t": table, "r": row}` for each row and `{"f": name, "b": Base64}` for each uploaded file, then the counts. What
//! is sealed in the database is sealed here too. One snapshot for all rows; files are read afterwards, so none is missing.

use std::path::Path;

use data_encoding::BASE64;
use futures_util::{StreamExt, pin_mut};
use generations::Key;
use intake::blob::{Store as Files, Writer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Place, Trouble, heads,
    heads::Heads,
    make::{Note, note},
};
use crate::{Error, cli::deployment};

pub(super) const FORMAT: &str = "renkei/export/v1";
/// Bound into every chunk.
pub(super) const AAD: &[u8] = b"renkei/export/v1";

/// A table with the statements that read it as JSON and write rows of JSON into it.
macro_rules! table {
    ($name:literal) => {
        (
            $name,
            concat!("SELECT pg_catalog.row_to_json(x)::text FROM care.", $name, " x"),
            concat!(
                "INSERT INTO care.",
                $name,
                " SELECT * FROM pg_catalog.json_populate_recordset(NULL::care.",
                $name,
                ", $1::text::json)"
            ),
        )
    };
}

/// In an order in which each row finds what it refers to.
pub(super) const TABLES: [(&str, &str, &str); 29] = [
    table!("deployment"),
    table!("facility"),
    table!("facility_version"),
    table!("account"),
    table!("account_version"),
    table!("staff"),
    table!("patient"),
    table!("groups"),
    table!("group_state"),
    table!("stream"),
    table!("stream_head"),
    table!("facility_key"),
    table!("data_key"),
    table!("post"),
    table!("receipt"),
    table!("read_position"),
    table!("membership_event"),
    table!("face_sheet_version"),
    table!("observation"),
    table!("membership"),
    table!("invitation"),
    table!("file"),
    table!("file_state"),
    table!("post_file"),
    // What is hidden stays so in another deployment.
    table!("quarantine"),
    table!("quarantined_post"),
    table!("hidden_post"),
    table!("moved_post"),
    table!("access_event"),
];

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Begin {
        format: String,
        heads: Box<Heads>,
    },
    /// The last note of the log, and the number of the newest log: what was sealed in the deployment that this came from.
    Log {
        l: String,
        n: i32,
    },
    Row {
        t: String,
        r: serde_json::Value,
    },
    File {
        f: String,
        b: String,
    },
    End {
        rows: u64,
        files: u64,
    },
}

/// What went into the file.
#[derive(Debug, Default)]
pub struct Exported {
    pub rows: u64,
    pub files: u64,
    pub bytes: u64,
}

/// Writes a new file.
pub async fn run(place: &Place, into: &Path) -> Result<Exported, Trouble> {
    let started = Timestamp::now();
    let done = write(place, into).await;
    let mut entry = Note { kind: "export", started, ..Note::default() };
    match &done {
        Ok(done) => {
            entry.bytes = i64::try_from(done.bytes).ok();
            entry.files = i64::try_from(done.files).ok();
        }
        Err(trouble) => entry.code = Some(trouble.code()),
    }
    note(place, &entry).await?;
    done
}

async fn write(place: &Place, into: &Path) -> Result<Exported, Trouble> {
    let (files, name) = target(into)?;
    let mut out = files.writer(&name, &key(&place.key), AAD).await.map_err(Error::internal)?;
    let mut done = Exported::default();
    rows(place, &mut out, &mut done).await?;
    uploads(place, &mut out, &mut done).await?;
    line(&mut out, &Line::End { rows: done.rows, files: done.files }).await?;
    out.finish().await.map_err(Error::internal)?;
    done.bytes = std::fs::metadata(into).map_err(Error::internal)?.len();
    Ok(done)
}

/// The folder as a store, and the file's name in it.
pub(super) fn target(file: &Path) -> Result<(Files, String), Trouble> {
    let file = std::path::absolute(file).map_err(Error::internal)?;
    let name = file.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let (Some(folder), Some(name)) = (file.parent(), name) else {
        return Err(Trouble::Refused(format!("{} is not a file's name", file.display())));
    };
    Ok((Files::open(folder).map_err(Error::internal)?, name))
}

pub(super) fn key(key: &Key) -> zeroize::Zeroizing<[u8; 32]> {
    key.export_key()
}

async fn rows(place: &Place, out: &mut Writer, done: &mut Exported) -> Result<(), Trouble> {
    let kept = Vec::new();
    let heads = heads::take(&place.verify, kept).await?;
    line(out, &Line::Begin { format: FORMAT.into(), heads: Box::new(heads) }).await?;
    if let Some(sealed) =
        deployment::connect(&place.verify).await?.query_opt(super::store::LAST_NOTE, &[]).await?
    {
        line(out, &Line::Log { l: sealed.get(0), n: sealed.get(1) }).await?;
    }
    let client = deployment::connect(place.job.clone().user("renkei_backup")).await?;
    // A snapshot that is younger than the heads has everything that they name.
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    for (table, read, _) in TABLES {
        let rows = client.query_raw(read, Vec::<i64>::new()).await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            let text: String = row?.get(0);
            let r = serde_json::from_str(&text).map_err(Error::internal)?;
            line(out, &Line::Row { t: table.to_owned(), r }).await?;
            done.rows += 1;
        }
    }
    client.batch_execute("COMMIT").await?;
    Ok(())
}

async fn uploads(place: &Place, out: &mut Writer, done: &mut Exported) -> Result<(), Trouble> {
    let blobs = &place.config.blobs;
    let mut todo = vec![blobs.clone()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::internal)?.flatten() {
            let path = entry.path();
            let name = path.strip_prefix(blobs).ok().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                todo.push(path);
            } else if !name.contains('#') {
                let bytes = tokio::fs::read(&path).await.map_err(Error::internal)?;
                line(out, &Line::File { f: name.to_owned(), b: BASE64.encode(&bytes) }).await?;
                done.files += 1;
            }
        }
    }
    Ok(())
}

async fn line(out: &mut Writer, line: &Line) -> Result<(), Trouble> {
    let mut bytes = serde_json::to_vec(line).map_err(Error::internal)?;
    bytes.push(b'\n');
    Ok(out.write(&bytes).await.map_err(Error::internal)?)
}
