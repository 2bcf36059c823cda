//! Opening a group, handing it over, archiving it, ending a membership. Each is one record of the membership stream.

use envelope::{Aad, DataKey};
use record::{Content, Departure, GroupState, GroupTitle, HandOver, Membership, Party, Role};
use uuid::Uuid;

use super::{read, store};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::Actor,
    db::{Params, Tx},
    seal::{self, Sealed},
};

/// What opening a patient's group takes.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    pub client_id: Uuid,
    pub patient_id: Uuid,
    /// Staff of the managing facility.
    pub host: Uuid,
}

/// Opens the group of a patient: its id, and whether this call made it (or an earlier one with the same client id).
pub async fn open(app: &App, who: &Actor, new: Opening) -> Result<(Uuid, bool)> {
    match try_open(app, who, new).await {
        // Two sends met, at the same row or one just behind the other: what is there now is either this very group or another one.
        Err(Error::Conflict(met)) if met.starts_with("groups_") || met == "open_already" => {
            try_open(app, who, new).await
        }
        other => other,
    }
}

async fn try_open(app: &App, who: &Actor, new: Opening) -> Result<(Uuid, bool)> {
    let mut tx = app.db.acting(who).await?;
    let (facility, version, facility_key) = app.keys.acting_facility_key(&mut tx).await?;
    let (group, membership) = (Uuid::now_v7(), Uuid::now_v7());
    let streams = [Uuid::now_v7(), Uuid::now_v7(), membership, Uuid::now_v7()];
    let (keys, wrapped): (Vec<DataKey>, Vec<Vec<u8>>) =
        streams.iter().map(|stream| app.keys.new_data_key(facility, &facility_key, *stream)).unzip();
    let opened = record(&keys[2], membership, new.client_id, &Content::Opened(GroupState { reason: None }));
    let host = Membership {
        account: new.host,
        facility,
        role: Role::Host,
        until: None,
        from_seq: None,
        reason: None,
    };
    let joined = record(&keys[2], membership, Uuid::new_v4(), &Content::Joined(host));
    let params: Params<'_> = &[
        &group,
        &new.patient_id,
        &new.client_id,
        &new.host,
        &&streams[..],
        &version,
        &wrapped,
        &opened.id,
        &opened.commitment,
        &opened.envelope,
        &joined.id,
        &joined.client_id,
        &joined.commitment,
        &joined.envelope,
    ];
    let rows = tx.query_and_commit(store::OPEN, params).await.map_err(in_words)?;
    let row = rows.first().ok_or_else(|| Error::internal("act.open_group gives one row"))?;
    app.hub.wake();
    Ok((row.get(0), row.get(1)))
}

/// Opens a free group, whose host the caller is: its id, and whether this call made it.
pub async fn open_free(app: &App, who: &Actor, client_id: Uuid, titled: &GroupTitle) -> Result<(Uuid, bool)> {
    let opened = match try_open_free(app, who, client_id, titled).await {
        // Two sends met: the other one is there now.
        Err(Error::Conflict(constraint)) if constraint == "groups_client_id_key" => {
            try_open_free(app, who, client_id, titled).await?
        }
        other => other?,
    };
    if !opened.1 {
        must_be_called(app, who, opened.0, titled).await?;
    }
    Ok(opened)
}

async fn try_open_free(app: &App, who: &Actor, client_id: Uuid, titled: &GroupTitle) -> Result<(Uuid, bool)> {
    let mut tx = app.db.acting(who).await?;
    let space = Space::new(app, &mut tx).await?;
    let me: Uuid = tx.one("SELECT sec.me()", &[]).await?.get(0);
    let host = Membership {
        account: me,
        facility: space.facility,
        role: Role::Host,
        until: None,
        from_seq: None,
        reason: None,
    };
    let records = Columns::of([
        space.record(client_id, &Content::Opened(GroupState { reason: None })),
        space.record(Uuid::new_v4(), &Content::Titled(titled.clone())),
        space.record(Uuid::new_v4(), &Content::Joined(host)),
    ]);
    let params: Params<'_> = &[
        &space.group,
        &client_id,
        &&space.streams[..],
        &space.key_version,
        &space.wrapped,
        &records.ids,
        &records.clients,
        &records.commitments,
        &records.envelopes,
    ];
    let rows = tx.query_and_commit(store::OPEN_FREE, params).await?;
    let row = rows.first().ok_or_else(|| Error::internal("act.open_free_group gives one row"))?;
    app.hub.wake();
    Ok((row.get(0), row.get(1)))
}

