//! Telling patients and relatives that the team has written: decided from the family timeline alone, in a queue of its own.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Result,
    app::{App, Shared},
    auth::token,
    features::notifications::push::{self, Call},
    jobs::{self, Failure},
    mail::{Letter, Link},
};

const NOTE: &str = "SELECT act.note_family($1, $2)";
const TELL: &str = "SELECT act.tell_family($1, $2)";
const BEGIN: &str = "SELECT endpoint, p256dh, auth, ttl FROM act.begin_family_push($1, $2, $3)";
const ANSWERED: &str = "SELECT act.family_push_answered($1, $2, $3, $4, $5)";
const FORGET: &str = "SELECT act.forget_family_notices($1)";

/// Put in by `act.tell_family`, `fam.test_push` and `act.family_push_answered`, with the push's id.
pub const KIND: jobs::Kind = jobs::Kind {
    name: "family_push",
    tries: 6,
    lease: Duration::from_secs(40),
    run: |app, payload| Box::pin(work(app, payload)),
};
/// How long after a post it is looked at, at most: nobody is rung within the first ten seconds anyway.
const LOOK: Duration = Duration::from_secs(5);

/// Looks again and again, on every node; the database lets one at a time.
pub async fn run(app: Shared) {
    loop {
        if let Err(error) = look(&app, Timestamp::now()).await {
            tracing::warn!(%error, "no relative could be told of what is new");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One look. How many (post, person) were told of.
pub async fn look(app: &App, now: Timestamp) -> Result<i32> {
    let letter = letter(app);
    app.db.job(NOTE, &[&now, &letter.is_some()]).await?;
    let rows = app.db.job(TELL, &[&now, &letter]).await?;
    let told = rows.first().and_then(|r| r.get(0)).unwrap_or_default();
    if told > 0 {
        app.jobs.ring();
    }
    Ok(told)
}

/// No name, no word of what was written. `None` where nothing is mailed.
fn letter(app: &App) -> Option<Value> {
    app.config.mail.is_configured().then(|| {
        Letter::new("家族のページに、新しいものがあります")
            .line("家族のページに、新しいものがあります。ページを開いて、読んでください。")
            .link(&Link::to(&app.config.base_url, "family"))
            .line("このメールを止めるには、ページの「わたしの設定」を開いてください。")
            .words()
    })
}

pub async fn forget(app: &App, now: Timestamp) -> Result<()> {
    app.db.job(FORGET, &[&now]).await.map(drop)
}

async fn work(app: Shared, payload: Value) -> Result<(), Failure> {
    let push =
        payload["push"].as_str().and_then(|id| id.parse().ok()).ok_or(Failure::for_good("not_a_push"))?;
    attempt(&app, push, Timestamp::now()).await.map_err(|_| Failure::later("not_noted"))
}

/// One try, and what came of it in the table. Where there is nothing to send any more, nothing happens.
pub async fn attempt(app: &App, push: Uuid, now: Timestamp) -> Result<()> {
    let token = BASE64URL_NOPAD.encode(&token::random::<16>());
    let rows = app.db.job(BEGIN, &[&push, &token::hash(&token).as_slice(), &now]).await?;
    let Some(r) = rows.first() else { return Ok(()) };
    let call = Call {
        endpoint: r.get(0),
        p256dh: r.get(1),
        auth: r.get(2),
        urgent: false,
        ttl: r.get(3),
        opens: push::Opens::Family,
    };
    let outcome = push::send(app, &call, &token, now).await?;
    let became: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&push, &outcome.word, &outcome.code, &outcome.wait, &now];
    app.db.job(ANSWERED, &became).await.map(drop)
}
