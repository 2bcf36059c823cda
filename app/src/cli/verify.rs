//! `renkei verify`: recomputes every chain, opens every record, compares what stands in clear with what was committed
//! to, and recomputes the digest of every stored file. Names the first bad record of each stream.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use clap::Args;
use envelope::{Aad, DataKey, LocalKeyFile};
use futures_util::{StreamExt, pin_mut};
use record::{Chain, Content, Digest, Format, Header, Kind, StreamKind};
use tlog::note::VerifyKey;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::{
    deployment::Reached,
    verify_log::{self, Outside},
    verify_quarantine,
    which::Which,
};
use crate::{Error, Result, config::Config, db, seal::Keys};

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    which: Which,
    /// Also writes every header (no text) as JSON lines, for a second verifier.
    #[arg(long)]
    dump: Option<PathBuf>,
    /// The log's public key as it was kept elsewhere (what `/log/key` shows). Once for each log where one began anew.
    #[arg(long)]
    key: Vec<VerifyKey>,
    /// A copy of a checkpoint that was kept elsewhere (a saved letter, or a folder of them); those in the places of [log.copies] are read anyway.
    #[arg(long)]
    copies: Vec<PathBuf>,
}

/// What was found. `bad` is empty when everything holds.
#[derive(Debug, Default)]
pub struct Report {
    pub streams: u64,
    pub records: u64,
    pub files: u64,
    /// Of the log.
    pub leaves: u64,
    /// What a reader of the result should know besides.
    pub said: Vec<String>,
    pub bad: Vec<String>,
}

pub async fn verify(options: Verify) -> Result<()> {
    let config = options.which.load()?;
    // Works beside a running server; where a folder's database is down, it is started for the check.
    let reached = Reached::of(&config).await?;
    let report = async {
        let access = reached.role(&config, "renkei_verify")?;
        check_against(&access, &config, options.dump.as_deref(), (&options.key, &options.copies)).await
    };
    let report = report.await;
    reached.leave().await?;
    let report = report?;
    let Report { streams, records, files, leaves, .. } = report;
    println!("{streams} streams, {records} records, {files} files, {leaves} leaves of the log checked");
    report.said.iter().for_each(|said| println!("{said}"));
    if report.bad.is_empty() {
        println!("everything holds");
        return Ok(());
    }
    for bad in &report.bad {
        println!("BAD {bad}");
    }
    Err(Error::Internal(format!("{} fault(s); the first: {}", report.bad.len(), report.bad[0])))
}

const DEPLOYMENT: &str = "SELECT id FROM care.deployment";
const STREAMS: &str =
    "SELECT s.id, s.kind, h.seq, h.hash, k.wrapped, k.facility_id, k.facility_key_version, f.wrapped
  FROM care.stream s JOIN care.stream_head h ON h.stream_id = s.id JOIN care.data_key k ON k.stream_id = s.id
  JOIN care.facility_key f ON f.facility_id = k.facility_id AND f.version = k.facility_key_version";
const FILES: &str = "SELECT id, sha256, thumbnail_sha256 FROM care.file";

/// A record table with the columns that stand in clear: those of the header, those that repeat the content, and `misplaced`,
/// which names one that contradicts a version or the stream. One snapshot for all, so a running server does not disturb.
macro_rules! table {
    (
        $name:literal, $files:literal, $refers:literal, $reply:literal, $must:literal, $up_to:literal,
        $place:literal, $asks:literal
    ) => {
        ($name, concat!(
            "SELECT r.stream_id, r.seq, r.id, r.kind, r.author, r.entered_by, r.facility, r.at, r.client_id, ", $files, " AS files, r.prev, r.commitment, r.hash,
  r.envelope, ", $refers, " AS refers_to, ", $reply, " AS reply_to, ", $must, " AS must_by, ", $up_to, " AS up_to, ", $asks, ",
  CASE WHEN r.author_id IS DISTINCT FROM (SELECT v.account_id FROM care.account_version v WHERE v.id = r.author) THEN 'author_id'
    WHEN r.facility_id IS DISTINCT FROM (SELECT v.facility_id FROM care.facility_version v WHERE v.id = r.facility) THEN 'facility_id'
    WHEN r.", $place, " IS DISTINCT FROM (SELECT s.", $place, " FROM care.stream s WHERE s.id = r.stream_id) THEN '", $place, "'
    WHEN r.entered_by <> r.author AND NOT EXISTS (SELECT 1 FROM care.outside_system o WHERE o.id = r.entered_by AND o.facility_id = r.facility_id) THEN 'entered_by' END AS misplaced,
  r.entered_by <> r.author AS by_proxy
  FROM care.", $name, " r ORDER BY r.stream_id, r.seq"
        ))
    };
}

