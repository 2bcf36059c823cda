//! The team's side: inviting and ending, office hours, who reads along.

use data_encoding::BASE64URL_NOPAD;
use envelope::{Aad, DataKey, FacilityKey, seal_text};
use jiff::Timestamp;
use record::{Content, RelativeDeparture};
use std::sync::Arc;
use uuid::Uuid;

use super::{
    join::{open_invited, seal_invited},
    model::{NewRelative, Role},
    read,
};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, token},
    db::{Params, Tx},
    features::groups::acts::{membership_key, record as sealed_record},
    people::Named,
};

const INVITE: &str =
    "SELECT id, expires_at, state, created FROM act.invite_relative($1, $2, $3, $4, $5, $6, $7)";
const CANCEL: &str = "SELECT act.cancel_relative_invitation($1, $2)";
const END: &str = "SELECT act.end_relative($1, $2, $3, $4, $5, $6)";
const SET_HOURS: &str = "SELECT act.set_office_hours($1, $2, $3, $4)";
const MEMBER: &str = "SELECT $1 = ANY (sec.my_groups())";
const HOURS: &str =
    "SELECT o.id, o.words FROM care.office_hours o WHERE o.group_id = $1 ORDER BY o.at DESC LIMIT 1";
const RELATIVES: &str =
    "SELECT r.account_id, r.version, r.role, r.person, r.since, coalesce(p.up_to_seq, 0) FROM care.relative r
  JOIN care.stream s ON s.group_id = r.group_id AND s.kind = 'family' LEFT JOIN care.read_position p ON p.stream_id = s.id AND p.account_id = r.account_id
  WHERE r.group_id = $1 AND r.ended_at IS NULL AND (r.until IS NULL OR r.until > pg_catalog.clock_timestamp()) ORDER BY r.role DESC, r.since";
const INVITED: &str = "SELECT i.id, i.role, i.person, i.expires_at, b.name FROM care.relative_invitation i JOIN care.person_now b ON b.account_id = i.invited_by
  WHERE i.group_id = $1 AND i.state = 'open' AND i.expires_at > pg_catalog.clock_timestamp() ORDER BY i.created_at DESC";

/// Somebody on the family timeline, as the team sees it.
#[derive(Clone)]
pub struct Relative {
    pub account_id: Uuid,
    pub role: Role,
    pub person: Named,
    pub since: Timestamp,
    pub read_up_to: i64,
}

/// Somebody who has not come yet.
#[derive(Clone)]
pub struct Waiting {
    pub id: Uuid,
    pub role: Role,
    pub person: Named,
    pub expires_at: Timestamp,
    pub invited_by: String,
}

/// What was made: the link is shown now; the same form again shows it again.
#[derive(Clone)]
pub struct Invited {
    pub id: Uuid,
    pub link: String,
    pub expires_at: Timestamp,
    pub state: String,
    pub created: bool,
}

crate::opaque_debug!(Relative, Waiting, Invited);

/// As staff's: derived from the invitation under the facility's key, so that a retry shows the same link; only its hash is stored.
fn first_token(key: &FacilityKey, invitation: Uuid) -> String {
    BASE64URL_NOPAD.encode(&envelope::facility_fingerprint(key, invitation, b"renkei/relative-link/v1"))
}

pub async fn family_key(app: &App, tx: &mut Tx, group: Uuid) -> Result<(Uuid, Arc<DataKey>)> {
    let stream = app.keys.group_streams(tx, group).await?.family.ok_or(Error::NotFound)?;
    Ok((stream, app.keys.data_key(tx, stream).await?))
}

/// `NotFound` for everybody else, also for the managing facility's admin who is no member.
pub(super) async fn must_be_member(app: &App, who: &Actor, group: Uuid) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let member: bool = tx.one(MEMBER, &[&group]).await?.get(0);
    tx.commit().await?;
    if member { Ok(()) } else { Err(Error::NotFound) }
}

