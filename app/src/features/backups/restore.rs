//! Bringing a deployment back, and saying plainly what is back and what is not.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use generations::{Manifest, Mirror};
use jiff::Timestamp;
use pgbackrest::Target;
use private_postgres::Cluster;

use super::{
    Place, Trouble, attachment,
    heads::{self, Heads, Missing},
    install::{self, Own},
    make::{Note, note_with},
    scratch::{self, Folder},
    store,
};
use crate::{
    Error,
    cli::{
        deployment::{self, DATABASE},
        verify,
    },
    config::Config,
    db::Tls,
    log,
};

/// What to bring back, and where to.
#[derive(Debug)]
pub struct Wanted {
    pub target: Target,
    /// The generation to begin with; without it the engine takes the newest one that is old enough.
    pub label: Option<String>,
    /// A folder that gets `cluster/`, `blobs/` and `keys/`. Without it the deployment's own folder is set right.
    pub into: Option<PathBuf>,
    /// In its own folder: also a result of which something does not hold.
    pub even_if_bad: bool,
}

/// What is back and what is not.
#[derive(Debug, Default)]
pub struct Report {
    /// Where the result is.
    pub folder: PathBuf,
    /// Where the cluster and the files are that it took the place of.
    pub replaced: Vec<PathBuf>,
    /// The present deployment is as it was, because something in the result does not hold.
    pub held_back: bool,
    pub last_post_at: Option<Timestamp>,
    /// Kind of stream, how many streams, how many records.
    pub counts: Vec<(String, i64, i64)>,
    pub records: u64,
    pub files: u64,
    /// Uploaded files that were there and differ from the repository's; where they are.
    pub others: Vec<PathBuf>,
    /// What lay among the uploaded files and was not taken along, because it is neither a file nor a folder.
    pub left_out: Vec<PathBuf>,
    /// A file that was opened and compared.
    pub opened: Option<uuid::Uuid>,
    /// Everything that does not hold; empty when all does.
    pub bad: Vec<String>,
    /// Against what was last published, and when that was.
    pub missing: Option<(Missing, Timestamp)>,
    /// The record went back behind what was sealed of it: another log of this number begins.
    pub log: Option<i32>,
    /// Why it is not known whether the log goes on: perhaps somebody has to begin another by hand.
    pub log_unknown: Option<String>,
    pub minutes: f64,
}

