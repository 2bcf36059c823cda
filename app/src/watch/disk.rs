//! How full disks are.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{Error, Result, app::App, config::Config};

/// Thousandths from which an alarm is raised.
pub const FILLING: u32 = 800;

/// Thousandths from which uploads are refused. Everything else still works: a post is small.
fn full(config: &Config) -> u32 {
    config.watch.refuse_uploads_percent.saturating_mul(10)
}

/// `ok`, `filling` or `full`, as the alarms call it.
pub fn state(config: &Config, taken: u32) -> &'static str {
    match taken {
        taken if taken >= full(config) => "full",
        FILLING.. => "filling",
        _ => "ok",
    }
}

/// Thousandths of a folder's disk that are taken, as `df` counts: what only root may use is not there.
pub fn used(folder: &Path) -> std::io::Result<u32> {
    let disk = rustix::fs::statvfs(folder)?;
    let taken = disk.f_blocks.saturating_sub(disk.f_bfree);
    let all = taken + disk.f_bavail;
    let per_mille = (taken * 1000).checked_div(all).unwrap_or(0);
    Ok(u32::try_from(per_mille).unwrap_or(1000))
}

/// The folders whose disks are watched: the files', the own database's, and those that the configuration names. One folder
/// for each disk; one that is not there yet is left out.
pub fn folders(config: &Config) -> Vec<PathBuf> {
    let named = config.watch.disks.split(',').map(str::trim).filter(|f| !f.is_empty()).map(PathBuf::from);
    let own = config.data.iter().map(|data| data.join("cluster"));
    let (mut disks, mut folders) = (Vec::new(), Vec::new());
    for folder in std::iter::once(config.blobs.clone()).chain(own).chain(named) {
        if let Ok(found) = folder.metadata()
            && !disks.contains(&found.dev())
        {
            disks.push(found.dev());
            folders.push(folder);
        }
    }
    folders
}

/// Refuses before a body is read, so that the last tenth of the disk is left for the record.
pub fn must_have_room(app: &App) -> Result<()> {
    match used(&app.config.blobs) {
        Ok(taken) if taken >= full(&app.config) => Err(Error::DiskFull),
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Unavailable(error.to_string())),
    }
}
