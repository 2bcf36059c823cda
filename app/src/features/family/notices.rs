//! Of what a patient or relative is told, on which way, and when not.

use data_encoding::BASE64URL_NOPAD;
use jiff::{Timestamp, civil::Time};
use uuid::Uuid;
use web_push::Subscriber;

use super::read;
use crate::words::t;
use crate::{
    Error, Result,
    app::App,
    auth::{Relative, token},
    db::Params,
    mail::{self, Letter},
};

const SETTINGS: &str = "SELECT told, quiet_from, quiet_to, mail, wanted, mail_state, mail_error, here, since, on_device_at, failing_since, elsewhere, test_state, test_code, test_at, gone
  FROM fam.notice_settings($1)";
const SET: &str = "SELECT fam.set_notices($1, $2, $3, $4)";
const SUBSCRIBE: &str = "SELECT fam.subscribe_push($1, $2, $3, $4, $5)";
const END: &str = "SELECT fam.end_push($1, $2)";
const TEST: &str = "SELECT fam.test_push($1)";
const ASK_MAIL: &str = "SELECT fam.ask_mail($1, $2, $3, $4)";
const CONFIRM_MAIL: &str = "SELECT fam.confirm_mail($1, $2)";
const FORGET_MAIL: &str = "SELECT fam.forget_mail($1)";

/// The night, or whatever hours somebody chose: every day, one that ends before its beginning on the next.
pub type Quiet = Option<(Time, Time)>;

/// This phone, where it is reached.
#[derive(Debug, Clone)]
pub struct Here {
    pub on_device_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    /// State, code and time of the last try within a day.
    pub test: Option<(String, Option<String>, Timestamp)>,
}

#[derive(Clone)]
pub struct Settings {
    pub told: bool,
    pub quiet: Quiet,
    pub mail: Option<String>,
    /// An address that waits for its number.
    pub wanted: Option<String>,
    /// What became of the last letter about something new: state of the job, and its code.
    pub letter: Option<(String, Option<String>)>,
    pub here: Option<Here>,
    /// This phone was reached until its browser gave that up.
    pub gone: bool,
    /// Other phones of hers.
    pub elsewhere: i64,
}

crate::opaque_debug!(Settings);

impl Settings {
    /// A letter was given up.
    pub fn letter_failed(&self) -> bool {
        self.letter.as_ref().is_some_and(|(state, _)| state == "dead")
    }

    /// Something was given up, and nothing has come through since.
    pub fn not_reached(&self) -> bool {
        let failing = self.here.as_ref().is_some_and(|h| h.failing_since.is_some());
        self.told && (self.letter_failed() || failing || self.gone)
    }
}

pub async fn settings(app: &App, who: &Relative) -> Result<Settings> {
    let rows = app.db.family(SETTINGS, &[&who.token_hash()]).await?;
    let r = rows.first().ok_or_else(|| Error::internal("fam.notice_settings gives one row"))?;
    let test = match (r.get(12), r.get(14)) {
        (Some(state), Some(at)) => Some((state, r.get(13), at)),
        _ => None,
    };
    let here = || Here { on_device_at: r.get(9), failing_since: r.get(10), test };
    Ok(Settings {
        told: r.get(0),
        quiet: r.get::<_, Option<Time>>(1).zip(r.get(2)),
        mail: r.get(3),
        wanted: r.get(4),
        letter: r.get::<_, Option<String>>(5).map(|state| (state, r.get(6))),
        here: r.get::<_, Option<Uuid>>(7).map(|_| here()),
        elsewhere: r.get(11),
        gone: r.get(15),
    })
}

pub async fn set(app: &App, who: &Relative, told: bool, quiet: Quiet) -> Result<()> {
    let (from, to) = quiet.unzip();
    app.db.family(SET, &[&who.token_hash(), &told, &from, &to]).await.map(drop)
}

/// What a browser gives out, as JSON writes it.
#[derive(Debug)]
pub struct New<'a> {
    pub id: Uuid,
    pub endpoint: &'a str,
    pub p256dh: &'a str,
    pub auth: &'a str,
}