/// Restores, starts, checks, reports, stops. `say` hears each step.
pub async fn run(
    place: &Place,
    wanted: &Wanted,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Report, Trouble> {
    let begun = (Instant::now(), Timestamp::now());
    if !place.config.master_key_file.exists() {
        return Err(Trouble::Refused(format!(
            "the master key {} is not here, and without it no record opens; `renkei backup keys join` makes it from shares",
            place.config.master_key_file.display()
        )));
    }
    let own = if wanted.into.is_none() { Some(Own::hold(place)?) } else { None };
    let room = match (&own, &wanted.into) {
        (Some(own), _) => own.room(),
        (None, Some(into)) => into.clone(),
        (None, None) => return Err(Trouble::Refused("say where to: --into DIR".into())),
    };
    // What a try that failed leaves in our own folder is of no use; a whole result stays, however bad.
    let scraps = own.as_ref().map(|_| Folder(room.clone()));
    let cluster = scratch::bring_up(place, &room, wanted.label.as_deref(), wanted.target, say).await?;
    let report = settle(place, wanted, &room, &cluster, begun, say).await;
    let owner = cluster.server_user().clone();
    cluster.stop().await?;
    let mut report = report?;
    install::announce(&room.join("cluster"), &owner)?;
    if let Some(room) = scraps {
        room.keep();
    }
    if let Some(own) = own {
        report.held_back = !report.bad.is_empty() && !wanted.even_if_bad;
        if !report.held_back {
            own.install(place, &room, &mut report).await?;
        }
    }
    report.minutes = begun.0.elapsed().as_secs_f64() / 60.0;
    Ok(report)
}

/// Files and keys beside the restored database, a new epoch in it, and the report.
async fn settle(
    place: &Place,
    wanted: &Wanted,
    room: &Path,
    cluster: &Cluster,
    begun: (Instant, Timestamp),
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Report, Trouble> {
    let mut config = place.config.clone();
    config.blobs = room.join("blobs");
    say("the uploaded files …");
    let brought = if wanted.into.is_some() {
        config.master_key_file = copy_keys(place, &room.join("keys"))?;
        Mirror::bring_back(&place.store, &config.blobs).await?
    } else {
        Mirror::gather(&place.store, &place.config.blobs, &config.blobs).await?
    };
    let superuser = deployment::connect(&cluster.config("postgres", DATABASE)).await?;
    let words = match wanted.target {
        Target::Time(at) | Target::TimeLeftBehind(at) => format!("restored to {at}"),
        Target::Newest | Target::Generation => "restored to the newest state that was saved".to_owned(),
    };
    superuser.execute(store::NEW_EPOCH, &[&words]).await?;
    say("checking every chain and every file …");
    let mut report = examine(place, &config, cluster, &config.blobs).await?;
    report.folder = room.to_owned();
    (report.others, report.left_out) = (brought.others, brought.left_out);
    report.bad.extend(not_this_history(&report, wanted.target));
    if wanted.into.is_none() && config.log.is_on() {
        let sealer = cluster.config("renkei_sealer", DATABASE);
        match log::after_restore(&config.log, &sealer, &Tls::default(), &words).await {
            Ok(number) => report.log = number,
            Err(error) => report.log_unknown = Some(error.to_string()),
        }
    }
    let job = deployment::connect(&cluster.config("renkei_job", DATABASE)).await?;
    let entry = Note {
        kind: "restore",
        started: begun.1,
        generation: wanted.label.as_deref(),
        to: match wanted.target {
            Target::Time(at) | Target::TimeLeftBehind(at) => Some(at),
            Target::Newest | Target::Generation => None,
        },
        records: i64::try_from(report.records).ok(),
        files: i64::try_from(report.files).ok(),
        missing: report.missing.as_ref().map(|(missing, _)| missing.records),
        code: if report.bad.is_empty() { None } else { Some("unsound") },
        ..Note::default()
    };
    note_with(&job, &entry).await?;
    Ok(report)
}

/// What was published contradicts the result. On a history that was left behind that is as it should be.
fn not_this_history(report: &Report, target: Target) -> Vec<String> {
    let Some((missing, _)) = report.missing.as_ref().filter(|_| !matches!(target, Target::TimeLeftBehind(_)))
    else {
        return Vec::new();
    };
    let mut bad: Vec<String> = missing
        .rewritten
        .iter()
        .map(|stream| format!("the stream {stream} holds another record than the one that was published"))
        .collect();
    if missing.other_deployment {
        bad.push("what was published is of another deployment".to_owned());
    }
    bad
}

/// Everything that can be proved about a restored cluster: its chains, its files, one file opened, the published heads.
pub(super) async fn examine(
    place: &Place,
    config: &Config,
    cluster: &Cluster,
    blobs: &Path,
) -> Result<Report, Trouble> {
    let access = cluster.config("renkei_verify", DATABASE);
    let config = Config { blobs: blobs.to_owned(), ..config.clone() };
    let verified = verify::check_restored(&access, &config).await?;
    let mut report =
        Report { records: verified.records, files: verified.files, bad: verified.bad, ..Report::default() };
    let client = deployment::connect(&access).await?;
    match attachment::open_one(&client, &config.master_key_file, blobs).await {
        Ok(opened) => report.opened = opened,
        Err(trouble) => report.bad.push(trouble.to_string()),
    }
    report.last_post_at = client.query_one(store::LAST_POST, &[]).await?.get(0);
    for row in client.query(store::COUNTS, &[]).await? {
        report.counts.push((row.get(0), row.get(1), row.get(2)));
    }
    let (published, troubles) = published(place).await?;
    report.bad.extend(troubles.iter().map(ToString::to_string));
    if let Some(heads) = published {
        report.missing = Some((heads.compare(&client).await?, heads.taken_at));
    }
    Ok(report)
}

/// The newest published heads, wherever they are found.
pub(super) async fn published(place: &Place) -> Result<(Option<Heads>, Vec<Trouble>), Trouble> {
    let second = place.published()?;
    let mut places = vec![&place.store];
    places.extend(second.as_ref());
    Ok(heads::newest(&places, &place.public()).await)
}

/// The keys that the restored deployment needs, and the demo's accounts. Returns where the master key is.
fn copy_keys(place: &Place, into: &Path) -> Result<PathBuf, Trouble> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    fs::DirBuilder::new().mode(0o700).recursive(true).create(into).map_err(Error::internal)?;
    let master = &place.config.master_key_file;
    let accounts = master.with_file_name("accounts.json");
    for (file, name) in [
        (master, "master"),
        (&place.config.backup.key_file, "backup"),
        (&place.config.log.key_file, "sealer"),
        (&accounts, "accounts.json"),
    ] {
        if file.exists() {
            let copy = into.join(name);
            fs::copy(file, &copy).map_err(Error::internal)?;
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).map_err(Error::internal)?;
        }
    }
    Ok(into.join("master"))
}

/// Whether a generation is as its signed list says, every byte read; names what is not.
pub async fn check_generation(place: &Place, label: &str) -> Result<Vec<String>, Trouble> {
    match manifest(place, label).await? {
        Ok(manifest) => Ok(manifest.check(&place.store).await?.iter().map(ToString::to_string).collect()),
        Err(fault) => Ok(vec![fault]),
    }
}

/// The same by names and sizes alone. `there`: [`Manifest::listing`].
pub(super) async fn look_at(
    place: &Place,
    label: &str,
    there: &HashMap<String, u64>,
) -> Result<Vec<String>, Trouble> {
    match manifest(place, label).await? {
        Ok(manifest) => Ok(manifest.look(there).iter().map(ToString::to_string).collect()),
        Err(fault) => Ok(vec![fault]),
    }
}

/// The signed list, or why it cannot be believed.
async fn manifest(place: &Place, label: &str) -> Result<Result<Manifest, String>, Trouble> {
    use generations::Error::{Forged, Malformed, Missing};
    match Manifest::read(&place.store, label, &place.public()).await {
        Ok(manifest) => Ok(Ok(manifest)),
        Err(error @ (Forged(_) | Missing(_) | Malformed(_))) => Ok(Err(error.to_string())),
        Err(error) => Err(error.into()),
    }
}
