//! The connections of this process, and the one task that feeds them.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::cursor::Cursor;
use crate::{Result, app::Shared, db::Line};

/// One line to a reader. `last` asks to close after it.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: String,
    pub event: String,
    pub data: String,
    pub last: bool,
}

/// A reader this far behind is disconnected; it resumes from its last id.
const QUEUE: usize = 64;
/// The safety net under wakes and nudges.
const SLOW_POLL: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Connection {
    account: Uuid,
    session: Uuid,
    /// Account and acting facility, or `kin` and the account of a relative: as the fan-out names listeners.
    listener: String,
    sender: mpsc::Sender<Message>,
}

/// The open connections, also by listener: an event looks at those of its listeners only, however many are open.
#[derive(Debug, Default)]
struct Connections {
    all: HashMap<u64, Connection>,
    of: HashMap<String, Vec<u64>>,
}

impl Connections {
    fn add(&mut self, id: u64, connection: Connection) {
        self.of.entry(connection.listener.clone()).or_default().push(id);
        self.all.insert(id, connection);
    }

    fn remove(&mut self, id: u64) {
        let Some(connection) = self.all.remove(&id) else { return };
        if let Some(ids) = self.of.get_mut(&connection.listener) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.of.remove(&connection.listener);
            }
        }
    }

    fn streams(&self, listener: &str, session: Uuid) -> usize {
        let ids = self.of.get(listener).into_iter().flatten();
        ids.filter(|id| self.all.get(id).is_some_and(|c| c.session == session)).count()
    }

    fn send(&mut self, message: &Message, to: Vec<u64>) {
        for id in to {
            let Some(connection) = self.all.get(&id) else { continue };
            // A full queue drops the connection: its reader resumes from the last id it saw.
            if connection.sender.try_send(message.clone()).is_err() || message.last {
                self.remove(id);
            }
        }
    }

    fn clear(&mut self) {
        self.all.clear();
        self.of.clear();
    }
}

#[derive(Debug, Default)]
pub struct Hub {
    connections: Mutex<Connections>,
    next: AtomicU64,
    woken: Notify,
    nudged: Notify,
    /// Up to here cursors may be those of a server that is gone: where this node met the present one, or had got to with the last.
    met: AtomicU64,
}

impl Hub {
    /// Where a reader with this cursor goes on. Only one from before the present server looks back: what comes twice
    /// is drawn twice, and a page that moves under the finger is hard to read.
    pub(super) fn resume(&self, cursor: &Cursor) -> u64 {
        if cursor.xmin <= self.met.load(Ordering::Relaxed) { cursor.resume() } else { cursor.xmin }
    }

    /// Called after a commit that added events: this node at once, the others by a coalesced nudge.
    pub fn wake(&self) {
        self.woken.notify_one();
        self.nudged.notify_one();
    }

    pub(super) fn wake_here(&self) {
        self.woken.notify_one();
    }

    pub(super) async fn nudge_wanted(&self) {
        self.nudged.notified().await;
    }

    /// `None` when the session has as many streams as it may.
    pub(super) fn connect(
        &self,
        account: Uuid,
        session: Uuid,
        listener: String,
        most: usize,
    ) -> Option<(u64, mpsc::Receiver<Message>)> {
        let mut connections = self.connections.lock();
        if connections.streams(&listener, session) >= most {
            return None;
        }
        let (sender, receiver) = mpsc::channel(QUEUE);
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        connections.add(id, Connection { account, session, listener, sender });
        Some((id, receiver))
    }

    pub(super) fn disconnect(&self, id: u64) {
        self.connections.lock().remove(id);
    }

    pub fn count(&self) -> usize {
        self.connections.lock().all.len()
    }

    fn send(&self, message: &Message, to: impl Fn(&Connection) -> bool) {
        let mut connections = self.connections.lock();
        let ids = connections.all.iter().filter(|(_, c)| to(c)).map(|(id, _)| *id).collect();
        connections.send(message, ids);
    }

    fn send_to_listeners(&self, message: &Message, listeners: &[String]) {
        let mut connections = self.connections.lock();
        let ids = listeners.iter().filter_map(|l| connections.of.get(l)).flatten().copied().collect();
        connections.send(message, ids);
    }

    fn sessions(&self) -> Vec<Uuid> {
        self.connections.lock().all.values().map(|c| c.session).collect()
    }
}

/// An event as the statements of this capability return it.
pub(super) struct Event {
    id: i64,
    kind: String,
    account: Option<Uuid>,
    session: Option<Uuid>,
    listeners: Option<Vec<String>>,
    data: String,
}

impl Event {
    pub(super) fn read(row: &Row) -> Self {
        let (group, timeline): (Option<Uuid>, Option<String>) = (row.get("group_id"), row.get("timeline"));
        let (post, seq): (Option<Uuid>, Option<i64>) = (row.get("post_id"), row.get("seq"));
        let data = serde_json::json!({"group_id": group, "timeline": timeline, "post_id": post, "seq": seq});
        Self {
            id: row.get("id"),
            kind: row.get("kind"),
            account: row.get("account_id"),
            session: row.get("session_id"),
            listeners: row.try_get("listeners").unwrap_or(None),
            data: data.to_string(),
        }
    }

    pub(super) fn message(&self, cursor: &Cursor) -> Message {
        Message {
            id: cursor.to_string(),
            event: self.kind.clone(),
            data: self.data.clone(),
            last: matches!(
                self.kind.as_str(),
                "session.ended" | "session.locked" | "session.moved" | "membership.ended"
            ),
        }
    }
}

