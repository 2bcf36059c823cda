//! Making a new cluster: complete or not at all.

use std::fs::{self, File};
use std::path::Path;

use tokio::process::Command;

use crate::binaries::Binaries;
use crate::error::{At, Error};
use crate::folders::Folders;
use crate::os_user::OsUser;

/// Fills a scratch folder with `initdb` and renames it, so that a half-made cluster is never started.
pub(crate) async fn make_cluster(
    folders: &Folders,
    binaries: &Binaries,
    server: &OsUser,
) -> Result<(), Error> {
    remove_leftovers(&folders.data)?;
    let scratch = folders.make_scratch(server)?;
    let done = initdb(&scratch, binaries, server).await;
    if done.is_err() {
        let _ = fs::remove_dir_all(&scratch);
        return done;
    }
    fs::rename(&scratch, &folders.cluster).at(&folders.cluster)?;
    File::open(&folders.data).and_then(|folder| folder.sync_all()).at(&folders.data)
}

async fn initdb(folder: &Path, binaries: &Binaries, server: &OsUser) -> Result<(), Error> {
    let tool = binaries.tool("initdb");
    let mut command = Command::from(server.command(&tool));
    command.arg("--pgdata").arg(folder).args([
        "--username=postgres",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--auth-local=peer",
        "--auth-host=reject",
        "--no-instructions",
    ]);
    let output = command.kill_on_drop(true).output().await.at(&tool)?;
    if output.status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Tool { tool: "initdb", output })
}

/// Scratch folders of starts that were interrupted.
fn remove_leftovers(data: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(data).at(data)? {
        let entry = entry.at(data)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("cluster.") && name.ends_with(".new") {
            // A tool that still writes there delays this to a later start.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}
