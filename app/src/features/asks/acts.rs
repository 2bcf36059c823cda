//! The verbs: say that it is done, note a call, remind.

use jiff::Timestamp;
use record::{Called, Content, Handled};
use uuid::Uuid;

use super::{model::NewCall, store};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::{App, Shared},
    auth::Actor,
    features::posts::store as posts,
};

/// So many look-ups of a thousand rows in one run.
const MOST: usize = 100;

/// 対応済, with what was done. The same client id again is fine; a second text is refused. Whether it is new.
pub async fn handle(app: &App, who: &Actor, post: Uuid, client_id: Uuid, result: String) -> Result<bool> {
    follow_up(app, who, post, None, client_id, Content::Handled(Handled { post, result })).await
}

/// A call to somebody whom the post asks. Whether it is new.
pub async fn call(app: &App, who: &Actor, post: Uuid, new: NewCall) -> Result<bool> {
    let content = Content::Called(Called { post, account: new.account, result: new.result, note: new.note });
    follow_up(app, who, post, Some(new.account), new.client_id, content).await
}

async fn follow_up(
    app: &App,
    who: &Actor,
    post: Uuid,
    subject: Option<Uuid>,
    client_id: Uuid,
    content: Content,
) -> Result<bool> {
    let mut tx = app.db.acting(who).await?;
    let of = posts::target(&mut tx, post).await?;
    // The content holds nothing that is made here.
    let request = content.to_bytes();
    let s = app.keys.seal_receipt(&mut tx, of.group, client_id, &content, &request).await?;
    let kind = content.kind();
    let rows = tx
        .query_and_commit(
            store::FOLLOW_UP,
            &[
                &kind.as_str(),
                &of.group,
                &post,
                &subject,
                &s.id,
                &s.client_id,
                &s.fingerprint,
                &s.commitment,
                &s.envelope,
            ],
        )
        .await
        .map_err(in_words)?;
    app.hub.wake();
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

/// What only the database can know, in the person's words.
fn in_words(error: Error) -> Error {
    match error {
        Error::Invalid(fields) if fields.iter().any(|f| f.message == "this_person_is_not_asked") => {
            Error::Invalid(vec![FieldError::new(
                "account",
                "not_asked",
                t("この投稿で頼まれていない人です。一覧から選んでください。"),
            )])
        }
        other => other,
    }
}

/// Reminds, and asks others where a deadline has passed. `now`: none is the database's clock. How many askings it moved on.
pub async fn remind(app: &Shared, now: Option<Timestamp>) -> Result<u64> {
    let mut moved = 0;
    for _ in 0..MOST {
        let rows = app.db.job(store::REMIND, &[&now]).await?;
        let some: i64 = rows.first().map_or(0, |row| row.get(0));
        if some == 0 {
            break;
        }
        moved += some.unsigned_abs();
    }
    if moved > 0 {
        app.hub.wake();
    }
    Ok(moved)
}
