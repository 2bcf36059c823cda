//! What whoever holds a link may do: look, ask for a code, come in, refuse.
//!
//! A link alone is enough where the admin gave no address: it was handed over. Where there is one, a code that goes there is asked
//! for too, so that a link that was passed on brings nobody else in.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    letters,
    model::ID_RULE,
    rules::{is_invited, is_login_id, login_ids},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, password, token},
    features::{
        accounts::contact,
        sign_in::acts::{FirstStep, Opened, Origin, Proof, first_step, fold_login, sign_out, state},
    },
    mail::Address,
};

const LOOK: &str = "SELECT state, facility_id, facility, by_name, by_profession, name, kana, profession, login_hint, mail, admin, expires_at FROM act.join_look($1)";
const FREE_LOGIN: &str = "SELECT act.join_free_login($1, $2)";
const SEND_CODE: &str = "SELECT act.join_send_code($1, $2, $3)";
const CHECK_CODE: &str = "SELECT act.join_check_code($1, $2)";
const JOIN_NEW: &str = "SELECT act.join_new($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const JOIN_AS_ME: &str = "SELECT act.join_as_me($1, $2, $3)";
const REFUSE: &str = "SELECT act.join_refuse($1)";

/// The invitation behind a link.
#[derive(Clone)]
pub struct Found {
    pub state: String,
    pub facility_id: Uuid,
    pub facility: String,
    pub by_name: String,
    pub by_profession: String,
    pub name: String,
    pub kana: String,
    pub profession: String,
    pub login_hint: Option<String>,
    pub mail: Option<Address>,
    pub admin: bool,
    pub expires_at: Timestamp,
}

crate::opaque_debug!(Found);

impl Found {
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }

    /// Whether a code must show that the person reads the address.
    pub fn asks_code(&self, app: &App) -> bool {
        self.mail.is_some() && app.config.mail.is_configured()
    }
}

/// `NotFound` for an invented link. Looking uses nothing up.
pub async fn look(app: &App, link: &str) -> Result<Found> {
    let rows = app.db.anybody(LOOK, &[&token::hash(link).as_slice()]).await?;
    let r = rows.first().ok_or(Error::NotFound)?;
    Ok(Found {
        state: r.get(0),
        facility_id: r.get(1),
        facility: r.get(2),
        by_name: r.get(3),
        by_profession: r.get(4),
        name: r.get(5),
        kana: r.get(6),
        profession: r.get(7),
        login_hint: r.get(8),
        mail: r.get::<_, Option<&str>>(9).and_then(|m| m.parse().ok()),
        admin: r.get(10),
        expires_at: r.get(11),
    })
}

/// An ID that nobody has, to begin with.
pub async fn suggested(app: &App, link: &str, found: &Found) -> Result<String> {
    let ids = login_ids(found.login_hint.as_deref(), &found.kana);
    let rows = app.db.anybody(FREE_LOGIN, &[&token::hash(link).as_slice(), &ids]).await?;
    Ok(rows.first().and_then(|r| r.get(0)).unwrap_or_default())
}

/// As stored: over link and code, so that whoever reads the database has to guess the link too.
fn code_hash(link: &str, code: &str) -> [u8; 32] {
    use unicode_normalization::UnicodeNormalization;
    let digits: String = code.nfkc().filter(char::is_ascii_digit).collect();
    token::sha256(format!("renkei/join-code/v1|{link}|{digits}").as_bytes())
}

/// Sends a code to the address of the invitation. `TooMany` within a minute of the last.
pub async fn send_code(app: &App, link: &str) -> Result<()> {
    let found = look(app, link).await?;
    let to = found.mail.as_ref().filter(|_| found.asks_code(app)).ok_or(Error::NotFound)?;
    // Nine hundred thousand, none of which begins with a nought; five tries.
    let code = i64::try_from(u64::from_be_bytes(token::random()) % 900_000).unwrap_or_default() + 100_000;
    let hash = code_hash(link, &code.to_string());
    let letter = letters::code(app, to, code).await?;
    let rows = app.db.anybody(SEND_CODE, &[&token::hash(link).as_slice(), &hash.as_slice(), &letter]).await?;
    app.jobs.ring();
    match rows.first().map_or(0, |r| r.get::<_, i32>(0)) {
        0 => Ok(()),
        wait => Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(60) }),
    }
}

/// The hash of the right code, where one is asked for. A wrong one is counted.
pub(super) async fn proved(app: &App, link: &str, found: &Found, code: &str) -> Result<Option<[u8; 32]>> {
    if !found.asks_code(app) {
        return Ok(None);
    }
    let hash = code_hash(link, code);
    let rows = app.db.anybody(CHECK_CODE, &[&token::hash(link).as_slice(), &hash.as_slice()]).await?;
    match rows.first().map(|r| r.get::<_, &str>(0)) {
        Some("right") => Ok(Some(hash)),
        Some("wrong") => Err(Error::invalid(
            "code",
            "wrong",
            t("確認番号が違います。メールの6けたの数字を入れてください。"),
        )),
        _ => Err(Error::invalid(
            "code",
            "over",
            t("この確認番号は、もう使えません。「確認番号を送る」を押して、新しい番号を受け取ってください。"),
        )),
    }
}

/// What a new person typed.
#[derive(Default)]
pub struct Newcomer {
    pub login_id: String,
    pub password: String,
    pub password_again: String,
    pub mail: String,
    pub phone: String,
    /// The code of a letter, where one was asked for.
    pub code: String,
    /// "Yes, that is me."
    pub sure: bool,
}

crate::opaque_debug!(Newcomer);

/// What of it stands the test.
struct Checked {
    login: String,
    mail: Option<Address>,
    phone: String,
}

