//! How a person is reached: mail and telephone, for incidents, for notices about sign-in, and for a forgotten password. An address
//! counts when a link that went there was opened; until then the one before does.

use lettre::Address;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, token},
    db::Tx,
    features::sign_in::{acts::Origin, confirm::confirm_password},
    mail::{self, Letter, Link},
};

const MINE: &str = "SELECT mail, confirmed, phone, waiting FROM act.own_contact()";
const CHANGE: &str = "SELECT act.change_contact($1, $2, $3, $4, $5)";
const LINK: &str = "SELECT act.contact_link($1)";
const CONFIRM: &str = "SELECT act.confirm_contact($1)";
const PLANT: &str = "SELECT act.add_contact($1, $2, $3)";

/// As if it had been confirmed: for sample regions.
pub async fn plant(app: &App, account: Uuid, mail: &str, phone: &str) -> Result<()> {
    app.db.job(PLANT, &[&account, &mail, &phone]).await.map(drop)
}

#[derive(Clone)]
pub struct Contact {
    pub mail: Option<String>,
    pub confirmed: bool,
    pub phone: String,
    /// An address whose link nobody has opened yet.
    pub waiting: Option<String>,
}

crate::opaque_debug!(Contact);

pub async fn mine(tx: &mut Tx) -> Result<Contact> {
    let r = tx.one(MINE, &[]).await?;
    Ok(Contact {
        mail: r.get(0),
        confirmed: r.get::<_, Option<bool>>(1).unwrap_or(false),
        phone: r.get(2),
        waiting: r.get(3),
    })
}

/// An address as somebody typed it; nothing where the field is empty.
pub fn mail(raw: &str) -> Result<Option<Address>, FieldError> {
    let text: String = raw.trim().nfkc().collect();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong =
        || FieldError::new("mail", "mail", t("メールアドレスの形になっていません。例：name@example.jp"));
    if text.len() > 254 {
        return Err(wrong());
    }
    text.parse().map(Some).map_err(|_| wrong())
}

/// A telephone number as people write it; empty where the field is.
pub fn phone(raw: &str) -> Result<String, FieldError> {
    let text: String = raw.trim().nfkc().collect::<String>().replace(['ー', '−', '‐', '―'], "-");
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let fits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ');
    if text.is_empty() || (text.len() <= 40 && text.chars().all(fits) && (10..=15).contains(&digits)) {
        return Ok(text);
    }
    Err(FieldError::new("phone", "phone", t("電話番号の形になっていません。例：090-0000-0000")))
}

/// A letter that asks to confirm an address, and the hash of its link.
pub async fn confirmation(app: &App, to: &Address) -> Result<([u8; 32], Value)> {
    let link = token::fresh();
    let letter = Letter::new("メールアドレスの確認")
        .line("このメールアドレスが連携に登録されました。次のページで確認してください(3日のあいだ)。")
        .link(&Link::to(&app.config.base_url, "contact/confirm").token(&link))
        .line("心当たりがないときは、何もしないでください。確認されないアドレスには、お知らせを送りません。");
    Ok((token::hash(&link), mail::payload(app, to, &letter).await?))
}

/// What somebody wants to be reached by.
pub struct NewContact {
    pub mail: Option<Address>,
    pub phone: String,
    /// Checked again: whoever can change the address can ask for a new password there.
    pub password: String,
}

crate::opaque_debug!(NewContact);

/// Changes how the caller is reached. `TooMany` where too many letters went within the hour.
pub async fn change(app: &App, who: &Actor, origin: &Origin, new: NewContact) -> Result<()> {
    let configured = app.config.mail.is_configured();
    confirm_password(app, who, new.password, origin).await?;
    let asked = match &new.mail {
        Some(mail) if configured => Some(confirmation(app, mail).await?),
        _ => None,
    };
    let told = Letter::new("連絡先の変更")
        .line("連携に登録しているメールアドレスを変える申込みがありました。")
        .line("ご自分でないときは、すぐに施設の管理者へ連絡し、パスワードを変えてください。");
    let told = configured.then(|| told.words());
    let (hash, letter) = asked.unzip();
    let mail = new.mail.as_ref().map(ToString::to_string);
    let hash = hash.as_ref().map(<[u8; 32]>::as_slice);
    let tx = app.db.acting(who).await?;
    let rows = tx.query_and_commit(CHANGE, &[&mail, &new.phone, &hash, &letter, &told]).await?;
    app.jobs.ring();
    match rows.first().map_or(0, |r| r.get::<_, i32>(0)) {
        0 => Ok(()),
        wait => Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(3600) }),
    }
}

/// What a link of a confirmation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmLink {
    Waits,
    Used,
    Expired,
}

/// `NotFound` for an invented one. Looking uses nothing up: mail servers open links to look at them.
pub async fn link(app: &App, token: &str) -> Result<ConfirmLink> {
    let rows = app.db.anybody(LINK, &[&token::hash(token).as_slice()]).await?;
    match rows.first().and_then(|r| r.get(0)) {
        Some("waits") => Ok(ConfirmLink::Waits),
        Some("used") => Ok(ConfirmLink::Used),
        Some(_) => Ok(ConfirmLink::Expired),
        None => Err(Error::NotFound),
    }
}

/// The address counts from here on. `Conflict` where the link is used up or has run out (`used_or_expired`), or where another
/// account has confirmed the address (`contact_mail`).
pub async fn confirm(app: &App, token: &str) -> Result<()> {
    app.db.anybody(CONFIRM, &[&token::hash(token).as_slice()]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_are_read_as_people_write_them() {
        assert_eq!(phone(" ０９０－１２３４－５６７８ ").unwrap(), "090-1234-5678");
        assert_eq!(phone("+81 90 0000 0000").unwrap(), "+81 90 0000 0000");
        assert_eq!(phone("").unwrap(), "");
        for bad in ["090", "電話なし", "090-1234-5678 内線 5"] {
            assert!(phone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_may_stay_empty_but_not_be_half() {
        assert!(mail(" ").unwrap().is_none());
        assert_eq!(mail("ｎａｍｅ@example.jp").unwrap().unwrap().to_string(), "name@example.jp");
        assert!(mail("name@").is_err() && mail(&format!("{}@example.jp", "a".repeat(260))).is_err());
    }
}
