//! An entry comes in.

use envelope::Aad;
use record::{Content, Source};
use uuid::Uuid;

use super::{
    model::{Entered, EntryState, NewEntry},
    rules,
};
use crate::{Error, Result, app::App, seal};

const ROOM: &str = "SELECT refused, system_id, system, stream_id, wrapped, key_facility, key_version, key_facility_wrapped FROM act.proxy_room($1, $2, $3)";
const ENTER: &str =
    "SELECT post_id, seq, at, state, existing FROM act.enter_for($1, $2, $3, $4, $5, $6, $7, $8)";

/// Where an entry goes.
struct Room {
    system: Uuid,
    name: String,
    stream: Uuid,
    key: std::sync::Arc<envelope::DataKey>,
}

/// Writes an entry as a post of the person for whom it is. Whether it is new: the same again is answered with what became of the first.
pub async fn enter(app: &App, token_hash: &[u8], group: Uuid, new: &NewEntry) -> Result<(Entered, bool)> {
    let room = room(app, token_hash, group, new.on_behalf_of).await?;
    let id = Uuid::now_v7();
    let source = Source { system: room.name, id: new.external_id.clone(), typist: new.typist.clone() };
    let content =
        Content::Post(record::Post { source: Some(source), ..record::Post::words(id, new.body.clone()) });
    let request = record::jcs(new).map_err(Error::internal)?;
    let client_id = rules::client_id(room.system, &new.external_id);
    let place = Aad { table: "post", stream: room.stream, row: id };
    let s = seal::seal(&room.key, place, client_id, &content, &request);
    let rows = app
        .db
        .at_once(
            ENTER,
            &[
                &token_hash,
                &group,
                &new.on_behalf_of,
                &id,
                &client_id,
                &s.fingerprint,
                &s.commitment,
                &s.envelope,
            ],
        )
        .await?;
    let row = rows.first().ok_or_else(|| Error::internal("act.enter_for gives one row"))?;
    let existing: bool = row.get("existing");
    if !existing {
        app.hub.wake();
        app.watch.metrics.posts.inc();
    }
    let entered = Entered {
        id: row.get("post_id"),
        seq: row.get("seq"),
        created_at: row.get("at"),
        state: EntryState::of(row.get("state")),
    };
    Ok((entered, !existing))
}

/// The database decides, and writes a refusal down. Nothing of a group is told to a system that may not enter there.
async fn room(app: &App, token_hash: &[u8], group: Uuid, account: Uuid) -> Result<Room> {
    let rows = app.db.at_once(ROOM, &[&token_hash, &group, &account]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("act.proxy_room gives one row"))?;
    match row.get::<_, Option<&str>>("refused") {
        Some("no_consent") => return Err(Error::Forbidden("no_consent".into())),
        Some(_) => return Err(Error::NotFound),
        None => {}
    }
    let stream: Uuid = row.get("stream_id");
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => {
            let (wrapped, facility): (&[u8], Uuid) = (row.get("wrapped"), row.get("key_facility"));
            let (version, facility_wrapped): (i32, &[u8]) =
                (row.get("key_version"), row.get("key_facility_wrapped"));
            app.keys.unwrap_data_key(stream, wrapped, facility, version, facility_wrapped).await?
        }
    };
    Ok(Room { system: row.get("system_id"), name: row.get("system"), stream, key })
}
