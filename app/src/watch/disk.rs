//! How full disks are.

use std::path::{Path, PathBuf};

use crate::{Error, Result, app::App, config::Config};

/// Thousandths from which an alarm is raised.
pub const FILLING: u32 = 800;
/// Thousandths from which uploads are refused. Everything else still works: a post is small.
pub const FULL: u32 = 900;

/// Thousandths of a folder's disk that are taken, as `df` counts: what only root may use is not there.
pub fn used(folder: &Path) -> std::io::Result<u32> {
    let disk = rustix::fs::statvfs(folder)?;
    let taken = disk.f_blocks.saturating_sub(disk.f_bfree);
    let all = taken + disk.f_bavail;
    Ok(if all == 0 { 0 } else { u32::try_from(taken * 1000 / all).unwrap_or(1000) })
}

/// The folders whose disks are watched; a folder that is not there yet is left out.
pub fn folders(config: &Config) -> Vec<PathBuf> {
    let named = config.watch.disks.split(',').map(str::trim).filter(|f| !f.is_empty()).map(PathBuf::from);
    std::iter::once(config.blobs.clone()).chain(named).filter(|f| f.is_dir()).collect()
}

/// Refuses before a body is read, so that the last tenth of the disk is left for the record.
pub fn must_have_room(app: &App) -> Result<()> {
    match used(&app.config.blobs) {
        Ok(taken) if taken >= FULL => Err(Error::DiskFull),
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Unavailable(error.to_string())),
    }
}
