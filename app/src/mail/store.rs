//! Statements on letters that may come back.

use tokio_postgres::Client;
use uuid::Uuid;

use crate::{Result, app::App, auth::token};

const NOTE: &str = "SELECT act.note_sent_mail($1, $2, $3)";
const RETURNED: &str = "SELECT act.mail_returned($1, $2)";

/// Before a try: under which token the letter leaves.
pub(super) async fn note(app: &App, message: Uuid, to: &str, token: &str) -> Result<()> {
    let hash = token::hash(token);
    app.db.job(NOTE, &[&message, &to, &hash.as_slice()]).await.map(drop)
}

/// A code for what was done about it: `returned`, `delayed`, `known`, `earlier` (it was tried again since), `unknown`.
pub async fn returned(client: &Client, token: &str, for_good: bool) -> Result<String> {
    let hash = token::hash(token);
    Ok(client.query_one(RETURNED, &[&hash.as_slice(), &for_good]).await?.get(0))
}