/// The same client id with another title is another request.
async fn must_be_called(app: &App, who: &Actor, group: Uuid, titled: &GroupTitle) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let first = read::titles_of(&mut tx, app, group).await?.pop();
    tx.commit().await?;
    match first {
        Some(first) if first.titled == *titled => Ok(()),
        _ => Err(Error::Conflict("client_id_used_for_something_else".into())),
    }
}

/// Calls a free group otherwise; its earlier titles stay in the record.
pub async fn retitle(app: &App, who: &Actor, group: Uuid, client_id: Uuid, titled: GroupTitle) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let (key, stream) = membership_key(app, &mut tx, group).await?;
    let sealed = record(&key, stream, client_id, &Content::Titled(titled.clone()));
    let params: Params<'_> = &[&group, &client_id, &sealed.id, &sealed.commitment, &sealed.envelope];
    if !tx.one(store::RETITLE, params).await?.get::<_, bool>(0) {
        must_be_titled(&mut tx, &key, stream, client_id, &titled).await?;
    }
    tx.commit().await?;
    app.hub.wake();
    Ok(())
}

/// The same client id with another title is another request.
async fn must_be_titled(
    tx: &mut Tx,
    key: &DataKey,
    stream: Uuid,
    client_id: Uuid,
    titled: &GroupTitle,
) -> Result<()> {
    let row = tx.one(store::TITLED_BY, &[&stream, &client_id]).await?;
    if read::open_title(key, stream, row.get(0), row.get(1))? == *titled {
        Ok(())
    } else {
        Err(Error::Conflict("client_id_used_for_something_else".into()))
    }
}

/// A group without a patient that is about to be made, under the key of the acting facility.
pub(in crate::features) struct Space {
    pub group: Uuid,
    pub facility: Uuid,
    pub key_version: i32,
    /// Team, membership, receipts.
    pub streams: [Uuid; 3],
    pub wrapped: Vec<Vec<u8>>,
    membership_key: DataKey,
}

crate::opaque_debug!(Space);

impl Space {
    pub async fn new(app: &App, tx: &mut Tx) -> Result<Self> {
        let (facility, key_version, facility_key) = app.keys.acting_facility_key(tx).await?;
        let streams = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
        let new = |stream| app.keys.new_data_key(facility, &facility_key, stream);
        let ((_, team), (membership_key, membership), (_, receipts)) =
            (new(streams[0]), new(streams[1]), new(streams[2]));
        let wrapped = vec![team, membership, receipts];
        Ok(Self { group: Uuid::now_v7(), facility, key_version, streams, wrapped, membership_key })
    }

    pub fn record(&self, client_id: Uuid, content: &Content) -> Sealed {
        record(&self.membership_key, self.streams[1], client_id, content)
    }
}

/// Records of one act, column by column as its statement takes them.
#[derive(Debug)]
pub(in crate::features) struct Columns {
    pub ids: Vec<Uuid>,
    pub clients: Vec<Uuid>,
    pub commitments: Vec<Vec<u8>>,
    pub envelopes: Vec<Vec<u8>>,
}

impl Columns {
    pub fn of<const N: usize>(records: [Sealed; N]) -> Self {
        let mut columns = Self { ids: vec![], clients: vec![], commitments: vec![], envelopes: vec![] };
        for Sealed { id, client_id, commitment, envelope, .. } in records {
            columns.ids.push(id);
            columns.clients.push(client_id);
            columns.commitments.push(commitment);
            columns.envelopes.push(envelope);
        }
        columns
    }
}

/// Seals one record of a membership stream.
pub fn record(key: &DataKey, stream: Uuid, client_id: Uuid, content: &Content) -> Sealed {
    let place = Aad { table: "membership_event", stream, row: Uuid::now_v7() };
    seal::seal(key, place, client_id, content, &[])
}

/// How a membership ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Removed,
    Left,
}

/// Takes a member out, or lets the caller leave: whoever ends the own membership leaves.
pub async fn end_membership(
    app: &App,
    who: &Actor,
    group: Uuid,
    account: Uuid,
    client_id: Uuid,
    reason: Option<String>,
) -> Result<Ended> {
    let mut tx = app.db.acting(who).await?;
    let ended = end_in(app, &mut tx, group, account, client_id, reason).await?;
    tx.commit().await?;
    app.hub.wake();
    Ok(ended)
}