const TABLES: [(&str, &str); 5] = [
    table!(
        "post",
        "r.files",
        "r.target",
        "r.reply_to",
        "r.must_acknowledge_by",
        "NULL::bigint",
        "group_id",
        "r.urgent, NULL::uuid AS subject"
    ),
    table!(
        "receipt",
        "'{}'::bytea[]",
        "coalesce(r.post_id, r.target_stream)",
        "NULL::uuid",
        "NULL::timestamptz",
        "r.up_to_seq",
        "group_id",
        "false AS urgent, r.subject_id AS subject"
    ),
    table!(
        "membership_event",
        "'{}'::bytea[]",
        "r.subject_id",
        "NULL::uuid",
        "NULL::timestamptz",
        "NULL::bigint",
        "group_id",
        "false AS urgent, NULL::uuid AS subject"
    ),
    table!(
        "face_sheet_version",
        "'{}'::bytea[]",
        "NULL::uuid",
        "NULL::uuid",
        "NULL::timestamptz",
        "NULL::bigint",
        "patient_id",
        "false AS urgent, NULL::uuid AS subject"
    ),
    table!(
        "observation",
        "'{}'::bytea[]",
        "coalesce(r.target, r.file_id)",
        "r.post_id",
        "r.measured_at",
        "NULL::bigint",
        "group_id",
        "false AS urgent, NULL::uuid AS subject"
    ),
];

struct Stream {
    chain: Chain,
    key: std::sync::Arc<DataKey>,
    kind: StreamKind,
    head: (u64, Digest),
    broken: bool,
}

/// Checks a whole deployment over one connection of the verifier's role.
pub async fn check(
    access: &tokio_postgres::Config,
    config: &Config,
    dump: Option<&std::path::Path>,
) -> Result<Report> {
    check_with(access, config, dump, &[]).await
}

/// The same, with the log's public keys as whoever asks has kept them.
pub async fn check_with(
    access: &tokio_postgres::Config,
    config: &Config,
    dump: Option<&std::path::Path>,
    given: &[VerifyKey],
) -> Result<Report> {
    check_against(access, config, dump, (given, &[])).await
}

/// And with copies of checkpoints.
pub async fn check_against(
    access: &tokio_postgres::Config,
    config: &Config,
    dump: Option<&std::path::Path>,
    (given, kept): (&[VerifyKey], &[PathBuf]),
) -> Result<Report> {
    let copies = verify_log::copies(config, kept).await?;
    let published = verify_log::published(config)?;
    all(access, config, dump, (given, Outside { published, copies })).await
}

/// What was restored to a moment before: what this machine publishes has gone on since.
pub async fn check_restored(access: &tokio_postgres::Config, config: &Config) -> Result<Report> {
    all(access, config, None, (&[], Outside::default())).await
}

async fn all(
    access: &tokio_postgres::Config,
    config: &Config,
    dump: Option<&std::path::Path>,
    log: (&[VerifyKey], Outside),
) -> Result<Report> {
    let client = db::Tls::of(&config.database)?.connect(access).await?;
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let keys =
        Keys::new(std::sync::Arc::new(LocalKeyFile::open(&config.master_key_file).map_err(Error::internal)?));
    let deployment: Uuid = client.query_one(DEPLOYMENT, &[]).await?.get(0);
    let mut report = Report::default();
    let mut streams = streams(&client, &keys, deployment).await?;
    report.streams = streams.len() as u64;
    let mut lines = match dump {
        Some(file) => Some(std::io::BufWriter::new(std::fs::File::create(file).map_err(Error::internal)?)),
        None => None,
    };
    for (table, statement) in TABLES {
        records(&client, table, statement, deployment, &mut streams, &mut report, lines.as_mut()).await?;
    }
    for (id, stream) in &streams {
        if !stream.broken && stream.chain.head() != stream.head {
            report.bad.push(format!(
                "stream {id} ({}): its head says {} records, the chain has {}",
                stream.kind,
                stream.head.0,
                stream.chain.head().0
            ));
        }
    }
    files(&client, config, &mut report).await?;
    verify_quarantine::check(&client, &mut report).await?;
    verify_log::check(&client, config, deployment, log, &mut report).await?;
    Ok(report)
}

async fn streams(client: &Client, keys: &Keys, deployment: Uuid) -> Result<BTreeMap<Uuid, Stream>> {
    let mut streams = BTreeMap::new();
    for r in client.query(STREAMS, &[]).await? {
        let id: Uuid = r.get(0);
        let kind: StreamKind = r.get::<_, &str>(1).parse().map_err(Error::internal)?;
        let key = keys.unwrap_data_key(id, r.get(4), r.get(5), r.get(6), r.get(7)).await?;
        let head = (number(r.get(2))?, digest(r.get(3))?);
        streams
            .insert(id, Stream { chain: Chain::new(deployment, id, kind), key, kind, head, broken: false });
    }
    Ok(streams)
}

