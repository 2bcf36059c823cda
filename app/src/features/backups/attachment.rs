//! One file of a restored database, opened: the proof that keys, rows and bytes belong together.

use std::{path::Path, sync::Arc};

use envelope::LocalKeyFile;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Trouble, store};
use crate::{Error, features::files, seal::Keys};

/// Opens a random file and compares what is read with the digest that was sealed when it came. `None`: there is no file.
pub async fn open_one(client: &Client, master: &Path, blobs: &Path) -> Result<Option<Uuid>, Trouble> {
    let Some(row) = client.query_opt(store::SOME_FILE, &[]).await? else { return Ok(None) };
    let id: Uuid = row.get("id");
    let master = LocalKeyFile::open(master).map_err(Error::internal)?;
    let keys = Keys::new(Arc::new(master));
    let facility: Uuid = row.get("facility_id");
    let key = keys.facility_key(facility, row.get("facility_key_version"), row.get("facility_key")).await?;
    let blobs = intake::blob::Store::open(blobs).map_err(Error::internal)?;
    let proved =
        files::proves(&blobs, &key, facility, id, row.get("wrapped_key"), row.get("sealed_sha256")).await?;
    if proved {
        Ok(Some(id))
    } else {
        Err(Trouble::Unsound(format!("the file {id} opens, but is not what was stored")))
    }
}
