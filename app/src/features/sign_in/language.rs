//! The language of an account, for the browser that has just signed in to it.

use uuid::Uuid;

use crate::{Result, app::App, words::Language};

const CHOSEN: &str = "SELECT act.language_of($1)";

/// `None`: the person has chosen none.
pub async fn chosen(app: &App, account: Uuid) -> Result<Option<Language>> {
    let rows = app.db.signing_in(CHOSEN, &[&account]).await?;
    Ok(rows.first().and_then(|row| row.get::<_, Option<&str>>(0)).and_then(Language::from_code))
}
