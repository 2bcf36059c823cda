//! Bringing a deployment back, and saying plainly what is back and what is not.

use std::{
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
    make::{Note, note_with},
    scratch, store,
};
use crate::{
    Error,
    cli::{
        deployment::{self, DATABASE},
        verify,
    },
    config::Config,
};

/// What to bring back, and where to.
#[derive(Debug)]
pub struct Wanted {
    pub target: Target,
    /// The generation to begin with; without it the engine takes the newest one that is old enough.
    pub label: Option<String>,
    /// A folder that gets `cluster/`, `blobs/` and `keys/`. Without it the deployment's own folder is set right.
    pub into: Option<PathBuf>,
}

/// What is back and what is not.
#[derive(Debug, Default)]
pub struct Report {
    pub folder: PathBuf,
    pub last_post_at: Option<Timestamp>,
    /// Kind of stream, how many streams, how many records.
    pub counts: Vec<(String, i64, i64)>,
    pub records: u64,
    pub files: u64,
    /// Uploaded files that were there and differed from the repository's; where they are now.
    pub aside: Vec<PathBuf>,
    /// A file that was opened and compared.
    pub opened: Option<uuid::Uuid>,
    /// Everything that does not hold; empty when all does.
    pub bad: Vec<String>,
    /// Against what was last published, and when that was.
    pub missing: Option<(Missing, Timestamp)>,
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
    let room = match &wanted.into {
        Some(into) => into.clone(),
        None => own_folder(place)?.join(format!("restoring-{}", uuid::Uuid::new_v4().simple())),
    };
    let cluster = scratch::bring_up(place, &room, wanted.label.as_deref(), wanted.target, say).await?;
    let report = settle(place, wanted, &room, &cluster, begun, say).await;
    cluster.stop().await?;
    let mut report = report?;
    if wanted.into.is_none() {
        report.folder = put_in_place(place, &room)?;
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
    if wanted.into.is_some() {
        config.blobs = room.join("blobs");
        config.master_key_file = copy_keys(place, &room.join("keys"))?;
    }
    say("the uploaded files …");
    let brought = Mirror::bring_back(&place.store, &config.blobs).await?;
    let superuser = deployment::connect(&cluster.config("postgres", DATABASE)).await?;
    let words = match wanted.target {
        Target::Time(at) | Target::TimeLeftBehind(at) => format!("restored to {at}"),
        Target::Newest | Target::Generation => "restored to the newest state that was saved".to_owned(),
    };
    superuser.execute(store::NEW_EPOCH, &[&words]).await?;
    say("checking every chain and every file …");
    let mut report = examine(place, &config, cluster, &config.blobs).await?;
    report.folder = room.to_owned();
    report.aside = brought.aside;
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

/// Everything that can be proved about a restored cluster: its chains, its files, one file opened, the published heads.
pub(super) async fn examine(
    place: &Place,
    config: &Config,
    cluster: &Cluster,
    blobs: &Path,
) -> Result<Report, Trouble> {
    let access = cluster.config("renkei_verify", DATABASE);
    let config = Config { blobs: blobs.to_owned(), ..config.clone() };
    let verified = verify::check(&access, &config, None).await?;
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

fn own_folder(place: &Place) -> Result<PathBuf, Trouble> {
    let cluster = &place.config.backup.cluster;
    let folder = cluster.parent().filter(|folder| place.config.blobs.parent() == Some(folder));
    let Some(folder) = folder else {
        return Err(Trouble::Refused(
            "say where to: --into DIR (then move cluster/ and blobs/ into place)".into(),
        ));
    };
    if private_postgres::running(folder)?.is_some() {
        return Err(Trouble::Refused(
            "the database is running: stop renkei first, or restore elsewhere with --into DIR".into(),
        ));
    }
    Ok(folder.to_owned())
}

/// The present cluster is put aside, never removed.
fn put_in_place(place: &Place, room: &Path) -> Result<PathBuf, Trouble> {
    let cluster = &place.config.backup.cluster;
    if cluster.exists() {
        let aside = cluster.with_extension(format!("replaced-{}", Timestamp::now().as_second()));
        fs::rename(cluster, &aside).map_err(Error::internal)?;
    }
    fs::rename(room.join("cluster"), cluster).map_err(Error::internal)?;
    fs::remove_dir_all(room).map_err(Error::internal)?;
    Ok(cluster.parent().unwrap_or(cluster).to_owned())
}

/// The keys that the restored deployment needs, and the demo's accounts. Returns where the master key is.
fn copy_keys(place: &Place, into: &Path) -> Result<PathBuf, Trouble> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    fs::DirBuilder::new().mode(0o700).recursive(true).create(into).map_err(Error::internal)?;
    let master = &place.config.master_key_file;
    let accounts = master.with_file_name("accounts.json");
    for (file, name) in
        [(master, "master"), (&place.config.backup.key_file, "backup"), (&accounts, "accounts.json")]
    {
        if file.exists() {
            let copy = into.join(name);
            fs::copy(file, &copy).map_err(Error::internal)?;
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).map_err(Error::internal)?;
        }
    }
    Ok(into.join("master"))
}

/// Whether the signed list of a generation holds; names what does not. Reads every file, or only looks whether it is there.
pub async fn check_generation(place: &Place, label: &str, read: bool) -> Result<Vec<String>, Trouble> {
    match Manifest::read(&place.store, label, &place.public()).await {
        Ok(manifest) => {
            let faults =
                if read { manifest.check(&place.store).await? } else { manifest.look(&place.store).await? };
            Ok(faults.iter().map(ToString::to_string).collect())
        }
        Err(
            error @ (generations::Error::Forged(_)
            | generations::Error::Missing(_)
            | generations::Error::Malformed(_)),
        ) => Ok(vec![error.to_string()]),
        Err(error) => Err(error.into()),
    }
}
