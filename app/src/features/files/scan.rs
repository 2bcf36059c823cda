//! The scan of what was uploaded. `scanning` stands in the database before anybody is answered, and the bytes stand on
//! disk before that, so a server that is killed goes on where it was.

use std::{collections::HashSet, time::Duration};

use intake::scan::Verdict;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    acts::is_scanned_as_uploaded,
    blobs::{self, INCOMING, Variant},
    model::family_from_code,
    read, store,
};
use crate::{Result, app::Shared};

/// How long to wait before asking again for files that got no verdict.
const AGAIN: Duration = Duration::from_secs(15);
/// Uploads of other servers on the same database are found at the latest after this long.
const QUIET: Duration = Duration::from_secs(120);

/// Scans until the process ends.
pub async fn run(app: Shared) {
    if let Err(error) = forget_scanned(&app).await {
        tracing::warn!(%error, "uploads that were scanned could not be removed");
    }
    loop {
        let pause = match round(&app).await {
            Ok(0) => QUIET,
            Ok(waiting) => {
                tracing::warn!(waiting, "files wait for the scanner; nobody can open them");
                AGAIN
            }
            Err(error) => {
                tracing::warn!(%error, "files could not be scanned");
                AGAIN
            }
        };
        tokio::select! { () = app.scan_wanted.notified() => {}, () = tokio::time::sleep(pause) => {} }
    }
}

/// One look at everything that waits; how many still do.
async fn round(app: &Shared) -> Result<usize> {
    let mut waiting = 0;
    for row in app.db.job(store::SCANNING, &[]).await? {
        match scan(app, &row).await {
            Ok(true) => {}
            Ok(false) => waiting += 1,
            Err(error) => {
                let file: Uuid = row.get("id");
                tracing::error!(%file, %error, "a file could not be scanned");
                waiting += 1;
            }
        }
    }
    Ok(waiting)
}

/// Whether there is a verdict. First the state, then the upload goes: killed in between, only rubbish is left.
async fn scan(app: &Shared, row: &Row) -> Result<bool> {
    let id: Uuid = row.get("id");
    let apart = is_scanned_as_uploaded(family_from_code(row.get("family")));
    let variant = if apart { Variant::Upload } else { Variant::Stored };
    let key = read::own_key(app, id, row).await?;
    let bytes = blobs::get(app, id, variant, &key).await?;
    let state = match app.scanner.scan(&bytes).await {
        Verdict::Clean => "ready",
        Verdict::Infected(signature) => {
            tracing::warn!(file = %id, signature, "malware in an upload: refused");
            "refused"
        }
        Verdict::Unscanned => "unscanned",
        Verdict::Unavailable(why) => {
            tracing::warn!(file = %id, %why, "no verdict");
            return Ok(false);
        }
    };
    app.db.job(store::SET_STATE, &[&id, &state]).await?;
    app.hub.wake();
    if apart {
        blobs::forget(app, id, Variant::Upload).await;
    }
    Ok(true)
}

/// Uploads of pictures whose verdict was written just before the server was killed. Only old ones: another server may
/// be storing one now.
async fn forget_scanned(app: &Shared) -> Result<()> {
    let waiting: HashSet<Uuid> =
        app.db.job(store::SCANNING, &[]).await?.iter().map(|row| row.get("id")).collect();
    let Ok(entries) = std::fs::read_dir(app.config.blobs.join(INCOMING)) else { return Ok(()) };
    for entry in entries.flatten() {
        let id = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
        if let Some(id) = id.filter(|id| !waiting.contains(id))
            && age.is_some_and(|age| age > Duration::from_secs(3600))
        {
            blobs::forget(app, id, Variant::Upload).await;
        }
    }
    Ok(())
}
