//! Using the link up: a new account, or one that the person has already.

use uuid::Uuid;

use super::super::model::phone;
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, password, token},
    features::{
        masters::acts::{List, Words},
        sign_in::acts::fold_login,
    },
    web::input,
};

const LINK: &str =
    "SELECT state, facility, person, person_kana, profession, phone FROM act.first_admin_link($1)";
const REDEEM: &str = "SELECT act.first_admin($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const REDEEM_SIGNED_IN: &str = "SELECT act.first_admin_signed_in($1)";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waits,
    Used,
    Expired,
}

/// What a link leads to.
#[derive(Debug, Clone)]
pub struct Found {
    pub state: State,
    pub facility: String,
    pub typed: Typed,
}

/// What the person types; as the application says at first. The password never comes back.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    #[serde(default)]
    pub login_id: String,
    pub name: String,
    pub kana: String,
    pub profession: String,
    pub phone: String,
}

/// `NotFound` for an invented link. Looking uses nothing up.
pub async fn find(app: &App, link: &str) -> Result<Found> {
    let rows = app.db.anybody(LINK, &[&token::hash(link).as_slice()]).await?;
    let r = rows.first().ok_or(Error::NotFound)?;
    let state = match r.get(0) {
        "waits" => State::Waits,
        "used" => State::Used,
        _ => State::Expired,
    };
    let typed = Typed {
        login_id: String::new(),
        name: r.get(2),
        kana: r.get(3),
        profession: r.get(4),
        phone: r.get(5),
    };
    Ok(Found { state, facility: r.get(1), typed })
}

/// Everything that is wrong with it at once.
pub fn checked(typed: &Typed, chosen: &str, again: &str, words: &Words) -> Result<Typed, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let login_id = fold_login(&typed.login_id);
    if !is_login(&login_id) {
        wrong.push(FieldError::new(
            "login_id",
            "characters",
            t("英小文字で始め、英小文字・数字・「.」「_」「-」の3文字から64文字にしてください。"),
        ));
    }
    let mut keep = |r: Result<String, FieldError>| r.map_err(|e| wrong.push(e)).unwrap_or_default();
    let (name, kana) =
        (keep(input::line("name", &typed.name, 120)), keep(input::line("kana", &typed.kana, 240)));
    let phone = keep(phone("phone", &typed.phone));
    if !words.may_be_chosen(List::Profession, &typed.profession) {
        wrong.push(FieldError::new("profession", "unknown", t("職種を選んでください。")));
    }
    // No second factor yet: the longer rule.
    if let Some(why) = password::refusal(chosen, false, &[&login_id, &name, &kana]) {
        wrong.push(FieldError::new("password", "password", why));
    } else if chosen != again {
        wrong.push(FieldError::new("again", "differs", t("2回のパスワードが違います。")));
    }
    if wrong.is_empty() {
        Ok(Typed { login_id, name, kana, profession: typed.profession.clone(), phone })
    } else {
        Err(wrong)
    }
}

/// As the database asks (`care.account`).
fn is_login(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    first && rest && (3..=64).contains(&text.len())
}

/// Makes the account, its tie as admin and its contact, and uses the link up, all in one. `NotFound`: used or expired meanwhile.
/// `Conflict`: `account_login_id_key`, or `mail_of_another_account`; then the link is as good as before.
pub async fn redeem(app: &App, link: &str, person: &Typed, chosen: String) -> Result<()> {
    let hash = password::hash(chosen).await?;
    app.db
        .anybody(
            REDEEM,
            &[
                &token::hash(link).as_slice(),
                &Uuid::now_v7(),
                &Uuid::now_v7(),
                &person.login_id,
                &person.name,
                &person.kana,
                &person.profession,
                &person.phone,
                &hash,
            ],
        )
        .await
        .map(drop)
}

/// Somebody who works elsewhere in this network already becomes the admin here too.
pub async fn redeem_signed_in(app: &App, who: &Actor, link: &str) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(REDEEM_SIGNED_IN, &[&token::hash(link).as_slice()]).await.map(drop)
}
