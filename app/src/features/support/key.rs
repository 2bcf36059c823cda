//! The desk's own key, wrapped by the master key. Made when the first inquiry comes.

use std::sync::Arc;

use envelope::{Aad, DataKey, Secret, open_text, seal_text};
use serde::Serialize;
use uuid::Uuid;

use crate::{Error, Result, app::App};

const KEY: &str = "SELECT act.desk_key($1, $2)";
const CONTEXT: &[u8] = b"renkei/desk-key/v1";

/// Seals and opens what inquiries say. Each text is bound to its row and column.
#[derive(Clone)]
pub struct DeskKey(Arc<DataKey>);

impl std::fmt::Debug for DeskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeskKey(…)")
    }
}

impl DeskKey {
    pub async fn of(app: &App) -> Result<Self> {
        let offered = app.keys.seal_secret(*Secret::random().expose(), CONTEXT).await?;
        let rows = app.db.job(KEY, &[&app.keys.master_id(), &offered]).await?;
        let wrapped: Vec<u8> =
            rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("no desk key"))?;
        let secret = app.keys.open_secret(&wrapped, CONTEXT).await?;
        Ok(Self(Arc::new(DataKey::from(secret))))
    }

    pub fn seal(&self, row: Uuid, column: &'static str, text: &str) -> Vec<u8> {
        seal_text(&self.0, &place(row), column, text)
    }

    /// What an id stands for, to tell a retry from something else; without the key nobody can try a guess against it.
    pub fn fingerprint(&self, id: Uuid, sent: &impl Serialize) -> Result<Vec<u8>> {
        let sent = record::jcs(sent).map_err(Error::internal)?;
        Ok(envelope::fingerprint(&self.0, id, &sent).to_vec())
    }

    pub fn open(&self, row: Uuid, column: &'static str, sealed: &[u8]) -> Result<String> {
        open_text(&self.0, &place(row), column, sealed).map_err(Error::internal)
    }
}

/// The desk is no stream: the nil id stands for it.
fn place(row: Uuid) -> Aad {
    Aad { table: "inquiry", stream: Uuid::nil(), row }
}