/// This phone is reached there from now on. Whether that is new.
pub async fn subscribe(app: &App, who: &Relative, new: &New<'_>) -> Result<bool> {
    read::places(app, who).await?;
    let unusable = || {
        Error::invalid(
            "endpoint",
            "unknown_push_service",
            t("この ブラウザでは、お知らせを うけとれません。"),
        )
    };
    if !app.config.push.allows(new.endpoint) {
        return Err(unusable());
    }
    let bytes =
        |text: &str| BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).map_err(|_| unusable());
    let (p256dh, auth) = (bytes(new.p256dh)?, bytes(new.auth)?);
    Subscriber::parse(&p256dh, &auth).map_err(|_| unusable())?;
    let params: Params<'_> = &[&who.token_hash(), &new.id, &new.endpoint, &p256dh, &auth];
    let rows = app.db.family(SUBSCRIBE, params).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)))
}

/// This phone, or all her others, are not reached any more.
pub async fn end(app: &App, who: &Relative, elsewhere: bool) -> Result<()> {
    app.db.family(END, &[&who.token_hash(), &elsewhere]).await.map(drop)
}

/// A push to this phone that says nothing but that it came. `Conflict` where it is not reached.
pub async fn test(app: &App, who: &Relative) -> Result<()> {
    app.db.family(TEST, &[&who.token_hash()]).await?;
    app.jobs.ring();
    Ok(())
}

/// Six digits, none of them lost at the beginning.
fn fresh_code() -> i64 {
    100_000 + i64::from(u32::from_be_bytes(token::random::<4>()) % 900_000)
}

/// Bound to the person: another one's number is nothing here.
async fn code_hash(app: &App, who: &Relative, code: &str) -> Result<[u8; 32]> {
    let places = read::places(app, who).await?;
    let me = places.first().ok_or(Error::NotSignedIn)?;
    Ok(token::sha256(format!("renkei/family-mail/v1|{}|{code}", me.account_id).as_bytes()))
}

/// Sends a number to an address, which counts once that number was typed.
pub async fn ask_mail(app: &App, who: &Relative, typed: &str) -> Result<()> {
    if !app.config.mail.is_configured() {
        return Err(Error::invalid("mail", "no_mail", t("いま メールは 使えません。")));
    }
    let to = mail::address(typed)?;
    let code = fresh_code();
    let hash = code_hash(app, who, &code.to_string()).await?;
    let letter = Letter::new("メールアドレスの確認")
        .line("この数字を、ページに入れてください。30分のあいだ使えます。")
        .number("数字", code, "")
        .line("おぼえのないときは、このメールを消してください。")
        .sealed();
    let payload = mail::payload(app, &to, &letter).await?;
    let address = to.to_string();
    let params: Params<'_> = &[&who.token_hash(), &address, &hash.as_slice(), &payload];
    match app.db.family(ASK_MAIL, params).await {
        Err(Error::Conflict(code)) if code == "asked_too_often" => Err(Error::invalid(
            "mail",
            "too_often",
            t("今日は もう 5回 送りました。あした、もう一度 してください。"),
        )),
        other => other.map(drop),
    }?;
    app.jobs.ring();
    Ok(())
}

/// Whether it was the number.
pub async fn confirm_mail(app: &App, who: &Relative, typed: &str) -> Result<bool> {
    use unicode_normalization::UnicodeNormalization as _;
    let code: String = typed.nfkc().filter(char::is_ascii_digit).take(12).collect();
    let hash = code_hash(app, who, &code).await?;
    let rows = app.db.family(CONFIRM_MAIL, &[&who.token_hash(), &hash.as_slice()]).await?;
    Ok(rows.first().is_some_and(|r| r.get(0)))
}

/// No letters any more; the address is forgotten.
pub async fn forget_mail(app: &App, who: &Relative) -> Result<()> {
    app.db.family(FORGET_MAIL, &[&who.token_hash()]).await.map(drop)
}
