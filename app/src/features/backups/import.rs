//! A deployment made from an export: a new cluster with today's schema, the rows, the files; then everything is checked.

use std::{fs, path::Path};

use data_encoding::BASE64;
use envelope::LocalKeyFile;
use futures_util::{StreamExt, pin_mut};
use generations::Key;
use private_postgres::Cluster;
use tokio_postgres::Client;

use super::{
    Trouble,
    export::{self, AAD, FORMAT, Line, TABLES},
    heads::Heads,
    store,
};
use crate::{
    Error,
    cli::{
        deployment::{self, DATABASE},
        verify,
    },
};

/// What came in.
#[derive(Debug, Default)]
pub struct Report {
    pub rows: u64,
    pub files: u64,
    pub records: u64,
    pub missing: i64,
    pub bad: Vec<String>,
}

/// Rows that go in with one statement.
const AT_ONCE: usize = 200;

pub async fn run(
    from: &Path,
    keys: &Path,
    into: &Path,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Report, Trouble> {
    if into.join("cluster").exists() {
        return Err(Trouble::Refused(format!("{} holds a deployment already", into.display())));
    }
    let key = Key::open(&keys.join("backup"))?;
    LocalKeyFile::open(keys.join("master")).map_err(Error::internal)?;
    fs::create_dir_all(into.join("keys")).map_err(Error::internal)?;
    for name in ["master", "backup"] {
        fs::copy(keys.join(name), into.join("keys").join(name)).map_err(Error::internal)?;
    }
    say("a new database …");
    let cluster = deployment::start_cluster(into).await?;
    let done = fill(from, &key, into, &cluster, say).await;
    cluster.stop().await?;
    done
}

async fn fill(
    from: &Path,
    key: &Key,
    into: &Path,
    cluster: &Cluster,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Report, Trouble> {
    deployment::prepare(cluster).await?;
    let superuser = deployment::connect(&cluster.config("postgres", DATABASE)).await?;
    superuser.batch_execute(MAKE_ROOM).await?;
    say("rows and files …");
    let (mut report, heads) = lines(from, key, into, &superuser).await?;
    superuser.execute(store::NEW_EPOCH, &[&"imported"]).await?;
    say("checking every chain and every file …");
    let config = deployment::config(into, ([127, 0, 0, 1], 8080).into());
    let access = cluster.config("renkei_verify", DATABASE);
    let verified = verify::check(&access, &config, None).await?;
    (report.records, report.bad) = (verified.records, verified.bad);
    let missing = heads.compare(&deployment::connect(&access).await?).await?;
    report.missing = missing.records;
    if !missing.is_nothing() {
        report.bad.push(format!(
            "{} records are missing, {} streams are others",
            missing.records,
            missing.rewritten.len()
        ));
    }
    Ok(report)
}

/// The new database's own name goes; the exported one takes its place. Foreign keys are checked by what is verified later.
const MAKE_ROOM: &str = "SELECT guard.open_window('10 minutes', 'import');
  ALTER TABLE care.deployment DISABLE TRIGGER no_row_change;
  DELETE FROM care.deployment;
  ALTER TABLE care.deployment ENABLE ALWAYS TRIGGER no_row_change;
  SELECT guard.close_windows();
  SET session_replication_role = replica;";

async fn lines(from: &Path, key: &Key, into: &Path, superuser: &Client) -> Result<(Report, Heads), Trouble> {
    let (files, name) = export::target(from)?;
    let reader = files.reader(&name, &export::key(key), AAD).await.map_err(|error| match error {
        intake::Error::Damaged => {
            Trouble::Unsound("the export is damaged, or was made with another backup key".into())
        }
        other => Error::internal(other).into(),
    })?;
    let length = reader.len();
    let pieces = reader.stream(0..length).map_err(Error::internal)?;
    pin_mut!(pieces);
    let (mut rest, mut report, mut heads, mut ended) = (Vec::new(), Report::default(), None, None);
    let mut batch: (String, Vec<serde_json::Value>) = Default::default();
    while let Some(piece) = pieces.next().await {
        rest.extend_from_slice(
            &piece.map_err(|_| Trouble::Unsound("a piece of the export is damaged".into()))?,
        );
        let Some(last) = rest.iter().rposition(|&byte| byte == b'\n') else { continue };
        let tail = rest.split_off(last + 1);
        for text in rest.split(|&byte| byte == b'\n').filter(|text| !text.is_empty()) {
            match serde_json::from_slice(text)
                .map_err(|_| Trouble::Unsound("a line of the export is not understood".into()))?
            {
                Line::Begin { format, heads: found } if format == FORMAT => heads = Some(*found),
                Line::Begin { format, .. } => {
                    return Err(Trouble::Refused(format!("{format} is not an export of this kind")));
                }
                Line::Log { l, n } => {
                    superuser.execute(store::LOG_AFTER, &[&(n + 1), &l, &"imported"]).await?;
                }
                Line::Row { t, r } => {
                    if t != batch.0 || batch.1.len() == AT_ONCE {
                        put(superuser, &mut batch).await?;
                    }
                    batch.0 = t;
                    batch.1.push(r);
                    report.rows += 1;
                }
                Line::File { f, b } => {
                    bring(into, &f, &b)?;
                    report.files += 1;
                }
                Line::End { rows, files } => ended = Some((rows, files)),
            }
        }
        rest = tail;
    }
    put(superuser, &mut batch).await?;
    match (heads, ended == Some((report.rows, report.files))) {
        (Some(heads), true) => Ok((report, heads)),
        _ => Err(Trouble::Unsound("the export is not whole".into())),
    }
}

async fn put(superuser: &Client, batch: &mut (String, Vec<serde_json::Value>)) -> Result<(), Trouble> {
    let (table, rows) = std::mem::take(batch);
    if rows.is_empty() {
        return Ok(());
    }
    let Some((_, _, statement)) = TABLES.iter().find(|known| known.0 == table) else {
        return Err(Trouble::Unsound(format!("the export holds the unknown table {table:?}")));
    };
    let text = serde_json::to_string(&rows).map_err(Error::internal)?;
    superuser.execute(*statement, &[&text]).await?;
    Ok(())
}

fn bring(into: &Path, name: &str, bytes: &str) -> Result<(), Trouble> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if !name.split('/').all(plain) {
        return Err(Trouble::Unsound(format!("the export names the file {name:?}")));
    }
    let target = into.join("blobs").join(name);
    let bytes = BASE64.decode(bytes.as_bytes()).map_err(Error::internal)?;
    fs::create_dir_all(target.parent().unwrap_or(into)).map_err(Error::internal)?;
    fs::write(&target, bytes).map_err(Error::internal)?;
    Ok(())
}
