use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::sse::{Event as SseEvent, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::{
    cursor::Cursor,
    hub::{Event, Message, here},
};
use crate::{Error, Result, app::Shared, auth::Actor};

/// Seconds until asking again is worth it for a session with too many streams: somebody has to close a tab.
const ANOTHER_STREAM: u32 = 30;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    after: Option<String>,
}

const WHO: &str = "SELECT (c).account_id, (c).facility_id, (c).session_id FROM (SELECT sec.ctx() AS c) x";
const SINCE: &str = "SELECT id, kind, group_id, timeline, post_id, seq, account_id, session_id, next, gap FROM act.events_since($1)";

/// `GET /api/v1/events?after=` — Server-Sent Events of the groups the caller is in *now*.
/// Ids are opaque; resume with `Last-Event-ID` or `after`. `reset` asks the page to load everything anew.
#[utoipa::path(get, path = "/api/v1/events", tag = "live", params(("after" = Option<String>, Query, description = "the last id seen")),
    responses((status = 200, description = "text/event-stream; data: {group_id, timeline, post_id, seq}"),
        (status = 429, description = "this session has as many streams as it may")))]
pub async fn events(
    State(app): State<Shared>,
    who: Actor,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>> {
    // An open stream is not a sign of a person at the screen.
    let who = who.in_background();
    let mut tx = app.db.acting(&who).await?;
    let me = tx.one(WHO, &[]).await?;
    let (account, facility, session): (Uuid, Uuid, Uuid) = (me.get(0), me.get(1), me.get(2));
    // Connected first, read second: what commits in between comes twice rather than not at all.
    let most = app.config.limits.streams_per_session;
    let (id, receiver) = app
        .hub
        .connect(account, facility, session, most)
        .ok_or(Error::TooMany { retry_after: ANOTHER_STREAM })?;
    let guard = Arc::new(Guard { app: app.clone(), id });
    let now = here(&app).await?;
    let wanted =
        headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned).or(after.after);
    let backlog = match wanted.as_deref() {
        None | Some("") => vec![hello(&now)],
        Some(text) => match Cursor::parse(text).filter(|cursor| cursor.epoch == now.epoch) {
            Some(cursor) => missed(&mut tx, app.hub.resume(&cursor), &cursor, &now).await?,
            None => vec![reset(&now)],
        },
    };
    tx.commit().await?;
    let live = stream::iter(backlog).chain(ReceiverStream::new(receiver)).map(move |message| {
        let _connected = &guard;
        Ok(sse(&message))
    });
    Ok(Sse::new(live).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("")))
}

struct Guard {
    app: Shared,
    id: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.app.hub.disconnect(self.id);
    }
}

async fn missed(tx: &mut crate::db::Tx, from: u64, cursor: &Cursor, now: &Cursor) -> Result<Vec<Message>> {
    let rows = tx.query(SINCE, &[&from.to_string()]).await?;
    if rows.iter().any(|row| row.get("gap")) {
        return Ok(vec![reset(now)]);
    }
    Ok(rows
        .iter()
        .filter(|row| row.get::<_, Option<i64>>("id").is_some())
        .map(|row| Event::read(row).message(cursor))
        .collect())
}

/// Gives a fresh reader its first id, so that it can resume even before the first event.
fn hello(now: &Cursor) -> Message {
    Message { id: now.to_string(), event: "hello".into(), data: "{}".into(), last: false }
}

fn reset(now: &Cursor) -> Message {
    Message { id: now.to_string(), event: "reset".into(), data: "{}".into(), last: false }
}

fn sse(message: &Message) -> SseEvent {
    let event = SseEvent::default().event(&message.event).data(&message.data);
    if message.id.is_empty() { event } else { event.id(&message.id) }
}