/// Invites a patient or relative. The same client id with the same words gives the same invitation and link.
pub async fn invite(app: &App, who: &Actor, group: Uuid, new: &NewRelative) -> Result<Invited> {
    let mut tx = app.db.acting(who).await?;
    let (_, _, facility_key) = app.keys.acting_facility_key(&mut tx).await?;
    let (stream, key) = family_key(app, &mut tx, group).await?;
    let id = Uuid::now_v7();
    let link_hash = token::hash(&first_token(&facility_key, id));
    let request = record::jcs(&(new.role.code(), new.person.text())).map_err(Error::internal)?;
    let params: Params<'_> = &[
        &id,
        &group,
        &new.role.code(),
        &seal_invited(&key, stream, id, &new.person),
        &envelope::fingerprint(&key, new.client_id, &request).to_vec(),
        &link_hash.as_slice(),
        &new.client_id,
    ];
    let rows = tx.query_and_commit(INVITE, params).await?;
    let r = rows.first().ok_or_else(|| Error::internal("act.invite_relative gives one row"))?;
    let id = r.get(0);
    let link = format!(
        "{}/family/join/{}",
        app.config.base_url.trim_end_matches('/'),
        first_token(&facility_key, id)
    );
    Ok(Invited { id, link, expires_at: r.get(1), state: r.get(2), created: r.get(3) })
}

pub async fn cancel(app: &App, who: &Actor, group: Uuid, invitation: Uuid) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(CANCEL, &[&group, &invitation]).await.map(drop)
}

/// Takes somebody off the family timeline, at once.
pub async fn end(
    app: &App,
    who: &Actor,
    group: Uuid,
    account: Uuid,
    client_id: Uuid,
    reason: Option<String>,
) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let (key, stream) = membership_key(app, &mut tx, group).await?;
    let content = Content::RelativeRemoved(RelativeDeparture { account, reason });
    let s = sealed_record(&key, stream, client_id, &content);
    let params: Params<'_> = &[&group, &account, &client_id, &s.id, &s.commitment, &s.envelope];
    tx.query_and_commit(END, params).await?;
    app.hub.wake();
    Ok(())
}

/// The same id with the same words is done already; with others it is a conflict.
pub async fn set_hours(app: &App, who: &Actor, group: Uuid, id: Uuid, words: &str) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let (stream, key) = family_key(app, &mut tx, group).await?;
    let sealed = seal_text(&key, &Aad { table: "office_hours", stream, row: id }, "words", words);
    let fingerprint = envelope::fingerprint(&key, id, words.as_bytes()).to_vec();
    tx.query_and_commit(SET_HOURS, &[&id, &group, &sealed, &fingerprint]).await.map(drop)
}

/// The newest words, if there are any.
pub async fn hours(app: &App, tx: &mut Tx, group: Uuid) -> Result<Option<String>> {
    let rows = tx.query(HOURS, &[&group]).await?;
    let Some(r) = rows.first() else { return Ok(None) };
    let (stream, key) = family_key(app, tx, group).await?;
    let words = read::hours(&key, stream, r.get(0), r.get(1))?;
    Ok(Some(words).filter(|w| !w.is_empty()))
}

/// Who is on the family timeline now, the patient first.
pub async fn relatives(app: &App, tx: &mut Tx, group: Uuid) -> Result<Vec<Relative>> {
    let rows = tx.query(RELATIVES, &[&group]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (stream, key) = family_key(app, tx, group).await?;
    rows.iter()
        .map(|r| {
            Ok(Relative {
                account_id: r.get(0),
                role: Role::from_code(r.get(2)).ok_or_else(|| Error::internal("an unknown role"))?,
                person: Named::open(&key, stream, r.get(1), r.get(3))?,
                since: r.get(4),
                read_up_to: r.get(5),
            })
        })
        .collect()
}

pub async fn waiting(app: &App, tx: &mut Tx, group: Uuid) -> Result<Vec<Waiting>> {
    let rows = tx.query(INVITED, &[&group]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (stream, key) = family_key(app, tx, group).await?;
    rows.iter()
        .map(|r| {
            Ok(Waiting {
                id: r.get(0),
                role: Role::from_code(r.get(1)).ok_or_else(|| Error::internal("an unknown role"))?,
                person: open_invited(&key, stream, r.get(0), r.get(2))?,
                expires_at: r.get(3),
                invited_by: r.get(4),
            })
        })
        .collect()
}
