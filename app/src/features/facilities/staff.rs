//! The staff of the facility for which an admin acts.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::{
    Error, Result,
    app::{App, Shared},
    audit,
    auth::Actor,
    db::Tx,
    mail::Letter,
    opaque_debug,
    web::{person::Person, ui::Profession, viewer::Me},
};

const STAFF: &str =
    "SELECT account_id, login_id, name, kana, profession, admin, state, last_seen FROM act.staff_of_mine()";
const MEMBER: &str =
    "SELECT login_id, name, profession, state, devices, groups, hosted FROM act.staff_member($1)";
const SET_SUSPENDED: &str = "SELECT act.set_suspended($1, $2)";
const PERSON: &str = "SELECT login_id, name, kana, profession, licence_note, admin, state, since, mail, mail_confirmed, phone FROM act.staff_person($1)";
const SET_ADMIN: &str = "SELECT act.set_admin($1, $2)";
const CORRECT: &str = "SELECT act.correct_person($1, $2, $3, $4, $5)";

/// One person of the staff.
#[derive(Debug, Clone)]
pub struct Colleague {
    pub account_id: Uuid,
    pub login_id: String,
    pub name: String,
    pub kana: String,
    pub profession: String,
    pub admin: bool,
    pub suspended: bool,
    /// The last request of any session for this facility; `None` if there never was one.
    pub last_seen: Option<Timestamp>,
}

/// Everybody, by kana. `Forbidden` unless the caller is the facility's admin.
pub async fn all(tx: &mut Tx) -> Result<Vec<Colleague>> {
    let rows = tx.query(STAFF, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| Colleague {
            account_id: r.get(0),
            login_id: r.get(1),
            name: r.get(2),
            kana: r.get(3),
            profession: r.get(4),
            admin: r.get(5),
            suspended: r.get::<_, &str>(6) == "suspended",
            last_seen: r.get(7),
        })
        .collect())
}

/// One person, with what a suspension would reach.
#[derive(Debug, Clone)]
pub struct Reach {
    pub login_id: String,
    pub name: String,
    pub profession: String,
    pub suspended: bool,
    pub devices: i64,
    pub groups: i64,
    /// Groups whose host the person is.
    pub hosted: i64,
}

impl Reach {
    /// As the pages about her show her.
    pub fn person(&self, account_id: Uuid, facility: &str) -> Person {
        Person {
            account_id,
            name: self.name.clone(),
            profession: Profession::of(&self.profession),
            facility: facility.to_owned(),
        }
    }
}

pub async fn reach(tx: &mut Tx, account: Uuid) -> Result<Reach> {
    let r = tx.one(MEMBER, &[&account]).await?;
    Ok(Reach {
        login_id: r.get(0),
        name: r.get(1),
        profession: r.get(2),
        suspended: r.get::<_, &str>(3) == "suspended",
        devices: r.get(4),
        groups: r.get(5),
        hosted: r.get(6),
    })
}

/// Stops or resumes the work of one person for this facility. Their sessions for it end at once; what they wrote stays.
pub async fn set_suspended(app: &App, who: &Actor, account: Uuid, suspended: bool) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(SET_SUSPENDED, &[&account, &suspended]).await?;
    app.hub.wake();
    Ok(())
}

/// One person of the staff, as their admin knows them.
#[derive(Clone)]
pub struct Known {
    pub login_id: String,
    pub name: String,
    pub kana: String,
    pub profession: String,
    pub licence_note: String,
    pub admin: bool,
    pub suspended: bool,
    pub since: Timestamp,
    pub mail: Option<String>,
    pub mail_confirmed: bool,
    pub phone: String,
}

opaque_debug!(Known);

pub async fn person(tx: &mut Tx, account: Uuid) -> Result<Known> {
    let r = tx.one(PERSON, &[&account]).await?;
    Ok(Known {
        login_id: r.get(0),
        name: r.get(1),
        kana: r.get(2),
        profession: r.get(3),
        licence_note: r.get(4),
        admin: r.get(5),
        suspended: r.get::<_, &str>(6) == "suspended",
        since: r.get(7),
        mail: r.get(8),
        mail_confirmed: r.get(9),
        phone: r.get(10),
    })
}

/// Makes one of the staff admin, or no admin any more. `Conflict` where nobody would be left who is one (`last_admin`).
pub async fn set_admin(tx: Tx, account: Uuid, admin: bool) -> Result<()> {
    tx.query_and_commit(SET_ADMIN, &[&account, &admin]).await.map(drop)
}

/// Another profession or licence from now on; records keep the name and the profession that they carry. The person is told.
pub async fn correct(app: &App, tx: Tx, account: Uuid, profession: Profession, licence: &str) -> Result<()> {
    let letter = Letter::new("職種・資格の登録の変更")
        .line("施設の管理者が、あなたの職種または資格の登録を変えました。")
        .line("これからの記録に、新しい職種が付きます。まちがいのときは、施設の管理者に伝えてください。");
    let letter = app.config.mail.is_configured().then(|| letter.words());
    let version = Uuid::now_v7();
    tx.query_and_commit(CORRECT, &[&account, &version, &profession.code(), &licence, &letter]).await?;
    app.jobs.ring();
    Ok(())
}

/// Refuses whoever does not administrate the facility, before a page of it is put together.
pub fn must_be_admin(admin: bool) -> Result<()> {
    if admin { Ok(()) } else { Err(Error::Forbidden("facility_admin_only".into())) }
}

/// A transaction of the facility's admin; a refusal stands in the log as `act`. Where the address names a facility, it must be the
/// one for which the caller acts: others answer as if they did not exist.
pub async fn administrating(app: &Shared, who: &Actor, act: &str, named: Option<Uuid>) -> Result<(Tx, Me)> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    if named.is_some_and(|facility| facility != me.facility_id) {
        return Err(Error::NotFound);
    }
    if me.admin {
        return Ok((tx, me));
    }
    drop(tx);
    audit::refused(app, who, act, None, Some(me.facility_id)).await;
    Err(Error::Forbidden("facility_admin_only".into()))
}

/// Text for searching: width, case and kind of kana do not matter.
pub fn folded(text: &str) -> String {
    let hiragana = |c: char| match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        other => other,
    };
    text.nfkc().flat_map(char::to_lowercase).map(hiragana).filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn searching_does_not_mind_how_it_is_typed() {
        assert_eq!(folded("ｲｶﾞﾗｼ ミズホ"), folded("いがらし みずほ"));
        assert_eq!(folded("ＭＩＺＵＨＯ"), "mizuho");
        assert_ne!(folded("五十嵐"), folded("五十風"));
    }
}
