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
    web::viewer::Me,
};

const STAFF: &str =
    "SELECT account_id, login_id, name, kana, profession, admin, state, last_seen FROM act.staff_of_mine()";
const MEMBER: &str =
    "SELECT login_id, name, profession, state, devices, groups, hosted FROM act.staff_member($1)";
const SET_SUSPENDED: &str = "SELECT act.set_suspended($1, $2)";

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