const FAN_OUT: &str = "SELECT id, kind, group_id, timeline, post_id, seq, account_id, session_id, next, listeners FROM act.fan_out($1)";
const POSITION: &str = "SELECT epoch, xmin FROM act.stream_position()";
const DEAD: &str = "SELECT id, state FROM act.dead_sessions($1)";

/// Feeds the connections until the process ends. A database that is away costs time, not messages.
pub async fn run(app: Shared) {
    let mut position = Position::Unknown;
    let mut line = None;
    let mut sweep = tokio::time::interval(Duration::from_secs(5));
    loop {
        tokio::select! {
            () = app.hub.woken.notified() => {}
            () = tokio::time::sleep(SLOW_POLL) => {}
            _ = sweep.tick() => {
                if let Err(error) = close_dead(&app).await {
                    tracing::warn!(%error, "sessions could not be checked");
                }
            }
        }
        match step(&app, &mut line, &position).await {
            Ok(next) => position = Position::At(next.0, next.1),
            Err(error) => {
                tracing::warn!(%error, "live events could not be read");
                position = position.lost();
                line = None;
                // Readers resume by their own cursors after a gap.
                app.hub.close_all();
            }
        }
    }
}

/// How far the connections have been fed.
enum Position {
    Unknown,
    /// Up to here, with the events that may come again.
    At(Cursor, HashSet<i64>),
    /// As `At`, but the database has been away. Readers may come back before the next step succeeds, and must not miss
    /// what lies between; the server that answers then may be another one.
    Lost(Cursor, HashSet<i64>),
}

impl Position {
    fn lost(self) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::At(cursor, seen) | Self::Lost(cursor, seen) => Self::Lost(cursor, seen),
        }
    }
}

/// All over one connection. A server that died forgets numbers that it gave to transactions of no consequence and gives them out
/// again, below where the connections have been fed; through a pool its death could pass unnoticed.
async fn step(app: &Shared, line: &mut Option<Line>, position: &Position) -> Result<(Cursor, HashSet<i64>)> {
    let line = match line {
        Some(line) => line,
        None => line.insert(app.db.line().await?),
    };
    match position {
        Position::At(cursor, seen) => feed(app, line, cursor, cursor.xmin, seen).await,
        Position::Unknown | Position::Lost(..) => {
            let now = at(&line.ask(POSITION, &[]).await?)?;
            match position {
                Position::Lost(cursor, seen) if now.epoch == cursor.epoch => {
                    app.hub.met.store(now.xmin.max(cursor.xmin), Ordering::Relaxed);
                    feed(app, line, cursor, cursor.resume(), seen).await
                }
                // Readers may have been here before this task was.
                _ => {
                    app.hub.met.store(now.xmin, Ordering::Relaxed);
                    feed(app, line, &now, now.resume(), &HashSet::new()).await
                }
            }
        }
    }
}

/// Removes events that no reader resumes from any more; such a reader loads its pages anew.
pub async fn forget_old_events(app: &Shared) -> Result<()> {
    app.db.job("SELECT act.forget_old_events()", &[]).await.map(drop)
}

pub(super) async fn here(app: &Shared) -> Result<Cursor> {
    at(&app.db.job(POSITION, &[]).await?)
}

fn at(rows: &[Row]) -> Result<Cursor> {
    let row = rows.first().ok_or_else(|| crate::Error::internal("no stream position"))?;
    Ok(Cursor { epoch: row.get(0), xmin: row.get::<_, String>(1).parse().map_err(crate::Error::internal)? })
}

async fn feed(
    app: &Shared,
    line: &Line,
    from: &Cursor,
    xmin: u64,
    seen: &HashSet<i64>,
) -> Result<(Cursor, HashSet<i64>)> {
    let rows = line.ask(FAN_OUT, &[&xmin.to_string()]).await?;
    let Some(first) = rows.first() else { return Ok((from.clone(), seen.clone())) };
    let next = Cursor {
        epoch: from.epoch,
        xmin: first.get::<_, String>("next").parse().map_err(crate::Error::internal)?,
    };
    let mut now_seen = HashSet::with_capacity(rows.len());
    for event in rows.iter().map(Event::read) {
        now_seen.insert(event.id);
        if !seen.contains(&event.id) {
            deliver(&app.hub, &event, &event.message(from));
        }
    }
    Ok((next, now_seen))
}

fn deliver(hub: &Hub, event: &Event, message: &Message) {
    match (event.session, event.account, &event.listeners) {
        (Some(session), _, _) => hub.send(message, |c| c.session == session),
        (_, Some(account), _) => hub.send(message, |c| c.account == account),
        (_, _, Some(listeners)) => hub.send_to_listeners(message, listeners),
        _ => {}
    }
}

/// Closes the streams of sessions that ended, expired, or lay idle too long.
async fn close_dead(app: &Shared) -> Result<()> {
    let sessions = app.hub.sessions();
    if sessions.is_empty() {
        return Ok(());
    }
    for row in app.db.job(DEAD, &[&sessions]).await? {
        let (session, state): (Uuid, String) = (row.get(0), row.get(1));
        let message =
            Message { id: String::new(), event: format!("session.{state}"), data: "{}".into(), last: true };
        app.hub.send(&message, |c| c.session == session);
    }
    Ok(())
}

impl Hub {
    /// Ends every open stream; the readers come back elsewhere and resume.
    pub fn close_all(&self) {
        self.connections.lock().clear();
    }
}
