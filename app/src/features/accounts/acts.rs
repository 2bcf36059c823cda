//! What a person does with their own account. Password and codes are checked again before they are changed.

use uuid::Uuid;

use super::store;
use crate::words::t;
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, password},
    features::{
        recovery,
        sign_in::{
            acts::{Origin, recovery_codes},
            confirm::confirm_password,
        },
    },
    web::viewer::Me,
};

/// From now on the session acts for this facility; what is open of the other one closes. Where that facility has not approved the
/// device, it is refused, and the facility's admin sees who wants in.
pub async fn act_for(app: &App, who: &Actor, facility: Uuid) -> Result<()> {
    let moved = app.db.acting(who).await?.query_and_commit(store::ACT_FOR, &[&facility]).await;
    if let Err(Error::Forbidden(reason)) = &moved
        && reason == "device_not_approved"
    {
        app.db.acting(who).await?.query_and_commit(store::ASK_FOR_DEVICE, &[&facility]).await?;
    }
    moved?;
    app.hub.wake();
    Ok(())
}

/// Ends every session of the person, this one too.
pub async fn sign_out_everywhere(app: &App, who: &Actor) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(store::SIGN_OUT_EVERYWHERE, &[]).await?;
    app.hub.wake();
    Ok(())
}

/// A new password, with the old one as proof.
pub struct PasswordChange {
    pub old: String,
    pub new: String,
    /// Typed twice.
    pub again: String,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

/// Changes the password and ends every other session. The new one is looked at first, so that a slip there costs no try.
pub async fn change_password(app: &App, who: &Actor, origin: &Origin, change: PasswordChange) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let protection = store::protection(&mut tx).await?;
    let facilities = store::facilities(&mut tx).await?;
    tx.commit().await?;
    if change.new != change.again {
        return Err(Error::invalid("new_password_again", "differs", t("2回の入力が違います。")));
    }
    if change.new == change.old {
        return Err(Error::invalid(
            "new_password",
            "same",
            t("いまのパスワードとは別のものにしてください。"),
        ));
    }
    let about = [me.login_id.as_str(), &me.name, &me.kana].into_iter();
    let words = password::words_about(about.chain(facilities.iter().map(|(_, name)| name.as_str())));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(problem) = password::refusal(&change.new, protection.second_factor, &words) {
        return Err(Error::invalid("new_password", "weak", problem));
    }
    confirm_password(app, who, change.old, origin).await?;
    if recovery::was_used_before(app, who, &change.new).await? {
        return Err(Error::invalid("new_password", "used_before", recovery::USED_BEFORE));
    }
    let hash = password::hash(change.new).await?;
    app.db.acting(who).await?.query_and_commit(store::SET_PASSWORD, &[&hash]).await?;
    app.hub.wake();
    Ok(())
}

/// Ten new recovery codes, for somebody who has just shown who they are; the earlier ones are worthless from here on.
pub async fn renew_recovery_codes(app: &App, who: &Actor) -> Result<Vec<String>> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let (codes, hashes) = recovery_codes(me.account_id);
    tx.query_and_commit(store::RENEW_CODES, &[&hashes]).await?;
    Ok(codes)
}
