use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::sse::{Event as SseEvent, KeepAlive, KeepAliveStream, Sse},
};
use data_encoding::BASE64URL_NOPAD;
use envelope::{Aad, DataKey, open_text, seal_text};
use futures_util::stream::{self, BoxStream, StreamExt};
use serde::Deserialize;
use tokio_postgres::Row;
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

impl After {
    /// The last id that the reader saw.
    pub fn wanted(self, headers: &HeaderMap) -> Option<String> {
        headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned).or(self.after)
    }
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
) -> Result<Sse<Live>> {
    // An open stream is not a sign of a person at the screen.
    let who = who.in_background();
    let mut tx = app.db.acting(&who).await?;
    let me = tx.one(WHO, &[]).await?;
    let (account, facility, session): (Uuid, Uuid, Uuid) = (me.get(0), me.get(1), me.get(2));
    let reader = Reader { account, session, listener: format!("{account}{facility}"), veil: None };
    let since = async |from: u64| tx.query(SINCE, &[&from.to_string()]).await;
    let live = follow(&app, reader, after.wanted(&headers), since).await?;
    tx.commit().await?;
    Ok(live)
}

/// The lines of one connection.
pub type Live = KeepAliveStream<BoxStream<'static, Result<SseEvent, Infallible>>>;

/// Who follows.
pub struct Reader {
    pub account: Uuid,
    pub session: Uuid,
    /// As the fan-out names listeners.
    pub listener: String,
    /// `None`: the ids are handed out as they are.
    pub veil: Option<Veil>,
}

/// Seals the ids of one reader's lines.
pub struct Veil {
    pub key: Arc<DataKey>,
    pub stream: Uuid,
    pub session: Uuid,
}

crate::opaque_debug!(Reader, Veil);

impl Veil {
    fn place(&self) -> Aad {
        Aad { table: "event", stream: self.stream, row: self.session }
    }

    fn hide(&self, id: &str) -> String {
        BASE64URL_NOPAD.encode(&seal_text(&self.key, &self.place(), "cursor", id))
    }

    fn show(&self, text: &str) -> Option<String> {
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        open_text(&self.key, &self.place(), "cursor", &sealed).ok()
    }
}

/// From where on whoever has this veil wants to hear what happens after now.
pub async fn first_id(app: &Shared, veil: &Veil) -> Result<String> {
    Ok(veil.hide(&here(app).await?.to_string()))
}

/// Connects a reader: first what it missed since the id that it names, by `since`, then what comes.
pub async fn follow(
    app: &Shared,
    reader: Reader,
    wanted: Option<String>,
    since: impl AsyncFnOnce(u64) -> Result<Vec<Row>>,
) -> Result<Sse<Live>> {
    // Connected first, read second: what commits in between comes twice rather than not at all.
    let most = app.config.limits.streams_per_session;
    let (id, receiver) = app
        .hub
        .connect(reader.account, reader.session, reader.listener, most)
        .ok_or(Error::TooMany { retry_after: ANOTHER_STREAM })?;
    let guard = Arc::new(Guard { app: app.clone(), id });
    let now = here(app).await?;
    let wanted = wanted.filter(|text| !text.is_empty());
    let shown = match (&reader.veil, wanted.as_deref()) {
        (Some(veil), Some(text)) => veil.show(text),
        (_, text) => text.map(str::to_owned),
    };
    let backlog = match (wanted, shown.as_deref().and_then(Cursor::parse)) {
        (None, _) => vec![hello(&now)],
        (Some(_), Some(cursor)) if cursor.epoch == now.epoch => {
            missed(&since(app.hub.resume(&cursor)).await?, &cursor, &now)
        }
        (Some(_), _) => vec![reset(&now)],
    };
    let live = stream::iter(backlog).chain(ReceiverStream::new(receiver)).map(move |mut message| {
        let _connected = &guard;
        if let Some(veil) = reader.veil.as_ref().filter(|_| !message.id.is_empty()) {
            message.id = veil.hide(&message.id);
        }
        Ok(sse(&message))
    });
    Ok(Sse::new(live.boxed()).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("")))
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

fn missed(rows: &[Row], cursor: &Cursor, now: &Cursor) -> Vec<Message> {
    if rows.iter().any(|row| row.get("gap")) {
        return vec![reset(now)];
    }
    rows.iter()
        .filter(|row| row.get::<_, Option<i64>>("id").is_some())
        .map(|row| Event::read(row).message(cursor))
        .collect()
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