/// The same within an act that does more. Wake the hub after the commit.
pub async fn end_in(
    app: &App,
    tx: &mut Tx,
    group: Uuid,
    account: Uuid,
    client_id: Uuid,
    reason: Option<String>,
) -> Result<Ended> {
    let (key, stream) = membership_key(app, tx, group).await?;
    let me: Uuid = tx.one("SELECT sec.me()", &[]).await?.get(0);
    let rows = tx.query(store::FACILITY_OF, &[&group, &account]).await?;
    // Nothing to be seen: the database answers that it was done before, or 404. Nothing is written then.
    let facility = rows.first().map_or(Uuid::nil(), |row| row.get(0));
    let departure = Departure { account, facility, reason };
    let content = if account == me { Content::Left(departure) } else { Content::Removed(departure) };
    let kind = content.kind().as_str();
    let sealed = record(&key, stream, client_id, &content);
    let params: Params<'_> =
        &[&group, &account, &kind, &client_id, &sealed.id, &sealed.commitment, &sealed.envelope];
    tx.query(store::END_MEMBERSHIP, params).await.map_err(in_words)?;
    Ok(if account == me { Ended::Left } else { Ended::Removed })
}

/// Makes another member the host. The host of before stays as a member.
pub async fn hand_over(
    app: &App,
    who: &Actor,
    group: Uuid,
    to: Uuid,
    client_id: Uuid,
    reason: Option<String>,
) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let (key, stream) = membership_key(app, &mut tx, group).await?;
    let host = tx.one(store::HOST, &[&group]).await?;
    let (Some(account), Some(facility)) = (host.get(0), host.get(1)) else {
        // A conversation of two has no host.
        return Err(Error::Forbidden("host_only".into()));
    };
    let from = Party { account, facility };
    let rows = tx.query(store::FACILITY_OF, &[&group, &to]).await?;
    let facility = rows.first().map_or(Uuid::nil(), |row| row.get(0));
    let content = Content::HandedOver(HandOver { from, to: Party { account: to, facility }, reason });
    let sealed = record(&key, stream, client_id, &content);
    let params: Params<'_> =
        &[&group, &from.account, &to, &client_id, &sealed.id, &sealed.commitment, &sealed.envelope];
    tx.query_and_commit(store::HAND_OVER, params).await.map_err(in_words)?;
    app.hub.wake();
    Ok(())
}

/// Makes the group read-only, or lets it go on.
pub async fn set_archived(
    app: &App,
    who: &Actor,
    group: Uuid,
    archived: bool,
    client_id: Uuid,
    reason: String,
) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let (key, stream) = membership_key(app, &mut tx, group).await?;
    let state = GroupState { reason: Some(reason) };
    let content = if archived { Content::Archived(state) } else { Content::Reopened(state) };
    let sealed = record(&key, stream, client_id, &content);
    let params: Params<'_> =
        &[&group, &archived, &client_id, &sealed.id, &sealed.commitment, &sealed.envelope];
    tx.query_and_commit(store::SET_ARCHIVED, params).await.map_err(in_words)?;
    app.hub.wake();
    Ok(())
}

/// The membership stream of a group and its data key; `NotFound` where the caller may not know of the group.
pub async fn membership_key(app: &App, tx: &mut Tx, group: Uuid) -> Result<(std::sync::Arc<DataKey>, Uuid)> {
    let stream = app.keys.group_streams(tx, group).await?.membership;
    Ok((app.keys.data_key(tx, stream).await?, stream))
}

/// The database's own words for an impossible value become a field and a sentence.
pub fn in_words(error: Error) -> Error {
    let Error::Invalid(fields) = error else { return error };
    Error::Invalid(fields.into_iter().map(sentence).collect())
}

fn sentence(field: FieldError) -> FieldError {
    match field.message.as_ref() {
        "host_is_not_staff_here" => FieldError::new(
            "host",
            "not_staff_here",
            t("患者さんを管理する施設のスタッフから選んでください。"),
        ),
        "no_such_person_there" => {
            FieldError::new("account_id", "not_staff_there", t("その施設には、いまその方がいません。"))
        }
        "ends_before_it_begins" => {
            FieldError::new("until", "not_ahead", t("終わりの日は、いまより先にしてください。"))
        }
        "a_member,_please" => FieldError::new(
            "account_id",
            "not_a_member",
            t("メンバーの中から選んでください（一時参加の方は選べません）。"),
        ),
        _ => field,
    }
}
