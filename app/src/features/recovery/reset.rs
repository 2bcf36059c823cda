//! A new password for a forgotten one: a letter with a link, and the other factor.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::store::{self, Asking, Shown};
use crate::words::t;
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::{Actor, password, token, totp},
    features::sign_in::acts::{self as sign_in, Origin, device_hash, fold_login, login_hash},
    jobs::{self, Failure},
    mail::{self, Letter, Link},
};

pub const USED_BEFORE: &str = "前に使ったパスワードです。別のものにしてください。";

/// Asks for a link. The same work and the same answer for every ID; whatever differs is done by [`LETTER`], later.
pub async fn ask(app: &App, login_id: &str, origin: &Origin) -> Result<()> {
    let login = fold_login(login_id);
    let wait = store::forgotten(app, Uuid::now_v7(), &login, &login_hash(&login), &origin.block).await?;
    if wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(60) });
    }
    app.jobs.ring();
    Ok(())
}

/// Writes the letter, where there is somebody to write to. The link is good for thirty minutes from then.
pub const LETTER: jobs::Kind = jobs::Kind {
    name: "reset_letter",
    tries: 8,
    lease: Duration::from_secs(60),
    run: |app, payload| Box::pin(write(app, payload)),
};

async fn write(app: Shared, payload: Value) -> Result<(), Failure> {
    let reset = payload["reset"].as_str().and_then(|id| id.parse().ok());
    let reset = reset.ok_or(Failure::for_good("not_a_reset"))?;
    if !app.config.mail.is_configured() {
        return Ok(());
    }
    send(&app, reset).await.map_err(|_| Failure::later("not_sent"))
}

async fn send(app: &App, reset: Uuid) -> Result<()> {
    let Some(address) = store::reset_address(app, reset).await? else { return Ok(()) };
    let token = token::fresh();
    let letter = Letter::new("パスワードの作り直し")
        .line("新しいパスワードを決めるためのリンクです。30分のあいだ、一度だけ使えます。")
        .line("リンクを開くと、認証アプリの6けたの数字か回復コードを聞きます。")
        .link(&Link::to(&app.config.base_url, "forgotten").token(&token))
        .line("心当たりがないときは、何もしないでください。パスワードは変わりません。");
    let letter = mail::payload(app, &mail::address(&address)?, &letter).await?;
    store::send_reset(app, reset, &token::hash(&token), &letter).await?;
    app.jobs.ring();
    Ok(())
}

/// Whether the link, or the code of a recovery, can be used now.
pub async fn is_good(app: &App, token: &str) -> Result<bool> {
    Ok(store::reset_about(app, &token::hash(token)).await?.is_some())
}

/// What the person typed behind the link.
pub struct NewPassword {
    /// Six digits of the authenticator, or a recovery code.
    pub code: String,
    pub new: String,
    /// Typed twice.
    pub again: String,
}

crate::opaque_debug!(NewPassword);

/// Sets the new password and ends every session. `NotFound` where the link is not good any more; `WrongCredentials` for the code,
/// which counts like any other guess at this account. The password is looked at first, so that a slip there costs no try; whether it
/// was used before is told only to whoever has shown the factor.
pub async fn set(app: &App, token: &str, origin: &Origin, given: NewPassword) -> Result<()> {
    let hash = token::hash(token);
    let about = store::reset_about(app, &hash).await?.ok_or(Error::NotFound)?;
    if given.new != given.again {
        return Err(Error::invalid("new_password_again", "differs", t("2回の入力が違います。")));
    }
    let words = password::words_about(about.iter().map(String::as_str));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(problem) = password::refusal(&given.new, true, &words) {
        return Err(Error::invalid("new_password", "weak", problem));
    }
    let asking = Asking { attempt: Uuid::now_v7(), device: device_hash(origin), block: &origin.block };
    let begun = store::reset_begin(app, &hash, &asking).await?;
    if begun.wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(begun.wait).unwrap_or(60) });
    }
    let Some(shown) = shown(app, &begun, &given.code).await? else {
        return sign_in::refuse(app, Some(begun.account)).await;
    };
    if password::is_one_of(given.new.clone(), begun.hashes).await? {
        return Err(Error::invalid("new_password", "used_before", t(USED_BEFORE)));
    }
    let new = password::hash(given.new).await?;
    let done = store::reset_done(app, &hash, asking.attempt, &shown, &new).await;
    done.map_err(|e| if matches!(e, Error::NotSignedIn) { Error::WrongCredentials } else { e })?;
    app.hub.wake();
    app.jobs.ring();
    Ok(())
}

async fn shown(app: &App, begun: &store::Resetting, code: &str) -> Result<Option<Shown>> {
    if let Some(sealed) = &begun.totp_secret {
        let secret = sign_in::open_secret(app, begun.account, sealed).await?;
        let step = totp::check(&secret, code, app.unix_seconds())?;
        if let Some(step) = step.filter(|step| *step > begun.totp_last_step) {
            return Ok(Some(Shown::Totp(step)));
        }
    }
    let hash = totp::recovery_hash(begun.account, code);
    let left = store::recovery_codes(app, begun.account).await?;
    Ok(left.contains(&hash.to_vec()).then_some(Shown::RecoveryCode(hash)))
}

/// Whether the caller, who has just shown the present password, had this one before.
pub async fn was_used_before(app: &App, who: &Actor, new: &str) -> Result<bool> {
    password::is_one_of(new.to_owned(), store::old_passwords(app, who).await?).await
}