/// Everything that is wrong at once, in the order of the form.
fn checked(found: &Found, new: &Newcomer) -> Result<Checked> {
    let mut wrong = Vec::new();
    if !new.sure {
        wrong.push(FieldError::new("sure", "not_sure", t("お名前を確かめて、印を付けてください。")));
    }
    let login = fold_login(&new.login_id);
    if !is_login_id(&login) {
        wrong.push(FieldError::new("login_id", "login_id", t(ID_RULE)));
    }
    let words = [login.as_str(), &found.name, &found.kana, &found.facility];
    let words = password::words_about(words.into_iter());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // No second factor yet: the longer rule.
    if let Some(problem) = password::refusal(&new.password, false, &words) {
        wrong.push(FieldError::new("password", "weak", problem));
    } else if new.password != new.password_again {
        wrong.push(FieldError::new("password_again", "differs", t("2回の入力が違います。")));
    }
    let mail = contact::mail(&new.mail).map_err(|e| wrong.push(e)).unwrap_or_default();
    let phone = contact::phone(&new.phone).map_err(|e| wrong.push(e)).unwrap_or_default();
    if wrong.is_empty() && mail.is_none() && phone.is_empty() {
        let why = t("メールアドレスか電話番号の、どちらかを入れてください。");
        wrong.push(FieldError::new("mail", "unreachable", why));
    }
    if wrong.is_empty() { Ok(Checked { login, mail, phone }) } else { Err(Error::Invalid(wrong)) }
}

/// Makes the account, ties it and uses the link up. What the person signs in with, to set up the second factor before anything else.
pub async fn make_account(app: &App, link: &str, new: Newcomer) -> Result<Proof> {
    let found = look(app, link).await?;
    if !found.is_open() {
        return Err(Error::Conflict("used_or_expired".into()));
    }
    let Checked { login, mail, phone } = checked(&found, &new)?;
    let code = proved(app, link, &found, &new.code).await?;
    let hash = password::hash(new.password.clone()).await?;
    let asked = match &mail {
        Some(to) if app.config.mail.is_configured() => Some(contact::confirmation(app, to).await?),
        _ => None,
    };
    let (link_hash, letter) = asked.unzip();
    let (account, version) = (Uuid::now_v7(), Uuid::now_v7());
    let mail = mail.as_ref().map(ToString::to_string);
    let done = app
        .db
        .anybody(
            JOIN_NEW,
            &[
                &token::hash(link).as_slice(),
                &code.as_ref().map(<[u8; 32]>::as_slice),
                &account,
                &version,
                &login,
                &hash,
                &mail,
                &phone,
                &link_hash.as_ref().map(<[u8; 32]>::as_slice),
                &letter,
                &letters::joined(app),
            ],
        )
        .await;
    done.map_err(in_words)?;
    app.jobs.ring();
    Ok(Proof { login_id: login, password: new.password, code: None })
}

/// Comes in as somebody new, and begins a session that can do nothing but set up the second factor.
pub async fn join(app: &App, link: &str, new: Newcomer, origin: &Origin) -> Result<Opened> {
    let proof = make_account(app, link, new).await?;
    match first_step(app, proof, origin).await? {
        FirstStep::In(opened) => Ok(opened),
        FirstStep::CodeWanted { .. } => Err(Error::internal("a new account has no second factor")),
    }
}

/// Whoever comes in leaves nothing half open behind: a session in this browser that waits for its second factor or for its device ends.
/// The person is in by then: where it cannot be ended, it runs out by itself.
pub(super) async fn end_unfinished(app: &App, who: Option<&Actor>) {
    let Some(who) = who else { return };
    let ended = async {
        match state(app, who).await? {
            Some(begun) if begun.state == "enrolling" || begun.state == "pending" => sign_out(app, who).await,
            _ => Ok(()),
        }
    };
    if let Err(error) = ended.await {
        tracing::warn!(%error, "a half open session could not be ended");
    }
}

fn in_words(error: Error) -> Error {
    match error {
        Error::Conflict(reason) if reason == "account_login_id_key" => {
            Error::invalid("login_id", "taken", t("このIDは、もう使われています。別のIDにしてください。"))
        }
        Error::Conflict(reason) if reason == "address_has_an_account" || reason == "contact_mail" => {
            Error::invalid(
                "mail",
                "taken",
                t(
                    "このメールアドレスのアカウントが、もうあります。下の「もうアカウントがある方」から進んでください。",
                ),
            )
        }
        other => other,
    }
}

/// Ties the caller's own account. Gives the facility. `Conflict` (`somebody_else`) where the invitation names another person.
pub async fn join_as_me(app: &App, who: &Actor, me: (&str, &str), link: &str, code: &str) -> Result<Uuid> {
    let found = look(app, link).await?;
    if !found.is_open() {
        return Err(Error::Conflict("used_or_expired".into()));
    }
    if !is_invited((&found.name, &found.kana), me) {
        return Err(Error::Conflict("somebody_else".into()));
    }
    let code = proved(app, link, &found, code).await?;
    let code = code.as_ref().map(<[u8; 32]>::as_slice);
    let tx = app.db.acting(who).await?;
    let hash = token::hash(link);
    let rows = tx.query_and_commit(JOIN_AS_ME, &[&hash.as_slice(), &code, &letters::joined(app)]).await?;
    app.jobs.ring();
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("act.join_as_me gives a facility"))
}

/// "That is not me." The link is dead, and the admin sees why.
pub async fn refuse(app: &App, link: &str) -> Result<()> {
    app.db.anybody(REFUSE, &[&token::hash(link).as_slice()]).await.map(drop)
}
