//! What this machine has published must be what the database knows, or less by a step.

use tlog::{
    Frontier,
    checkpoint::Checkpoint,
    note::NotSigned,
    tiles::{Folder, recompute},
};
use uuid::Uuid;

use super::{keys::Keys, signed::Newest, witnesses};
use crate::{Error, Result, cli::verify::Report, config::Config, log::origin};

/// The bytes of the checkpoint.
#[derive(Debug)]
pub struct Published(Vec<u8>);

/// Read before the database is looked at: so it is never ahead of what is seen there, unless the database went back. `None`: no log is published on this
/// machine.
pub fn published(config: &Config) -> Result<Option<Published>> {
    if !config.log.is_on() || !config.log.folder.exists() {
        return Ok(None);
    }
    let folder = Folder::open(&config.log.folder).map_err(Error::internal)?;
    Ok(folder.checkpoint().map_err(Error::internal)?.map(Published))
}

pub async fn check(
    Published(bytes): &Published,
    config: &Config,
    keys: &Keys,
    (deployment, newest): (Uuid, &Newest),
    report: &mut Report,
) -> Result<()> {
    let origin = origin(deployment, newest.epoch);
    let text = String::from_utf8_lossy(bytes);
    // Beside the words the published one has the witnesses' lines.
    let says = |note: &str| Checkpoint::read(note.as_bytes()).ok();
    let before = newest.previous.as_deref().and_then(says);
    if newest.signed.is_none() && before.is_some() && before == says(&text) {
        report.said.push("another log begins: the last note of the one before is still published".into());
        return Ok(());
    }
    let Some(key) = keys.of(newest.epoch, newest.epoch, &text) else {
        report.bad.push(format!("the published checkpoint: no key of {origin} was given (--key)"));
        return Ok(());
    };
    let keys = [key];
    let (published, note) = match Checkpoint::open(bytes, &origin, &keys) {
        Ok(opened) => (opened.checkpoint, opened.note),
        Err(fault) => {
            report.bad.push(format!("the published checkpoint: {fault}"));
            return Ok(());
        }
    };
    let witnesses = witnesses::keys(config)?;
    match note.verify(&witnesses) {
        Ok(by) => report.said.push(format!("the published checkpoint is cosigned by {} witnesses", by.len())),
        Err(NotSigned::Forged) => {
            report.bad.push("the published checkpoint: a witness's line is not its own".into());
        }
        Err(_) => {}
    }
    let known = newest.signed.map_or(0, |(size, _)| size);
    if published.size() > known {
        report.bad.push(format!(
            "the database is older than what was signed: {} leaves were, it knows of {known}",
            published.size()
        ));
    }
    if newest.signed.is_some_and(|(size, root)| size == published.size() && root != published.root()) {
        report.bad.push("the published checkpoint has another root than the database's leaves".into());
    }
    let folder = Folder::open(&config.log.folder).map_err(Error::internal)?;
    let (size, root) = (published.size(), published.root());
    let whole = tokio::task::spawn_blocking(move || recompute(&folder, &Frontier::new(), size, &root));
    if let Err(fault) = whole.await.map_err(Error::internal)? {
        report.bad.push(format!("the log's files: {fault}"));
    }
    Ok(())
}
