//! The conversation of two: made with the first tap, found with every later one.

use std::sync::Arc;

use envelope::DataKey;
use record::{Content, GroupState, Membership, Role};
use tokio_postgres::Row;
use uuid::Uuid;

use super::store;
use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    db::Params,
    features::groups::acts::{Columns, Space, record},
};

/// How often it is tried again when both open it at once.
const TRIES: usize = 4;

/// The conversation of a connection, and whether this call made it or let it go on. Of an ended connection the conversation that
/// there was, read-only; `Conflict` where there was none.
pub async fn open(app: &App, who: &Actor, connection: Uuid) -> Result<(Uuid, bool)> {
    for _ in 0..TRIES {
        match try_open(app, who, connection).await {
            Err(Error::Conflict(reason)) if reason == "moved_on" || reason == "direct_pkey" => {}
            other => return other,
        }
    }
    Err(Error::Unavailable("the conversation is being opened".into()))
}

async fn try_open(app: &App, who: &Actor, connection: Uuid) -> Result<(Uuid, bool)> {
    let mut tx = app.db.acting(who).await?;
    let found = tx.one(store::FIND_DIRECT, &[&connection]).await?;
    let group: Option<Uuid> = found.get("group_id");
    let usable = found.get::<_, Option<bool>>("usable").unwrap_or_default();
    if let Some(group) = group
        && (usable || found.get::<_, &str>("state") != "accepted")
    {
        return Ok((group, false));
    }
    let space = Space::new(app, &mut tx).await?;
    let seal = |content: &Content, key: Option<&(Arc<DataKey>, Uuid)>| match key {
        Some((key, stream)) => record(key, *stream, Uuid::new_v4(), content),
        None => space.record(Uuid::new_v4(), content),
    };
    let known = match group {
        Some(_) => Some(known_key(app, &found).await?),
        None => None,
    };
    let state = GroupState { reason: None };
    let (what, began) = match group {
        Some(_) => ("reopened", Content::Reopened(state)),
        None => ("opened", Content::Opened(state)),
    };
    let both = [("asked_by", "asked_for"), ("account_id", "facility_id")]
        .map(|(account, facility)| Content::Joined(member(found.get(account), found.get(facility))));
    let records = Columns::of([&began, &both[0], &both[1]].map(|content| seal(content, known.as_ref())));
    let params: Params<'_> = &[
        &connection,
        &space.group,
        &Uuid::new_v4(),
        &&space.streams[..],
        &space.key_version,
        &space.wrapped,
        &what,
        &records.ids,
        &records.clients,
        &records.commitments,
        &records.envelopes,
    ];
    let rows = tx.query_and_commit(store::OPEN_DIRECT, params).await?;
    let row = rows.first().ok_or_else(|| Error::internal("act.open_direct gives one row"))?;
    app.hub.wake();
    Ok((row.get(0), row.get(1)))
}

fn member(account: Uuid, facility: Uuid) -> Membership {
    Membership { account, facility, role: Role::Member, until: None, from_seq: None, reason: None }
}

/// The membership stream of a conversation that there is already; its keys' rows may be closed to the caller.
async fn known_key(app: &App, r: &Row) -> Result<(Arc<DataKey>, Uuid)> {
    let stream: Uuid = r.get("stream");
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => {
            let (wrapped, facility) = (r.get("wrapped"), r.get("key_facility"));
            let (version, facility_wrapped) = (r.get("key_version"), r.get("key_facility_wrapped"));
            app.keys.unwrap_data_key(stream, wrapped, facility, version, facility_wrapped).await?
        }
    };
    Ok((key, stream))
}
