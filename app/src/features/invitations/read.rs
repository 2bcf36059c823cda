//! Reading invitations: the caller's own, through functions that give nobody else's.

use std::sync::Arc;

use envelope::DataKey;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Invitation, Inviter, Named};
use crate::{
    Result,
    app::App,
    db::Tx,
    features::groups::{self, model::Role},
};

const FIND: &str = "SELECT id, group_id, facility_id, role, until, from_now_on, needs_approval, state, created_at, expires_at, managing_facility,
  by_account, by_name, by_profession, by_facility, membership_stream, team_seq, wrapped, key_facility, key_version, key_facility_wrapped FROM act.find_invitation($1, $2)";
const MINE: &str = "SELECT id, facility_id, role, until, needs_approval, created_at, expires_at, managing_facility, by_account, by_name, by_profession, by_facility
  FROM act.my_invitations()";

/// The caller's invitation, with what sealing the answer takes.
#[derive(Debug)]
pub struct Found {
    pub invitation: Invitation,
    pub group: Uuid,
    pub from_now_on: bool,
    /// `invited`, `expired`, `accepted`, `joined`, `declined`, `refused` or `cancelled`.
    pub state: String,
    /// The team stream's last number at this moment.
    pub team_seq: i64,
    pub stream: Uuid,
    pub key: Arc<DataKey>,
}

/// One invitation of the caller's; `NotFound` for anybody else.
pub async fn find(tx: &mut Tx, app: &App, named: Named) -> Result<Found> {
    let r = tx.one(FIND, &[&named.id, &named.link_hash.as_ref().map(|hash| &hash[..])]).await?;
    let stream: Uuid = r.get("membership_stream");
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => {
            let (wrapped, facility) = (r.get("wrapped"), r.get("key_facility"));
            let (version, facility_wrapped) = (r.get("key_version"), r.get("key_facility_wrapped"));
            app.keys.unwrap_data_key(stream, wrapped, facility, version, facility_wrapped).await?
        }
    };
    Ok(Found {
        group: r.get("group_id"),
        from_now_on: r.get("from_now_on"),
        state: r.get("state"),
        team_seq: r.get("team_seq"),
        invitation: invitation(&r),
        stream,
        key,
    })
}

const INVITED_TO: &str = "SELECT title_id, title FROM act.invited_to($1)";

/// What the free group is called to which the caller is invited; nothing for a patient's group, which no page names before.
pub async fn title_of(tx: &mut Tx, found: &Found) -> Result<Option<String>> {
    let r = tx.one(INVITED_TO, &[&found.invitation.id]).await?;
    let (Some(id), Some(sealed)) = (r.get::<_, Option<Uuid>>(0), r.get::<_, Option<&[u8]>>(1)) else {
        return Ok(None);
    };
    groups::read::open_title(&found.key, found.stream, id, sealed).map(|titled| Some(titled.title))
}

/// What waits for the caller's answer, newest first.
pub async fn mine(tx: &mut Tx) -> Result<Vec<Invitation>> {
    Ok(tx.query(MINE, &[]).await?.iter().map(invitation).collect())
}

fn invitation(r: &Row) -> Invitation {
    Invitation {
        id: r.get("id"),
        invited_by: Inviter {
            id: r.get("by_account"),
            name: r.get("by_name"),
            profession: r.get("by_profession"),
            facility: r.get("by_facility"),
        },
        managing_facility: r.get("managing_facility"),
        facility_id: r.get("facility_id"),
        role: Role::from_code(r.get("role")),
        until: r.get("until"),
        needs_approval: r.get("needs_approval"),
        created_at: r.get("created_at"),
        expires_at: r.get("expires_at"),
    }
}

/// An approval that the caller owes as host of the group.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub group: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    pub since: Timestamp,
}

const WAITING: &str = "SELECT i.group_id, i.account_id, p.name, p.profession, f.name, i.decided_at FROM care.invitation i
  JOIN care.group_state s ON s.group_id = i.group_id AND s.host_id = (SELECT sec.me()) AND s.archived_at IS NULL
  JOIN care.person_now p ON p.account_id = i.account_id JOIN care.facility_now f ON f.facility_id = i.facility_id
  WHERE i.state = 'accepted' AND i.group_id = ANY ((SELECT sec.my_groups())::uuid[]) ORDER BY i.decided_at";

/// Who has accepted and waits for the caller to approve, the longest waiting first.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>> {
    let rows = tx.query(WAITING, &[]).await?;
    let read = |r: &Row| Waiting {
        group: r.get(0),
        account_id: r.get(1),
        name: r.get(2),
        profession: r.get(3),
        facility: r.get(4),
        since: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}
