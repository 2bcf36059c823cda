//! Letters: contentless by type, queued with the act that causes them, sent by SMTP, tried again, and seen when they give up.
//!
//! *Owns* nothing: a letter is a job of the kind `mail`. *Who*: whoever may put in a job.

mod letter;
mod send;

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Error, Result, app::Shared, db::Tx, jobs};

pub use letter::{Letter, Link};
pub use lettre::Address;

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

/// Puts a letter into the caller's transaction. Ring `app.jobs` after the commit.
pub async fn enqueue(tx: &mut Tx, to: &Address, letter: &Letter) -> Result<Uuid> {
    jobs::enqueue(tx, &KIND, &payload(to, letter)).await
}

/// The same where nobody acts.
pub async fn enqueue_now(app: &Shared, to: &Address, letter: &Letter) -> Result<Uuid> {
    jobs::enqueue_now(app, &KIND, &payload(to, letter)).await
}

/// The payload of a `mail` job, for a definer function that puts it in itself with `sec.enqueue('mail', …)`.
/// `message` names the letter for good: a letter that was sent twice is recognised by whoever receives it.
pub fn payload(to: &Address, letter: &Letter) -> Value {
    json!({"to": to.to_string(), "subject": letter.subject(), "text": letter.text(), "message": Uuid::new_v4()})
}