async fn records(
    client: &Client,
    table: &'static str,
    statement: &str,
    deployment: Uuid,
    streams: &mut BTreeMap<Uuid, Stream>,
    report: &mut Report,
    mut lines: Option<&mut std::io::BufWriter<std::fs::File>>,
) -> Result<()> {
    let rows = client.query_raw(statement, Vec::<i64>::new()).await?;
    pin_mut!(rows);
    while let Some(row) = rows.next().await {
        let row = row?;
        report.records += 1;
        if report.records.is_multiple_of(10_000) {
            eprintln!("… {} records", report.records);
        }
        let id: Uuid = row.get("stream_id");
        let Some(stream) = streams.get_mut(&id) else {
            report.bad.push(format!("{table}: a record of the unknown stream {id}"));
            continue;
        };
        if stream.broken {
            continue;
        }
        if let Err(fault) = one(table, &row, deployment, stream, lines.as_deref_mut()) {
            stream.broken = true;
            report.bad.push(format!(
                "{table}, stream {id} ({}), seq {}: {fault}",
                stream.kind,
                row.get::<_, i64>("seq")
            ));
        }
    }
    Ok(())
}

fn one(
    table: &'static str,
    row: &Row,
    deployment: Uuid,
    stream: &mut Stream,
    lines: Option<&mut std::io::BufWriter<std::fs::File>>,
) -> std::result::Result<(), String> {
    let (header, hash) = header(row, deployment).map_err(|e| e.to_string())?;
    if let Some(lines) = lines {
        use std::io::Write as _;
        let line = record::DumpLine {
            stream_kind: stream.kind,
            header: header.clone(),
            hash,
            salt: None,
            content: None,
        };
        serde_json::to_writer(&mut *lines, &line).map_err(|e| e.to_string())?;
        lines.write_all(b"\n").map_err(|e| e.to_string())?;
    }
    let id: Uuid = row.get("id");
    let (salt, bytes) =
        envelope::open(&stream.key, &Aad { table, stream: header.stream, row: id }, row.get("envelope"))
            .map_err(|e| format!("its text does not open ({e})"))?;
    let content = Content::from_bytes(header.kind, &bytes).map_err(|e| e.to_string())?;
    stream.chain.feed_opened(&header, &hash, &salt, &bytes).map_err(|broken| broken.to_string())?;
    in_clear(&content, id, row)
}

/// What a record's content says about the columns that repeat it.
#[derive(Default, PartialEq)]
struct InClear {
    refers_to: Option<Uuid>,
    /// The post that is answered, or from which an observation comes.
    reply_to: Option<Uuid>,
    /// A deadline, or the time of a measurement.
    must_by: Option<jiff::Timestamp>,
    up_to: Option<i64>,
    urgent: bool,
    /// Who was called.
    subject: Option<Uuid>,
    /// A system outside entered it.
    by_proxy: bool,
}

/// What the database holds in clear beside a record must say what the record says.
fn in_clear(content: &Content, id: Uuid, row: &Row) -> std::result::Result<(), String> {
    let own_id = match content {
        Content::Post(p) => Some(p.id),
        Content::Correction(c) => Some(c.post.id),
        Content::Withdrawal(w) => Some(w.id),
        Content::Observation(o) => Some(o.id),
        Content::ReferenceRange(r) => Some(r.id),
        Content::WoundPicture(w) => Some(w.id),
        _ => None,
    };
    if own_id.is_some_and(|own| own != id) {
        return Err("its id in the database is not the one that it was written with".into());
    }
    if let Some(column) = row.get::<_, Option<&str>>("misplaced") {
        return Err(format!("{column} in the database contradicts what the record was written under"));
    }
    let found = InClear {
        refers_to: row.get("refers_to"),
        reply_to: row.get("reply_to"),
        must_by: row.get("must_by"),
        up_to: row.get("up_to"),
        urgent: row.get("urgent"),
        subject: row.get("subject"),
        by_proxy: row.get("by_proxy"),
    };
    if found != said(content) {
        return Err("what it refers to in the database is not what it was written about".into());
    }
    Ok(())
}

