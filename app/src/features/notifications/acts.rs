//! What a person decides: to be reached on this device or not, when, how, and of which groups.

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;
use web_push::Subscriber;

use super::{
    Key, letters,
    model::{Level, Quiet, Wanted},
    store,
};
use crate::words::t;
use crate::{Error, Result, app::App, auth::Actor};

/// What a browser gives out, as JSON writes it.
#[derive(Debug)]
pub struct New<'a> {
    pub id: Uuid,
    pub endpoint: &'a str,
    pub p256dh: &'a str,
    pub auth: &'a str,
}

/// The device of this session is reached there from now on. The id of the living subscription, and whether it is new.
pub async fn subscribe(app: &App, who: &Actor, new: &New<'_>) -> Result<(Uuid, bool)> {
    if !app.config.push.allows(new.endpoint) {
        let words =
            t("このブラウザのお知らせの仕組みは、この連携では使えません。メールのお知らせを使ってください。");
        return Err(Error::invalid("endpoint", "unknown_push_service", words));
    }
    let unusable = || Error::invalid("keys", "keys", t("ブラウザの鍵を読み取れません。"));
    let bytes =
        |text: &str| BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).map_err(|_| unusable());
    let (p256dh, auth) = (bytes(new.p256dh)?, bytes(new.auth)?);
    Subscriber::parse(&p256dh, &auth).map_err(|_| unusable())?;
    store::subscribe(app.db.acting(who).await?, new.id, new.endpoint, &p256dh, &auth).await
}

/// `None`: whatever this device has. `NotFound` for somebody else's.
pub async fn end(app: &App, who: &Actor, subscription: Option<Uuid>) -> Result<()> {
    store::end(app.db.acting(who).await?, subscription).await
}

/// What browsers are told as `applicationServerKey`; `None` where there is no push.
pub async fn public_key(app: &App) -> Result<Option<String>> {
    if !app.config.push.is_on() {
        return Ok(None);
    }
    Ok(Some(BASE64URL_NOPAD.encode(Key::of(app).await?.public())))
}

pub async fn set(app: &App, who: &Actor, wanted: &Wanted) -> Result<()> {
    match store::set(app.db.acting(who).await?, wanted).await {
        Err(Error::Conflict(code)) if code == "no_confirmed_address" => Err(no_address()),
        other => other,
    }
}

fn no_address() -> Error {
    let words = t("メールアドレスの確認が済んでいません。先に「連絡先」の画面で確認してください。");
    Error::invalid("mail", "no_confirmed_address", words)
}

/// `NotFound` for a group that the caller is not in.
pub async fn set_levels(app: &App, who: &Actor, levels: &[(Uuid, Level)]) -> Result<()> {
    let (groups, levels): (Vec<_>, Vec<_>) = levels.iter().copied().unzip();
    store::set_levels(app.db.acting(who).await?, &groups, &levels).await
}

/// A push to this device. `Conflict` where it is not reached.
pub async fn test_push(app: &App, who: &Actor) -> Result<()> {
    store::test_push(app.db.acting(who).await?).await?;
    app.jobs.ring();
    Ok(())
}

pub async fn test_mail(app: &App, who: &Actor) -> Result<()> {
    match store::test_mail(app.db.acting(who).await?, &letters::test(app)).await {
        Err(Error::Conflict(code)) if code == "no_confirmed_address" => return Err(no_address()),
        other => other?,
    }
    app.jobs.ring();
    Ok(())
}

/// The facility's usual hours. The caller must have shown again who it is.
pub async fn set_facility_quiet(app: &App, who: &Actor, quiet: &Quiet) -> Result<()> {
    store::set_facility_quiet(app.db.acting(who).await?, quiet).await
}
