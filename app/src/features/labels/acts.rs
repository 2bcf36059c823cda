//! Setting a label and taking it away.

use uuid::Uuid;

use crate::{Result, app::App, auth::Actor};

const LABEL: &str = "SELECT act.label($1, $2, $3, $4)";

/// # Errors
/// `NotFound` for whoever may not read the post; `Conflict` where the group is archived, or the post withdrawn or corrected.
pub async fn label(app: &App, who: &Actor, post: Uuid, code: &'static str, on: bool) -> Result<()> {
    let tx = app.db.acting(who).await?;
    let rows = tx.query_and_commit(LABEL, &[&post, &code, &on, &Uuid::now_v7()]).await?;
    if rows.first().is_some_and(|r| r.get(0)) {
        app.hub.wake();
    }
    Ok(())
}
