//! What whoever holds an invitation's link may do: look, and come in; with a new account, or with the one that is there.

use envelope::{Aad, DataKey, open_text, seal_text};
use jiff::Timestamp;
use record::Content;
use std::sync::Arc;
use uuid::Uuid;

use super::{
    door,
    model::{PROMISE, Role},
    read,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Relative, password, token},
    db::Params,
    features::{
        groups::acts::record as sealed_record,
        joining::{model::ID_RULE, rules::is_login_id},
        sign_in::acts::fold_login,
    },
    people::Named,
    seal::Sealed,
};

const LOOK: &str = "SELECT id, group_id, role, person, facility, phone, by_name, expires_at, kind, stream_id, wrapped, key_facility, key_version, key_wrapped, invited_by FROM fam.link($1, $2)";
const FACILITY: &str = "SELECT facility, phone FROM fam.link_facility($1)";
const JOIN: &str = "SELECT fam.join($1, $2, $3, $4, $5, $6, pg_catalog.make_interval(secs => $7), $8, $9, $10, $11, $12, $13, $14)";
const JOIN_ALSO: &str = "SELECT fam.join_also($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// The invitation behind a link.
#[derive(Clone)]
pub struct Found {
    pub id: Uuid,
    pub group_id: Uuid,
    pub role: Role,
    pub person: Named,
    pub facility: String,
    pub phone: String,
    pub by_name: String,
    pub invited_by: Uuid,
    pub expires_at: Timestamp,
    family: (Uuid, Arc<DataKey>),
    membership: (Uuid, Arc<DataKey>),
}

crate::opaque_debug!(Found);

/// As the host's invitation is sealed.
pub(super) fn seal_invited(key: &DataKey, stream: Uuid, invitation: Uuid, person: &Named) -> Vec<u8> {
    let place = Aad { table: "relative_invitation", stream, row: invitation };
    seal_text(key, &place, "person", &person.text())
}

pub(super) fn open_invited(key: &DataKey, stream: Uuid, invitation: Uuid, sealed: &[u8]) -> Result<Named> {
    let place = Aad { table: "relative_invitation", stream, row: invitation };
    let text = open_text(key, &place, "person", sealed).map_err(Error::internal)?;
    serde_json::from_str(&text).map_err(Error::internal)
}

/// Whose a link is, with the telephone: all that it shows to whatever fetches it.
pub struct Facility {
    pub name: String,
    pub phone: String,
}

crate::opaque_debug!(Facility);

/// `NotFound` for an invented link, `Conflict` (`used_or_expired`) for one that opens nothing any more.
pub async fn facility(app: &App, link: &str) -> Result<Facility> {
    let rows = app.db.family(FACILITY, &[&token::hash(link).as_slice()]).await?;
    let r = rows.first().ok_or_else(|| Error::internal("fam.link_facility gives one row"))?;
    Ok(Facility { name: r.get(0), phone: r.get(1) })
}

/// The same with the names, for whoever asked to see them. The access log tells of it.
pub async fn open(app: &App, link: &str) -> Result<Found> {
    look(app, link, true).await
}

async fn look(app: &App, link: &str, opens: bool) -> Result<Found> {
    let rows = app.db.family(LOOK, &[&token::hash(link).as_slice(), &opens]).await?;
    let (mut family, mut membership) = (None, None);
    for r in &rows {
        let stream: Uuid = r.get(9);
        let key = app.keys.unwrap_data_key(stream, r.get(10), r.get(11), r.get(12), r.get(13)).await?;
        match r.get::<_, &str>(8) {
            "family" => family = Some((stream, key)),
            _ => membership = Some((stream, key)),
        }
    }
    let (Some(r), Some(family), Some(membership)) = (rows.first(), family, membership) else {
        return Err(Error::internal("a group has both streams"));
    };
    let id: Uuid = r.get(0);
    Ok(Found {
        id,
        group_id: r.get(1),
        role: Role::from_code(r.get(2)).ok_or_else(|| Error::internal("an unknown role"))?,
        person: open_invited(&family.1, family.0, id, r.get(3))?,
        facility: r.get(4),
        phone: r.get(5),
        by_name: r.get(6),
        expires_at: r.get(7),
        invited_by: r.get(14),
        family,
        membership,
    })
}