fn said(content: &Content) -> InClear {
    let about = |id: Uuid| InClear { refers_to: Some(id), ..InClear::default() };
    let post = |p: &record::Post, corrects: Option<Uuid>| InClear {
        refers_to: corrects,
        reply_to: p.reply_to,
        must_by: p.must_acknowledge_by,
        urgent: p.urgent,
        by_proxy: p.source.is_some(),
        ..InClear::default()
    };
    match content {
        Content::Post(p) => post(p, None),
        Content::Correction(c) => post(&c.post, Some(c.corrects)),
        Content::Withdrawal(w) => about(w.withdraws),
        Content::Read(r) => InClear { up_to: i64::try_from(r.up_to_seq).ok(), ..about(r.stream) },
        Content::Acknowledged(a) => about(a.post),
        Content::Stamped(s) | Content::Unstamped(s) => about(s.post),
        Content::Pinned(p) | Content::Unpinned(p) => about(p.post),
        Content::Handled(h) => about(h.post),
        Content::Confirmed(c) => about(c.post),
        Content::Quarantined(q) => InClear { subject: q.second, ..about(q.post) },
        Content::QuarantineHanded(h) => InClear { subject: Some(h.second), ..about(h.post) },
        Content::QuarantineConfirmed(d) | Content::QuarantineLifted(d) => about(d.post),
        Content::Moved(m) => about(m.post),
        Content::Called(c) => InClear { subject: Some(c.account), ..about(c.post) },
        Content::Invited(i) => InClear { refers_to: i.account, ..InClear::default() },
        Content::Accepted(a) | Content::Declined(a) | Content::Approved(a) | Content::Refused(a) => {
            about(a.account)
        }
        Content::Joined(m) | Content::RoleChanged(m) => about(m.account),
        Content::Removed(d) | Content::Left(d) | Content::Expired(d) => about(d.account),
        Content::RelativeJoined(r) => about(r.account),
        Content::RelativeRemoved(r) => about(r.account),
        Content::HandedOver(h) => about(h.to.account),
        Content::Observation(o) => {
            InClear { reply_to: o.post, must_by: Some(o.measured_at), ..InClear::default() }
        }
        Content::WoundPicture(w) => InClear { reply_to: Some(w.post), ..about(w.file) },
        Content::Opened(_)
        | Content::Titled(_)
        | Content::Archived(_)
        | Content::Reopened(_)
        | Content::Version(_)
        | Content::ReferenceRange(_)
        | Content::File(_) => InClear::default(),
    }
}

fn header(row: &Row, deployment: Uuid) -> Result<(Header, Digest)> {
    let kind: Kind = row.get::<_, &str>("kind").parse().map_err(Error::internal)?;
    let files: Vec<&[u8]> = row.get("files");
    let header = Header {
        format: Format::V1,
        deployment,
        stream: row.get("stream_id"),
        seq: number(row.get("seq"))?,
        kind,
        author: row.get("author"),
        entered_by: row.get("entered_by"),
        facility: row.get("facility"),
        at: row.get("at"),
        client_id: row.get("client_id"),
        files: files.into_iter().map(digest).collect::<Result<_>>()?,
        prev: digest(row.get("prev"))?,
        commitment: digest(row.get("commitment"))?,
    };
    Ok((header, digest(row.get("hash"))?))
}

fn number(n: i64) -> Result<u64> {
    u64::try_from(n).map_err(Error::internal)
}

fn digest(bytes: &[u8]) -> Result<Digest> {
    Digest::try_from(bytes).map_err(Error::internal)
}

/// The digests that a record's header names must be those of the files that the post carries now, in order.
const CARRIED: &str = "SELECT p.stream_id, p.seq FROM care.post p WHERE p.files IS DISTINCT FROM
  ARRAY(SELECT f.sha256 FROM care.post_file x JOIN care.file f ON f.id = x.file_id WHERE x.post_id = p.id ORDER BY x.position)";

async fn files(client: &Client, config: &Config, report: &mut Report) -> Result<()> {
    for r in client.query(CARRIED, &[]).await? {
        let (stream, seq): (Uuid, i64) = (r.get(0), r.get(1));
        report.bad.push(format!(
            "post, stream {stream}, seq {seq}: a file that it carries is missing or another one"
        ));
    }
    let store = intake::blob::Store::open(&config.blobs).map_err(Error::internal)?;
    let mut wanted: HashMap<String, Vec<u8>> = HashMap::new();
    for r in client.query(FILES, &[]).await? {
        let id: Uuid = r.get(0);
        wanted.insert(crate::features::files::blob_key(id), r.get(1));
        if let Some(thumbnail) = r.get::<_, Option<Vec<u8>>>(2) {
            wanted.insert(crate::features::files::thumbnail_key(id), thumbnail);
        }
    }
    for (key, expected) in wanted {
        report.files += 1;
        match store.digest(&key).await {
            Ok(found) if found.as_slice() == expected.as_slice() => {}
            Ok(_) => report.bad.push(format!("file {key}: its bytes are not those that were stored")),
            Err(error) => report.bad.push(format!("file {key}: {error}")),
        }
    }
    Ok(())
}
