//! What a facility's admin does with invitations.

use data_encoding::BASE64URL_NOPAD;
use envelope::FacilityKey;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    letters,
    model::{Invited, NewInvitation, Waiting},
};
use crate::{
    Error, Result,
    app::App,
    auth::token,
    db::{Params, Tx},
    mail::{self, Address},
};

const INVITE: &str = "SELECT id, client_id, expires_at, state, created FROM act.invite_staff($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const WAITING: &str = "SELECT id, name, kana, profession, licence_note, client_id, mail, admin, state, created_at, expires_at, invited_by, mail_failed FROM act.staff_invitations($1)";
const LOST: &str = "SELECT at, number FROM act.lost_invitations()";
const CANCEL: &str = "SELECT act.cancel_staff_invitation($1)";
const RENEW: &str = "SELECT act.renew_staff_invitation($1, $2, $3)";

/// Most people of one list.
pub const MOST: usize = 500;

/// The first link's token is derived from the invitation under the facility's key, so that a retry whose first answer was lost shows
/// the same link; only its hash is stored.
fn first_token(key: &FacilityKey, invitation: Uuid) -> String {
    BASE64URL_NOPAD.encode(&envelope::facility_fingerprint(key, invitation, b"renkei/staff-link/v1"))
}

fn link(app: &App, token: &str) -> String {
    format!("{}/join/{token}", app.config.base_url.trim_end_matches('/'))
}

/// Columns as the statement takes them.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    clients: Vec<Uuid>,
    names: Vec<&'a str>,
    kanas: Vec<&'a str>,
    professions: Vec<&'a str>,
    licences: Vec<&'a str>,
    logins: Vec<Option<&'a str>>,
    mails: Vec<Option<String>>,
    admins: Vec<bool>,
    hashes: Vec<Vec<u8>>,
    letters: Vec<Option<serde_json::Value>>,
}

/// Invites these people in the facility for which the caller acts, all or none; in the order of `new`, each with whether this call
/// made it. The same client ids again give the same invitations and links, and no second letter.
pub async fn invite(app: &App, mut tx: Tx, new: &[NewInvitation]) -> Result<Vec<(Invited, bool)>> {
    let (_, _, key) = app.keys.acting_facility_key(&mut tx).await?;
    let mut c = Columns::default();
    for one in new {
        let id = Uuid::now_v7();
        let token = first_token(&key, id);
        let letter = match &one.mail {
            Some(to) if app.config.mail.is_configured() => Some(letters::invitation(app, to, &token).await?),
            _ => None,
        };
        c.ids.push(id);
        c.clients.push(one.client_id);
        c.names.push(&one.name);
        c.kanas.push(&one.kana);
        c.professions.push(one.profession.code());
        c.licences.push(&one.licence_note);
        c.logins.push(one.login_hint.as_deref());
        c.mails.push(one.mail.as_ref().map(ToString::to_string));
        c.admins.push(one.admin);
        c.hashes.push(token::hash(&token).to_vec());
        c.letters.push(letter);
    }
    let params: Params<'_> = &[
        &c.ids,
        &c.clients,
        &c.names,
        &c.kanas,
        &c.professions,
        &c.licences,
        &c.logins,
        &c.mails,
        &c.admins,
        &c.hashes,
        &c.letters,
    ];
    let rows = tx.query_and_commit(INVITE, params).await?;
    app.jobs.ring();
    let configured = app.config.mail.is_configured();
    new.iter()
        .map(|one| {
            let row = rows.iter().find(|r| r.get::<_, Uuid>(1) == one.client_id);
            let row = row.ok_or_else(|| Error::internal("act.invite_staff gives a row for each"))?;
            let id = row.get(0);
            let invited = Invited {
                id,
                link: link(app, &first_token(&key, id)),
                expires_at: row.get(2),
                mailed: configured && one.mail.is_some(),
                state: row.get(3),
            };
            Ok((invited, row.get(4)))
        })
        .collect()
}

fn waiting(r: &Row) -> Waiting {
    Waiting {
        id: r.get(0),
        name: r.get(1),
        kana: r.get(2),
        profession: r.get(3),
        licence_note: r.get(4),
        client_id: r.get(5),
        mail: r.get(6),
        admin: r.get(7),
        state: r.get(8),
        created_at: r.get(9),
        expires_at: r.get(10),
        invited_by: r.get(11),
        mail_failed: r.get(12),
    }
}

/// What waits, has run out or was refused; the newest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<Waiting>> {
    Ok(tx.query(WAITING, &[&None::<Uuid>]).await?.iter().map(waiting).collect())
}

/// One of the facility's, whatever has become of it.
pub async fn one(tx: &mut Tx, id: Uuid) -> Result<Waiting> {
    tx.one(WAITING, &[&Some(id)]).await.map(|r| waiting(&r))
}

/// How many of the caller's own invitations have a letter that did not arrive, and when that was seen last; for the notices.
pub async fn lost(tx: &mut Tx) -> Result<Option<(Timestamp, i64)>> {
    Ok(tx.query(LOST, &[]).await?.first().map(|r| (r.get(0), r.get(1))))
}

/// Takes one back; its link is dead at once. `Conflict` where the person was faster.
pub async fn cancel(tx: Tx, id: Uuid) -> Result<()> {
    tx.query_and_commit(CANCEL, &[&id]).await.map(drop)
}

/// Another link with seven new days; the one before is dead. With an address it goes there too.
pub async fn renew(app: &App, mut tx: Tx, id: Uuid) -> Result<(Waiting, Invited)> {
    let found = one(&mut tx, id).await?;
    let token = token::fresh();
    let to: Option<Address> = found.mail.as_deref().and_then(|m| mail::address(m).ok());
    let letter = match &to {
        Some(to) if app.config.mail.is_configured() => Some(letters::invitation(app, to, &token).await?),
        _ => None,
    };
    let rows = tx.query_and_commit(RENEW, &[&id, &token::hash(&token).as_slice(), &letter]).await?;
    app.jobs.ring();
    let expires_at = rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("it gives a time"))?;
    let invited =
        Invited { id, link: link(app, &token), expires_at, mailed: letter.is_some(), state: "open".into() };
    Ok((found, invited))
}