/// What a new person typed.
#[derive(Default)]
pub struct Newcomer {
    pub login_id: String,
    pub password: String,
    pub password_again: String,
    /// "Yes, that is me."
    pub sure: bool,
    /// "I have read the promise."
    pub promised: bool,
}

crate::opaque_debug!(Newcomer);

/// Everything that is wrong at once, in the order of the form. Gives the ID.
fn checked(found: &Found, new: &Newcomer) -> Result<String> {
    let mut wrong = Vec::new();
    if !new.sure {
        wrong.push(FieldError::new("sure", "not_sure", t("お名前を たしかめて、しるしを 付けてください。")));
    }
    let login = fold_login(&new.login_id);
    if !is_login_id(&login) {
        wrong.push(FieldError::new("login_id", "login_id", t(ID_RULE)));
    }
    let words = [login.as_str(), &found.person.name, &found.person.patient, &found.facility];
    let words = password::words_about(words.into_iter());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // App authentication follows on the next page, without which nothing opens.
    if let Some(problem) = password::refusal(&new.password, true, &words) {
        wrong.push(FieldError::new("password", "weak", problem));
    } else if new.password != new.password_again {
        wrong.push(FieldError::new("password_again", "differs", t("2回の 入力が ちがいます。")));
    }
    if !new.promised {
        wrong.push(FieldError::new(
            "promised",
            "not_promised",
            t("約束を 読んで、しるしを 付けてください。"),
        ));
    }
    if wrong.is_empty() { Ok(login) } else { Err(Error::Invalid(wrong)) }
}

/// The sealed name of the new place, and the record of the joining.
fn joined(found: &Found, account: Uuid, version: Uuid) -> (Vec<u8>, Sealed) {
    let (stream, key) = &found.family;
    let place = Aad { table: "relative", stream: *stream, row: version };
    let person = seal_text(key, &place, "person", &found.person.text());
    let content = Content::RelativeJoined(record::Relative {
        account,
        role: found.role.in_record(),
        name: found.person.name.clone(),
        relation: found.person.relation.clone(),
        invited_by: found.invited_by,
    });
    (person, sealed_record(&found.membership.1, found.membership.0, Uuid::new_v4(), &content))
}

/// Makes the account and uses the link up. The session can do nothing but set up app authentication.
pub async fn join(app: &App, link: &str, new: Newcomer) -> Result<String> {
    let found = look(app, link, false).await?;
    let login = checked(&found, &new)?;
    let hash = password::hash(new.password).await?;
    let (account, version, session) = (Uuid::now_v7(), Uuid::now_v7(), Relative::fresh_token());
    let (person, s) = joined(&found, account, version);
    let (link_hash, session_hash) = (token::hash(link), token::hash(&session));
    let params: Params<'_> = &[
        &link_hash.as_slice(),
        &account,
        &login,
        &hash,
        &Uuid::now_v7(),
        &session_hash.as_slice(),
        &door::SESSION.as_secs_f64(),
        &version,
        &person,
        &PROMISE,
        &s.id,
        &s.client_id,
        &s.commitment,
        &s.envelope,
    ];
    let taken =
        || Error::invalid("login_id", "taken", t("このIDは、もう 使われています。別の IDに してください。"));
    let rows = app.db.family(JOIN, params).await.map_err(|error| match error {
        // Somebody took it in this very moment.
        Error::Conflict(reason) if reason == "account_login_id_key" => taken(),
        other => other,
    })?;
    if !rows.first().is_some_and(|row| row.get(0)) {
        return Err(taken());
    }
    app.hub.wake();
    Ok(session)
}

/// Another family timeline for somebody who is signed in here.
pub async fn join_also(app: &App, link: &str, who: &Relative) -> Result<Uuid> {
    let found = look(app, link, false).await?;
    let account = read::places(app, who).await?.first().ok_or(Error::NotSignedIn)?.account_id;
    let version = Uuid::now_v7();
    let (person, s) = joined(&found, account, version);
    let link_hash = token::hash(link);
    let params: Params<'_> = &[
        &link_hash.as_slice(),
        &who.token_hash(),
        &account,
        &version,
        &person,
        &PROMISE,
        &s.id,
        &s.client_id,
        &s.commitment,
        &s.envelope,
    ];
    app.db.family(JOIN_ALSO, params).await?;
    app.hub.wake();
    Ok(found.group_id)
}
