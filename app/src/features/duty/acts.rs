//! The verbs: hand the duty over, choose who stands in, show a telephone.

use jiff::Timestamp;
use uuid::Uuid;

use crate::words::t;
use crate::{Error, FieldError, Result, app::App, auth::Actor};

const HAND_OVER: &str = "SELECT act.hand_over_duty($1, $2, $3, $4)";
const SET_SUBSTITUTE: &str = "SELECT act.set_substitute($1, $2)";
const SHOW_PHONE: &str = "SELECT act.show_phone($1)";

/// The same client id again is fine.
pub async fn hand_over(
    app: &App,
    who: &Actor,
    facility: Uuid,
    to: Option<Uuid>,
    until: Timestamp,
    client_id: Uuid,
) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(HAND_OVER, &[&facility, &to, &until, &client_id]).await.map_err(in_words)?;
    app.hub.wake();
    Ok(())
}

pub async fn set_substitute(app: &App, who: &Actor, account: Uuid, substitute: Option<Uuid>) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(SET_SUBSTITUTE, &[&account, &substitute]).await.map_err(in_words).map(drop)
}

/// An empty one is shown to nobody.
pub async fn show_phone(app: &App, who: &Actor, phone: &str) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(SHOW_PHONE, &[&phone]).await.map(drop)
}

/// What only the database can know, in the person's words.
fn in_words(error: Error) -> Error {
    let Error::Invalid(fields) = error else { return error };
    let field = |f: FieldError| match f.message.as_ref() {
        "no_such_person_there" => {
            FieldError::new("account", "not_staff", t("この施設で働いている、ほかの人を選んでください。"))
        }
        "ends_before_it_begins" => {
            FieldError::new("until", "not_ahead", t("いつまでかは、いまより先で7日以内にしてください。"))
        }
        _ => f,
    };
    Error::Invalid(fields.into_iter().map(field).collect())
}
