//! Letters: contentless by type, queued with the act that causes them, sent by SMTP, tried again, and seen when they give up or come back.
//!
//! *Owns* `sec.sent_mail`; a letter is a job of the kind `mail`. *Who*: whoever may put in a job; the mail server's pipe says what came back.

mod bounce;
mod letter;
mod payload;
pub mod report;
mod send;
mod store;

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Error, Result,
    app::{App, Shared},
    db::Tx,
    jobs,
};

pub use bounce::LONGEST_LOCAL_PART;
pub use letter::{Letter, Link};
pub use lettre::Address;
pub use payload::payload;
pub use send::reach;
pub use store::returned;

/// About half a day of tries.
pub const KIND: jobs::Kind = jobs::Kind {
    name: "mail",
    tries: 18,
    lease: Duration::from_secs(90),
    run: |app, letter| Box::pin(send::send(app, letter)),
};

/// Reads an address as somebody typed it.
pub fn address(text: &str) -> Result<Address> {
    text.trim().parse().map_err(|_| {
        Error::invalid("mail", "mail", "メールアドレスの形になっていません。例：name@example.jp")
    })
}

/// Subject and text, for a definer function that writes to several people itself; `None` where this deployment sends no mail.
pub fn parts(app: &App, letter: &Letter) -> Option<Value> {
    let parts = json!({"subject": letter.subject(), "text": letter.text()});
    app.config.mail.is_configured().then_some(parts)
}

/// Puts a letter into the caller's transaction. Ring `app.jobs` after the commit.
pub async fn enqueue(app: &App, tx: &mut Tx, to: &Address, letter: &Letter) -> Result<Uuid> {
    let payload = payload(app, to, letter).await?;
    jobs::enqueue(tx, &KIND, &payload).await
}

/// The same where nobody acts.
pub async fn enqueue_now(app: &Shared, to: &Address, letter: &Letter) -> Result<Uuid> {
    jobs::enqueue_now(app, &KIND, &payload(app, to, letter).await?).await
}
